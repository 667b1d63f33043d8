"""MessagePack from outside: it becomes JSON that is checked and cleaned alike, or is refused."""

import json
import math
import time

import msgspec
import pytest
from hypothesis import strategies as st

from registry.platform.errors import InvalidValues, Malformed
from registry.platform.text import DEPTH, clean_json, json_from_messagepack
from tests.platform.test_text import JSON, UNSEEN, given, seen


def packed_faults(body):
    with pytest.raises(InvalidValues) as caught:
        json_from_messagepack(body)
    return [(fault.pointer, fault.detail) for fault in caught.value.errors]


@given(JSON)
def test_messagepack_becomes_the_same_json(value):
    try:
        document = json_from_messagepack(msgspec.msgpack.encode(value))
    except UnicodeEncodeError:
        return  # half a surrogate pair has no MessagePack
    except Malformed:
        return
    assert json.loads(document) == seen(value)
    assert clean_json(document) == document


NOT_IN_JSON = [
    (b"\x82\xa1a\x01\xa1a\x02", "/a", "more than once"), (b"\x82\xa1a\x01\xd9\x01a\x02", "/a", "more than once"),
    (b"\x81\xa1x\x91\x82\xa1a\x01\xda\x00\x01a\x02", "/x/0/a", "more than once"), (b"\x81\x01\x02", "", "not text"),
    (b"\x81\xc0\x02", "", "not text"), (b"\x81\x91\x01\x02", "", "not text"), (b"\x91\xc4\x01a", "/0", "bytes"),
    (b"\x91\xc6\x00\x00\x00\x01a", "/0", "bytes"), (b"\x91\xd4\x05a", "/0", "extension"),
    (b"\x91\xc7\x03\x05abc", "/0", "extension"), (b"\x91\xd6\xff\x00\x00\x00\x00", "/0", "extension"),
    (b"\x91\xcb\x7f\xf8" + bytes(6), "/0", "NaN"), (b"\x91\xca\x7f\x80\x00\x00", "/0", "NaN"),
    (b"\x91\xa1\x00", "/0", "NUL"), (b"\x91\xa3\xe2\x80\xae", "/0", "direction"),
    (b"\x81\xa1\x07\x01", "", "a name in it"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "pointer", "word"), NOT_IN_JSON)
def test_what_json_does_not_have_is_refused_in_messagepack(body, pointer, word):
    assert any(place == pointer and word in detail for place, detail in packed_faults(body))


BROKEN_PACKS = [
    b"\xc0\xc0", b"\xc1", b"\x91", b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff",
    b"\x91\xa1\xff", b"\x91\xa3\xed\xa0\x80", b"\x81\x80\x02", b"\xc7\x0c\xff" + b"\xff" * 12,
    b"\x91" * (DEPTH + 1) + b"\xc0", b"\x81\xa1a" * (DEPTH + 1) + b"\xc0", b"\x91" * 100_000 + b"\xc0",
    b"\xdd\x00\x0f\x00\x00" + b"\xc0" * 0xF0000,
]  # fmt: skip


@pytest.mark.parametrize("body", BROKEN_PACKS)
def test_broken_deep_or_endless_messagepack_is_refused(body):
    begun = time.process_time()
    with pytest.raises(Malformed):
        json_from_messagepack(body)
    assert time.process_time() - begun < 2.0


def test_every_head_of_messagepack_is_walked():
    sizes = [0, 1, 31, 32, 255, 256, 65535, 65536]
    value = [
        *(10**power for power in range(19)),
        *(-(2**power) for power in range(64)),
        2**64 - 1,
        *("x" * size for size in sizes),
        *([None] * size for size in (15, 16, 300)),
        *({str(i): True for i in range(size)} for size in (15, 16, 300)),
        1.5,
        math.pi,
        [False] * 100 + [{"last": "here"}],
    ]
    assert json.loads(json_from_messagepack(msgspec.msgpack.encode(value))) == value
    assert json.loads(json_from_messagepack(b"\x91\xca\x3f\xc0\x00\x00")) == [1.5]
    wide = b"\xdf\x00\x00\x00\x01\xdb\x00\x00\x00\x01a\xd3" + bytes(8)
    body = b"\xdd\x00\x00\x00\x02" + wide + b"\xd0\x80"
    assert json.loads(json_from_messagepack(body)) == [{"a": 0}, -128]


@given(st.binary(max_size=40))
def test_nothing_else_escapes_from_messagepack(body):
    try:
        clean_json(json_from_messagepack(body))
    except Malformed:
        return


def test_faults_of_messagepack_stop_at_fifty():
    assert len(packed_faults(b"\xdc\x00\x64" + b"\xc4\x00" * 100)) == 50


@pytest.mark.parametrize(("sent", "read"), UNSEEN)
def test_what_nobody_sees_is_dropped_from_every_text(sent, read):
    packed = msgspec.msgpack.encode({"a": [sent, {sent: True}]})
    assert json.loads(json_from_messagepack(packed)) == {"a": [read, {read: True}]}

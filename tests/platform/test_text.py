"""Text from outside: types take real names and refuse what harms; documents are checked whole."""

import json
import math
import re
import time

import msgspec
import pytest
from hypothesis import given as given_
from hypothesis import settings
from hypothesis import strategies as st

from registry.platform.errors import InvalidValues, Malformed
from registry.platform.text import (
    DEPTH,
    MARKS,
    Label,
    Line,
    Paragraph,
    check_json,
    harm,
    json_from_messagepack,
    line,
    paragraph,
)


def given(*strategies):
    """Hypothesis without a deadline: the machine that runs this may be busy."""
    return lambda test: settings(deadline=None)(given_(*strategies)(test))


GOOD = [
    "Шевченко Олександр",
    "O'Connor-Müller, Jr.",
    "日本語",
    "👩‍👩‍👧 family",  # joined by ZERO WIDTH JOINER
    "می‌خواهم",  # Persian, with ZERO WIDTH NON-JOINER
    " a ",
    "№ 5 «Нова Пошта»",
    "x",
]
HARMFUL = [
    *map(chr, [0, 1, 7, 8, 11, 12, 14, 27, 31, 127, 128, 133, 159]),
    *map(chr, [0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]),
    "\ud800",
    "\udfff",
]
BLANK = ["", " ", "\u00a0", "\u200b", "\u3164", "\u2800", " \u200d\ufeff ", "\u00ad"]


def fits(value, type_):
    try:
        msgspec.convert(value, type_)
    except msgspec.ValidationError:
        return False
    return True


@pytest.mark.parametrize("type_", [Line, Label, Paragraph])
@pytest.mark.parametrize("text", GOOD)
def test_names_of_people_and_places_are_taken(text, type_):
    assert fits(text, type_)


@pytest.mark.parametrize("type_", [Line, Label, Paragraph])
@pytest.mark.parametrize("character", HARMFUL, ids=lambda c: f"U+{ord(c):04X}")
@pytest.mark.parametrize("form", ["{}", "{}a", "a{}", "a{}b", "a\n{}", "a{}\n"])
def test_harmful_characters_are_refused_wherever_they_stand(character, form, type_):
    assert not fits(form.format(character), type_)


@pytest.mark.parametrize("type_", [Line, Label, Paragraph])
@pytest.mark.parametrize("text", BLANK)
def test_what_leaves_no_mark_on_paper_is_blank(text, type_):
    assert not fits(text, type_)


@pytest.mark.parametrize("text", ["a\n", "\na", "a\nb", "a\r", "a\tb", "a\u2028b", "a\u2029"])
def test_a_line_has_no_breaks_and_a_paragraph_may(text):
    assert not fits(text, Line)
    assert not fits(text, Label)
    assert fits(text, Paragraph)


@pytest.mark.parametrize(("type_", "most"), [(Line, 200), (Label, 64), (Paragraph, 4000)])
def test_lengths(type_, most):
    assert fits("ї" * most, type_)
    assert not fits("ї" * (most + 1), type_)


@given(st.text())
def test_the_pattern_and_harm_agree(text):
    visible = not re.fullmatch(
        r"[\s\u00ad\u115f\u1160\u180e\u200b-\u200d\u2060\u2800\u3164\ufeff\uffa0]*", text
    )
    assert fits(text, Paragraph) == (harm(text) is None and visible)


@pytest.mark.parametrize("meta", [line(200), paragraph(4000)])
@pytest.mark.parametrize("text", [" " * 200_000, "a" * 200_000 + "\0", "\n " * 100_000 + "\0"])
def test_patterns_take_linear_time(meta, text):
    begun = time.perf_counter()
    assert not re.search(meta.pattern, text)
    assert time.perf_counter() - begun < 2.0


def test_the_schema_shows_what_the_types_want():
    class Named(msgspec.Struct):
        name: Line

    shown = msgspec.json.schema(Named)["$defs"]["Named"]["properties"]["name"]
    assert shown["maxLength"] == 200
    assert shown["pattern"].isascii()


# --- JSON -----------------------------------------------------------------------------------------


def refused(body):
    """The (pointer, detail) pairs of a refused document."""
    with pytest.raises(InvalidValues) as caught:
        check_json(body if isinstance(body, bytes) else body.encode())
    return [(fault.pointer, fault.detail) for fault in caught.value.errors]


def malformed(body):
    with pytest.raises(Malformed) as caught:
        check_json(body)
    assert not caught.value.errors
    return caught.value.detail


HONEST = [
    '{"subject": {"phone": "+380501234567", "name": "Шевченко"}, "n": [1, -2.5e3, true, null]}',
    r'"\u0428\u0435\u0432 \n\r\t \" \\ \/ \u000a"', r'"a path C:\\bin\\files"', r'"\ud83d\ude00"',
    r'"a literal backslash: \\u0000 \\ud800"', '"2026-11-22T10:00:00.123456+02:00 4e123 0193531c-5dbe-7e404-a51d"',
    "12345678901234567890", "-1.5e-300", "1e-999", "[" * DEPTH + "]" * DEPTH, '"' + "[" * 1000 + '"',
    '{"a": "}{][", "b": "\\"[[["}', '{"a": {"x": 1}, "b": {"x": 1}}', " null ", "[]",
]  # fmt: skip


@pytest.mark.parametrize("body", HONEST)
def test_honest_documents_pass(body):
    check_json(body.encode())


PASSED_OVER = [
    (r'{"a": "x\u0000y"}', "/a", "NUL"), (r'{"a": ["ok", "\u0007"]}', "/a/1", "U+0007"),
    (r'{"a": "\b"}', "/a", "U+0008"), (r'{"a": "\f"}', "/a", "U+000C"), (r'{"a\f": 1}', "", "U+000C"),
    ('{"a": "\x7f"}', "/a", "U+007F"), ('{"a": "\u0085"}', "/a", "U+0085"), (r'{"a": "\u0085"}', "/a", "U+0085"),
    (r'{"a": "\u007F"}', "/a", "U+007F"), ('{"a": "\u202e"}', "/a", "direction"),
    (r'{"a": "\u202E"}', "/a", "direction"), (r'{"a": "\u2066"}', "/a", "direction"),
    (r'{"a": "\u200F"}', "/a", "direction"), (r'{"a": "\u061C"}', "/a", "direction"), (r'"\ud800"', "", "surrogate"),
    (r'"\uDC00\uD800"', "", "surrogate"), (r'{"a": "\ud83dx\ude00"}', "/a", "surrogate"),
    (r'{"\u0000": 1}', "", "a name in it holds a NUL"), (r'{"x": {"a\u202e": 1}}', "/x", "a name in it"),
    ("[NaN]", "/0", "NaN"), ("[1, -Infinity]", "/1", "NaN"), ("Infinity", "", "NaN"),
    ("[123456789012345678901]", "/0", "20 digits"), ("[-123456789012345678901]", "/0", "20 digits"),
    ("[0.123456789012345678901]", "/0", "20 digits"), ("[1.23456789012345678e000000]", "/0", "20 digits"),
    ("[" + "9" * 5000 + "]", "/0", "20 digits"), ("[1e400]", "/0", "out of range"),
    ("[1234567890.12345678901]", "/0", "20 digits"),
    ("[-1E+400]", "/0", "out of range"), ('{"a": 1, "a": 1}', "/a", "more than once"),
    (r'{"a": 1, "\u0061": 2}', "/a", "more than once"),
    ('{"x": [{"a/b~": 1, "a/b~": 2}]}', "/x/0/a~1b~0", "more than once"), ('{"": 1, "": 2}', "/", "more than once"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "pointer", "word"), PASSED_OVER)
def test_what_decoders_pass_over_is_found_with_its_place(body, pointer, word):
    [(place, detail)] = refused(body)
    assert place == pointer
    assert word in detail


def test_a_long_name_given_twice_is_not_repeated():
    name = "n" * 65
    [(place, detail)] = refused(f'{{"a": {{"{name}": 1, "{name}": 2}}}}')
    assert place == "/a"
    assert "n" * 10 not in detail


def test_all_faults_are_told_at_once_up_to_fifty():
    body = r'{"a": "\u0000", "a": NaN, "b": [1e999, "ok", {"c": "\ud800"}]}'
    assert [place for place, _ in refused(body)] == ["/a", "/a", "/a", "/b/0", "/b/2/c"]
    assert len(refused("[" + ",".join([r'"\u0000"'] * 80) + "]")) == 50


def test_a_refusal_repeats_no_value():
    body = r'{"phone": "+380501234567\u0000", "n": 380501234567380501234567}'
    with pytest.raises(InvalidValues) as caught:
        check_json(body.encode())
    assert "38050" not in repr(caught.value.problem("id"))


NO_JSON = [
    (b'{"a": 1} x', 9), (b'{"a": 1}{}', 8), ('{"ї": }'.encode(), 7), (b'{"a" 1}', 5), (b"", 0), (b"   ", 3),
    (b"[1 2]", 3), (b"{'a': 1}", 1), (b'"a\nb"', 2), (b'"a\x00b"', 2), (b"\xef\xbb\xbf{}", 0), (b"nul", 0), (b"01", 1),
    (b'{"a": "\\u0000", "a": 1} x', 24), (b'{"a": 1, "a": 1', 15), (b'"\\x"', 1), (b'"unterminated', 0),
    (b"\xd9\x90", 0),
]  # fmt: skip


@pytest.mark.parametrize(("body", "byte"), NO_JSON)
def test_what_is_no_json_is_refused_with_its_byte(body, byte):
    assert f"at byte {byte}:" in malformed(body)


@pytest.mark.parametrize(
    ("body", "byte"),
    [(b'{"a": "\xff"}', 7), (b'"\xed\xa0\x80"', 1), (b'"ok" \xc0\x80', 5), (b"\xfe\xff", 0)],
)
def test_bad_utf8_is_refused_with_its_byte(body, byte):
    assert malformed(body) == f"The body is not UTF-8 at byte {byte}."


DEEP = [
    b"[" * (DEPTH + 1) + b"]" * (DEPTH + 1), b'{"a":' * (DEPTH + 1) + b"1" + b"}" * (DEPTH + 1),
    b'[{"a":' * 17 + b"1" + b"}]" * 17, b"[" * 60_000, b'["]",' * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("body", DEEP)
def test_deep_nesting_is_refused_before_it_is_parsed(body):
    assert "deep" in malformed(body)


HEAVY = [
    b"[" + b"1," * MARKS + b"1]", b'"' + b'\\"' * 500_000, b'["' + b'\\"' * 60_000,
    b"[" * 33 + b'"' + b"\\" * 500_000, b"[" * 33 + b'"' * 100_001, b"[" + b'"\\u0000",' * 60_000 + b"1]",
    b"[" + b"1e500," * 150_000 + b"1]", b"[" + b"1" * 1_000_000 + b"]", b'{"\\u0000":{"' + b"a" * 500_000 + b'":1}}',
    b" " * 1_000_000, b"[]," * 40 + b'"' + b'\\"' * 49_000, b"[],".join([b""] * 50_000),
]  # fmt: skip


@pytest.mark.parametrize("body", HEAVY)
def test_no_document_of_a_megabyte_holds_the_loop_for_long(body):
    begun = time.perf_counter()
    with pytest.raises(Malformed):
        check_json(body)
    assert time.perf_counter() - begun < 2.0


TEXT = st.text(st.sampled_from([*HARMFUL, *'ab\\"/ubf\n\t 1eN[{']) | st.characters(), max_size=8)
NUMBER = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(TEXT, below, max_size=4),
    max_leaves=8,
)


def texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield name
            yield from texts(item)


def passes(body):
    try:
        check_json(body)
    except Malformed:
        return False
    return True


@pytest.mark.parametrize("ascii_only", [True, False])
def test_every_character_of_the_basic_plane_is_judged_alike_in_every_spelling(ascii_only):
    for character in map(chr, [*range(0x10000), 0x1F600, 0x10FFFF]):
        body = json.dumps(["x", character], ensure_ascii=ascii_only)
        assert passes(body.encode("utf-8", "surrogatepass")) == (harm(character) is None), body


@given(JSON, st.booleans())
def test_a_document_passes_exactly_when_no_text_in_it_is_harmful(value, ascii_only):
    body = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    digits = max((len(re.sub(r"\D", "", found)) for found in numbers(value)), default=0)
    assert passes(body) == (not any(map(harm, texts(value))) and digits <= 20)


def numbers(value):
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield repr(value)
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from numbers(item)


@given(
    st.binary(max_size=60)
    | st.text('{}[]",:\\u0d8a19eE.-+ntf \x00\x7f', max_size=40).map(str.encode)
)
def test_what_passes_is_read_alike_by_both_decoders_and_nothing_else_escapes(body):
    try:
        check_json(body)
    except Malformed:
        return
    assert msgspec.json.decode(body) == json.loads(body)


# --- MessagePack ----------------------------------------------------------------------------------


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
    assert json.loads(document) == value
    check_json(document)


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
    begun = time.perf_counter()
    with pytest.raises(Malformed):
        json_from_messagepack(body)
    assert time.perf_counter() - begun < 2.0


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
        check_json(json_from_messagepack(body))
    except Malformed:
        return


def test_faults_of_messagepack_stop_at_fifty():
    assert len(packed_faults(b"\xdc\x00\x64" + b"\xc4\x00" * 100)) == 50

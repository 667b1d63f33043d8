"""Text from outside: types take real names and refuse what harms; documents are checked whole."""

import json
import re
import time

import msgspec
import pytest
from hypothesis import given as given_
from hypothesis import settings
from hypothesis import strategies as st

from registry.platform.characters import BLANK, drop_unseen, harm
from registry.platform.errors import InvalidValues, Malformed
from registry.platform.text import (
    DEPTH,
    MARKS,
    Label,
    Line,
    Paragraph,
    clean_json,
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
    "\u202e",
    *map(chr, range(0xFFF9, 0xFFFC)),
    "\ud800",
    "\udfff",
]
#: Refused like these; no pattern that both Python and ECMA-262 read can name them.
TAGS = [*map(chr, [0xE0000, 0xE0001, 0xE0041, 0xE007F, 0xE00FF, 0xE01F0, 0xE0FFF])]
BLANKS = ["", " ", "\u00a0", "\u200b", "\u3164", "\u2800", " \u200d\ufeff ", "\u00ad", "\ufe0f"]
#: (as it is sent, as it is read)
UNSEEN = [
    ("ship\u00adment", "shipment"), ("a\u200bb\ufeff", "ab"), ("\u2060\u2063x", "x"), ("\u3164a\uffa0", "a"),
    ("a\ufe0fb\ufe01", "ab"), ("a\u200db", "ab"), ("Іван\u200cко", "Іванко"), ("x\ufe0f\u200dy", "xy"),
    ("\U000e0101x\U000e01efy", "xy"), ("\u200b", ""), ("👩\u200d👧", "👩\u200d👧"),
    ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
    ("👩\u200d\u200d\u200d👧", "👩\u200d👧"), ("⠀\u200da", "a"), ("می\u200cخواهم", "می\u200cخواهم"),
]  # fmt: skip


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
@pytest.mark.parametrize("text", BLANKS)
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
    text = "".join(c for c in text if not "\U000e0000" <= c <= "\U000e0fff")
    marks = not re.fullmatch(f"[{BLANK}]*", text)
    assert fits(text, Paragraph) == (harm(text) is None and marks)


@pytest.mark.parametrize("meta", [line(200), paragraph(4000)])
@pytest.mark.parametrize("text", [" " * 200_000, "a" * 200_000 + "\0", "\n " * 100_000 + "\0"])
def test_patterns_take_linear_time(meta, text):
    begun = time.process_time()
    assert not re.search(meta.pattern, text)
    assert time.process_time() - begun < 2.0


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
        clean_json(body if isinstance(body, bytes) else body.encode())
    return [(fault.pointer, fault.detail) for fault in caught.value.errors]


def malformed(body):
    with pytest.raises(Malformed) as caught:
        clean_json(body)
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
def test_honest_documents_pass_as_they_are(body):
    sent = body.encode()
    assert clean_json(sent) is sent


@pytest.mark.parametrize(("sent", "read"), UNSEEN)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_what_nobody_sees_is_dropped_from_every_text(sent, read, ascii_only):
    body = json.dumps({"a": [sent, 1.5e300, 2**63, None, {sent: True}]}, ensure_ascii=ascii_only)
    kept = json.loads(clean_json(body.encode()))
    assert kept == {"a": [read, 1.5e300, 2**63, None, {read: True}]}


def test_names_that_look_alike_are_one_name_given_twice():
    [(place, detail)] = refused('{"x": {"row": 1, "ro\u200bw": 2}}')
    assert place == "/x/row"
    assert "more than once" in detail


PASSED_OVER = [
    (r'{"a": "x\u0000y"}', "/a", "NUL"), (r'{"a": ["ok", "\u0007"]}', "/a/1", "U+0007"),
    (r'{"a": "\b"}', "/a", "U+0008"), (r'{"a": "\f"}', "/a", "U+000C"), (r'{"a\f": 1}', "", "U+000C"),
    ('{"a": "\x7f"}', "/a", "U+007F"), ('{"a": "\u0085"}', "/a", "U+0085"), (r'{"a": "\u0085"}', "/a", "U+0085"),
    (r'{"a": "\u007F"}', "/a", "U+007F"), ('{"a": "\u202e"}', "/a", "direction"),
    (r'{"a": "\u202E"}', "/a", "direction"), (r'{"a": "\u05e9\u202D12"}', "/a", "direction"),
    (r'"\ud800"', "", "surrogate"),
    ('{"a": "b\U000e0041"}', "/a", "U+E0041"), (r'{"a": "b\udb40\udc41"}', "/a", "U+E0041"),
    (r'{"a": "b\uFFF9"}', "/a", "hides"),
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
        clean_json(body.encode())
    assert "38050" not in repr(caught.value.problem("id"))


NO_JSON = [
    (b'{"a": 1} x', 9), (b'{"a": 1}{}', 8), ('{"ї": }'.encode(), 7), (b'{"a" 1}', 5), (b"", 0), (b"   ", 3),
    (b"[1 2]", 3), (b"{'a': 1}", 1), (b'"a\nb"', 2), (b'"a\x00b"', 2), (b"nul", 0), (b"01", 1),
    (b'{"a": "\\u0000", "a": 1} x', 24), (b'{"a": 1, "a": 1', 15), (b'"\\x"', 1), (b'"unterminated', 0),
    (b"\xd9\x90", 0),
]  # fmt: skip


@pytest.mark.parametrize(("body", "byte"), NO_JSON)
def test_what_is_no_json_is_refused_with_its_byte(body, byte):
    assert f"at byte {byte}:" in malformed(body)


@pytest.mark.parametrize(
    ("body", "byte"),
    [(b'{"a": "\xff"}', 7), (b'"\xed\xa0\x80"', 1), (b'"ok" \xc0\x80', 5), (b"\xff{}", 0)],
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
    begun = time.process_time()
    with pytest.raises(Malformed):
        clean_json(body)
    assert time.process_time() - begun < 2.0


ODD = [*HARMFUL, *TAGS, *"\u00ad\u200b\u200d\ufe0f\ufeff👩", *'ab\\"/ubf\n\t 1eN[{']
TEXT = st.text(st.sampled_from(ODD) | st.characters(), max_size=8)
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
        clean_json(body)
    except Malformed:
        return False
    return True


@pytest.mark.parametrize("ascii_only", [True, False])
def test_every_character_of_the_basic_plane_is_judged_alike_in_every_spelling(ascii_only):
    for character in map(chr, [*range(0x10000), 0x1F600, *range(0xE0000, 0xE1000), 0x10FFFF]):
        body = json.dumps(["x" + character], ensure_ascii=ascii_only)
        sent = body.encode("utf-8", "surrogatepass")
        assert passes(sent) == (harm(character) is None), body
        if passes(sent):
            assert json.loads(clean_json(sent)) == [drop_unseen("x" + character)], body


@given(JSON, st.booleans())
def test_a_document_passes_exactly_when_no_text_in_it_is_harmful(value, ascii_only):
    body = json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    digits = max((len(re.sub(r"\D", "", found)) for found in numbers(value)), default=0)
    assert passes(body) == (not any(map(harm, texts(value))) and not twice(value) and digits <= 20)


def seen(value):
    """The document as it is read: without what nobody sees."""
    if isinstance(value, str):
        return drop_unseen(value)
    if isinstance(value, list):
        return [seen(item) for item in value]
    if isinstance(value, dict):
        return {drop_unseen(name): seen(item) for name, item in value.items()}
    return value


def twice(value):
    """Whether two names of one object look alike."""
    if isinstance(value, dict):
        return len({*map(drop_unseen, value)}) < len(value) or any(map(twice, value.values()))
    return isinstance(value, list) and any(map(twice, value))


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
        body = clean_json(body)
    except Malformed:
        return
    assert msgspec.json.decode(body) == json.loads(body)
    assert clean_json(body) is body

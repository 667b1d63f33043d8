"""Every fault at once: complete, in its place, in agreement with msgspec, repeating no value."""

import dataclasses
import enum
import json
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple, NotRequired, TypedDict
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Meta

from registry.platform.faults import Fault, faults, step
from registry.platform.text import Label, Line, Paragraph

Colour = enum.StrEnum("Colour", ["red", "green"])


class Size(enum.IntEnum):
    SMALL = 1
    LARGE = 2


class Money(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    amount: Annotated[int, Meta(ge=0, le=9999)]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")]


class Person(
    msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag="person", tag_field="kind"
):
    phone: Label
    birth_date: date | None = None


class Company(
    msgspec.Struct, kw_only=True, forbid_unknown_fields=True, tag="company", tag_field="kind"
):
    company_code: Annotated[str, Meta(min_length=8, max_length=10)]


class Span(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    first: int
    last: int

    def __post_init__(self):
        if self.last < self.first:
            raise ValueError("`last` must not be before `first`")


class Report(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    subject: Person | Company
    category: Literal["parcel_refused", "no_show"]
    statement: Paragraph
    title: Line | None = None
    amount: Money | None = None
    happened_at: Annotated[datetime, Meta(tz=True)] | None = None
    contacts: Annotated[list[Span], Meta(max_length=2)] = []
    labels: dict[Label, Line] = {}
    by_colour: dict[Colour, int] = {}
    by_number: dict[int, bool] = {}
    reference: UUID | msgspec.UnsetType = msgspec.UNSET
    weight: Annotated[float, Meta(gt=0, lt=10)] = 1.0
    size: Size = Size.SMALL
    either: int | str | list[int] | None = None
    pair: tuple[int, str] | None = None
    unique: set[int] = set()
    price: Decimal = Decimal(0)
    free: Any = None


class Loose(msgspec.Struct):
    """Unknown fields are fine, and it holds itself."""

    name: str = ""
    next: "Loose | None" = None
    spans: list[Span] = []


class Row(msgspec.Struct, array_like=True):
    number: int
    name: str = ""


class Typed(TypedDict):
    number: int
    name: NotRequired[str]


class Named(NamedTuple):
    number: int
    name: str = ""


@dataclasses.dataclass
class Data:
    number: int
    rows: list[Row] = dataclasses.field(default_factory=list)


class Exotic(msgspec.Struct, rename={"moment": "time"}):
    row: Row | None = None
    typed: Typed | None = None
    named: Named | None = None
    data: Data | None = None
    packed: Annotated[bytes, Meta(max_length=4)] | None = None
    moment: time | None = None
    span: timedelta | None = None
    literal: Literal[1, "one", None] = None
    number: Annotated[int, Meta(multiple_of=5)] | Annotated[float, Meta(le=2)] = 5
    raw: msgspec.Raw = msgspec.Raw(b"null")
    frozen: frozenset[str] = frozenset()
    several: tuple[int, ...] = ()
    counted: Annotated[dict[str, int], Meta(min_length=1, max_length=2)] = msgspec.field(
        default_factory=lambda: {"a": 1}
    )


SUBJECT = {"kind": "person", "phone": "1"}
REPORT = {"subject": SUBJECT, "category": "no_show", "statement": "x"}


def told(value, type_: Any = Report):
    return [(fault.pointer, fault.detail) for fault in faults(type_, value)]


def with_(**changes: Any):
    return {**REPORT, **changes}


#: What is changed in a sound report -> where -> what is told.
TABLE = r"""
{"statement": 5}                     /statement  expected text, got a number
{"statement": null}                  /statement  expected text, got null
{"statement": ["x"]}                 /statement  expected text, got a list
{"statement": ""}                    /statement  must not be empty
{"statement": " "}                   /statement  must be text, not blank, without control characters
{"title": 1}                         /title  expected text or null, got a number
{"title": "a\nb"}                    /title  must be one line of text, not blank, without control characters
{"category": "nonsense"}             /category  must be one of: no_show, parcel_refused
{"category": 1}                      /category  must be one of: no_show, parcel_refused
{"happenedAt": "yesterday"}          /happenedAt  must be @MOMENT, with its time zone
{"happenedAt": "2026-11-22T10:00:00"}  /happenedAt  must be @MOMENT, with its time zone
{"happenedAt": 1}                    /happenedAt  expected @MOMENT or null, got a number
{"happened_at": null}                /happened_at  is not a known field; did you mean `happenedAt`?
{"amount": 5}                        /amount  expected an object or null, got a number
{"amount": {"amount": 1}}            /amount/currency  is required
{"amount": {"amount": -1, "currency": "UAH"}}    /amount/amount  must be at least 0
{"amount": {"amount": 1e3, "currency": "UAH"}}   /amount/amount  expected a whole number, got a decimal number
{"amount": {"amount": true, "currency": "UAH"}}  /amount/amount  expected a whole number, got true or false
{"amount": {"amount": "1", "currency": "UAH"}}   /amount/amount  expected a whole number, got text
{"amount": {"amount": 10000, "currency": "UAH"}} /amount/amount  must be at most 9999
{"amount": {"amount": 1, "currency": "uah"}}     /amount/currency  must match the pattern ^[A-Z]{3}$
{"contacts": [{"first": 1, "last": 2}, {"first": 1}]}             /contacts/1/last  is required
{"contacts": [{"first": 1, "last": 2}, {"first": 3, "last": 2}]}  /contacts/1  `last` must not be before `first`
{"contacts": [@ONE, @ONE, @ONE]}     /contacts  must have at most 2 items, and has 3
{"labels": {"a/b~c": 1}}             /labels/a~1b~0c  expected text, got a number
{"byColour": {"blue": 1}}            /byColour/blue  its name must be one of: red, green
{"byNumber": {"one": true}}          /byNumber/one  its name must be a whole number
{"reference": "no"}                  /reference  must be a UUID such as 0193531c-5dbe-7c4c-a51d-8a6ff2b5d0c1
{"weight": 0}                        /weight  must be more than 0
{"weight": 10}                       /weight  must be less than 10
{"size": 3}                          /size  must be one of: 1, 2
{"size": "1"}                        /size  must be one of: 1, 2
{"either": 1.5}                      /either  expected a whole number or text or a list or null, got a decimal number
{"either": [1, "2"]}                 /either/1  expected a whole number, got text
{"pair": [1]}                        /pair  must have exactly 2 items
{"pair": [1, 2]}                     /pair/1  expected text, got a number
{"unique": [1, [2]]}                 /unique/1  expected a whole number, got a list
{"price": "much"}                    /price  must be a decimal number such as 12.50
{"subject": "person"}                /subject  expected an object, got text
{"subject": {"phone": "1"}}          /subject/kind  is required, one of: person, company
{"subject": {"kind": "cat"}}         /subject/kind  must be one of: person, company
{"subject": {"kind": 1}}             /subject/kind  must be one of: person, company
{"subject": {"kind": []}}            /subject/kind  must be one of: person, company
{"subject": {"kind": "company"}}     /subject/company_code  is required
{"subject": {"kind": "person", "phone": "1", "company_code": "1"}}     /subject/company_code  is not a known field
{"subject": {"kind":"person", "phone":"1", "birth_date":""}}  /subject/birth_date  must be a date such as 2026-11-22
{"a\u202eb": 1}                      /a�b  is not a known field
"""


def rows():
    moment = "a date and time such as 2026-11-22T10:00:00Z"
    table = TABLE.replace("@MOMENT", moment).replace("@ONE", '{"first": 1, "last": 2}')
    for row in table.splitlines()[1:]:
        changes, end = json.JSONDecoder().raw_decode(row)
        pointer, _, detail = row[end:].strip().partition("  ")
        yield pytest.param(changes, pointer, detail, id=row[:40].strip())


@pytest.mark.parametrize(("changes", "pointer", "detail"), list(rows()))
def test_each_fault_has_its_place_and_its_sentence(changes, pointer, detail):
    assert told(with_(**changes)) == [(pointer, detail)]


def test_the_whole_body_may_be_sound_or_the_fault():
    assert told(REPORT) == []
    assert told(with_(either=[1], byNumber={"1": True}, weight=1, price=1.5, pair=[1, "a"])) == []
    for value, got in (([], "a list"), (None, "null"), ("x", "text"), (True, "true or false")):
        assert told(value) == [("", f"expected an object, got {got}")]


def test_all_faults_are_told_at_once():
    body = {
        "subject": {"kind": "person", "phon": "1", "birth_date": 5},
        "category": "x",
        "amount": {"amount": -1, "currency": "u", "x": 1},
        "contacts": [{"first": 2, "last": 1}, {"first": "a"}, 5],
        "labels": {"": "v", "ok": ""},
        "extra": 1,
    }
    assert " ".join(pointer for pointer, _ in told(body)) == (
        "/subject/phone /subject/birth_date /subject/phon /category /statement"
        " /amount/amount /amount/currency /amount/x"
        " /contacts /contacts/0 /contacts/1/first /contacts/1/last /contacts/2"
        " /labels/ /labels/ok /extra"
    )


def test_long_names_are_cut():
    assert told(with_(**{"x" * 100: 1})) == [("/" + "x" * 61 + "...", "is not a known field")]
    [(pointer, detail)] = told(with_(labels={"x" * 65: "v"}))
    assert pointer == "/labels/" + "x" * 61 + "..."
    assert detail == "its name must have at most 64 characters, and has 65"


def test_no_more_than_the_limit():
    body = dict.fromkeys(map(str, range(200)))
    assert (len(faults(Report, body)), len(faults(Report, body, limit=7))) == (50, 7)


def test_a_struct_is_only_asked_about_itself_when_its_parts_are_right():
    assert [pointer for pointer, _ in told({"first": 2, "last": "1"}, Span)] == ["/last"]
    assert [pointer for pointer, _ in told({"first": 2, "last": 1}, Span)] == [""]


def test_no_sentence_repeats_a_value():
    secret = "s3cret0501234567"
    bodies = [dict.fromkeys(("subject", "category", "amount", "happenedAt", "size"), secret)]
    bodies += [
        with_(**{name: value})
        for name in ("category", "reference", "price", "weight", "pair")
        for value in (secret, [secret], {secret: secret})
    ]
    for body in bodies:
        for fault in faults(Report, body):
            assert secret not in fault.detail


def test_types_that_are_seldom_used_are_placed_too():
    assert told({"row": ["1"]}, Exotic) == [("/row/0", "cannot be used")]
    assert told({"row": {}}, Exotic) == [("/row", "expected a list or null, got an object")]
    assert told({"typed": {"name": 1}}, Exotic) == [
        ("/typed/name", "expected text, got a number"),
        ("/typed/number", "is required"),
    ]
    assert told({"named": ["x"]}, Exotic) == [("/named/0", "cannot be used")]
    assert told({"data": {"rows": [[]]}}, Exotic) == [
        ("/data/number", "is required"),
        ("/data/rows/0", "does not hold the expected items"),
    ]
    assert told({"packed": "!"}, Exotic) == [("/packed", "must be text in base64")]
    assert told({"literal": 2}, Exotic) == [("/literal", "must be one of: null, 1, one")]
    assert told({"number": 3}, Exotic) == [("/number", "must be a multiple of 5")]
    assert told({"number": 2.5}, Exotic) == [("/number", "must be at most 2")]
    assert told({"counted": {}}, Exotic) == [("/counted", "must not be empty")]
    assert told({"counted": dict.fromkeys("abc", 1)}, Exotic) == [
        ("/counted", "must have at most 2 entries, and has 3")
    ]


def test_the_type_may_be_no_struct():
    assert told([1, "2"], list[int]) == [("/1", "expected a whole number, got text")]
    assert told({"row-1": {"first": 1}}, dict[str, Span]) == [("/row-1/last", "is required")]
    assert told("", Annotated[str, Meta(min_length=2)]) == [("", "must have at least 2 characters")]
    assert told(None, Line) == [("", "expected text, got null")]


def test_raw_takes_any_value():
    class Batch(msgspec.Struct):
        queries: Annotated[dict[Label, msgspec.Raw], Meta(max_length=2)]
        first: Span | None = None

    assert told({"queries": {"a": {"x": [1]}, "b": None}}, Batch) == []
    assert told({"queries": {"a": 1, "": 2}, "first": {"first": 2, "last": 1}}, Batch) == [
        ("/queries/", "its name must not be empty"),
        ("/first", "`last` must not be before `first`"),
    ]


def test_optional_structs_in_each_other_take_linear_time():
    value: Any = {"name": 1}
    for _ in range(30):
        value = {"next": value}
    assert told(value, Loose) == [("/next" * 30 + "/name", "expected text, got a number")]


def test_a_step_is_escaped_and_printable_and_faults_travel_as_the_contract_says():
    steps = {"a": "/a", "": "/", "a/b": "/a~1b", "~1": "/~01", "ї є": "/ї є", 5: "/5"}
    assert {name: step(name) for name in steps} == steps
    assert step("\0\ud800") == "/\ufffd\ufffd"
    assert msgspec.json.encode(Fault("/a", "b")) == b'{"pointer":"/a","detail":"b"}'


# --- agreement with msgspec -----------------------------------------------------------------------

WORDS = (
    "|x|red|person|company|no_show|UAH|12345678|1| |one|a\nb|2026-11-22|2026-11-22T10:00:00Z|P1D|10:00:00Z|aGk=|1.5"
).split("|")
NUMBER = st.integers(-3, 20) | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.sampled_from(WORDS) | st.uuids().map(str) | st.text(max_size=4)
LEAF = st.none() | st.booleans() | NUMBER | TEXT
STRUCTS: list[Any] = [Report, Money, Person, Company, Span, Loose, Exotic]
FIELDS = [field.encode_name for type_ in STRUCTS for field in msgspec.structs.fields(type_)]
NAMES = [*FIELDS, "kind", "unknown", "red", "1", ""]
ANY = st.recursive(
    LEAF,
    lambda below: st.lists(below) | st.dictionaries(st.sampled_from(NAMES), below, max_size=5),
    max_leaves=12,
)
SMALL = st.integers(0, 3)
COMPANY = {"kind": "company", "company_code": "12345678"}
MONEY = {"amount": SMALL, "currency": st.sampled_from(["UAH", "U"])}
PLAIN = {
    "subject": st.sampled_from([SUBJECT, COMPANY]),
    "category": st.sampled_from(["no_show", "parcel_refused"]),
    "statement": st.just("x"),
    "amount": st.fixed_dictionaries(MONEY),
    "contacts": st.lists(st.fixed_dictionaries({"first": SMALL, "last": SMALL}), max_size=3),
    "happenedAt": st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    "labels": st.dictionaries(st.sampled_from(["a", "", "b"]), st.sampled_from(["v", ""])),
    "weight": st.integers(-1, 11) | st.floats(0, 11),
    "size": SMALL,
    "either": st.integers() | st.text() | st.lists(st.integers()),
    "unknown": st.none(),
}
EXOTIC = st.dictionaries(
    st.sampled_from([f.encode_name for f in msgspec.structs.fields(Exotic)]), ANY
)
TYPES: list[Any] = [*STRUCTS, list[Loose], dict[str, Money], Person | Company | None, Row | None]


@st.composite
def nearly(draw):
    """A report that is sound but for what one draw in ten spoils."""
    names = [name for name in PLAIN if name in REPORT or draw(st.integers(0, 2)) == 0]
    body = {name: draw(PLAIN[name]) for name in names}
    for name in list(body):
        if draw(st.integers(0, 9)) == 0:
            body[name] = draw(ANY)
    return body


def check_agreement(type_, value):
    found = faults(type_, value)
    try:
        msgspec.json.decode(json.dumps(value), type=type_)
        sound = True
    except msgspec.ValidationError:
        sound = False
    assert (found == []) == sound
    for fault in found:
        resolve(value, fault)
        assert type_ is not Report or fault.detail != "cannot be used"


def resolve(value, fault):
    """Every pointer leads to a place in the body, or (what is required) to its parent."""
    names = [name.replace("~1", "/").replace("~0", "~") for name in fault.pointer.split("/")[1:]]
    for name in names[:-1] if fault.detail.startswith("is required") else names:
        value = value[int(name)] if isinstance(value, list) else value[name]


@settings(deadline=None, max_examples=400)
@given(
    st.tuples(st.just(Report), nearly())
    | st.tuples(st.sampled_from(TYPES), ANY)
    | st.tuples(st.just(Exotic), EXOTIC)
)
def test_agrees_with_msgspec(typed):
    check_agreement(*typed)


@settings(deadline=None, max_examples=300)
@given(nearly())
def test_mending_what_is_told_leaves_nothing_to_tell(value):
    """No fault hides another: once each told place is taken out or mended, the body is sound."""
    for fault in faults(Report, value, limit=1000):
        top = fault.pointer.split("/")[1]
        value.pop(top, None)
        if top in REPORT:
            value[top] = REPORT[top]
    assert faults(Report, value) == []

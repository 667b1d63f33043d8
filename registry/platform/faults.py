"""Every fault of a body at once, each with its place, in words for the person who sent it.

msgspec stops at the first fault and its messages repeat values. So when it has refused a body,
`faults` walks the wanted type over the untyped body and reports everything that is wrong. Only here
are msgspec's findings turned into sentences; what breaks a rule of the domain is said by `rules`.

A place is a JSON pointer (RFC 6901). A sentence never repeats a value, only names of fields. The
message of a `__post_init__` is passed on as it is: who writes one writes for the caller.
"""

import difflib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from itertools import islice, repeat
from types import NoneType
from typing import Annotated, Any, Final, Literal, NamedTuple
from uuid import UUID

import msgspec
from msgspec import inspect as shape

#: A longer name is cut wherever it is shown, in a pointer too (which then leads nowhere).
NAME_SHOWN: Final = 64
#: Key in `Meta.extra` of the sentence that tells a caller what a pattern wants.
SAYS: Final = "says"
_CHOICES_SHOWN: Final = 40
_PATTERN_SHOWN: Final = 40


class Fault(msgspec.Struct, frozen=True):
    """One thing that is wrong: where (JSON pointer), and what, for the caller to read."""

    pointer: str
    detail: str


def faults(type_: Any, value: object, limit: int = 50) -> list[Fault]:
    """Return what keeps `value` from being a `type_`: at most `limit` faults, in field order.

    `value` is what an untyped decoder made of JSON: dict, list, str, int, float, bool, None. The
    result is empty exactly when msgspec decodes that JSON into the type; "1" is no number then, nor
    here.
    """
    error = _refusal(type_, value)
    if error is None:
        return []
    return list(islice(_walk(shape_of(type_), value, ""), limit)) or [_told(error, "")]


def _refusal(type_: Any, value: object) -> msgspec.ValidationError | None:
    """Let msgspec itself judge a value, as if it were decoding it."""
    try:
        msgspec.convert(value, type_, str_keys=True)
    except msgspec.ValidationError as error:
        if not str(error).startswith("Expected `raw`"):
            return error
    else:
        return None
    try:  # `Raw` is made by decoders only
        msgspec.json.decode(msgspec.json.encode(value), type=type_)
    except msgspec.ValidationError as error:
        return error
    return None


def step(name: object) -> str:
    """Return one step of a JSON pointer, with its slash: escaped, printable and not too long."""
    return "/" + _shown(str(name)).replace("~", "~0").replace("/", "~1")


def _shown(name: str) -> str:
    cut = name if len(name) <= NAME_SHOWN else name[: NAME_SHOWN - 3] + "..."
    return cut if cut.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in cut)


@cache
def shape_of(type_: Any) -> shape.Type:
    """Return what msgspec knows of a type; worked out once."""
    return shape.type_info(type_)


class _Kind(NamedTuple):
    """What a type is read from (closest first), what it is called, and its name in Python."""

    takes: tuple[type, ...]
    called: str
    python: Any = Any


_ObjectType = shape.StructType | shape.TypedDictType | shape.DataclassType
_LIST: Final = _Kind((list,), "a list")
_OBJECT: Final = _Kind((dict,), "an object")
_ANYTHING: Final = _Kind((str, int, float, bool, NoneType, list, dict), "any value")
_KINDS: Final[Mapping[type[shape.Type], _Kind]] = {
    shape.StrType: _Kind((str,), "text", str),
    shape.IntType: _Kind((int,), "a whole number", int),
    shape.FloatType: _Kind((float, int), "a number", float),
    shape.BoolType: _Kind((bool,), "true or false", bool),
    shape.NoneType: _Kind((NoneType,), "null", None),
    shape.DecimalType: _Kind((str, float, int), "a decimal number such as 12.50", Decimal),
    shape.DateTimeType: _Kind((str,), "a date and time such as 2026-11-22T10:00:00Z", datetime),
    shape.DateType: _Kind((str,), "a date such as 2026-11-22", date),
    shape.TimeType: _Kind((str,), "a time such as 10:00:00", time),
    shape.TimeDeltaType: _Kind((str,), "a duration such as P1D", timedelta),
    shape.UUIDType: _Kind((str,), "a UUID such as 0193531c-5dbe-7c4c-a51d-8a6ff2b5d0c1", UUID),
    shape.BytesType: _Kind((str,), "text in base64", bytes),
    shape.ListType: _LIST,
    shape.SetType: _LIST,
    shape.FrozenSetType: _LIST,
    shape.VarTupleType: _LIST,
    shape.TupleType: _LIST,
    shape.NamedTupleType: _LIST,
    shape.DictType: _OBJECT,
    shape.TypedDictType: _OBJECT,
    shape.DataclassType: _OBJECT,
}
_GOT: Final[Mapping[type, str]] = {
    str: "text",
    int: "a number",
    float: "a decimal number",
    bool: "true or false",
    NoneType: "null",
    list: "a list",
    dict: "an object",
}


def _choices(info: shape.Type) -> list[Any]:
    if isinstance(info, shape.EnumType):
        return [member.value for member in info.cls]
    return list(info.values) if isinstance(info, shape.LiteralType) else []


def _kind(info: shape.Type) -> _Kind:
    if isinstance(info, shape.StructType):
        return _Kind((list,), "a list", info.cls) if info.array_like else _OBJECT
    if choices := _choices(info):
        python = info.cls if isinstance(info, shape.EnumType) else Literal[tuple(choices)]
        return _Kind(tuple({type(choice): 0 for choice in choices}), _one_of(choices), python)
    return _KINDS.get(type(info), _ANYTHING)


def _one_of(choices: list[Any]) -> str:
    shown = [c if isinstance(c, str) else msgspec.json.encode(c).decode() for c in choices]
    more = ", ..." if len(shown) > _CHOICES_SHOWN else ""
    return "one of: " + ", ".join(shown[:_CHOICES_SHOWN]) + more


def _walk(info: shape.Type, value: Any, at: str) -> Iterator[Fault]:
    """Yield the faults of one place and of all places below it."""
    info, says = _bare(info)
    if isinstance(info, shape.UnionType):
        yield from _either(info, value, at)
    elif type(value) not in _kind(info).takes:
        yield Fault(at, _mistaken([info], value))
    elif isinstance(info, _ObjectType) and _kind(info) is _OBJECT:
        yield from _object(info, value, at)
    elif isinstance(info, shape.DictType):
        yield from _entries(info, value, at)
    elif isinstance(info, (shape.CollectionType, shape.TupleType)):
        yield from _items(info, value, at)
    else:
        yield from _leaf(info, value, at, says)


def _bare(info: shape.Type) -> tuple[shape.Type, str]:
    if isinstance(info, shape.Metadata):
        return info.type, str((info.extra or {}).get(SAYS, ""))
    return info, ""


def _mistaken(wanted: list[shape.Type], value: object) -> str:
    if len(wanted) == 1 and _choices(wanted[0]):
        return "must be " + _kind(wanted[0]).called
    called = " or ".join(dict.fromkeys(_kind(info).called for info in wanted))
    return f"expected {called}, got {_GOT.get(type(value), 'something else')}"


def _either(union: shape.UnionType, value: Any, at: str) -> Iterator[Fault]:
    """Take the member of the union that this kind of value must mean; report its faults only."""
    bare = [_bare(info)[0] for info in union.types]
    fit = [info for info in union.types if type(value) in _kind(_bare(info)[0]).takes]
    structs = [info for info in bare if isinstance(info, shape.StructType)]
    if not fit:
        yield Fault(at, _mistaken(bare, value))
    elif len(structs) > 1 and isinstance(value, dict):
        yield from _tagged(structs, value, at)
    else:
        exact = [info for info in fit if _kind(_bare(info)[0]).takes[0] is type(value)] or fit
        if len(exact) == 1 or all(any(_walk(info, value, at)) for info in exact):
            yield from _walk(exact[0], value, at)


def _tagged(structs: list[shape.StructType], value: dict[Any, Any], at: str) -> Iterator[Fault]:
    tag_field = structs[0].tag_field
    tags = {(type(struct.tag), struct.tag): struct for struct in structs}
    tag = value.get(tag_field)
    if tag_field not in value:
        yield Fault(at + step(tag_field), "is required, " + _one_of([tag for _, tag in tags]))
    elif isinstance(tag, (str, int)) and (chosen := tags.get((type(tag), tag))):
        yield from _object(chosen, value, at)
    else:
        yield Fault(at + step(tag_field), "must be " + _one_of([tag for _, tag in tags]))


def _object(info: _ObjectType, value: dict[Any, Any], at: str) -> Iterator[Fault]:
    clean = True
    for fault in _fields(info, value, at):
        clean = False
        yield fault
    # only a whole that is right in all its parts reaches its own __post_init__
    if clean and (error := _refusal(info.cls, value)) is not None:
        yield _told(error, at)


def _fields(info: _ObjectType, value: dict[Any, Any], at: str) -> Iterator[Fault]:
    known = [field.encode_name for field in info.fields]
    for field in info.fields:
        if field.encode_name in value:
            yield from _walk(field.type, value[field.encode_name], at + step(field.encode_name))
        elif field.required:
            yield Fault(at + step(field.encode_name), "is required")
    if not isinstance(info, shape.StructType):
        return
    if info.tag_field is not None:
        known.append(info.tag_field)
        tag = value.get(info.tag_field, info.tag)
        if (type(tag), tag) != (type(info.tag), info.tag):
            yield Fault(at + step(info.tag_field), "must be " + _one_of([info.tag]))
    if info.forbid_unknown_fields:
        unknown = (name for name in value if name not in known)
        yield from (Fault(at + step(name), _unknown(str(name), known)) for name in unknown)


def _unknown(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name[:NAME_SHOWN], known, n=1)
    return "is not a known field" + (f"; did you mean `{close[0]}`?" if close else "")


def _count(info: Any, value: Collection[Any], unit: str) -> str | None:
    """Say how the number of items or characters breaks its limits."""
    least, most = info.min_length, info.max_length
    if least is not None and len(value) < least:
        return "must not be empty" if least == 1 else f"must have at least {least} {unit}"
    if most is not None and len(value) > most:
        return f"must have at most {most} {unit}, and has {len(value)}"
    return None


def _items(info: shape.Type, value: list[Any], at: str) -> Iterator[Fault]:
    types: Iterable[shape.Type] = ()
    if isinstance(info, shape.TupleType):
        types = info.item_types
        if len(value) != len(info.item_types):
            yield Fault(at, f"must have exactly {len(info.item_types)} items")
    elif isinstance(info, shape.CollectionType):
        types = repeat(info.item_type)
        if fault := _count(info, value, "items"):
            yield Fault(at, fault)
    for index, (item_type, item) in enumerate(zip(types, value, strict=False)):
        yield from _walk(item_type, item, f"{at}/{index}")


def _entries(info: shape.DictType, value: dict[Any, Any], at: str) -> Iterator[Fault]:
    if fault := _count(info, value, "entries"):
        yield Fault(at, fault)
    key_type, says = _bare(info.key_type)
    names = dict.__class_getitem__((_annotation(key_type), Any))
    for name, item in value.items():
        if _refusal(names, {name: None}) is not None:
            yield Fault(at + step(name), "its name " + _reason(key_type, name, says))
        yield from _walk(info.value_type, item, at + step(name))


def _leaf(info: shape.Type, value: Any, at: str, says: str) -> Iterator[Fault]:
    error = _refusal(_annotation(info), value)
    if error is not None:
        told = _told(error, at)
        yield told if told.pointer != at else Fault(at, _reason(info, value, says))


def _annotation(info: shape.Type) -> Any:
    """Spell a type that msgspec has analysed as Python would, with its limits."""
    names = ("min_length", "max_length", "pattern", "ge", "gt", "le", "lt", "multiple_of", "tz")
    limits = {name: limit for name in names if (limit := getattr(info, name, None)) is not None}
    python = getattr(info, "cls", _kind(info).python)
    return Annotated[python, msgspec.Meta(**limits)] if limits else python


def _reason(info: shape.Type, value: Any, says: str) -> str:
    """Say why msgspec refused a leaf of the right kind."""
    match info:
        case shape.StrType(pattern=pattern) if isinstance(value, str):
            short = pattern is not None and len(pattern) <= _PATTERN_SHOWN
            form = f"must match the pattern {pattern}" if short else "is not in the expected form"
            return _count(info, value, "characters") or says or form
        case shape.IntType() | shape.FloatType() if isinstance(value, (int, float)):
            return _bound(info, value)
        case shape.DateTimeType(tz=True):
            return f"must be {_kind(info).called}, with its time zone"
        case shape.StructType() | shape.NamedTupleType():
            return "does not hold the expected items"
        case _:
            return "must be " + _kind(info).called


def _bound(info: shape.IntType | shape.FloatType, value: float) -> str:
    if info.ge is not None and value < info.ge:
        return f"must be at least {_plain(info.ge)}"
    if info.gt is not None and value <= info.gt:
        return f"must be more than {_plain(info.gt)}"
    if info.le is not None and value > info.le:
        return f"must be at most {_plain(info.le)}"
    if info.lt is not None and value >= info.lt:
        return f"must be less than {_plain(info.lt)}"
    if info.multiple_of is not None:
        return f"must be a multiple of {_plain(info.multiple_of)}"
    return "is out of range"


def _plain(number: float) -> str:
    return str(int(number) if number == int(number) else number)


_PATH: Final = re.compile(r" - at (?:`key` in )?`\$(?P<path>.*)`$")
_STEP: Final = re.compile(r"\.(?P<name>[^.\[]+)|\[(?P<index>\d+)\]")


def _told(error: msgspec.ValidationError, at: str) -> Fault:
    """Translate msgspec's finding: the words of a `__post_init__`, or a kind not walked here."""
    if error.__cause__ is not None:
        return Fault(at, str(error.__cause__))
    path = _PATH.search(str(error))
    steps = _STEP.finditer(path["path"].partition("[...]")[0] if path else "")
    return Fault(
        at + "".join(step(found["name"] or found["index"]) for found in steps), "cannot be used"
    )

"""Schemas of the Structs: as msgspec gives them, and what it leaves out or makes hard to read.

msgspec keeps `additionalProperties: false` and discriminators. Here times get their format, enums the order
and the words of their definition (`#:` lines), the shared text types a name of their own instead of their
pattern at every field, and types of one name in two slices a name that tells them apart.
"""

import enum
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import inspect as shape

from registry.lookups.wire import RowProblem
from registry.platform import text
from registry.platform.errors import Problem

Schema = dict[str, Any]

REF = "#/components/schemas/"
#: Named by other schemas or by every call, without being the type of a body.
ALWAYS = (Problem, RowProblem)
#: The shared text types, and what their patterns want.
TEXTS = {
    "Label": (text.Label, "One short line, not blank, without control characters."),
    "Line": (text.Line, "One line, not blank, without control characters."),
    "Passage": (text.Passage, "A short text, not blank, without control characters but line ends."),
    "Paragraph": (text.Paragraph, "Text, not blank, without control characters but line ends."),
}

_PAGE = re.compile(r"Page_(\w+)_")
_MEMBER = re.compile(r"((?:^ *#: ?.*\n)+) *\w+ = [\"'](.+)[\"']", re.MULTILINE)


class Components:
    """The schemas of these types and of all that they are made of, by name."""

    def __init__(self, types: Iterable[Any]) -> None:
        infos: dict[Any, Any] = {}
        for info in shape.multi_type_info(list(dict.fromkeys([*ALWAYS, *types]))):
            _gather(info, infos)
        refs, raw = msgspec.json.schema_components(infos, ref_template=REF + "{name}")
        for info, ref in zip(infos.values(), refs, strict=True):
            _complete(raw[_name_in(ref)], info)
        self._names = {name: _plain(name) for name in raw}
        if len(set(self._names.values())) != len(raw):
            raise ValueError(f"Two types of the contract have one name: {sorted(raw)}")
        own = zip(infos, refs, strict=True)
        self._of_type = {type_: self._names[_name_in(ref)] for type_, ref in own}
        schemas = {name: msgspec.json.schema(type_) for name, (type_, _) in TEXTS.items()}
        self._texts = {(one["pattern"], one["maxLength"]): name for name, one in schemas.items()}
        found = {self._names[name]: self._tidy(schema) for name, schema in raw.items()}
        found |= {name: {"description": TEXTS[name][1], **one} for name, one in schemas.items()}
        self.schemas: dict[str, Schema] = dict(sorted(found.items()))

    def name(self, type_: Any) -> str | None:
        """The name of a type's schema; None for one that has none of its own."""
        return self._of_type.get(type_)

    def schema(self, type_: Any) -> Schema:
        """A reference to a type's schema, or the schema itself of a type that has no name."""
        if type_ in self._of_type:
            return {"$ref": REF + self._of_type[type_]}
        found: Schema = self._tidy(msgspec.json.schema(type_))
        return found

    def _tidy(self, schema: Any) -> Any:
        if isinstance(schema, list):
            return [self._tidy(item) for item in schema]
        if not isinstance(schema, dict):
            return schema
        tidy = {key: self._value(key, value) for key, value in schema.items() if key != "title"}
        known = self._texts.get((schema.get("pattern"), schema.get("maxLength")))
        if known is None:
            return tidy
        rest = {key: tidy[key] for key in ("description", "examples", "default") if key in tidy}
        return {**rest, "$ref": REF + known}

    def _value(self, key: str, value: Any) -> Any:
        if key == "properties":  # its keys are names of fields, which may be called like keywords
            return {name: self._tidy(field) for name, field in value.items()}
        if key == "mapping":
            return {tag: self._moved(ref) for tag, ref in value.items()}
        if key == "$ref":
            return self._moved(value)
        if key == "description":
            return inspect.cleandoc(value)
        return self._tidy(value)

    def _moved(self, ref: str) -> str:
        name = ref.removeprefix(REF)
        return REF + self._names.get(name, name)


def _gather(info: Any, found: dict[Any, Any]) -> None:
    """Put every Struct and enum of a type into `found`, with what msgspec knows of it."""
    if isinstance(info, shape.EnumType | shape.StructType):
        if info.cls in found:
            return
        found[info.cls] = info
    for part in _parts(info):
        _gather(part, found)


def _parts(info: Any) -> Iterator[Any]:
    if isinstance(info, shape.StructType):
        yield from (field.type for field in info.fields)
    elif isinstance(info, shape.UnionType):
        yield from info.types
    elif isinstance(info, shape.Metadata):
        yield info.type
    elif isinstance(info, shape.ListType):
        yield info.item_type
    elif isinstance(info, shape.DictType):
        yield from (info.key_type, info.value_type)


def _complete(schema: Schema, info: Any) -> None:
    """Say what msgspec does not: the format of times; the type, order and words of an enum."""
    if isinstance(info, shape.EnumType):
        schema["type"] = "string"
        schema["enum"] = [member.value for member in info.cls]
        schema["x-enumDescriptions"] = enum_words(info.cls)
    elif isinstance(info, shape.StructType):
        for field in info.fields:
            _mark_times(schema["properties"][field.encode_name], field.type)


def _mark_times(schema: Schema, info: Any) -> None:
    if isinstance(info, shape.Metadata):
        _mark_times(schema, info.type)
    elif isinstance(info, shape.DateTimeType):
        schema["format"] = "date-time"
    elif isinstance(info, shape.UnionType) and _has_time(info):
        # A union holds one type at most that is text in JSON.
        next(one for one in schema["anyOf"] if one.get("type") == "string")["format"] = "date-time"


def _has_time(info: shape.UnionType) -> bool:
    return any(isinstance(part, shape.DateTimeType) for part in info.types)


def enum_words(cls: type[enum.Enum]) -> Mapping[str, str]:
    """The `#:` line of each member, by its value."""
    words = {
        value: " ".join(line.strip().removeprefix("#:").strip() for line in note.splitlines())
        for note, value in _MEMBER.findall(inspect.getsource(cls))
    }
    return {member.value: words[member.value] for member in cls}


def _name_in(ref: Mapping[str, Any]) -> str:
    return str(ref["$ref"]).removeprefix(REF)


def _plain(name: str) -> str:
    """`registry.reports.rules.State` is `ReportState`; `Page_KeyView_` is `KeyViewPage`."""
    page = _PAGE.fullmatch(name)
    if page:
        return f"{page[1]}Page"
    if "." not in name:
        return name
    _, folder, *_, own = name.split(".")
    singular = folder.removesuffix("es") if folder.endswith("sses") else folder.removesuffix("s")
    return singular.capitalize() + own

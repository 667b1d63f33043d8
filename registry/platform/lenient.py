"""Bodies as their senders mean them, where the form is not quite right and the meaning is not in doubt.

1. Empty or blank text in an optional field, or a list of such texts, is as good as none: forms and CRMs send it where
   there is nothing to send. A type says so of itself by `BLANK_IS_ABSENT: ClassVar[bool] = True`.
2. A whole number may be written with a point, as `125000.0`: JSON knows one kind of number.
"""

from typing import Any

from msgspec import inspect as shape

from registry.platform.faults import shape_of


def as_meant(type_: Any, value: object) -> object:
    """Return an untyped body in the form that its type asks for, as far as its meaning is clear."""
    return _as_meant(shape_of(type_), value)


def _as_meant(type_: shape.Type, value: object) -> object:
    if isinstance(type_, shape.Metadata):
        return _as_meant(type_.type, value)
    if isinstance(type_, shape.UnionType):
        for inner in type_.types:
            value = _as_meant(inner, value)
        return value
    if isinstance(type_, shape.IntType) and isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(type_, shape.ListType) and isinstance(value, list):
        return [_as_meant(type_.item_type, item) for item in value]
    if isinstance(type_, shape.StructType) and isinstance(value, dict):
        return _without_blanks(type_, value)
    return value


def _without_blanks(type_: shape.StructType, value: dict[str, object]) -> dict[str, object]:
    absent = getattr(type_.cls, "BLANK_IS_ABSENT", False)
    fields = {field.encode_name: field for field in type_.fields}
    return {
        name: _as_meant(fields[name].type, item) if name in fields else item
        for name, item in value.items()
        if not (absent and name in fields and not fields[name].required and _is_blank(item))
    }


def _is_blank(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return isinstance(value, list) and bool(value) and all(map(_is_blank, value))

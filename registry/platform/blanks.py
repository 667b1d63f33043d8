"""Empty texts in optional fields: forms and CRMs send them where there is nothing to send.

A type says so of itself by `BLANK_IS_ABSENT: ClassVar[bool] = True`. Its optional fields are then absent when they come
as empty or blank text, or as a list of such texts.
"""

from typing import Any

from msgspec import inspect as shape

from registry.platform.faults import shape_of


def without_blanks(type_: Any, value: object) -> object:
    """Return an untyped body without the blank optional fields of its types: the same object where it has none."""
    return _trimmed(shape_of(type_), value)


def _trimmed(type_: shape.Type, value: object) -> object:
    if isinstance(type_, shape.UnionType):
        inner = [one for one in type_.types if isinstance(one, shape.StructType)]
        return _trimmed(inner[0], value) if len(inner) == 1 else value
    if isinstance(type_, shape.Metadata):
        return _trimmed(type_.type, value)
    if not isinstance(type_, shape.StructType) or not isinstance(value, dict):
        return value
    absent = getattr(type_.cls, "BLANK_IS_ABSENT", False)
    kept = dict(value)
    for field in type_.fields:
        if field.encode_name not in kept:
            continue
        if absent and not field.required and _blank(kept[field.encode_name]):
            del kept[field.encode_name]
        else:
            kept[field.encode_name] = _trimmed(field.type, kept[field.encode_name])
    return value if kept == value else kept


def _blank(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip()
    return isinstance(value, list) and bool(value) and all(map(_blank, value))

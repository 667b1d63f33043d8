"""What the page shows of the contract: calls in groups, fields in rows, types.

Reads the OpenAPI document and nothing else. How it looks is the template's; here is only what there is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from markupsafe import Markup, escape

from registry.platform.documents.prose import inline, plain_json, prose

Schema = dict[str, Any]

JSON = "application/json"
#: The shared text types: shown as what they are, not as types of their own.
TEXTS = ("Label", "Line", "Paragraph")
FORMATS = {"uuid": "UUID", "date-time": "time", "date": "date"}
#: Values of an enum that are shown at the field itself.
FEW = 8
#: A bound that is not worth telling.
MANY = 10_000
SIMPLE = {"integer": "whole number", "number": "number", "boolean": "true or false"}


@dataclass(frozen=True)
class Row:
    """A field or parameter."""

    name: str
    type: Markup
    required: bool
    description: Markup
    #: Of an enum with few values: what they are.
    values: list[str]
    example: str | None


@dataclass(frozen=True)
class Example:
    """A body as it may look."""

    title: str
    text: str


@dataclass(frozen=True)
class Body:
    """A body that is sent or answered."""

    name: str
    description: Markup
    rows: list[Row]
    examples: list[Example]
    #: Media types, JSON aside.
    media: list[str]


@dataclass(frozen=True)
class Refusal:
    """A problem that a call may answer."""

    status: int
    slug: str
    title: str


@dataclass(frozen=True)
class Call:
    """One call."""

    id: str
    method: str
    path: str
    title: str
    description: Markup
    access: str
    parameters: list[Row]
    headers: list[str]
    body: Body | None
    status: int
    answer: Body
    refusals: list[Refusal]


@dataclass(frozen=True)
class Group:
    """Calls that belong together."""

    name: str
    description: Markup
    calls: list[Call]


@dataclass(frozen=True)
class Type:
    """A type that fields refer to."""

    name: str
    description: Markup
    rows: list[Row]
    #: Whether it stands in answers only.
    answered: bool
    #: Of an enum: each value and what it means.
    values: list[tuple[str, Markup]]


class View:
    """The contract, ready to be shown."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._schemas: dict[str, Schema] = document["components"]["schemas"]
        self.version: str = document["info"]["version"]

    @cached_property
    def about(self) -> list[tuple[str, Markup]]:
        """The introduction: sections by their titles, the first without one."""
        first, *others = self._document["info"]["description"].split("\n## ")
        titled = [section.partition("\n") for section in others]
        return [("", prose(first)), *((title, prose(text)) for title, _, text in titled)]

    @cached_property
    def groups(self) -> list[Group]:
        """Groups of calls in the order of the document's tags."""
        calls = list(self._operations())
        return [
            Group(
                tag["name"],
                prose(tag["description"]),
                [
                    self._call(path, method, operation)
                    for path, method, operation in calls
                    if tag["name"] in operation["tags"]
                ],
            )
            for tag in self._document["tags"]
        ]

    @cached_property
    def any_call(self) -> list[Refusal]:
        """Refusals that every call with a key may meet."""
        known = [self._refusals(op) for _, _, op in self._operations() if "x-access" in op]
        return [one for one in known[0] if all(one in others for others in known)]

    @cached_property
    def types(self) -> list[Type]:
        """Types that fields refer to, by name."""
        return [
            Type(
                name,
                prose(schema.get("description", "")),
                self._rows(schema),
                schema.get("additionalProperties") is not False,
                [(value, inline(text)) for value, text in _words(schema)],
            )
            for name, schema in self._schemas.items()
            if name in self._referred and name not in TEXTS
        ]

    @property
    def problem(self) -> str:
        """How a refusal looks that names several faults."""
        shown = self._document["components"]["responses"].values()
        examples = (one for each in shown for one in _problems_of(each))
        return plain_json(next(one["value"] for one in examples if "errors" in one["value"]))

    def values(self, name: str) -> list[tuple[str, Markup]]:
        """The values of an enum with their meaning."""
        return [(value, inline(text)) for value, text in _words(self._schemas[name])]

    def example(self, name: str, method: str, path: str) -> str:
        """The first example of what a call takes or answers (`requestBody` or a status)."""
        operation = self._document["paths"][path][method]
        found = operation[name] if name == "requestBody" else operation["responses"][name]
        shown = next(iter(found["content"][JSON]["examples"].values()))
        return plain_json(shown["value"])

    @cached_property
    def _referred(self) -> set[str]:
        bodies = {
            ref
            for _, _, operation in self._operations()
            for one in operation.get("parameters", ())
            for ref in _refs(one["schema"])
        }
        return bodies | {ref for schema in self._schemas.values() for ref in _refs(schema)}

    def _operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        for path, methods in self._document["paths"].items():
            for method, operation in methods.items():
                yield path, method, operation

    def _call(self, path: str, method: str, operation: dict[str, Any]) -> Call:
        status, answered = next(iter(operation["responses"].items()))
        body = operation.get("requestBody")
        return Call(
            id=operation["operationId"].replace("_", "-"),
            method=method.upper(),
            path=path,
            title=operation["summary"],
            description=prose(_without_title(operation)),
            access=_access(operation),
            parameters=[self._parameter(one) for one in operation.get("parameters", ())],
            headers=[
                one["name"]
                for one in operation.get("parameters", ())
                if one["in"] == "header" and one["required"]
            ],
            body=self._body(body["content"]) if body else None,
            status=int(status),
            answer=self._body(answered["content"]),
            refusals=[one for one in self._refusals(operation) if one not in self.any_call],
        )

    def _parameter(self, one: dict[str, Any]) -> Row:
        schema = one["schema"]
        name = (
            one["name"]
            if one["in"] == "header"
            else {"path": "{%s}", "query": "?%s="}[one["in"]] % (one["name"])
        )
        said, values = inline(one["description"]), self._values_of(schema)
        return Row(name, self._type(schema), one["required"], said, values, None)

    def _body(self, content: dict[str, Any]) -> Body:
        media = JSON if JSON in content else next(iter(content))
        found = content[media]
        name = next(iter(_refs(found["schema"])), "")
        schema = self._schemas[name] if name else found["schema"]
        return Body(
            name=name,
            description=prose(schema.get("description", "")),
            rows=self._rows(schema),
            examples=[
                Example(one.get("summary", title), plain_json(one["value"]))
                for title, one in found.get("examples", {}).items()
            ],
            media=[other for other in content if other != JSON],
        )

    def _refusals(self, operation: dict[str, Any]) -> list[Refusal]:
        found = []
        for status, response in operation["responses"].items():
            if "$ref" in response:
                name = response["$ref"].removeprefix("#/components/responses/")
                response = self._document["components"]["responses"][name]
            for urn, title in response.get("x-problems", {}).items():
                found.append(Refusal(int(status), urn.rpartition(":")[2], title))
        return found

    def _rows(self, schema: Schema) -> list[Row]:
        required = schema.get("required", ())
        return [
            Row(
                name,
                self._type(field),
                name in required,
                inline(_own(field, "description") or self._said_of(field)),
                self._values_of(field),
                next(map(_shown, _own(field, "examples") or ()), None),
            )
            for name, field in schema.get("properties", {}).items()
        ]

    def _referred_by(self, field: Schema) -> Schema:
        """The one type that a field refers to, alone, in a list or beside null; nothing if there is none."""
        names = [name for name in _refs(field) if name not in TEXTS]
        return self._schemas[names[0]] if len(names) == 1 else {}

    def _said_of(self, field: Schema) -> str:
        """What a field's type says of itself, for a field that says nothing."""
        return str(self._referred_by(field).get("description", "")).split("\n\n")[0]

    def _values_of(self, field: Schema) -> list[str]:
        values = list(self._referred_by(field).get("enum", ()))
        told = all(f"`{value}`" in field.get("description", "") for value in values)
        return [] if told or len(values) > FEW else values

    def _type(self, schema: Schema) -> Markup:
        """A type in words, with a link where it has a place of its own."""
        text = self._bare_type(schema)
        if schema.get("default") not in (None, [], False):
            text += Markup(", default {}").format(inline(f"`{schema['default']}`"))
        return text

    def _bare_type(self, schema: Schema) -> Markup:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            if name in TEXTS:
                return self._bare_type({**self._schemas[name], "pattern": None})
            return Markup('<a href="#type-{0}">{0}</a>').format(name)
        several = schema.get("anyOf") or schema.get("oneOf")
        if several:
            return Markup(" or ").join(
                Markup("null") if one.get("type") == "null" else self._type(one) for one in several
            )
        if "enum" in schema:
            return Markup(" or ").join(inline(f"`{value}`") for value in schema["enum"])
        if schema.get("type") == "array":
            most = f" (≤\N{NO-BREAK SPACE}{schema['maxItems']})" if "maxItems" in schema else ""
            return Markup("list{} of {}").format(most, self._type(schema["items"]))
        if isinstance(schema.get("additionalProperties"), dict):
            return Markup("names to {}").format(self._type(schema["additionalProperties"]))
        return escape(_scalar(schema))


def _scalar(schema: Schema) -> str:
    kind = schema.get("type")
    if kind == "string":
        if "contentMediaType" in schema:
            return "file"
        most = f", ≤\N{NO-BREAK SPACE}{schema['maxLength']}" if "maxLength" in schema else ""
        return FORMATS.get(schema.get("format", ""), "text") + most
    low, high = schema.get("minimum"), schema.get("maximum")
    bounds = f", {low} to {high}" if low is not None and high is not None and high < MANY else ""
    return SIMPLE.get(str(kind), "any value") + bounds


def _own(field: Schema, key: str) -> Any:
    """What a field says itself, or where it may be null the other half of it."""
    parts = [field, *field.get("anyOf", ())]
    return next((part[key] for part in parts if key in part), None)


def _problems_of(response: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for content in response["content"].values():
        yield from content.get("examples", {}).values()


def _words(schema: Schema) -> list[tuple[str, str]]:
    return list(schema.get("x-enumDescriptions", {}).items())


def _shown(example: object) -> str:
    return example if isinstance(example, str) else plain_json(example)


def _without_title(operation: dict[str, Any]) -> str:
    """A call's description without a first paragraph that only repeats its title."""
    first, _, rest = str(operation["description"]).partition("\n\n")
    return rest if first.rstrip(".") == operation["summary"] else str(operation["description"])


def _access(operation: dict[str, Any]) -> str:
    access = operation.get("x-access")
    if access is None:
        return "no key"
    if access["caller"] == "staff":
        return " or ".join(access["needs"])
    if access["caller"] == "person":
        return "two proofs" if access["needs"] == ["proofs:2"] else "one proof"
    return f"scope {access['needs'][0]}" if access["needs"] else "any key"


def _refs(schema: Any) -> Iterator[str]:
    """Names of the schemas that a schema refers to."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key == "$ref":
                yield value.rpartition("/")[2]
            else:
                yield from _refs(value)
    elif isinstance(schema, list):
        for item in schema:
            yield from _refs(item)

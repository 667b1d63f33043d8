"""Any answer held against the published contract: for tests of every kind that speak HTTP.

`check_response` takes an answer apart that a test already has; `check_answer` takes it whole, and serves as
a response hook of an httpx client, so that every answer of a journey is checked:

    httpx.AsyncClient(event_hooks={"response": [check_answer]}, ...)

Both raise `AssertionError` that says what the contract does not know: the call, the status, a header, a media
type, a field.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import httpx
import msgspec
from jsonschema import Draft202012Validator, FormatChecker

from registry.contract import OPENAPI

MESSAGEPACK = "application/vnd.msgpack"
#: Statuses of requests that never reach a call: no such path, not this method, unsound.
WITHOUT_A_CALL = frozenset({400, 404, 405, 408, 413, 414, 415, 431})

FORMATS = FormatChecker(["date", "uuid"])


@FORMATS.checks("date-time", raises=ValueError)
def is_time(value: object) -> bool:
    """RFC 3339, with its offset."""
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@cache
def contract() -> dict[str, Any]:
    """The committed document."""
    document: dict[str, Any] = json.loads(OPENAPI.read_text(encoding="utf-8"))
    return document


def errors_of(value: object, schema: Mapping[str, Any]) -> list[str]:
    """What is wrong with a value by a schema of the contract, each with its place."""
    whole = {**schema, "components": contract()["components"]}
    validator = Draft202012Validator(whole, format_checker=FORMATS)
    found = sorted(validator.iter_errors(value), key=lambda error: error.json_path)
    return [f"{error.json_path}: {error.message}" for error in found]


def resolved(part: Mapping[str, Any]) -> Mapping[str, Any]:
    """A part of the document, or what it refers to."""
    while "$ref" in part:
        target: Any = contract()
        for step in part["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        part = target
    return part


def template_of(path: str) -> str | None:
    """The path of the contract that a request's path belongs to; None when there is none."""
    for template in sorted(contract()["paths"], key=lambda known: known.count("{")):
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path):
            return str(template)
    return None


def check_response(
    method: str, path_template: str, status: int, headers: Mapping[str, str], body: bytes | str
) -> None:
    """Hold an answer against the contract; `path_template` as it stands there, with its `{...}`."""
    where = f"{method.upper()} {path_template} -> {status}"
    operation = contract()["paths"].get(path_template, {}).get(method.lower())
    assert operation, f"{where}: the contract has no such call"
    assert str(status) in operation["responses"], f"{where}: the contract has no such status"
    found = list(_faults(resolved(operation["responses"][str(status)]), headers, body))
    assert not found, f"{where}: {'; '.join(found)}"


async def check_answer(answer: httpx.Response) -> None:
    """The same for an answer as httpx has it."""
    await answer.aread()
    method, path = answer.request.method, answer.request.url.path
    template = template_of(path)
    if template is not None and method.lower() in contract()["paths"][template]:
        check_response(method, template, answer.status_code, answer.headers, answer.content)
        return
    if method == "OPTIONS":
        return
    where = f"{method} {path} -> {answer.status_code}"
    assert answer.status_code in WITHOUT_A_CALL, f"{where}: the contract has no such call"
    schema = {"$ref": "#/components/schemas/Problem"}
    assert not errors_of(answer.json(), schema), f"{where}: no problem as the contract has it"


def _faults(
    response: Mapping[str, Any], headers: Mapping[str, str], body: bytes | str
) -> Iterator[str]:
    given = {name.lower(): value for name, value in headers.items()}
    for name, header in response.get("headers", {}).items():
        if resolved(header).get("required") and name.lower() not in given:
            yield f"the header {name} is missing"
    media = given.get("content-type", "").partition(";")[0].strip()
    if media not in response["content"]:
        yield f"the media type {media!r} is not in the contract"
        return
    schema = response["content"][media]["schema"]
    if media == MESSAGEPACK:
        raw = body.encode() if isinstance(body, str) else body
        yield from errors_of(msgspec.msgpack.decode(raw), schema)
    elif media.endswith("json"):
        yield from errors_of(json.loads(body), schema)

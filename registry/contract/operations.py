"""Calls described as OpenAPI operations: parameters, bodies, answers with their headers, refusals."""

import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, get_args

from msgspec import Meta

from registry.contract import refusals
from registry.contract.calls import Access, Call, Parameter
from registry.contract.components import Components, Schema
from registry.contract.refusals import Refusal
from registry.platform import idempotency
from registry.platform.errors import URN, Problem
from registry.platform.http import MESSAGEPACK, PROBLEM
from registry.platform.routing import FILE
from registry.platform.uploads import LARGEST

JSON = "application/json"
#: Where the summary ends in a docstring.
_TITLE_END = re.compile(r"[.:;](?:\s|$)")
FILES: Mapping[str, Schema] = {
    media: {} for media in ("application/pdf", "image/jpeg", "image/png")
}
#: Answers that are no JSON, by call: media type -> schema.
CONTENT: Mapping[str, Mapping[str, Schema]] = {
    "read_evidence": FILES,
    "read_my_evidence": FILES,
    "read_dispute_evidence": FILES,
    "read_document": FILES,
    "read_metrics": {"text/plain": {"type": "string"}},
    "read_docs": {"text/html": {"type": "string"}},
    "read_for_people": {"text/html": {"type": "string"}},
    "read_figures": {"text/html": {"type": "string"}},
    "read_openapi": {JSON: {"type": "object"}},
}
#: Forms in which an answer can be had besides JSON and MessagePack, by call.
ALSO: Mapping[str, Mapping[str, Schema]] = {"read_file": {"text/html": {"type": "string"}}}
UPLOAD: Schema = {
    "type": "object",
    "properties": {
        "file": {
            "type": "string",
            "contentMediaType": "application/octet-stream",
            "description": f"A PDF, JPEG or PNG of at most {LARGEST // 2**20} MiB.",
        }
    },
    "required": ["file"],
    "additionalProperties": False,
}
IDS = {
    "business_id": "The id of a business.",
    "delivery_id": "The `id` of a delivery, from the log.",
    "detachment_id": "The `id` of a detachment, from the queue.",
    "dispute_id": "The `id` of a dispute.",
    "document_id": "The `id` of a document, from the queue.",
    "evidence_id": "The `id` of an evidence file.",
    "identity_id": "The `id` of an identity: that of its oldest record.",
    "key_id": "The `id` of a key.",
    "lookup_id": "The `lookup_id` of an answer.",
    "objection_id": "The `id` of an objection, from the queue.",
    "notice_id": "The `id` of a notice.",
    "pair_id": "The `id` of a question about two records, from the queue.",
    "report_id": "The `id` of a report.",
    "session_id": "The `session_id` of your start.",
    "webhook_id": "The `id` of an endpoint.",
}


def _header(description: str, example: str, *, required: bool = True) -> Schema:
    return {
        "description": description,
        "required": required,
        "schema": {"type": "string"},
        "example": example,
    }


HEADERS: dict[str, Schema] = {
    "Content-Disposition": _header("Always a download.", 'attachment; filename="0193..."'),
    "Idempotent-Replayed": _header(
        "`true` when this is the stored answer to an earlier request with the same key and body.",
        "true",
        required=False,
    ),
    "RateLimit": _header(
        "What is left (`r`) of each budget, and in how many seconds it is full again (`t`).",
        '"burst";r=29;t=2, "daily";r=499;t=173',
    ),
    "RateLimit-Policy": _header(
        "Your budgets: how many (`q`) in how many seconds (`w`).",
        '"burst";q=30;w=60, "daily";q=500;w=86400',
    ),
    "Retry-After": _header("Whole seconds to wait before the next try.", "2"),
    "WWW-Authenticate": _header("How to authenticate.", "Bearer"),
    "X-RateLimit-Limit": _header("Size of the tighter budget.", "30"),
    "X-RateLimit-Remaining": _header("What is left of it.", "29"),
    "X-RateLimit-Reset": _header("In how many seconds it is full again.", "2"),
    "X-Request-Id": _header(
        "The request's id: yours, if you sent one, else a new one. Tell us when you ask for help.",
        "8a6f0c3be4d24b5c9a5f0e3d1c7b2a90",
    ),
}
#: On every answer to a call whose caller is known.
_BUDGET = tuple(name for name in HEADERS if "RateLimit" in name)
#: Statuses that only a known caller can get, when the call needs a key.
_AFTER_THE_GUARD = frozenset({403, 409, 422, 429})


def describe(call: Call, types: Components, problems: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI operation of a call; its problems are put among those that other calls share."""
    first = _TITLE_END.split(call.text, maxsplit=1)[0]
    found: dict[str, Any] = {
        "operationId": call.name,
        "tags": list(call.tags),
        "summary": first,
        "description": "\n\n".join([call.text, *([call.access.words()] if call.access else [])]),
        "security": _security(call.access),
    }
    if call.access:
        found["x-access"] = {
            "caller": call.access.caller,
            "needs": list(call.access.needs),
            "testKeys": call.access.test,
        }
    if call.parameters:
        found["parameters"] = [_parameter(call, types, one) for one in call.parameters]
    if call.takes is not None:
        found["requestBody"] = {"required": True, "content": _body(call, types)}
    found["responses"] = _responses(call, types, problems)
    return found


def _security(access: Access | None) -> list[dict[str, list[str]]]:
    if access is None:
        return []
    return [{"bearer": list(access.needs)}, {"apiKey": list(access.needs)}]


def _parameter(call: Call, types: Components, one: Parameter) -> dict[str, Any]:
    bounds = {key: getattr(one.said, key) for key in ("ge", "le", "min_length", "max_length")}
    if one.name == idempotency.HEADER:
        bounds |= {"min_length": 1, "max_length": idempotency.LONGEST}
    given = {key: value for key, value in bounds.items() if value is not None}
    plain = _without_none(one.type)
    schema = types.schema(Annotated[plain, Meta(**given)] if given else plain)
    if isinstance(one.default, int | str):
        schema["default"] = one.default
    required = one.place == "path" or (
        one.name == idempotency.HEADER and idempotency.is_required(call.status)
    )
    return {
        "name": one.name,
        "in": one.place,
        "required": required,
        "description": one.said.description or IDS[one.name],
        "schema": schema,
    }


def _without_none(annotation: Any) -> Any:
    kept = [part for part in get_args(annotation) if part is not type(None)]
    return kept[0] if len(kept) == 1 and type(None) in get_args(annotation) else annotation


def _body(call: Call, types: Components) -> dict[str, Any]:
    if call.takes == FILE:
        encoding = {"file": {"contentType": "application/pdf, image/jpeg, image/png"}}
        return {"multipart/form-data": {"schema": UPLOAD, "encoding": encoding}}
    return _content(call.takes, types)


def _content(type_: Any, types: Components) -> dict[str, Any]:
    """A body in JSON with its examples, or in MessagePack."""
    schema = types.schema(type_)
    shown = examples().get(types.name(type_) or "", {})
    body = {"schema": schema, "examples": shown} if shown else {"schema": schema}
    return {JSON: body, MESSAGEPACK: {"schema": schema}}


@cache
def examples() -> dict[str, dict[str, Any]]:
    """Examples by the name of a schema."""
    path = Path(__file__).parent / "examples.json"
    found: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _responses(call: Call, types: Components, problems: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {str(call.status): _success(call, types)}
    for status, causes in refusals.by_status(call.refused()).items():
        known = call.access is not None and status in _AFTER_THE_GUARD
        one = _problem(status, causes, types, known=known)
        name = ".".join(["Problem", str(status), *dict.fromkeys(cause.slug for cause in causes)])
        if problems.setdefault(name, one) != one:
            raise ValueError(f"{name} differs between calls.")
        found[str(status)] = {"$ref": f"#/components/responses/{name}"}
    return dict(sorted(found.items()))


def _success(call: Call, types: Components) -> dict[str, Any]:
    names = ["X-Request-Id", *(_BUDGET if call.access else ())]
    names += ["Idempotent-Replayed"] if call.idempotent else []
    names += ["Content-Disposition"] if call.name == "read_evidence" else []
    content: Any = {media: {"schema": one} for media, one in CONTENT.get(call.name, {}).items()}
    also = {media: {"schema": one} for media, one in ALSO.get(call.name, {}).items()}
    name = types.name(call.answers)
    said = types.schemas[name].get("description", "") if name else ""
    return {
        "description": said.split("\n\n")[0] or "As asked.",
        "headers": _headers(names),
        "content": content or {**_content(call.answers, types), **also},
    }


def _problem(
    status: int, causes: list[Refusal], types: Components, *, known: bool
) -> dict[str, Any]:
    names = ["X-Request-Id", *(_BUDGET if known else ())]
    names += ["Retry-After"] if status == 429 else []
    names += ["WWW-Authenticate"] if status == 401 else []
    kinds = {URN + cause.slug: cause.title for cause in causes}
    headers = _headers(names)
    if status == 503:
        headers["Retry-After"] = {**HEADERS["Retry-After"], "required": False}
    content: dict[str, Any] = {"schema": types.schema(Problem)}
    shown = {
        name: example
        for name, example in examples()["Problem"].items()
        if example["value"]["type"] in kinds
    }
    if shown:
        content["examples"] = shown
    return {
        "description": "; ".join(dict.fromkeys(kinds.values())) + ".",
        "headers": headers,
        "content": {PROBLEM: content},
        "x-problems": kinds,
    }


def _headers(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in sorted(names)}

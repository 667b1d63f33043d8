"""The published contract: `schemas/openapi.json` and `schemas/events/`, made from the application's routes and Structs.

Structs and docstrings are the only source; the file is their shadow for people who write clients in other
languages. Here: composing the document, writing it, and telling how the committed file differs. Beside it: `calls`
(from routes), `components` (from Structs), `refusals` (how a call can be refused), `operations` (all of it
as OpenAPI says it), `events` (of webhooks), `about` (what stands at the top), `examples.json` (held against the
schemas by a test).
"""

import difflib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import registry
from registry import app
from registry.contract import about, calls, components, events, operations

#: The committed document.
OPENAPI = Path(registry.__file__).parents[1] / "schemas" / "openapi.json"
#: Lines of difference that `check` shows.
SHOWN = 200


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document of the application as it is now."""
    found = sorted(calls.read(app.build()), key=lambda call: (call.path, call.method))
    types = components.Components(
        kind for call in found for kind in call.types if call.name not in operations.CONTENT
    )
    paths: dict[str, dict[str, Any]] = {}
    problems: dict[str, Any] = {}
    for call in found:
        paths.setdefault(call.path, {})[call.method] = operations.describe(call, types, problems)
    return {
        "openapi": "3.1.0",
        "info": about.info(),
        "servers": [{"url": "/", "description": "This registry."}],
        "tags": about.tags({tag for call in found for tag in call.tags}),
        "paths": paths,
        "components": {
            "securitySchemes": about.SECURITY_SCHEMES,
            "schemas": types.schemas,
            "headers": operations.HEADERS,
            "responses": dict(sorted(problems.items())),
        },
    }


def render() -> str:
    """The document as it is committed: readable, and the same for the same code."""
    return json.dumps(document(), ensure_ascii=False, indent=2) + "\n"


def write(path: Path = OPENAPI) -> Path:
    """Write the document, and the schemas of events beside it; returns where the document is."""
    for file, content in _files(path).items():
        if content:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, encoding="utf-8")
        else:
            file.unlink()
    return path


def check(path: Path = OPENAPI) -> str:
    """How what is committed differs from the code, as a unified diff; empty when it does not."""
    lines = [line for file, content in _files(path).items() for line in _difference(file, content)]
    if len(lines) > SHOWN:
        lines = [*lines[:SHOWN], f"... and {len(lines) - SHOWN} lines more"]
    return "\n".join(lines)


def _files(path: Path) -> dict[Path, str]:
    """What each file is to hold; nothing in one of an event that there is no longer."""
    folder = path.parent / "events"
    stale = dict.fromkeys(sorted(folder.glob("*.json")), "")
    return {path: render(), **stale, **{folder / n: t for n, t in events.rendered().items()}}


def _difference(file: Path, generated: str) -> Iterator[str]:
    committed = file.read_text(encoding="utf-8") if file.exists() else ""
    return difflib.unified_diff(
        committed.splitlines(),
        generated.splitlines(),
        fromfile=f"{file.parent.name}/{file.name}",
        tofile="the code",
        lineterm="",
    )

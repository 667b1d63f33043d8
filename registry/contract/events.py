"""JSON Schemas of the events that webhooks send: `schemas/events/<type>.v1.json`, made from the Structs.

A field may be added to a version; what would break a reader makes a new one beside it.
"""

import json
from typing import Any

import msgspec

from registry.webhooks.wire import EVENTS

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def rendered() -> dict[str, str]:
    """Each file by its name, as it is committed."""
    return {
        f"{event.__struct_config__.tag}.v1.json": _text({"$schema": DIALECT, **_schema(event)})
        for event in EVENTS
    }


def _schema(event: type[msgspec.Struct]) -> dict[str, Any]:
    return msgspec.json.schema(event)


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"

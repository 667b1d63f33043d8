"""The document: it is the code's, it is sound, and it says all that the code can answer."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from litestar.routes import HTTPRoute
from openapi_spec_validator import OpenAPIV31SpecValidator

from registry import app
from registry import contract as published
from registry.businesses.rules import Scope
from registry.contract import calls, operations, refusals
from registry.platform import settings
from registry.platform.errors import InvalidValues
from registry.platform.http import decode
from registry.platform.routing import FILE
from registry.reports.wire import ReportSubmission
from registry.staff.rules import Role
from registry.webhooks.rules import EventType
from tests.contract.validate import contract, errors_of, resolved

CALLS = {(call.path, call.method): call for call in calls.read(app.build())}
#: Parents of refusals: no call raises them as they are.
ABSTRACT = {"forbidden", "conflict"}


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in contract()["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


OPERATIONS = dict(_operations())


def _examples() -> Iterator[tuple[str, dict[str, Any], Any]]:
    """Every example of a body: where it stands, the schema it stands beside, and itself."""
    for call, operation in OPERATIONS.items():
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        bodies += [resolved(answer) for answer in operation["responses"].values()]
        for content in (one for body in bodies for one in body["content"].values()):
            for name, example in content.get("examples", {}).items():
                yield f"{call}: {name}", content["schema"], example["value"]


def _field_examples() -> Iterator[tuple[str, dict[str, Any], Any]]:
    for name, schema in contract()["components"]["schemas"].items():
        for field, described in schema.get("properties", {}).items():
            for example in described.get("examples", ()):
                yield f"{name}.{field}", described, example


EXAMPLES = [*_examples(), *_field_examples()]


def test_the_committed_document_is_the_code_s() -> None:
    """When this fails: `registry contract write`, and read the difference before you commit it."""
    assert published.check() == ""


def test_a_difference_is_shown(tmp_path: Any) -> None:
    changed = tmp_path / "openapi.json"
    changed.write_text(published.render().replace('"3.1.0"', '"3.0.0"'), encoding="utf-8")
    assert '+  "openapi": "3.1.0",' in published.check(changed)
    assert published.check(tmp_path / "absent.json")
    assert published.check(published.write(tmp_path / "new" / "openapi.json")) == ""


def test_the_schemas_of_events_are_held_against_the_code_as_well(tmp_path: Any) -> None:
    """One for each event; a changed one, a missing one and one too many are told, and mended by writing."""
    committed = {path.name for path in (published.OPENAPI.parent / "events").iterdir()}
    assert committed == {f"{kind}.v1.json" for kind in EventType}
    document = published.write(tmp_path / "openapi.json")
    folder = tmp_path / "events"
    changed, missing, stale = (
        folder / name
        for name in ("webhook.test.v1.json", "report.corrected.v1.json", "old.v1.json")
    )
    changed.write_text(changed.read_text(encoding="utf-8").replace("webhook.test", "x"), "utf-8")
    missing.unlink()
    stale.write_text("{}\n", encoding="utf-8")
    found = published.check(document)
    assert all(f"events/{path.name}" in found for path in (changed, missing, stale))
    assert published.check(published.write(document)) == ""
    assert not stale.exists()


def test_the_document_is_the_same_for_the_same_code() -> None:
    script = "from registry import contract; import sys; sys.stdout.write(contract.render())"
    environment = {**os.environ, "PYTHONHASHSEED": "4711", "PYTHONIOENCODING": "utf-8"}
    again = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, check=True
    )
    assert again.stdout.decode() == published.render()
    assert published.render().endswith("}\n")


def test_the_document_is_sound_openapi() -> None:
    OpenAPIV31SpecValidator(contract()).validate()


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(contract())
    for ref in {part.split('"')[0] for part in text.split('"$ref": "')[1:]}:
        assert resolved({"$ref": ref})


def test_every_route_is_documented_and_nothing_else() -> None:
    routes = {
        f"{method.lower()} {route.path_format}"
        for route in app.build().routes
        if isinstance(route, HTTPRoute)
        for method in route.methods
        if method != "OPTIONS"
    }
    assert routes == set(OPERATIONS)


@pytest.mark.parametrize("call", OPERATIONS)
def test_a_call_is_told_in_words(call: str) -> None:
    operation = OPERATIONS[call]
    assert 0 < len(operation["summary"]) <= 72
    assert len(operation["description"]) > len(operation["summary"])
    assert operation["tags"]
    assert all(one["description"] for one in operation.get("parameters", ()))
    assert all(resolved(one)["description"] for one in operation["responses"].values())


def test_names_of_calls_are_unique() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("call", OPERATIONS)
def test_a_call_that_needs_a_key_names_its_scope_or_role(call: str) -> None:
    operation = OPERATIONS[call]
    if "x-access" not in operation:
        assert operation["security"] == []
        # A provider has no key, but a signature.
        assert ("401" in operation["responses"]) == (call == "post /v1/messages/receipts")
        return
    access = operation["x-access"]
    callers: dict[str, set[Any]] = {
        "staff": set(Role),
        "member": set(Scope),
        "person": {"proofs:1", "proofs:2"},
    }
    known = callers[access["caller"]]
    assert set(access["needs"]) <= known
    assert operation["security"] == [{"bearer": access["needs"]}, {"apiKey": access["needs"]}]


def test_only_what_is_open_to_all_has_no_key() -> None:
    open_to_all = {call for call, operation in OPERATIONS.items() if not operation["security"]}
    assert open_to_all == {
        "get /docs",
        "get /docs/figures",
        "get /docs/you",
        "get /health/live",
        "get /health/ready",
        "get /metrics",
        "get /openapi.json",
        "get /v1/transparency",
        "post /v1/businesses",
        "post /v1/messages/receipts",
        "post /v1/subject/sessions",
        "post /v1/subject/sessions/{session_id}/proof",
    }


@pytest.mark.parametrize(
    ("where", "schema", "value"), EXAMPLES, ids=[where for where, _, _ in EXAMPLES]
)
def test_an_example_is_valid(where: str, schema: dict[str, Any], value: Any) -> None:
    assert errors_of(value, schema) == []


@pytest.mark.parametrize(
    "call", [call for call in CALLS.values() if call.takes not in (None, FILE)]
)
def test_an_example_of_a_body_is_what_the_code_takes(call: calls.Call) -> None:
    for example in operations.examples()[call.takes.__name__].values():
        msgspec.json.decode(json.dumps(example["value"]), type=call.takes)


def test_every_body_has_an_example() -> None:
    for call, operation in OPERATIONS.items():
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        bodies.append(next(iter(operation["responses"].values())))
        for body in bodies:
            schema = body["content"].get("application/json", {}).get("schema", {})
            if "$ref" in schema:
                assert body["content"]["application/json"]["examples"], call


def test_no_example_is_left_over() -> None:
    assert set(operations.examples()) <= set(contract()["components"]["schemas"])


def test_every_refusal_of_the_code_is_documented() -> None:
    documented = {
        urn.removeprefix("urn:registry:problem:")
        for response in contract()["components"]["responses"].values()
        for urn in response["x-problems"]
    }
    assert set(refusals.known()) - ABSTRACT == documented
    assert set(refusals.OWN) <= {call.name for call in CALLS.values()}


def test_examples_of_problems_say_what_the_code_says() -> None:
    for example in operations.examples()["Problem"].values():
        value = example["value"]
        refusal = refusals.known()[value["type"].rpartition(":")[2]]
        assert (value["status"], value["title"]) == (refusal.status, refusal.title)


def test_the_example_of_faulty_values_is_what_the_code_says() -> None:
    report = json.loads(json.dumps(operations.examples()["ReportSubmission"]["example"]["value"]))
    report["incident_date"] = "2026-13-02"
    report["amount"]["currency"] = "uah"
    report["statment"] = report.pop("statement")
    example = operations.examples()["Problem"]["invalid values"]["value"]
    with pytest.raises(InvalidValues) as refused:
        decode(json.dumps(report).encode(), ReportSubmission)
    said = msgspec.to_builtins(refused.value.problem(example["instance"]))
    assert said == example


def test_unknown_fields_of_requests_are_refused_by_the_schema_too() -> None:
    for call in CALLS.values():
        if call.takes not in (None, FILE):
            schema = contract()["components"]["schemas"][call.takes.__name__]
            assert schema["additionalProperties"] is False


def test_facts_are_told_apart_by_their_state() -> None:
    facts = contract()["components"]["schemas"]["Match"]["properties"]["reports"]["items"]
    assert facts["discriminator"]["propertyName"] == "state"
    assert set(facts["discriminator"]["mapping"]) == {
        "active",
        "upheld",
        "amended",
        "no_longer_shown",
    }


def test_the_key_for_repeating_is_required_where_something_lasting_is_made() -> None:
    for call, operation in OPERATIONS.items():
        for one in operation.get("parameters", ()):
            if one["name"] == "Idempotency-Key":
                assert one["required"] is ("201" in operation["responses"]), call


def test_the_document_names_nothing_of_this_deployment() -> None:
    text = published.render()
    assert contract()["servers"][0]["url"] == "/"
    assert settings.Settings().public_url not in text
    assert str(published.OPENAPI.parents[1]) not in text

"""The route that a request matches: one for every layer, however its path is spelled."""

import httpx
import pytest
from litestar.routes import HTTPRoute

from registry import app
from registry.contract import calls
from registry.platform import gates
from registry.platform.routing import BODY_SIZE, FILE, MIB, UPLOAD_SIZE, Call, Routes
from tests.factories.registry import Registry

APPLICATION = app.build()
ROUTES = Routes(APPLICATION, app.GATES, gates.FILES, gates.OTHERS)
ID = "0193a0b0-0000-7000-8000-000000000000"
METHODS = {
    route.path_format: set(route.methods) | ({"HEAD"} if "GET" in route.methods else set())
    for route in APPLICATION.routes
    if isinstance(route, HTTPRoute)
}
CALLS = calls.read(APPLICATION)


def found(method: str, path: str) -> Call:
    return ROUTES.of({"method": method, "path": path, "state": {}})


def filled(path: str) -> str:
    return "/".join(ID if part.startswith("{") else part for part in path.split("/"))


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}")
def test_a_call_is_the_same_however_its_path_is_spelled(call: calls.Call) -> None:
    method, path = call.method.upper(), filled(call.path)
    chosen = found(method, path)
    assert chosen.upload == (call.takes == FILE)
    assert chosen.body_size == (
        UPLOAD_SIZE if chosen.upload else MIB if path == "/v1/lookups/batch" else BODY_SIZE
    )
    for spelled in (f"{path}/", f"/{path}", f"{path}//"):
        assert found(method, spelled) == chosen


@pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}")
def test_persons_staff_and_businesses_wait_at_gates_of_their_own(call: calls.Call) -> None:
    gate = found(call.method.upper(), filled(call.path)).gate
    caller = call.access.caller if call.access else None
    if caller == "person":
        assert gate == (gates.FILES[gates.PEOPLE] if call.takes == FILE else gates.PEOPLE)
    elif caller == "staff":
        assert gate == gates.STAFF
    elif caller == "member":
        assert gate in (gates.LOOKUPS, gates.ACCOUNTS, gates.OTHERS, gates.FILES[gates.OTHERS])
        assert (gate == gates.FILES[gates.OTHERS]) == (call.takes == FILE)
    assert gate in {None, *gates.gates(20)}
    assert (gate is None) == ("Health" in call.tags)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"/v1/reports/{ID}/evidence/evidence"),
        ("POST", "/v1/reports/1/evidence"),
        ("POST", "/v1/subject/documents/evidence"),
        ("POST", "/v1/lookups/evidence"),
        ("GET", f"/v1/reports/{ID}/evidence"),
        ("GET", "/v1/subject/../moderation/queue"),
        ("POST", "/evidence"),
        ("BREW", "/v1/lookups"),
        ("GET", ""),
    ],
)
def test_a_path_that_only_looks_like_a_route_gets_the_smallest_limits(
    method: str, path: str
) -> None:
    assert found(method, path) == Call(gate=gates.OTHERS)


@pytest.mark.parametrize("path", sorted(METHODS))
async def test_options_tells_every_method_of_a_path(shared: Registry, path: str) -> None:
    answer = await shared.http.options(filled(path))
    assert answer.status_code == 204
    assert set(answer.headers["Allow"].split(", ")) == METHODS[path]
    wrong = await shared.http.request("TRACE", filled(path))
    assert set(wrong.headers["Allow"].split(", ")) == METHODS[path]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/health/live", None),
        ("GET", "/v1/transparency", None),
        ("GET", "/openapi.json", None),
        ("GET", "/nowhere", None),
        ("OPTIONS", "/v1/lookups", None),
        ("DELETE", "/v1/lookups", None),
        ("GET", "/v1/usage", None),
        ("POST", "/v1/lookups", b"{"),
        ("POST", "/v1/lookups", b"x" * (BODY_SIZE + 1)),
        ("GET", "/" + "x" * 2000, None),
    ],
)
async def test_no_browser_guesses_the_type_of_an_answer(
    shared: Registry, method: str, path: str, body: bytes | None
) -> None:
    headers = {"Content-Type": "application/json"}
    answer: httpx.Response = await shared.http.request(method, path, content=body, headers=headers)
    assert answer.headers.get_list("X-Content-Type-Options") == ["nosniff"]

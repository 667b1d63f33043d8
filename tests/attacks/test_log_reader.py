"""A reader of the logs and metrics: whatever a client's mistake puts into a request, none of it is there."""

from typing import Any

import pytest
from litestar.routes import HTTPRoute
from structlog.testing import capture_logs

from registry import app
from tests.factories.registry import Registry

PLANTED = "380671112233"
TEMPLATES = {route.path_format for route in app.build().routes if isinstance(route, HTTPRoute)}
SENT: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", f"/v1/clients/{PLANTED}", {}),
    ("GET", f"/{PLANTED}", {}),
    ("GET", f"/v1/reports/{PLANTED}", {}),
    ("GET", f"/v1/lookups/{PLANTED}/", {}),
    ("GET", f"//v1/usage/{PLANTED}", {}),
    ("POST", f"/v1/reports/{PLANTED}/evidence", {"files": {"file": (f"{PLANTED}.pdf", b"%PDF-")}}),
    ("DELETE", f"/v1/lookups?phone={PLANTED}", {}),
    (f"GET{PLANTED}", "/v1/usage", {}),
    ("GET", f"/v1/usage?phone={PLANTED}", {"headers": {"X-Note": PLANTED}}),
    ("GET", "/v1/usage", {"headers": {"Authorization": f"Bearer {PLANTED}"}}),
    ("POST", "/v1/lookups", {"json": {PLANTED: PLANTED}}),
    ("POST", f"/v1/{PLANTED}", {"content": b"{", "headers": {"Content-Type": "application/json"}}),
    ("GET", f"/{PLANTED}" * 100, {}),
    ("GET", f"/v1/%00{PLANTED}", {}),
]


@pytest.mark.parametrize(("method", "path", "sent"), SENT, ids=map(str, range(len(SENT))))
async def test_the_access_log_names_the_route_and_nothing_of_the_request(
    shared: Registry, method: str, path: str, sent: dict[str, Any]
) -> None:
    with capture_logs() as lines:
        answer = await shared.http.request(method, path, **sent)
    assert 400 <= answer.status_code < 500
    (line,) = [line for line in lines if line["event"] == "request"]
    assert line["route"] in TEMPLATES | {"unknown"}
    assert line["method"] in {"GET", "POST", "DELETE", "OTHER"}
    assert (line["status"], line["request_id"]) == (
        answer.status_code,
        answer.headers["X-Request-Id"],
    )
    assert PLANTED not in repr(lines)
    assert PLANTED not in (await shared.http.get("/metrics")).text

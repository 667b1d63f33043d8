"""Problems instead of errors: every refusal and failure in one form, telling the caller enough and no more."""

from collections.abc import AsyncIterator

import httpx
import pytest
import structlog
from litestar import Litestar, get
from litestar.exceptions import HTTPException
from litestar.params import FromPath, FromQuery
from sqlalchemy import text

from registry.platform import errors, gates
from registry.platform.errors import RegistryError
from registry.platform.guard import Guard
from registry.platform.http import EXCEPTION_HANDLERS, PROBLEM
from registry.platform.routing import Routes
from registry.platform.runtime import Runtime, transaction
from tests.factories.registry import Registry, problem

KINDS = [
    errors.Malformed,
    errors.InvalidValues,
    errors.Unauthenticated,
    errors.Forbidden,
    errors.NotFound,
    errors.Conflict,
    errors.TooLarge,
    errors.UnsupportedMedia,
    errors.RuleBroken,
    errors.QuotaExceeded,
    errors.Unavailable,
]
SECRET = "planted secret +380505550100"


@pytest.fixture
async def faulty(running: Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """An application whose routes fail in many ways, behind the guard."""

    @get("/kind/{number:int}")
    async def kind(number: FromPath[int]) -> None:
        raise KINDS[number](retry_after=7 if KINDS[number].status in (429, 503) else None)

    @get("/bug")
    async def bug() -> None:
        raise ValueError(SECRET)

    @get("/framework/{status:int}")
    async def framework(status: FromPath[int]) -> None:
        raise HTTPException(SECRET, status_code=status)

    @get("/sql/{code:str}")
    async def sql(code: FromPath[str]) -> None:
        async with transaction(running) as session:
            raised = f"DO $$ BEGIN RAISE EXCEPTION '{SECRET}' USING ERRCODE = '{code}'; END $$"
            await session.execute(text(raised))

    @get("/unreadable")
    async def unreadable(number: FromQuery[int]) -> None: ...

    application = Litestar(
        [kind, bug, framework, sql, unreadable],
        exception_handlers=EXCEPTION_HANDLERS,
        openapi_config=None,
        logging_config=None,
    )
    transport = httpx.ASGITransport(Guard(application, Routes(application, {}, {}, gates.OTHERS)))
    async with httpx.AsyncClient(transport=transport, base_url="http://registry.test") as http:
        yield http


@pytest.mark.parametrize("number", range(len(KINDS)))
async def test_every_kind_of_refusal(faulty: httpx.AsyncClient, number: int) -> None:
    kind: type[RegistryError] = KINDS[number]
    answer = await faulty.get(f"/kind/{number}", headers={"X-Request-Id": "request-4711"})
    body = answer.json()
    assert problem(answer) == (kind.status, kind.slug)
    assert answer.headers["content-type"] == PROBLEM
    assert (body["status"], body["title"]) == (kind.status, kind.title)
    assert body["instance"] == answer.headers["x-request-id"] == "request-4711"
    assert answer.headers.get("retry-after") == ("7" if kind.status in (429, 503) else None)
    assert ("www-authenticate" in answer.headers) == (kind.status == 401)


async def test_a_bug_of_ours_tells_nothing_of_itself(faulty: httpx.AsyncClient) -> None:
    """Nor does the log: the kind and the places, but not the message, which may be somebody's data."""
    with structlog.testing.capture_logs() as lines:
        answer = await faulty.get("/bug")
    assert problem(answer) == (500, "internal")
    (line,) = [one for one in lines if one["event"] == "failed"]
    assert (line["fault"], line["request_id"]) == ("ValueError", answer.json()["instance"])
    assert any("test_http.py" in place for place in line["places"])
    for told in (answer.text, str(lines)):
        assert "planted" not in told
        assert "50555" not in told


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 415, 503])
async def test_a_refusal_of_the_framework(faulty: httpx.AsyncClient, status: int) -> None:
    answer = await faulty.get(f"/framework/{status}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, PROBLEM)
    assert answer.json()["type"].startswith("urn:registry:problem:")
    assert "planted" not in answer.text


@pytest.mark.parametrize("status", [402, 418, 507])
async def test_a_refusal_that_we_have_no_name_for(faulty: httpx.AsyncClient, status: int) -> None:
    assert problem(await faulty.get(f"/framework/{status}")) == (500, "internal")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("40P01", (503, "unavailable")),  # deadlock
        ("40001", (503, "unavailable")),  # serialisation
        ("55P03", (503, "unavailable")),  # lock not available
        ("57014", (503, "unavailable")),  # statement timeout
        ("53300", (503, "unavailable")),  # too many connections
        ("57P01", (503, "unavailable")),  # the server is being shut down
        ("22P02", (500, "internal")),
        ("P0001", (500, "internal")),
    ],
)
async def test_what_passes_by_itself_may_be_tried_again(
    faulty: httpx.AsyncClient, state: str, expected: tuple[int, str]
) -> None:
    with structlog.testing.capture_logs() as lines:
        answer = await faulty.get(f"/sql/{state}")
    assert problem(answer) == expected
    assert ("retry-after" in answer.headers) == (expected[0] == 503)
    assert "planted" not in answer.text + str(lines)


async def test_an_unreadable_query_is_named(faulty: httpx.AsyncClient) -> None:
    for query in ("", "?number=planted", "?number=1.5"):
        answer = await faulty.get(f"/unreadable{query}")
        assert (answer.status_code, answer.headers["content-type"]) == (400, PROBLEM)
        assert "planted" not in answer.text


async def test_unknown_paths_and_methods(shared: Registry) -> None:
    for path in ("/v1/nothing", "/v1/reports/x/y", "/v1/lookups/not-a-uuid", "/"):
        answer = await shared.http.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM)
        assert path == "/" or path not in answer.text
    answer = await shared.http.delete("/v1/reports")
    assert problem(answer) == (405, "method-not-allowed")
    assert set(answer.headers["allow"].split(", ")) >= {"GET", "POST"}

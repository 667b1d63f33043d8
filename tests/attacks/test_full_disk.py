"""A full disk, or a PostgreSQL short of anything else: every write answers 503 with `Retry-After`, and changes nothing.

PostgreSQL itself raises what it raises then, wherever a row is written.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from registry.platform.db import plain_dsn
from registry.platform.runtime import Runtime
from registry.staff.rules import Role
from tests.attacks.strangers import disputed
from tests.factories import rows
from tests.factories.registry import PDF, Registry, problem, query, submission
from tests.subjects.test_proofs import proven

_FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'could not extend file "base/1"' USING ERRCODE = '%s'; END $$
"""
_EVERYWHERE = """
SELECT format('CREATE TRIGGER full_disk BEFORE INSERT ON %I EXECUTE FUNCTION full_disk()', relname)
FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND NOT relispartition
AND relpersistence = 'p'
"""


@asynccontextmanager
async def full(runtime: Runtime, code: str) -> AsyncIterator[None]:
    """No row can be added to any logged table."""
    url = runtime.database.engine.url.render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain_dsn(url))
    try:
        await connection.execute(_FULL % code)
        for (statement,) in await connection.fetch(_EVERYWHERE):
            await connection.execute(statement)
        yield
        await connection.execute("DROP FUNCTION full_disk CASCADE")
    finally:
        await connection.close()


@pytest.mark.parametrize("code", ["53100", "53200", "53400", "58030"])
async def test_what_cannot_be_written_is_told_as_passing(registry: Registry, code: str) -> None:
    shop = await registry.shop()
    report = await shop.report()
    victim, ids = await disputed(registry, shop)
    person = await proven(registry, victim["phone"], victim["email"])
    await registry.staff_key(Role.OPERATOR)
    other = await registry.newcomer()
    lasting = ("reports", "api_keys", "evidence", "messages", "lookups", "audit_entries")
    before = {table: await rows.count(registry.runtime, table) for table in lasting}

    async def ask(path: str, key: dict[str, str], **sent: Any) -> httpx.Response:
        headers = {**key, "Idempotency-Key": str(uuid4())}
        return await registry.http.post(path, headers=headers, **sent)

    own = {"Authorization": f"Bearer {shop.key}"}
    verdict = {"decision": "verify", "reason": "Register entry and domain checked."}
    words = {"text": "Hello.", "to": "both"}
    file = {"file": ("a.pdf", PDF)}
    async with full(registry.runtime, code):
        answers = [
            await ask("/v1/reports", own, json=submission()),
            await ask(f"/v1/reports/{report['id']}/evidence", own, files=file),
            await ask("/v1/api-keys", own, json={"label": "x", "scopes": ["lookup"]}),
            await ask("/v1/lookups", own, json=query(phone="0505550177")),
            await ask("/v1/lookups/batch", own, json={"queries": {"a": query(phone="0505550177")}}),
            await ask("/v1/subject/sessions", {}, json={"phone": "+380505550177"}),
            await ask(f"/v1/disputes/{ids['dispute_id']}/messages", person, json=words),
            await ask(f"/v1/subject/disputes/{ids['dispute_id']}/evidence", person, files=file),
            await registry.as_staff(
                Role.OPERATOR, "POST", f"/v1/operations/businesses/{other.id}/decision", verdict
            ),
        ]
    assert {(answer.request.url.path, problem(answer)) for answer in answers} == {
        (answer.request.url.path, (503, "unavailable")) for answer in answers
    }
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers)
    assert {table: await rows.count(registry.runtime, table) for table in lasting} == before
    assert (await shop.call("POST", "/v1/lookups", query(phone="0505550177"))).is_success

"""Moderators and operators: their keys, their roles, and what each may do."""

import asyncio
import time
from uuid import UUID

import httpx
import pytest
from sqlalchemy.exc import IntegrityError

from registry.platform import secrets, vault
from registry.platform.actor import CONSOLE
from registry.platform.errors import NotFound
from registry.platform.ids import uuid7
from registry.platform.runtime import transaction
from registry.staff import service as staff
from registry.staff.rules import Role
from tests.factories import rows
from tests.factories.dumps import every_cell
from tests.factories.registry import Registry, problem

NOBODY = UUID(int=0)
DOORS = [
    ("GET", "/v1/moderation/queue", Role.MODERATOR),
    ("GET", f"/v1/moderation/reports/{NOBODY}", Role.MODERATOR),
    ("GET", f"/v1/moderation/reports/{NOBODY}/evidence/{NOBODY}", Role.MODERATOR),
    ("POST", f"/v1/moderation/reports/{NOBODY}/decision", Role.MODERATOR),
    ("GET", "/v1/operations/audit", Role.OPERATOR),
    ("GET", "/v1/operations/businesses", Role.OPERATOR),
    ("POST", f"/v1/operations/businesses/{NOBODY}/decision", Role.OPERATOR),
    ("POST", f"/v1/operations/notices/{NOBODY}/bounce", Role.OPERATOR),
]


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("method", "path", "wanted"), DOORS)
async def test_each_door_is_for_one_role(
    shared: Registry, method: str, path: str, wanted: Role, role: Role
) -> None:
    """The other is told so before anything of the request is looked at."""
    answer = await shared.as_staff(role, method, path, None if method == "GET" else {})
    if role is wanted:
        assert answer.status_code in (200, 400, 404)
    else:
        assert problem(answer) == (403, "role-missing")
        assert wanted in answer.json()["detail"]


async def _use(registry: Registry, key: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}"}
    return await registry.http.get("/v1/operations/businesses", headers=headers)


async def test_a_staff_key_is_kept_as_a_keyed_hash(shared: Registry) -> None:
    """And the name of its holder sealed: neither can be read out of the database."""
    async with transaction(shared.runtime) as session:
        staff_id, key = await staff.add(session, CONSOLE, Role.OPERATOR, "Планктон Оксана")
    assert secrets.prefix_of(key) == secrets.STAFF
    assert (await _use(shared, key)).status_code == 200
    cells = " ".join(cell for _, cell in await every_cell(shared.runtime))
    body = key[len("bcr_staff_") + 6 :]
    hidden = (body, body.encode().hex(), "Планктон", "Планктон".encode().hex())
    assert [word for word in hidden if word in cells] == []
    row = await rows.row(shared.runtime, "staff", staff_id)
    place = f"staff.sealed_name:{staff_id}"
    opened = vault.unseal(shared.runtime.keyring.side_key, row["sealed_name"], place)
    assert opened.decode() == "Планктон Оксана"
    assert await rows.actions(shared.runtime, staff_id) == ["staff.added"]


async def test_all_keys_of_one_are_revoked_within_five_seconds(shared: Registry) -> None:
    async with transaction(shared.runtime) as session:
        staff_id, first = await staff.add(session, CONSOLE, Role.OPERATOR, "Тест Персонал")
        second = await staff.issue_key(session, CONSOLE, staff_id)
    for key in (first, second):
        assert (await _use(shared, key)).status_code == 200
    async with transaction(shared.runtime) as session:
        assert await staff.revoke_keys(session, CONSOLE, staff_id) == 2
        assert await staff.revoke_keys(session, CONSOLE, staff_id) == 0
    began = time.monotonic()
    waiting = {first, second}
    while waiting and time.monotonic() - began < 5:
        waiting = {key for key in waiting if (await _use(shared, key)).status_code == 200}
        await asyncio.sleep(0.1)
    assert waiting == set()
    assert (await rows.actions(shared.runtime, staff_id))[-1] == "key.revoked"


async def test_a_key_for_nobody(shared: Registry) -> None:
    before = await rows.count(shared.runtime, "staff_keys")
    for act in (staff.issue_key, staff.revoke_keys):
        with pytest.raises(NotFound):
            async with transaction(shared.runtime) as session:
                await act(session, CONSOLE, uuid7())
    with pytest.raises(IntegrityError):
        async with transaction(shared.runtime) as session:
            await staff.add(session, CONSOLE, Role.MODERATOR, "Тест", business_id=uuid7())
    assert await rows.count(shared.runtime, "staff_keys") == before


async def test_a_members_key_is_no_staff_key(shared: Registry) -> None:
    """Whatever its scopes; and a minted one without a row opens nothing."""
    shop = await shared.shop()
    for key in (shop.key, secrets.mint(secrets.STAFF), secrets.mint(secrets.LIVE)):
        answer = await _use(shared, key)
        assert problem(answer) == (401, "unauthenticated")


async def test_a_bounce_of_another_letter_is_no_notice(shared: Registry) -> None:
    """What went to a business is not about a report: not found, and not marked either."""
    shop = await shared.newcomer()
    said = "SELECT id FROM messages WHERE about_id = :id"
    (letter,) = await rows.select(shared.runtime, said, id=shop.id)
    taken = "UPDATE messages SET state = 'accepted', due_at = NULL WHERE id = :id"
    await rows.write(shared.runtime, taken, id=letter["id"])
    path = f"/v1/operations/notices/{letter['id']}/bounce"
    answer = await shared.as_staff(Role.OPERATOR, "POST", path, {"reason": "550 unknown"})
    assert problem(answer) == (404, "not-found")
    assert (await rows.row(shared.runtime, "messages", letter["id"]))["state"] == "accepted"

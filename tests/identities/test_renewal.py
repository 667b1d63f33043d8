"""Everything resolved anew: what is foretold happens, moderators are heard, and a second time changes nothing."""

from typing import Any
from uuid import UUID

import msgspec

from registry.identities import renewal, review
from registry.identities.wire import SplitRequest
from registry.matching import parameters as release
from registry.platform.runtime import transaction
from registry.reports.rules import State
from registry.staff.access import Staff
from registry.staff.rules import Role
from tests.factories import rows
from tests.factories.registry import Registry
from tests.reports.states import in_state

#: Nobody is merged by weight, and all is asked.
SHY = msgspec.structs.replace(release.default(), version="shy", merge=99.0, ask=0.0)
#: The same e-mail, and another city: by the release's parameters one person, by the shy ones a question.
PEOPLE: list[dict[str, Any]] = [
    {"email": "one@mail.example", "name": "Яблонська Леся", "city": "Суми"},
    {"email": "one@mail.example", "name": "Яблонська Леся", "city": "Одеса"},
    {"phone": "+380505550150"},
    {"phone": "+380505550150"},
    {"phone": "+380505550151", "name": "Кравець Ігор"},
]


async def _identities(registry: Registry) -> list[list[str]]:
    found = await rows.select(registry.runtime, "SELECT id, identity_id FROM records ORDER BY id")
    groups: dict[str, list[str]] = {}
    for row in found:
        groups.setdefault(str(row["identity_id"]), []).append(str(row["id"]))
    return list(groups.values())


async def _reported(registry: Registry) -> None:
    shop = await registry.shop()
    for subject in PEOPLE:
        await in_state(registry.runtime, shop, State.ACTIVE, subject=subject)


async def test_what_is_foretold_happens(registry: Registry) -> None:
    await _reported(registry)
    before = await _identities(registry)
    assert [len(group) for group in before] == [2, 2, 1]
    foretold = await renewal.preview(registry.runtime, SHY)
    assert await _identities(registry) == before
    assert (foretold.records, foretold.identities_before, foretold.identities_after) == (5, 3, 4)
    assert (foretold.divided, foretold.merged, foretold.questions) == (1, 0, 1)
    assert await renewal.apply(registry.runtime, SHY) == foretold
    assert [len(group) for group in await _identities(registry)] == [1, 1, 2, 1]
    again = await renewal.preview(registry.runtime, SHY)
    assert (again.decisions, again.divided, again.merged) == (0, 0, 0)
    back = await renewal.apply(registry.runtime, release.default())
    assert (back.merged, back.divided) == (1, 0)
    assert await _identities(registry) == before
    (entry, _) = await rows.select(
        registry.runtime,
        "SELECT * FROM audit_entries WHERE action = 'identities.renewed' ORDER BY id",
    )
    assert entry["details"]["parameters"] == "shy"


async def test_a_moderators_decision_stands(registry: Registry) -> None:
    await _reported(registry)
    before = await _identities(registry)
    await registry.staff_key(Role.MODERATOR)
    (member,) = await rows.select(registry.runtime, "SELECT id FROM staff WHERE role = 'moderator'")
    async with transaction(registry.runtime) as session:
        moderator = Staff(member["id"], Role.MODERATOR, None)
        stays, leaves = map(UUID, before[1])
        taken = SplitRequest(records=[leaves], reason="Another owner.")
        await review.split(session, moderator, stays, taken)
    for parameters in (SHY, release.default()):
        await renewal.apply(registry.runtime, parameters)
    assert [len(group) for group in await _identities(registry)] == [2, 1, 1, 1]

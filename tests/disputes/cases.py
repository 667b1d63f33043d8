"""Disputes of a shop's reports, each of another person's, brought to the end that a test needs."""

import itertools
from typing import Any

from tests.disputes.people import Person, answered, rule
from tests.factories.registry import Registry, Shop
from tests.subjects.test_proofs import proven

_numbers = itertools.count(1000)
#: (decision, reason code) of a ruling by what comes of it.
_RULINGS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "upheld": ("uphold", "evidence_confirms", {}),
    "removed": ("remove", "not_proven", {}),
    "amended": (
        "amend",
        "partly_wrong",
        {"changes": {"amount": {"amount": 40000, "currency": "UAH"}}},
    ),
}


async def somebody(registry: Registry, shop: Shop, reports: int = 1) -> tuple[Person, list[str]]:
    """A person with two proofs, and so many reports of the shop's about them that lookups show."""
    number = next(_numbers)
    phone, mail = f"+38050555{number}", f"someone{number}@mail.example"
    subject = {"phone": phone, "email": mail, "name": "Тест Особа"}
    ids = [await shown_report(registry, shop, subject) for _ in range(reports)]
    await registry.work()
    return Person(registry.http, await proven(registry, phone, mail)), ids


async def shown_report(registry: Registry, shop: Shop, subject: dict[str, Any]) -> str:
    """A report that one moderator published, or two where two are needed."""
    report_id: str = (await shop.report(subject=subject))["id"]
    assert (await shop.attach(report_id)).status_code == 201
    for number in (0, 3):
        if (await shop.view(report_id))["state"] == "screening":
            published = await registry.decide(report_id, number=number)
            assert published.status_code == 200, published.text
    return report_id


async def decided(registry: Registry, shop: Shop, *outcomes: str) -> list[str]:
    """Reports of the shop's, each disputed by another person and ruled upon so; returns their disputes."""
    return [await _decided(registry, shop, outcome) for outcome in outcomes]


async def _decided(registry: Registry, shop: Shop, outcome: str) -> str:
    person, (report_id,) = await somebody(registry, shop)
    return await ended(registry, shop, person, report_id, outcome)


async def ended(
    registry: Registry, shop: Shop, person: Person, report_id: str, outcome: str
) -> str:
    """A dispute of this report, ruled upon so; returns its id."""
    dispute_id: str = (await person.dispute(report_id))["id"]
    await answered(shop, dispute_id)
    decision, code, more = _RULINGS[outcome]
    for number in (1, 2):
        ruled = await rule(registry, dispute_id, decision, code, number, **more)
        assert ruled.status_code == 200, ruled.text
        if ruled.json()["dispute"]["state"] != "in_review":
            break
    return dispute_id


async def conduct(shop: Shop) -> dict[str, Any]:
    """The shop's conduct as it reads it itself."""
    answer = await shop.call("GET", f"/v1/businesses/{shop.id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["conduct"]
    return found


async def counts(shop: Shop) -> tuple[int, int, str | None]:
    """(decided, overturned, why it is on probation)."""
    found = await conduct(shop)
    assert (found["because"] is None) == (found["probation_since"] is None)
    return found["decided"], found["overturned"], found["because"]

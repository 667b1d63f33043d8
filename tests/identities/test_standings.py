"""Standings follow the facts: after any sequence of changes they are what the facts alone would make of them."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from registry.identities import resolution
from registry.identities import service as identities
from registry.identities.rules import FactCodes
from registry.matching.blocking import ASKED
from registry.matching.party import STRONG
from registry.matching.subject import Subject
from registry.platform import clock, vault
from registry.platform.ids import uuid7
from registry.platform.runtime import Runtime, transaction
from registry.reports.rules import State
from tests.factories import rows
from tests.factories.registry import Registry, Shop
from tests.reports.states import in_state

STEPS = 40
NAMES = ("Мельник Іван", "Мельник Ольга", None)


class World:
    """Some records of a few people, whose facts come and go."""

    def __init__(self, runtime: Runtime, business: UUID, seed: int) -> None:
        self.runtime, self.business = runtime, business
        self.dice = random.Random(seed)
        self.records: dict[UUID, UUID] = {}

    def subject(self) -> Subject:
        phones = self.dice.sample([f"+38050555012{n}" for n in range(4)], self.dice.randint(1, 2))
        mail = self.dice.choice([(), ("a@mail.example",), ("b@mail.example",)])
        name = self.dice.choice(NAMES)
        return Subject(
            kind="person",
            country="UA",
            phones=tuple(phones),
            emails=mail,
            mail_addresses=mail,
            name=name,
            city=self.dice.choice(["Київ", None]),
        )

    async def step(self) -> None:
        """One change, in a transaction of its own."""
        async with transaction(self.runtime) as session:
            choice = self.dice.choice(["add", "show", "show", "show", "hide", "erase"])
            if choice == "add" or not self.records:
                subject = self.subject()
                key = await vault.create(session, session.keyring, owner=None)
                made = await identities.add(session, subject, key)
                await identities.index(session, made, subject)
                self.records[uuid7()] = made
                return
            report = self.dice.choice(list(self.records))
            record = self.records[report]
            if choice == "show":
                await identities.show(
                    session,
                    report_id=report,
                    record_id=record,
                    business_id=self.business,
                    codes=self.codes(),
                )
            elif choice == "hide":
                await identities.hide(session, report)
            else:
                await identities.hide(session, report)
                await identities.erase(session, record)
                del self.records[report]

    def codes(self) -> FactCodes:
        since = datetime(2026, 1, 1, tzinfo=UTC)
        return FactCodes(
            category=self.dice.choice(["no_show", "parcel_refused"]),
            month=f"2026-0{self.dice.randint(1, 9)}",
            amount_band=None,
            currency=None,
            evidence_grade="documented",
            state=self.dice.choice(["active", "upheld"]),
            since=since,
            until=since + timedelta(days=self.dice.randint(1, 400)),
        )


async def _kept(runtime: Runtime) -> dict[tuple[bytes, UUID], tuple[str, Any]]:
    found = await rows.select(runtime, "SELECT * FROM standings")
    return {(r["index_value"], r["identity_id"]): (r["kind"], _order(r["facts"])) for r in found}


async def _from_facts(runtime: Runtime) -> dict[tuple[bytes, UUID], tuple[str, Any]]:
    """What the standings must be, by the facts, records and identifiers alone.

    A phone or e-mail leads to all that is reached from it by phones and e-mails. Anything else leads to the records
    that hold it, since all reports here are of one business.
    """
    facts = await rows.select(
        runtime,
        "SELECT f.*, r.identity_id FROM facts f JOIN records r ON r.id = f.record_id"
        " WHERE f.codes IS NOT NULL",
    )
    shown: dict[UUID, dict[str, Any]] = {}
    for fact in facts:
        ids = {"report": "report_id", "business": "business_id", "record": "record_id"}
        shown[fact["record_id"]] = fact["codes"] | {
            name: str(fact[column]) for name, column in ids.items()
        }
    identity = {fact["record_id"]: fact["identity_id"] for fact in facts}
    found = await rows.select(runtime, "SELECT * FROM record_identifiers")
    values = [i for i in found if i["record_id"] in shown and i["kind"] in STRONG | ASKED]
    contacts = [i for i in values if i["kind"] in ("phone", "email")]
    expected = {}
    for one in values:
        home = identity[one["record_id"]]
        reached = {i["record_id"] for i in values if i["index_value"] == one["index_value"]}
        reached = {record for record in reached if identity[record] == home}
        grown: set[UUID] = set()
        while one["kind"] in ("phone", "email") and grown != reached:
            grown = set(reached)
            held = {i["index_value"] for i in contacts if i["record_id"] in grown}
            reached |= {
                i["record_id"]
                for i in contacts
                if i["index_value"] in held and identity[i["record_id"]] == home
            }
        told = _order([shown[record] for record in reached])
        expected[one["index_value"], home] = (one["kind"], told)
    return expected


def _order(facts: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(fact, sort_keys=True) for fact in facts)


@pytest.mark.parametrize("seed", range(5))
async def test_after_any_sequence_of_changes(registry: Registry, seed: int) -> None:
    shop = await registry.newcomer()
    world = World(registry.runtime, shop.id, seed)
    seen = 0
    for _ in range(STEPS):
        await world.step()
        kept = await _kept(registry.runtime)
        assert kept == await _from_facts(registry.runtime)
        seen = max(seen, len(kept))
        assert await _published_alone(registry.runtime) == kept
        assert await _miscounted(registry.runtime) == []
    assert seen > 3


async def _published_alone(runtime: Runtime) -> dict[tuple[bytes, UUID], tuple[str, Any]]:
    """The standings of a registry in which only what is published now ever was, in the order of publication."""
    async with rows.rolled_back(runtime) as session:
        said = "SELECT id FROM records WHERE publication IS NOT NULL ORDER BY publication"
        records = (await session.scalars(text(said))).all()
        for record in records:
            await resolution.unpublish(session, record)
        for table in ("standings", "identities"):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == 0
        for record in records:
            await resolution.publish(session, record)
        found = (await session.execute(text("SELECT * FROM standings"))).mappings().all()
    return {(r["index_value"], r["identity_id"]): (r["kind"], _order(r["facts"])) for r in found}


async def _miscounted(runtime: Runtime) -> list[dict[str, Any]]:
    """Identities without a record, and published records that are counted wrongly."""
    said = (
        "SELECT id::text AS what FROM identities i"
        " WHERE NOT EXISTS (SELECT FROM records r WHERE r.identity_id = i.id)"
        " UNION ALL SELECT 'count' WHERE (SELECT coalesce(sum(published), 0) FROM record_counts)"
        " <> (SELECT count(*) FROM records WHERE publication IS NOT NULL)"
    )
    return await rows.select(runtime, said)


async def _shown(asker: Shop, **subject: Any) -> int:
    answer = await asker.look_up(**subject)
    return sum(len(match["reports"]) for match in answer["matches"])


async def test_a_hidden_report_lends_no_number(sandbox: Registry) -> None:
    """Two reports of one person: each number is found while a report that names it is shown, and no longer."""
    shop, asker = await sandbox.shop(), await sandbox.shop()
    both = {"phones": ["+380505550130", "+380505550131"], "email": "both@mail.example"}
    first = await sandbox.published(shop, subject=both)
    second = await sandbox.published(shop, subject={"phone": "+380505550130"})
    assert await _shown(asker, phone="+380505550130") == 2
    assert await _shown(asker, email="both@mail.example") == 2
    path = f"/v1/reports/{first['id']}/settle"
    assert (await shop.call("POST", path, {"reason": "Paid."})).status_code == 200
    assert await _shown(asker, phone="+380505550130") == 1
    assert await _shown(asker, phone="+380505550131") == 0
    assert await _shown(asker, email="both@mail.example") == 0
    assert second["state"] == "active"


async def test_a_fact_ends_at_its_time_without_any_job(registry: Registry) -> None:
    """Reading checks the time: nothing has to run for a report to vanish."""
    shop, asker = await registry.shop(), await registry.shop()
    subject = {"phone": "+380505550132"}
    report = await in_state(registry.runtime, shop, State.ACTIVE, subject=subject)
    row = await rows.row(registry.runtime, "reports", report)
    left = row["retention_until"] - row["submitted_at"]
    assert await _shown(asker, **subject) == 1
    with clock.shifted(left - timedelta(minutes=5)):
        assert await _shown(asker, **subject) == 1
    with clock.shifted(left + timedelta(minutes=5)):
        assert await _shown(asker, **subject) == 0


async def test_a_standing_holds_codes_and_no_values(sandbox: Registry) -> None:
    shop = await sandbox.shop()
    await sandbox.published(shop, subject={"phone": "+380505550133", "name": "Мельник Іван"})
    (standing,) = await rows.select(sandbox.runtime, "SELECT * FROM standings")
    assert len(standing["index_value"]) == 16
    (fact,) = standing["facts"]
    assert set(fact) == {
        *("category", "month", "amount_band", "currency", "evidence_grade", "state"),
        *("since", "until", "report", "business", "record", "reply"),
    }

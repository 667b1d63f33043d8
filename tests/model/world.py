"""The registry that the model's actors live in: one for all examples, driven over HTTP as its users do.

Each example has a person, two reporters and an insider of its own. Persons come with tokens that lie in the database
already: codes are limited by the hour of the real clock, which no example has.
"""

import asyncio
import dataclasses
import itertools
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from sqlalchemy import text

from registry.businesses import rules as business_rules
from registry.identities import resolution
from registry.identities import service as known
from registry.limits.rules import Allowance
from registry.matching.fingerprints import keyed
from registry.platform import clock, runtime, secrets, vault
from registry.platform.ids import uuid7
from registry.platform.policy import Plan
from registry.platform.runtime import transaction
from registry.platform.settings import from_env
from registry.staff.rules import Role
from registry.subjects.tables import SubjectSession
from tests.factories import rows
from tests.factories.registry import Registry, Shop, serving
from tests.model.oracle import Letter

T = TypeVar("T")
#: Budgets run by the real clock, which passes too slowly for the model.
PLENTY = Plan(minute=10**6, day=10**7, unmatched=10**7, reports_day=10**6, reports_month=10**6)
_numbers = itertools.count(1)
#: The code itself, whatever bug is planted in its place.
PUBLISH, UNPUBLISH = resolution.publish, resolution.unpublish
_RECORDS = text("""
    SELECT DISTINCT r.id, r.publication,
           o.state IN ('active', 'upheld', 'amended') AND o.restricted_at IS NULL AND o.visible_from <= :now AS shown
    FROM records r JOIN reports o ON o.record_id = r.id
    WHERE r.publication IS NOT NULL AND EXISTS (
        SELECT FROM record_identifiers i WHERE i.record_id = r.id AND i.index_value = ANY (:values)
    )
""")


@dataclasses.dataclass
class World:
    """A registry, the loop that it runs in, and the moderators of all examples."""

    runner: asyncio.Runner
    registry: Registry
    asker: Shop
    moderators: list[str]

    def run(self, offset: timedelta, work: Coroutine[Any, Any, T]) -> T:
        """Something done so much later than now."""
        with clock.shifted(offset):
            return self.runner.run(work)

    async def call(self, key: str, method: str, path: str, body: Any = None) -> httpx.Response:
        """One call with somebody's key or token."""
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": str(uuid4())}
        return await self.registry.http.request(method, path, json=body, headers=headers)

    async def attach(self, key: str, path: str, content: bytes) -> httpx.Response:
        """A file, with somebody's key or token."""
        headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": str(uuid4())}
        file = {"file": ("paper.pdf", content)}
        return await self.registry.http.post(path, files=file, headers=headers)

    async def token(self, identifiers: dict[str, str], *, document: bool = False) -> str:
        """A token of somebody who proved these as if just now, and whose document was accepted for what they find."""
        index_key, token = self.registry.runtime.keyring.index_key, secrets.mint(secrets.SUBJECT)
        async with transaction(self.registry.runtime) as session:
            key = await vault.create(session, session.keyring, owner=None)
            proven = [keyed(kind, value, index_key) for kind, value in identifiers.items()]
            made = SubjectSession(
                id=uuid7(),
                data_key_id=key.id,
                proven=proven,
                document_records=list(await known.holders_of(session, proven))
                if document
                else None,
                language="uk",
                code_tries=0,
                created_at=session.now,
                token=secrets.digest(session.keyring, token),
                token_until=session.now + timedelta(hours=1),
            )
            session.add(made)
        return token

    async def shown(self, **subject: str) -> set[str]:
        """The reports that a business is shown, as its lookup is on record."""
        answer = await self.asker.look_up(**subject)
        facts = [fact for match in answer["matches"] for fact in match["reports"]]
        row = await rows.row(self.registry.runtime, "lookups", answer["lookup_id"])
        shown = {str(id_) for id_ in row["report_ids"]}
        assert len(shown) == len(facts), "what is on record is what was answered"
        return shown

    async def standings(self, values: list[bytes]) -> tuple[list[Any], list[Any]]:
        """What lookups read under these index values: as it is, and as if only what they show had ever been."""
        read = text(
            "SELECT index_value, identity_id, kind, facts::text FROM standings"
            " WHERE index_value = ANY (:values) ORDER BY 1, 2"
        )
        async with rows.rolled_back(self.registry.runtime) as session:
            kept = (await session.execute(read, {"values": values})).all()
            found = (await session.execute(_RECORDS, {"values": values, "now": session.now})).all()
            for record in found:
                await UNPUBLISH(session, record.id)
            for record in sorted(found, key=lambda one: one.publication or 0):
                if record.shown:
                    await PUBLISH(session, record.id)
            alone = (await session.execute(read, {"values": values})).all()
        return list(kept), list(alone)

    async def letters(self, report_id: str) -> list[Letter]:
        """The letters about this report that really lie in the outbox."""
        said = "SELECT id, template, created_at FROM messages WHERE about_id = :id"
        sent = await rows.select(self.registry.runtime, said, id=UUID(report_id))
        folder = self.registry.runtime.settings.outbox_dir
        written = []
        for one in sent:
            file = folder / f"{one['id']}.json"
            if file.exists():
                body = msgspec.json.decode(file.read_bytes())
                at = datetime.fromisoformat(body["at"])
                written.append(Letter(one["template"], body["to"], one["created_at"], at))
        return written

    def let_post(self, *, work: bool) -> None:
        """Let no letter be written from now on, as when a disk is full; or let the post work again."""
        folder = self.registry.runtime.settings.outbox_dir
        aside = folder.with_name("outbox-aside")
        if work and aside.exists():
            folder.unlink()
            aside.rename(folder)
        elif not work and not aside.exists():
            folder.rename(aside)
            folder.touch()

    async def audited_state(self, report_id: str) -> str | None:
        """The state that the audit log leads to, each entry from where the one before had led; None for a gap."""
        said = (
            "SELECT details->>'from' AS before, details->>'to' AS after FROM audit_entries"
            " WHERE object_id = :id AND details ? 'to' ORDER BY id"
        )
        state: str = "submitted"
        for step in await rows.select(self.registry.runtime, said, id=UUID(report_id)):
            if step["before"] != state:
                return None
            state = step["after"]
        return state

    async def retire(self, businesses: list[UUID]) -> None:
        """Let nothing of an example that is over be due in the next."""
        for table in ("reports", "disputes", "conducts"):
            await rows.write(
                self.registry.runtime,
                f"UPDATE {table} SET due_at = NULL WHERE business_id = ANY (:ids)",
                ids=businesses,
            )
        await rows.write(self.registry.runtime, "UPDATE messages SET due_at = NULL")
        await rows.write(
            self.registry.runtime,
            "UPDATE subject_requests SET state = 'lapsed' WHERE state = 'pending'",
        )
        await rows.write(
            self.registry.runtime,
            "UPDATE disputes SET state = 'closed' WHERE business_id = ANY (:ids)",
            ids=businesses,
        )


def somebody() -> dict[str, str]:
    """Identifiers of a person of whom nobody has heard, whose number is nobody's neighbour."""
    number = next(_numbers)
    scattered = number * 7_919_117 % 10_000_000
    return {"phone": f"+38050{scattered:07d}", "email": f"model{number}@mail.example"}


@asynccontextmanager
async def opened(url: str, folder: Path) -> AsyncIterator[tuple[Registry, Shop, list[str]]]:
    """A registry under the default policy, but for budgets; a business that asks; two moderators of no business."""
    with pytest.MonkeyPatch.context() as patch:
        # By the real clock as well: two businesses sign up in each example.
        patch.setattr(business_rules, "SIGN_UPS", Allowance(*[(10**7, 10**6)] * 4))
        async with _serving(url, folder) as registry:
            moderators = [await registry.staff_key(Role.MODERATOR, n) for n in range(2)]
            yield registry, await registry.shop(), moderators


@asynccontextmanager
async def _serving(url: str, folder: Path) -> AsyncIterator[Registry]:
    async with runtime.running(from_env({}, data_dir=folder), url) as found:
        plans = dict.fromkeys(found.policy.plans, PLENTY)
        policy = msgspec.structs.replace(found.policy, plans=plans)
        async with serving(dataclasses.replace(found, policy=policy)) as registry:
            yield registry

"""Looking clients up: replays, live and test keys, receipts, budgets. How live lookups are answered: `desk`."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec

from registry.businesses import service as businesses
from registry.businesses.access import Member
from registry.identities import service as identities
from registry.limits import rules as limits_rules
from registry.limits import service as limits
from registry.limits.rules import Spent
from registry.lookups import desk as desks
from registry.lookups import sandbox, store
from registry.lookups.answers import with_gone
from registry.lookups.queries import Query
from registry.lookups.wire import LookupAnswer
from registry.platform.db import as_system
from registry.platform.idempotency import KeyReused, StillRunning
from registry.platform.runtime import Runtime, Session, transaction


class Shown(msgspec.Struct, frozen=True):
    """A business was shown reports."""

    lookup_id: UUID
    business_id: UUID
    at: datetime
    purpose: str
    reports: list[UUID]


async def shown(session: Session, report_ids: Collection[UUID], since: date) -> list[Shown]:
    """Who was shown these reports since that day, newest first."""
    async with as_system(session):
        rows = await store.list_shown(session, report_ids, since)
    return [
        Shown(
            row.id,
            row.business_id,
            row.at,
            row.purpose,
            [one for one in row.report_ids if one in report_ids],
        )
        for row in rows
    ]


async def look_up(
    desk: desks.Desk, member: Member, queries: Sequence[Query]
) -> tuple[list[LookupAnswer], Spent]:
    """Answer as many of the queries as the budget admits, in order; each answer is on record when this returns.

    Raises `StillRunning` when another request under the same idempotency key commits first.
    """
    if member.test:
        return await sandbox.look_up(desk.runtime, member, queries)
    with _alone(queries):
        await _refuse_recorded(desk, member, queries)
        return await desk.look_up(member, queries)


#: Idempotency digests of the lookups that this process is answering.
_under_way: set[bytes] = set()


@contextmanager
def _alone(queries: Sequence[Query]) -> Iterator[None]:
    """Refuse a repetition while the first is under way, before it costs anything.

    Between processes the unique index refuses it, after its budget was spent.
    """
    mine = {query.idempotency for query in queries if query.idempotency}
    if mine & _under_way:
        raise StillRunning
    _under_way.update(mine)
    try:
        yield
    finally:
        _under_way.difference_update(mine)


async def _refuse_recorded(desk: desks.Desk, member: Member, queries: Sequence[Query]) -> None:
    """A repetition that found nothing to replay, while the first was under way, and comes in when it is done."""
    keys = [query.idempotency for query in queries if query.idempotency]
    if not keys:
        return
    async with desk.replays, transaction(desk.runtime, business_id=member.business_id) as session:
        if await store.list_under(session, member.business_id, keys):
            raise StillRunning


async def receipt(session: Session, member: Member, lookup_id: UUID) -> LookupAnswer:
    """What a lookup showed, unchanged, except that a fact shown no longer says so and since when."""
    row = await store.get(session, member.business_id, lookup_id)
    stored = member.data_key.open(desks.place_of(lookup_id), row.sealed, desks.StoredReceipt)
    gone = await identities.hidden_since(session, row.report_ids)
    answer = msgspec.json.decode(stored.answer, type=LookupAnswer)
    return with_gone(answer, stored.reports, gone)


async def forget(session: Session, report_id: UUID) -> None:
    """Take what receipts told of an erased report out of them for good: what is left is that it is shown no longer."""
    async with as_system(session):
        for row in await store.list_shown(session, {report_id}, date.min):
            gone = await identities.hidden_since(session, {report_id})
            _, _, key = await businesses.contact(session, row.business_id)
            place = desks.place_of(row.id)
            stored = key.open(place, row.sealed, desks.StoredReceipt)
            answer = msgspec.json.decode(stored.answer, type=LookupAnswer)
            left = with_gone(answer, stored.reports, gone)
            body = msgspec.Raw(msgspec.json.encode(left))
            row.sealed = key.seal(place, msgspec.structs.replace(stored, answer=body))
        await session.flush()


async def replays(
    session: Session, member: Member, queries: Sequence[Query]
) -> dict[bytes | None, LookupAnswer]:
    """Receipts of those queries that were answered under their idempotency key in the last 24 hours.

    A key that was used before then is free again. Raises `KeyReused` for a key that was used for another request.
    """
    asked = {query.idempotency: query for query in queries if query.idempotency}
    found: dict[bytes | None, LookupAnswer] = {}
    oldest = session.now - timedelta(hours=session.policy.idempotency_hours)
    rows = await store.list_under(session, member.business_id, list(asked))
    if late := [row for row in rows if row.at < oldest]:
        async with as_system(session):
            await store.free_keys(session, late)
    for row in rows:
        if row.at < oldest:
            continue
        if row.fingerprint != asked[row.idempotency].fingerprint:
            raise KeyReused
        found[row.idempotency] = await receipt(session, member, row.lookup_id)
    return found


async def usage(runtime: Runtime, member: Member) -> Spent:
    """What is left of the member's budget."""
    return await limits.spend(runtime, budget_of(member), 0)


def budget_of(member: Member) -> limits_rules.Budget:
    """The budget that the member's lookups spend from; a test key has one of its own."""
    return sandbox.budget_of(member) if member.test else member.budget

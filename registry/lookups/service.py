"""Looking clients up: spend, read the standings, answer, record; and only then does the answer leave.

One lookup and a hundred go the same way: what is asked for together is spent, read and recorded together.
"""

from base64 import b64decode
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec

from registry.businesses.access import Member
from registry.identities import service as identities
from registry.identities.rules import REPLY
from registry.limits import rules as limits_rules
from registry.limits import service as limits
from registry.limits.rules import Spent
from registry.lookups import rules, sandbox, store
from registry.lookups.answers import compose, with_gone
from registry.lookups.queries import Query
from registry.lookups.rules import Fact, Found, Rule
from registry.lookups.wire import LookupAnswer
from registry.matching.subject import Subject
from registry.platform import clock
from registry.platform.db import as_system
from registry.platform.idempotency import KeyReused, StillRunning
from registry.platform.ids import uuid7
from registry.platform.runtime import Runtime, Session, transaction
from registry.platform.vault import DataKey


class StoredReceipt(msgspec.Struct, frozen=True):
    """What a receipt keeps, sealed under the business's key."""

    answer: LookupAnswer
    reference: str
    #: The reports behind `answer.matches[i].reports[j]`.
    reports: list[list[UUID]]


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
    runtime: Runtime, member: Member, queries: Sequence[Query]
) -> tuple[list[LookupAnswer], Spent]:
    """Answer as many of the queries as the budget admits, in order; each answer is on record when this returns.

    Raises `StillRunning` when another request under the same idempotency key commits first.
    """
    if member.test:
        return await sandbox.look_up(runtime, member, queries)
    with _alone(queries):
        await _refuse_recorded(runtime, member, queries)
        return await _spend_and_answer(runtime, member, queries)


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


async def _refuse_recorded(runtime: Runtime, member: Member, queries: Sequence[Query]) -> None:
    """A repetition that found nothing to replay, while the first was under way, and comes in when it is done."""
    keys = [query.idempotency for query in queries if query.idempotency]
    if not keys:
        return
    async with transaction(runtime, business_id=member.business_id) as session:
        if await store.list_under(session, member.business_id, keys):
            raise StillRunning


async def _spend_and_answer(
    runtime: Runtime, member: Member, queries: Sequence[Query]
) -> tuple[list[LookupAnswer], Spent]:
    spent = await limits.spend(runtime, member.budget, len(queries))
    admitted = queries[: spent.admitted]
    if not admitted:
        return [], spent
    async with runtime.database.lookups.acquire() as connection:
        answers, rows = await _answer(
            runtime, member, connection, admitted, spent.at + clock.offset()
        )
        try:
            await store.keep(connection, rows)
        except asyncpg.UniqueViolationError:
            raise StillRunning from None
    return answers, spent


async def _answer(
    runtime: Runtime,
    member: Member,
    connection: store.Connection,
    queries: Sequence[Query],
    at: datetime,
) -> tuple[list[LookupAnswer], list[store.Row]]:
    standings = await store.standings(
        connection, {v for query in queries for v in query.values}, at
    )
    records = {fact.record for rows in standings.values() for _, facts in rows for fact in facts}
    opened: dict[UUID, tuple[Subject, DataKey]] = {}
    own_rules: Sequence[Rule] = ()
    if records:
        own_rules = await store.rules_of(connection, member.business_id)
        opened = await store.subjects(connection, runtime.keyring, records, identities.PLACE)
    answers, kept = [], []
    for query in queries:
        graded = rules.matches(query.subject, _found(query, standings, opened))
        answer = compose(uuid7(), at, graded, member.business_id, own_rules)
        kept.append(_row(runtime, member, query, answer, graded))
        answers.append(answer)
    return answers, kept


def _found(
    query: Query,
    standings: Mapping[bytes, Sequence[tuple[UUID, tuple[Fact, ...]]]],
    opened: Mapping[UUID, tuple[Subject, DataKey]],
) -> list[Found]:
    """The identities that the query's index values lead to, each once."""
    hits = {
        identity: facts for value in query.values for identity, facts in standings.get(value, ())
    }
    return [
        Found(
            identity=identity,
            facts=tuple(_with_words(fact, opened) for fact in facts),
            subjects=tuple(
                opened[r][0] for r in dict.fromkeys(f.record for f in facts) if r in opened
            ),
        )
        for identity, facts in hits.items()
    ]


def _with_words(fact: Fact, opened: Mapping[UUID, tuple[Subject, DataKey]]) -> Fact:
    """The fact with the person's own words readable; without them when their report was erased just now."""
    if fact.reply is None or fact.record not in opened:
        return msgspec.structs.replace(fact, reply=None) if fact.reply else fact
    sealed = b64decode(fact.reply)
    words = opened[fact.record][1].open(f"{REPLY}:{fact.report}", sealed, str)
    return msgspec.structs.replace(fact, reply=words)


def _row(
    runtime: Runtime,
    member: Member,
    query: Query,
    answer: LookupAnswer,
    graded: Sequence[rules.Graded],
) -> store.Row:
    reports = [[fact.report for fact in match.facts] for match in graded]
    receipt = StoredReceipt(answer, query.request.reference, reports)
    return store.Row(
        id=answer.lookup_id,
        business_id=member.business_id,
        key_id=member.key_id,
        at=answer.as_of,
        purpose=query.request.purpose,
        result=answer.result,
        report_ids=[report for row in reports for report in row],
        sealed=member.data_key.seal(_place(answer.lookup_id), receipt),
        digest=runtime.keyring.digest("receipt", msgspec.json.encode(answer).decode()),
        idempotency=query.idempotency,
        fingerprint=query.fingerprint,
    )


def _place(lookup_id: UUID) -> str:
    return f"lookups.sealed:{lookup_id}"


async def receipt(session: Session, member: Member, lookup_id: UUID) -> LookupAnswer:
    """What a lookup showed, unchanged, except that a fact shown no longer says so and since when."""
    row = await store.get(session, member.business_id, lookup_id)
    stored = member.data_key.open(_place(lookup_id), row.sealed, StoredReceipt)
    gone = await identities.hidden_since(session, row.report_ids)
    return with_gone(stored.answer, stored.reports, gone)


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
    if late := [row.id for row in rows if row.at < oldest]:
        async with as_system(session):
            await store.free_keys(session, late)
    for row in rows:
        if row.idempotency is None or row.at < oldest:
            continue
        if row.fingerprint != asked[row.idempotency].fingerprint:
            raise KeyReused
        found[row.idempotency] = await receipt(session, member, row.id)
    return found


async def usage(runtime: Runtime, member: Member) -> Spent:
    """What is left of the member's budget."""
    return await limits.spend(runtime, budget_of(member), 0)


def budget_of(member: Member) -> limits_rules.Budget:
    """The budget that the member's lookups spend from; a test key has one of its own."""
    return sandbox.budget_of(member) if member.test else member.budget

"""Every SQL statement of lookups. The hot path is raw asyncpg, under a role that may run these functions only."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import repeat
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import ARRAY, ColumnElement, Uuid, bindparam, delete, func, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert

from registry.limits import rules as limits_rules
from registry.limits import watch
from registry.limits.rules import Budget, Spent
from registry.lookups.queries import Query
from registry.lookups.rules import DEFAULT_RULES, Rule
from registry.lookups.tables import Lookup, Terms, UsedKey
from registry.matching.compare import plain
from registry.platform import clock, vault
from registry.platform.errors import NotFound
from registry.platform.ids import made_at
from registry.platform.keyring import Keyring
from registry.platform.runtime import Session
from registry.platform.vault import DataKey

Connection: TypeAlias = "asyncpg.Connection[Any] | asyncpg.pool.PoolConnectionProxy[Any]"
#: Lists of different lengths are no array of PostgreSQL's: they travel as text.
REPORT_IDS = 6
#: The place of what is found by no value.
NOWHERE = 0
#: How far the clock of a process may be from the database's.
SKEW = timedelta(hours=1)


class Row(NamedTuple):
    """What a lookup leaves on record."""

    id: UUID
    business_id: UUID
    key_id: UUID
    at: datetime
    purpose: str
    result: str
    report_ids: Sequence[UUID]
    sealed: bytes
    digest: bytes
    idempotency: bytes | None
    fingerprint: bytes | None


class Hit(NamedTuple):
    """A fact that an index value led to, as the standing holds it."""

    identity: UUID
    #: Whether the record behind the fact holds the value itself.
    held: bool
    #: `rules.Fact` in JSON.
    fact: str


class SealedRecord(NamedTuple):
    """What stands behind facts: a record under its report's data key."""

    data_key_id: UUID
    sealed: bytes
    wrapped: bytes
    kek_version: int


class Watched(NamedTuple):
    """What is to be watched of what a business asked for now."""

    #: Distinct canaries within `watch.CANARY_WINDOW`; nought when none was asked for now.
    canaries: int
    #: Distinct unmatched numbers, within a day, in the fullest block asked in.
    neighbours: int


class Call(NamedTuple):
    """A query, and which of the budgets pays for it (1, 2, ...)."""

    payer: int
    query: Query


class Reading(NamedTuple):
    """What one statement answered for everybody who waited."""

    #: The registry's time of the reading.
    at: datetime
    #: Index value -> what may be shown.
    hits: dict[bytes, list[Hit]]
    records: dict[UUID, SealedRecord]
    #: Business -> its own rules in JSON; those that have none are left out. Empty when there are no hits.
    terms: dict[UUID, str]
    #: In the order of the budgets.
    spent: list[Spent]
    watched: list[Watched]


async def ask(
    connection: Connection,
    businesses: Sequence[UUID],
    budgets: Sequence[tuple[Budget, int]],
    calls: Sequence[Call],
) -> Reading:
    """Read the standings that the calls ask for, and spend from the budgets.

    Each business and its budget stand there once, in one order. Where a query has more to compare than its values, the
    records that they lead to come along, sealed.
    """
    values: dict[bytes, bool] = {}
    for _, query in calls:
        compared = not plain(query.subject)
        for value in query.values:
            values[value] = compared or values.get(value, False)
    asked = list(values)
    row = await connection.fetchrow(
        "SELECT * FROM registry_ask"
        "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        asked,
        list(values.values()),
        businesses,
        clock.offset(),
        *limits_rules.asked(budgets),
        limits_rules.apart(budgets),
        *_marks(calls, {value: place for place, value in enumerate(asked, 1)}),
        watch.CANARY_WINDOW,
    )
    assert row is not None  # noqa: S101 - the function always returns one row
    hits: dict[bytes, list[Hit]] = {}
    for place, *found in _rows(row, "places", "identities", "held", "facts"):
        hits.setdefault(asked[place - 1], []).append(Hit(*found))
    sealed = _rows(row, "records", "data_keys", "sealed", "wrapped", "versions")
    return Reading(
        at=row["moment"],
        hits=hits,
        records={record: SealedRecord(*rest) for record, *rest in sealed},
        terms=dict(_rows(row, "with_terms", "terms")),
        spent=limits_rules.answered([budget for budget, _ in budgets], row),
        watched=list(
            map(Watched, row["canaries"] or repeat(0), row["neighbours"] or [0] * len(budgets))
        ),
    )


def _marks(calls: Sequence[Call], places: Mapping[bytes, int]) -> tuple[list[int], ...]:
    """What is distinct in what is asked for: payers, which of their calls, marks, blocks, places of their values."""
    seen: Counter[int] = Counter()
    rows = []
    for payer, query in calls:
        seen[payer] += 1
        for mark, block, value in query.marks:
            rows.append((payer, seen[payer], mark, block, places[value] if value else NOWHERE))
    return (*map(list, zip(*rows, strict=True) if rows else repeat((), 5)),)


def _rows(row: asyncpg.Record, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Arrays of one length as rows; none where they are null."""
    return zip(*(row[column] or () for column in columns), strict=True)


def key_of(keyring: Keyring, record: SealedRecord) -> DataKey:
    """The key that opens the record, and what else its report said."""
    return vault.unwrap(keyring, record.data_key_id, record.wrapped, record.kek_version)


def rules_of(terms: str | None) -> Sequence[Rule]:
    """The rules by which a business's lookups are advised: its own, or the defaults."""
    return DEFAULT_RULES if terms is None else msgspec.json.decode(terms, type=tuple[Rule, ...])


async def keep(connection: Connection, requests: Sequence[Sequence[Row]]) -> dict[int, str]:
    """Put the lookups of many requests on record; they are durable when this returns.

    A request's are kept together or not at all: returned is the number of each request that was not, with PostgreSQL's
    code of the reason.
    """
    rows = [row for request in requests for row in request]
    numbers = [number for number, request in enumerate(requests) for _ in request]
    columns = list(map(list, zip(*rows, strict=True)))
    columns[REPORT_IDS] = [f"{{{','.join(map(str, ids))}}}" for ids in columns[REPORT_IDS]]
    refused = await connection.fetch(
        "SELECT request, fault FROM registry_keep($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        numbers,
        *columns,
    )
    return {row["request"]: row["fault"] for row in refused}


async def get(session: Session, business_id: UUID, lookup_id: UUID) -> Lookup:
    """A recorded lookup of the business that is still kept; raises `NotFound`.

    An id says when it was made, and so in which partition to look. Where the clock was moved, as in demonstration data,
    it says another time than the lookup has: then in all of them.
    """
    kept = select(Lookup).where(Lookup.id == lookup_id, Lookup.at >= _kept_since(session))
    made = made_at(lookup_id)
    found = await session.scalar(kept.where(Lookup.at.between(made - SKEW, made + SKEW)))
    if found is None:
        found = await session.scalar(kept)
    if found is None or found.business_id != business_id:
        raise NotFound
    return found


async def list_under(
    session: Session, business_id: UUID, keys: Collection[bytes]
) -> Sequence[UsedKey]:
    """Those of these idempotency digests that were used."""
    query = select(UsedKey).where(UsedKey.business_id == business_id, UsedKey.idempotency.in_(keys))
    return (await session.scalars(query)).all()


async def free_keys(session: Session, used: Collection[UsedKey]) -> None:
    """Let these idempotency keys be used again; one that was meanwhile used anew stays."""
    rows = [(one.lookup_id, one.idempotency) for one in used]
    await session.execute(
        delete(UsedKey).where(tuple_(UsedKey.lookup_id, UsedKey.idempotency).in_(rows))
    )


async def add_month(session: Session, month: date) -> bool:
    """Make the partition of the month that begins on that day; whether it was made now.

    Lookups without a month of their own wait meanwhile, and not for longer than this.
    """
    await session.execute(text("SET LOCAL statement_timeout = '1s'"))
    return bool(await session.scalar(select(func.registry_add_lookups(month))))


async def drop_month(session: Session) -> bool:
    """Drop the oldest partition, if all in it is past the months for which lookups are kept; whether it was."""
    return bool(await session.scalar(select(func.registry_drop_lookups(_kept_since(session)))))


async def sweep_default(session: Session, limit: int) -> int:
    """Delete past lookups that lie in no month's partition, oldest first; returns how many."""
    old = text(
        "DELETE FROM lookups_default WHERE id IN"
        " (SELECT id FROM lookups_default WHERE at < :before ORDER BY at LIMIT :limit) RETURNING id"
    )
    before = await session.scalar(select(_kept_since(session)))
    return len((await session.execute(old, {"before": before, "limit": limit})).all())


async def sweep_keys(session: Session, before: datetime, limit: int) -> int:
    """Delete idempotency keys that were used before then, oldest first; returns how many."""
    old = select(UsedKey.lookup_id).where(UsedKey.at < before).order_by(UsedKey.at).limit(limit)
    gone = await session.execute(
        delete(UsedKey)
        .where(UsedKey.at < before, UsedKey.lookup_id.in_(old))
        .returning(UsedKey.lookup_id)
    )
    return len(gone.all())


def _kept_since(session: Session) -> ColumnElement[datetime]:
    """Whatever was looked up before then is past the months for which it is kept."""
    return session.now - func.make_interval(0, session.policy.receipt_months)


async def list_shown(
    session: Session, report_ids: Collection[UUID], since: date
) -> Sequence[Lookup]:
    """Lookups that showed one of the reports since that day, newest first."""
    query = (
        select(Lookup)
        .where(
            Lookup.report_ids.op("&&")(bindparam(None, list(report_ids), type_=ARRAY(Uuid))),
            Lookup.at >= since,
        )
        .order_by(Lookup.at.desc(), Lookup.id.desc())
    )
    return (await session.scalars(query)).all()


async def find_terms(session: Session, business_id: UUID) -> Terms | None:
    """The business's own terms."""
    return await session.get(Terms, business_id)


async def put_terms(session: Session, business_id: UUID, rules: list[dict[str, Any]]) -> None:
    """Set the business's own terms."""
    values = {"rules": rules, "changed_at": session.now}
    statement = insert(Terms).values(business_id=business_id, **values)
    await session.execute(
        statement.on_conflict_do_update(index_elements=["business_id"], set_=values)
    )

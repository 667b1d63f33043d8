"""Every SQL statement that each new record waits for, run by the driver itself (`db.fetch_rows`)."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from registry.identities.store.records import SealedRecord
from registry.matching.fingerprints import Token
from registry.platform.db import fetch_rows, locks_of
from registry.platform.runtime import Session


class Asked(NamedTuple):
    """A token to search by: how many holders of it are counted, what it promises of them (the more, the sooner they are
    read), and below how many holders it does so.
    """

    value: bytes
    limit: int
    promise: int
    below: int


class Found(NamedTuple):
    """How many hold each token that was asked, how many records there are, about, and those worth comparing."""

    counts: Sequence[int]
    total: int
    records: Sequence[SealedRecord]


_NEIGHBOURS = """
    SELECT counts, total, id, identity_id, sealed, data_key_id, wrapped, kek_version, detached
    FROM registry_neighbours($1, $2, $3, $4, $5, $6, $7)
"""


async def find_neighbours(
    session: Session,
    asked: Sequence[Asked],
    *,
    locked: Iterable[bytes] = (),
    most: int,
    before: UUID | None = None,
) -> Found:
    """Search by tokens, once other writers of the `locked` values are done; `before` a record, among older ones."""
    columns = zip(*asked, strict=True) if asked else ((), (), (), ())
    rows = await fetch_rows(session, _NEIGHBOURS, locks_of(locked), *columns, most, before)
    counts, total = rows[0]["counts"], rows[0]["total"]
    return Found(counts, total, [SealedRecord(*found) for _, _, *found in rows if found[0]])


async def hold(session: Session, records: Collection[UUID]) -> dict[UUID, UUID]:
    """Lock the identities of these records as `lock_identities` does; returns all of their records -> its identity."""
    held = "SELECT id, identity_id FROM registry_hold_identities($1)"
    rows = await fetch_rows(session, held, list(records))
    return {row["id"]: row["identity_id"] for row in rows}


#: What refers to a row of the same statement is checked at its end.
_WRITE = """
    WITH identity AS (
        INSERT INTO identities (id, created_at) VALUES ($2, $5) ON CONFLICT DO NOTHING
    ), record AS (
        INSERT INTO records (id, identity_id, data_key_id, sealed, created_at) VALUES ($1, $2, $3, $4, $5)
    ), told AS (
        INSERT INTO pair_decisions
        SELECT * FROM jsonb_populate_recordset(NULL::pair_decisions, CAST($9::text AS jsonb))
    )
    INSERT INTO record_identifiers (record_id, index_value, kind, key_version)
    SELECT $1, value, kind, $8 FROM unnest($6::bytea[], $7::text[]) AS found (value, kind)
"""


async def write_record(
    session: Session,
    record: dict[str, Any],
    found: Sequence[Token],
    told: Sequence[dict[str, Any]],
) -> None:
    """Write a record and what it is found by, in an identity that may be new, with its entries of the log."""
    columns = ("id", "identity_id", "data_key_id", "sealed", "created_at")
    values, kinds = [token.value for token in found], [token.kind for token in found]
    entries = msgspec.json.encode(told).decode()
    given = [record[column] for column in columns]
    await fetch_rows(session, _WRITE, *given, values, kinds, session.keyring.current, entries)

"""Every SQL statement that publishing a record waits for, run by the driver itself (`db.fetch_rows`)."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from registry.identities.store.records import SealedRecord
from registry.matching.fingerprints import STRONG, Token
from registry.platform.db import fetch_rows, locks_of
from registry.platform.runtime import Session

#: In how many parts published records are counted.
PARTS = 64


class Asked(NamedTuple):
    """A token to search by: how many holders of it are counted, what it promises of them (the more, the sooner they are
    read), and below how many holders it does so.
    """

    value: bytes
    limit: int
    promise: int
    below: int


class Found(NamedTuple):
    """How many hold each token that was asked, how many records are published, and the records worth comparing."""

    counts: Sequence[int]
    total: int
    records: Sequence[SealedRecord]


_NEIGHBOURS = """
    SELECT counts, total, id, identity_id, sealed, data_key_id, wrapped, kek_version, detached
    FROM registry_neighbours($1, $2, $3, $4, $5, $6, $7, $8)
"""


async def find_neighbours(
    session: Session,
    asked: Sequence[Asked],
    *,
    locked: Iterable[bytes] = (),
    most: int,
    before: UUID | None = None,
    unpublished: bool = False,
) -> Found:
    """Search published records by tokens, once other writers of the `locked` values are done.

    `before` a record: only older records. `unpublished`: records that are not published as well.
    """
    columns = zip(*asked, strict=True) if asked else ((), (), (), ())
    given = (locks_of(locked), *columns, most, before, unpublished)
    rows = await fetch_rows(session, _NEIGHBOURS, *given)
    counts, total = rows[0]["counts"], rows[0]["total"]
    return Found(counts, total, [SealedRecord(*found) for _, _, *found in rows if found[0]])


async def hold_linked(session: Session, records: Collection[UUID]) -> dict[UUID, UUID]:
    """Lock the identities of these records, and all that decisions link with them; returns record -> identity.

    Records that are not published are left out. Waits for other holders, in one fixed order.
    """
    held = "SELECT id, identity_id FROM registry_hold_linked($1)"
    rows = await fetch_rows(session, held, list(records))
    return {row["id"]: row["identity_id"] for row in rows}


#: What refers to a row of the same statement is checked at its end.
_PUBLISH = """
    WITH identity AS (
        INSERT INTO identities (id, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING
    ), record AS (
        UPDATE records SET identity_id = $1, publication = $8 WHERE id = $1
    ), counted AS (
        INSERT INTO record_counts AS c (part, published) VALUES ($3, 1)
        ON CONFLICT (part) DO UPDATE SET published = c.published + 1
    ), told AS (
        INSERT INTO pair_decisions
        SELECT * FROM jsonb_populate_recordset(NULL::pair_decisions, CAST($7::text AS jsonb))
    ), strong AS (
        UPDATE record_identifiers SET published = true WHERE record_id = $1
    )
    INSERT INTO record_identifiers (record_id, index_value, kind, key_version, published)
    SELECT $1, value, kind, $6, true FROM unnest($4::bytea[], $5::text[]) AS found (value, kind)
"""


async def publish_record(
    session: Session,
    record_id: UUID,
    publication: int,
    named: Sequence[Token],
    told: Sequence[dict[str, Any]],
) -> None:
    """Make a record an identity of its own, with its tokens of names and its entries of the log."""
    values, kinds = [token.value for token in named], [token.kind for token in named]
    entries = msgspec.json.encode(told).decode()
    given = (record_id, session.now, _part(record_id), values, kinds, session.keyring.current)
    await fetch_rows(session, _PUBLISH, *given, entries, publication)


_UNPUBLISH = """
    WITH record AS (
        UPDATE records SET identity_id = NULL, publication = NULL WHERE id = $1
    ), counted AS (
        UPDATE record_counts SET published = published - 1 WHERE part = $2
    ), named AS (
        DELETE FROM record_identifiers WHERE record_id = $1 AND kind <> ALL ($3)
    )
    UPDATE record_identifiers SET published = false WHERE record_id = $1 AND kind = ANY ($3)
"""


async def unpublish_record(session: Session, record_id: UUID) -> None:
    """Take a published record out of its identity, and forget its tokens of names."""
    await fetch_rows(session, _UNPUBLISH, record_id, _part(record_id), sorted(STRONG))


def _part(record_id: UUID) -> int:
    return record_id.bytes[-1] % PARTS

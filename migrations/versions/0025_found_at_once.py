"""Resolution asks once where it asked four times: what is held by the tokens of a new record, and whose it is.

Most of the time that a write took went into statements on their way. `registry_neighbours` waits for other writers of
the same identifiers, counts who holds each token, and reads the records worth comparing; `registry_hold_identities`
locks the identities of some records. What few records have lost is found without reading what all of them hold.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0025"
down_revision: str | None = "0024"
branch_labels = None
depends_on = None

# Waits for the transactions that hold one of `locks`, then looks, in a statement that sees what they wrote.
# `counts` says how many records hold each token in `asked`, up to its limit. One that fewer than `below` hold promises
# something of them, and the `most` promising are read. With `before`, only older records are looked at. One row at
# least, and without a record where nothing is held.
_NEIGHBOURS = """
CREATE FUNCTION registry_neighbours(
    locks bigint[], asked bytea[], limits int[], promises int[], below int[], most int, before uuid
)
RETURNS TABLE (
    counts int[], total bigint, id uuid, identity_id uuid, sealed bytea, data_key_id uuid, wrapped bytea,
    kek_version smallint, detached bytea[]
)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
BEGIN
    PERFORM pg_advisory_xact_lock(l.lock) FROM unnest(locks) AS l (lock);
    RETURN QUERY
    WITH held AS (
        SELECT a.place, a.promise, a.below, h.record_id
        FROM unnest(asked, limits, promises, below) WITH ORDINALITY AS a (value, most, promise, below, place)
        CROSS JOIN LATERAL (
            SELECT i.record_id FROM record_identifiers i
            WHERE i.index_value = a.value AND i.valid_until IS NULL AND (before IS NULL OR i.record_id < before)
            LIMIT a.most
        ) AS h
    ), counted AS (
        SELECT held.place, count(*)::int AS holders FROM held GROUP BY held.place
    ), promising AS (
        SELECT held.record_id FROM held JOIN counted ON counted.place = held.place
        WHERE counted.holders < held.below
        GROUP BY held.record_id ORDER BY sum(held.promise) DESC, held.record_id LIMIT registry_neighbours.most
    )
    SELECT
        ARRAY(
            SELECT coalesce(counted.holders, 0) FROM generate_series(1, cardinality(asked)) AS p (place)
            LEFT JOIN counted ON counted.place = p.place ORDER BY p.place
        ),
        (SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'records'::regclass),
        r.id, r.identity_id, r.sealed, r.data_key_id, k.wrapped, k.kek_version,
        ARRAY(
            SELECT i.index_value FROM record_identifiers i WHERE i.record_id = r.id AND i.valid_until IS NOT NULL
        )
    FROM (SELECT) AS always
    LEFT JOIN (promising JOIN records r ON r.id = promising.record_id JOIN data_keys k ON k.id = r.data_key_id) ON true;
END $$
"""

# Locks the identities of these records in one order, and answers all of their records. When one moved while others
# were waited for, all locks are given back and taken anew: to take more would break the order.
_HOLD = """
CREATE FUNCTION registry_hold_identities(asked uuid[]) RETURNS TABLE (id uuid, identity_id uuid)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    wanted uuid[];
BEGIN
    LOOP
        wanted := ARRAY(SELECT DISTINCT r.identity_id FROM records r WHERE r.id = ANY (asked));
        BEGIN
            PERFORM FROM identities i WHERE i.id = ANY (wanted) ORDER BY i.id FOR UPDATE;
            IF NOT EXISTS (SELECT FROM records r WHERE r.id = ANY (asked) AND r.identity_id <> ALL (wanted)) THEN
                RETURN QUERY SELECT r.id, r.identity_id FROM records r WHERE r.identity_id = ANY (wanted);
                RETURN;
            END IF;
            RAISE EXCEPTION SQLSTATE 'RG001';
        EXCEPTION WHEN SQLSTATE 'RG001' THEN
        END;
    END LOOP;
END $$
"""

_SIGNATURES = (
    "registry_neighbours(bigint[], bytea[], int[], int[], int[], int, uuid)",
    "registry_hold_identities(uuid[])",
)


def upgrade() -> None:
    op.create_index(
        "ix_record_identifiers_ended",
        "record_identifiers",
        ["record_id"],
        postgresql_where=sa.text("valid_until IS NOT NULL"),
    )
    op.execute(_NEIGHBOURS)
    op.execute(_HOLD)
    for signature in _SIGNATURES:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO registry_system")

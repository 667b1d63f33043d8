"""Only published records make up identities, and only they count in the resolution of others."""

import sqlalchemy as sa
from alembic import op

revision: str = "0026"
down_revision: str | None = "0025"
branch_labels = None
depends_on = None

# Waits for the transactions that hold one of `locks`, then looks, in a statement that sees what they wrote.
# `counts` says how many published records hold each token in `asked`, up to its limit. One that fewer than `below` hold
# promises something of them, and the `most` promising are read. With `before`, only older records are looked at. With
# `unpublished`, records that are not published are found as well. One row at least, and without a record where nothing
# is held.
_NEIGHBOURS = """
CREATE FUNCTION registry_neighbours(
    locks bigint[], asked bytea[], limits int[], promises int[], below int[], most int, before uuid, unpublished boolean
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
            WHERE i.index_value = a.value AND i.valid_until IS NULL
              AND (i.published OR registry_neighbours.unpublished)
              AND (registry_neighbours.before IS NULL OR i.record_id < registry_neighbours.before)
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
        (SELECT coalesce(sum(c.published), 0)::bigint FROM record_counts c),
        r.id, r.identity_id, r.sealed, r.data_key_id, k.wrapped, k.kek_version,
        ARRAY(
            SELECT i.index_value FROM record_identifiers i WHERE i.record_id = r.id AND i.valid_until IS NOT NULL
        )
    FROM (SELECT) AS always
    LEFT JOIN (promising JOIN records r ON r.id = promising.record_id JOIN data_keys k ON k.id = r.data_key_id) ON true;
END $$
"""

# The identities of the published ones of some records, and all identities that decisions for one party link with them,
# directly or through others. Few rows are read, by their indexes: a plan that reads a whole table is never right.
_LINKED = """
CREATE FUNCTION registry_linked(asked uuid[]) RETURNS uuid[]
LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    found uuid[] := '{}';
    fresh uuid[];
BEGIN
    fresh := ARRAY(SELECT DISTINCT r.identity_id FROM records r WHERE r.id = ANY (asked) AND r.identity_id IS NOT NULL);
    WHILE cardinality(fresh) > 0 LOOP
        found := found || fresh;
        fresh := ARRAY(
            SELECT DISTINCT other.identity_id
            FROM records mine
            CROSS JOIN LATERAL (
                SELECT d.other AS id, d.publication, d.staff_id FROM pair_decisions d
                WHERE d.one = mine.id AND d.verdict = 'same'
                UNION ALL
                SELECT d.one, d.publication, d.staff_id FROM pair_decisions d
                WHERE d.other = mine.id AND d.verdict = 'same'
            ) AS p
            JOIN records other ON other.id = p.id
            WHERE mine.identity_id = ANY (fresh) AND other.identity_id <> ALL (found)
              AND (p.staff_id IS NOT NULL OR p.publication >= greatest(mine.publication, other.publication))
        );
    END LOOP;
    RETURN found;
END $$
"""

# Locks these identities in one order, and answers all of their records. When one moved while others were waited for,
# all locks are given back and taken again: to take more would break the order.
_HOLD = """
CREATE FUNCTION registry_hold_linked(asked uuid[]) RETURNS TABLE (id uuid, identity_id uuid)
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    wanted uuid[];
BEGIN
    LOOP
        wanted := registry_linked(asked);
        BEGIN
            PERFORM FROM identities i WHERE i.id = ANY (wanted) ORDER BY i.id FOR UPDATE;
            IF registry_linked(asked) <@ wanted THEN
                RETURN QUERY SELECT r.id, r.identity_id FROM records r WHERE r.identity_id = ANY (wanted);
                RETURN;
            END IF;
            RAISE EXCEPTION SQLSTATE 'RG001';
        EXCEPTION WHEN SQLSTATE 'RG001' THEN
        END;
    END LOOP;
END $$
"""

_GONE = (
    "registry_neighbours(bigint[], bytea[], int[], int[], int[], int, uuid)",
    "registry_hold_identities(uuid[])",
)
_SIGNATURES = (
    "registry_neighbours(bigint[], bytea[], int[], int[], int[], int, uuid, boolean)",
    "registry_linked(uuid[])",
    "registry_hold_linked(uuid[])",
)


_MOVE = """
UPDATE records r SET publication = 0 WHERE EXISTS (
    SELECT FROM facts f WHERE f.record_id = r.id AND f.codes IS NOT NULL
);
UPDATE records SET identity_id = NULL WHERE publication IS NULL;
DELETE FROM identities i WHERE NOT EXISTS (SELECT FROM records r WHERE r.identity_id = i.id);
-- A record that is not published is found by its numbers alone, and while it cools off by nothing.
DELETE FROM record_identifiers i USING records r LEFT JOIN reports o ON o.record_id = r.id
WHERE i.record_id = r.id AND r.publication IS NULL
  AND (i.kind NOT IN ('phone', 'email', 'tax_id', 'company_code', 'handle') OR o.state = 'submitted');
UPDATE record_identifiers i SET published = true FROM records r
WHERE r.id = i.record_id AND r.publication IS NOT NULL;
INSERT INTO record_counts SELECT get_byte(uuid_send(id), 15) % 64, count(*) FROM records
WHERE publication IS NOT NULL GROUP BY 1;
"""


def upgrade() -> None:
    op.alter_column("records", "identity_id", nullable=True)
    op.add_column("records", sa.Column("publication", sa.BigInteger(), nullable=True))
    op.add_column("pair_decisions", sa.Column("publication", sa.BigInteger(), nullable=True))
    op.execute("CREATE SEQUENCE publications")
    op.execute("GRANT USAGE ON SEQUENCE publications TO registry_system")
    # The log is append-only for everybody but its owner, who sees no row while security is forced.
    op.execute("ALTER TABLE pair_decisions NO FORCE ROW LEVEL SECURITY")
    op.execute("UPDATE pair_decisions SET publication = 0 WHERE staff_id IS NULL")
    op.execute("ALTER TABLE pair_decisions FORCE ROW LEVEL SECURITY")
    op.add_column("facts", sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_facts_publish_at",
        "facts",
        ["publish_at"],
        postgresql_where=sa.text("publish_at IS NOT NULL"),
    )
    op.add_column(
        "record_identifiers",
        sa.Column("published", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.alter_column("record_identifiers", "published", server_default=None)
    op.create_table(
        "record_counts",
        sa.Column("part", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("published", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("part", name=op.f("pk_record_counts")),
    )
    op.execute("ALTER TABLE record_counts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT, UPDATE ON record_counts TO registry_system")
    op.execute(
        "CREATE POLICY system_all ON record_counts TO registry_system USING (true) WITH CHECK (true)"
    )

    op.execute("SET LOCAL ROLE registry_system")  # the tables' owner sees no row
    for statement in filter(str.strip, _MOVE.split(";")):
        op.execute(statement)
    op.execute("RESET ROLE")
    op.create_check_constraint(
        op.f("ck_records_published"), "records", "(identity_id IS NULL) = (publication IS NULL)"
    )

    for signature in _GONE:
        op.execute(f"DROP FUNCTION {signature}")
    for function in (_NEIGHBOURS, _LINKED, _HOLD):
        op.execute(function)
    for signature in _SIGNATURES:
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO registry_system")

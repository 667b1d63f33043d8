"""Recorded lookups in partitions by month; their idempotency keys, kept for a day, in a table of their own.

A partition a month: retention is told in months, so what is past it goes as a whole table, without a row deleted or a
page left to clean, and a year is a number of partitions that the planner does not notice. What has no partition of its
month lies in `lookups_default`, so that no lookup ever depends on the job that makes them.

A unique index over partitions would have to include the time, and so could not tell a key that is used twice. An id
that is used twice is refused by the audit entry, which has the same.
"""

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels = None
depends_on = None

AHEAD = 6

# Both are for the worker, which owns no table. Each waits a moment for its locks and then gives way: a lookup that
# comes meanwhile waits behind it. Returned is whether anything was done; what was not, is tried again in an hour.
#
# Attaching locks the default partition, and reads it for rows of that month: while every month has its partition, it is
# empty. A month that has rows there already keeps them there. Nobody but the owner may do anything with a partition by
# itself, and not even the owner sees a row: who may see which is decided at `lookups`.
_ADD = """
CREATE FUNCTION registry_add_lookups(month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC' SET lock_timeout = '100ms' AS $$
DECLARE
    name text := to_char(month, '"lookups_"YYYY_MM');
BEGIN
    -- Workers do this in turn.
    LOCK TABLE lookups IN SHARE UPDATE EXCLUSIVE MODE;
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- A row that fits into its page needs no second one.
    EXECUTE format('CREATE TABLE %I (LIKE lookups INCLUDING STORAGE) WITH (toast_tuple_target = 8160)', name);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE lookups ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                   name, month::timestamptz, (month + interval '1 month')::timestamptz);
    RETURN true;
EXCEPTION WHEN lock_not_available OR check_violation THEN
    RETURN false;
END $$
"""
_DROP = """
CREATE FUNCTION registry_drop_lookups(before timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp SET timezone = 'UTC' SET lock_timeout = '100ms' AS $$
DECLARE
    name text;
BEGIN
    LOCK TABLE lookups IN SHARE UPDATE EXCLUSIVE MODE;
    SELECT c.relname INTO name FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'lookups'::regclass
      AND to_date(substring(c.relname FROM '^lookups_(\\d{4}_\\d\\d)$'), 'YYYY_MM') + interval '1 month' <= before
    ORDER BY c.relname LIMIT 1;
    IF name IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('DROP TABLE %I', name);
    RETURN true;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END $$
"""
_FOR_THE_WORKER = {
    "registry_add_lookups(date)": _ADD,
    "registry_drop_lookups(timestamptz)": _DROP,
}

# As in 0008, and planned as in 0020, but for where an idempotency key is kept.
_KEEP = """
CREATE OR REPLACE FUNCTION registry_keep(
    requests int[], ids uuid[], businesses uuid[], keys uuid[], moments timestamptz[], purposes text[], results text[],
    shown text[], sealed bytea[], digests bytea[], idempotency bytea[], fingerprints bytea[]
) RETURNS TABLE (request int, fault text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    alone int;
BEGIN
    FOREACH alone IN ARRAY array_prepend(NULL::int, ARRAY(SELECT DISTINCT r FROM unnest(requests) AS r ORDER BY r)) LOOP
        BEGIN
            WITH kept AS MATERIALIZED (
                SELECT * FROM unnest(
                    requests, ids, businesses, keys, moments, purposes, results, shown, sealed, digests, idempotency,
                    fingerprints
                ) AS k (request, id, business, key, at, purpose, result, shown, sealed, digest, idempotency,
                        fingerprint)
                WHERE alone IS NULL OR k.request = alone
            ), answered AS (
                INSERT INTO lookups (id, business_id, key_id, at, purpose, result, report_ids, sealed, digest)
                SELECT id, business, key, at, purpose, result, shown::uuid[], sealed, digest FROM kept ORDER BY id
            ), under_keys AS (
                INSERT INTO lookup_idempotency (business_id, idempotency, fingerprint, lookup_id, at)
                SELECT business, idempotency, fingerprint, id, at FROM kept
                WHERE idempotency IS NOT NULL ORDER BY business, idempotency
            )
            INSERT INTO audit_entries (id, at, clock_at, actor_kind, actor_id, business_id, action, object_kind,
                                       object_id, details)
            SELECT id, clock_timestamp(), at, 'business', key, business, 'lookup.answered', 'lookup',
                   id, jsonb_build_object('result', result, 'reports', cardinality(shown::uuid[]))
            FROM kept;
            EXIT WHEN alone IS NULL;
        EXCEPTION WHEN OTHERS THEN
            IF alone IS NOT NULL THEN
                request := alone;
                fault := SQLSTATE;
                RETURN NEXT;
            END IF;
        END;
    END LOOP;
END $$
"""


def upgrade() -> None:
    op.rename_table("lookups", "lookups_before")
    op.drop_constraint("pk_lookups", "lookups_before")
    for index in ("ix_lookups_report_ids", "ix_lookups_at", "uq_lookups_idempotency"):
        op.drop_index(index)
    _tables()
    _rights()
    for signature, body in _FOR_THE_WORKER.items():
        op.execute(body)
        op.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
        op.execute(f"GRANT EXECUTE ON FUNCTION {signature} TO registry_system")
    _default()
    op.execute("GRANT CREATE ON SCHEMA public TO registry_definer")
    op.execute("SET LOCAL ROLE registry_definer")
    op.execute(_KEEP)
    op.execute("RESET ROLE")
    op.execute("REVOKE CREATE ON SCHEMA public FROM registry_definer")
    _move()


def _tables() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "lookups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("result", sa.String(), nullable=False),
        sa.Column("report_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name=op.f("fk_lookups_business_id")
        ),
        sa.PrimaryKeyConstraint("id", "at", name=op.f("pk_lookups")),
        postgresql_partition_by="RANGE (at)",
    )
    # Ciphertext does not compress.
    op.execute("ALTER TABLE lookups ALTER COLUMN sealed SET STORAGE EXTERNAL")
    op.create_index(
        "ix_lookups_report_ids", "lookups", ["report_ids"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "lookup_idempotency",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("idempotency", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("lookup_id", sa.Uuid(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.PrimaryKeyConstraint("business_id", "idempotency", name=op.f("pk_lookup_idempotency")),
    )
    op.create_index(op.f("ix_lookup_idempotency_at"), "lookup_idempotency", ["at"], unique=False)


def _rights() -> None:
    own = "business_id = (SELECT registry_business())"
    for table in ("lookups", "lookup_idempotency"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO registry_system")
        op.execute(f"GRANT SELECT ON {table} TO registry_member")
        op.execute(f"GRANT INSERT ON {table} TO registry_definer")
        for role, policy, rows in (
            ("system", "system_all", "true"),
            ("definer", "lookup_path", "true"),
            ("member", "own_rows", own),
        ):
            op.execute(
                f"CREATE POLICY {policy} ON {table} TO registry_{role} USING ({rows}) WITH CHECK ({rows})"
            )


def _default() -> None:
    """Where a row without a partition of its month lies; it leaves row by row, so the worker reads it by itself."""
    op.execute(
        "CREATE TABLE lookups_default PARTITION OF lookups DEFAULT WITH (toast_tuple_target = 8160)"
    )
    op.execute("CREATE INDEX ix_lookups_default_at ON lookups_default (at)")
    op.execute("ALTER TABLE lookups_default ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, DELETE ON lookups_default TO registry_system")
    op.execute(
        "CREATE POLICY system_all ON lookups_default TO registry_system USING (true) WITH CHECK (true)"
    )


def _move() -> None:
    """The rows there are. As the system: row-level security shows them to nobody else, their owner included."""
    connection = op.get_bind()
    op.execute("SET LOCAL ROLE registry_system")
    said = "SELECT DISTINCT date_trunc('month', at AT TIME ZONE 'UTC')::date FROM lookups_before WHERE at < now()"
    months: set[date] = set(connection.execute(sa.text(said)).scalars())
    said = "SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(0, ahead))::date"
    said += " FROM generate_series(0, :ahead) AS ahead"
    months.update(connection.execute(sa.text(said), {"ahead": AHEAD}).scalars())
    for month in sorted(months):
        connection.execute(sa.text("SELECT registry_add_lookups(:month)"), {"month": month})
    op.execute(
        "INSERT INTO lookups (id, business_id, key_id, at, purpose, result, report_ids, sealed, digest)"
        " SELECT id, business_id, key_id, at, purpose, result, report_ids, sealed, digest"
        " FROM lookups_before ORDER BY at"
    )
    op.execute(
        "INSERT INTO lookup_idempotency (business_id, idempotency, fingerprint, lookup_id, at)"
        " SELECT business_id, idempotency, fingerprint, id, at FROM lookups_before WHERE idempotency IS NOT NULL"
    )
    op.execute("RESET ROLE")
    op.execute("DROP TABLE lookups_before")

"""Roles, grants and row-level security: who may see which rows.

Every table has row-level security forced, so that even its owner is bound. `registry_member` sees the
rows of the business named in `registry.business_id`; `registry_system` sees all rows, but may not
change or delete an audit entry; nobody else sees anything.
"""

from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels = None
depends_on = None

ROLES = ("registry_member", "registry_system", "registry_lookup", "registry_definer")

#: table -> (column that holds the business, what a business may do there)
MEMBER_TABLES = {
    "businesses": ("id", "SELECT"),
    "data_keys": ("owner_id", "SELECT, INSERT"),
    "api_keys": ("business_id", "SELECT, INSERT, UPDATE"),
    "reports": ("business_id", "SELECT, INSERT, UPDATE"),
    "evidence": ("business_id", "SELECT, INSERT"),
    "report_decisions": ("business_id", "SELECT"),
    "tombstones": ("business_id", "SELECT, INSERT"),
    "lookups": ("business_id", "SELECT"),
    "terms": ("business_id", "SELECT, INSERT, UPDATE, DELETE"),
    "stored_answers": ("caller_id", "SELECT, INSERT, DELETE"),
    "audit_entries": ("business_id", "INSERT"),
}
#: Tables where a business may add a row about its own doing, and read none.
MEMBER_INSERTS = ("messages",)
SYSTEM_TABLES = (
    *MEMBER_TABLES,
    *MEMBER_INSERTS,
    "business_owners",
    "staff",
    "staff_keys",
    "identities",
    "records",
    "record_identifiers",
    "facts",
    "standings",
    "heartbeats",
    "deployment",
    "buckets",
)

_ROLE = """
DO $$
BEGIN
    -- A DBA may have made it before, so that the login role needs no CREATEROLE.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
        CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$
"""
# From PostgreSQL 16 on a membership can be limited to SET ROLE; before, it inherits as well.
_MEMBERSHIP = """
DO $$
BEGIN
    IF current_setting('server_version_num')::int >= 160000 THEN
        IF pg_has_role(current_user, '{role}', 'SET') THEN
            RETURN;
        END IF;
        EXECUTE format('GRANT {role} TO %I WITH SET TRUE, INHERIT FALSE', current_user);
    ELSIF NOT pg_has_role(current_user, '{role}', 'MEMBER') THEN
        EXECUTE format('GRANT {role} TO %I', current_user);
    END IF;
END $$
"""
_CURRENT_BUSINESS = """
CREATE FUNCTION registry_business() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('registry.business_id', true), '')::uuid
"""


def upgrade() -> None:
    for role in ROLES:
        op.execute(_ROLE.format(role=role))
        op.execute(_MEMBERSHIP.format(role=role))
        op.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
    op.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    op.execute(_CURRENT_BUSINESS)
    # Only the policies of `registry_member` ask for it; the lookup path may run its own functions and no other.
    op.execute("REVOKE ALL ON FUNCTION registry_business() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION registry_business() TO registry_member")
    op.execute("GRANT SELECT ON alembic_version TO registry_member, registry_system")
    for table in SYSTEM_TABLES:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        rights = "SELECT, INSERT" if table == "audit_entries" else "SELECT, INSERT, UPDATE, DELETE"
        op.execute(f"GRANT {rights} ON {table} TO registry_system")
        op.execute(
            f"CREATE POLICY system_all ON {table} TO registry_system USING (true) WITH CHECK (true)"
        )
    for table, (column, rights) in MEMBER_TABLES.items():
        own = f"{column} = (SELECT registry_business())"
        op.execute(f"GRANT {rights} ON {table} TO registry_member")
        op.execute(
            f"CREATE POLICY own_rows ON {table} TO registry_member USING ({own}) WITH CHECK ({own})"
        )
    for table in MEMBER_INSERTS:
        op.execute(f"GRANT INSERT ON {table} TO registry_member")
        op.execute(
            f"CREATE POLICY own_inserts ON {table} FOR INSERT TO registry_member WITH CHECK (true)"
        )
    _moderation_rules()


def _moderation_rules() -> None:
    """The database refuses by itself a moderator who decides on a report of their own business."""
    op.execute(
        """
        CREATE FUNCTION registry_refuse_conflict() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM staff JOIN reports ON reports.business_id = staff.business_id
                WHERE staff.id = NEW.moderator_id AND reports.id = NEW.report_id
            ) THEN
                RAISE EXCEPTION 'a moderator may not decide on a report of their own business'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION registry_refuse_conflict() FROM PUBLIC")
    op.execute(
        "CREATE TRIGGER refuse_conflict BEFORE INSERT OR UPDATE ON report_decisions"
        " FOR EACH ROW EXECUTE FUNCTION registry_refuse_conflict()"
    )

"""The database refuses a conflicted moderator where it did not yet: detachments, and documents as second proof."""

from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _refuse(
        "detachments",
        "reports.record_id = ANY (NEW.records)",
        "on an identifier of a report of their own business",
    )
    _refuse(
        "subject_documents",
        """reports.record_id = ANY (NEW.records) OR reports.record_id IN (
            SELECT record_id FROM record_identifiers
            WHERE index_value = NEW.index_value AND valid_until IS NULL
        )""",
        "on a document that opens a report of their own business",
    )


def _refuse(table: str, concerned: str, what: str) -> None:
    """Refuse a row in which somebody decides on what concerns a report of the business that they work for."""
    function = f"registry_refuse_{table}"
    op.execute(
        f"""
        CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM staff JOIN reports ON reports.business_id = staff.business_id
                WHERE staff.id = NEW.decided_by AND ({concerned})
            ) THEN
                RAISE EXCEPTION 'a moderator may not decide {what}' USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(f"REVOKE ALL ON FUNCTION {function}() FROM PUBLIC")
    op.execute(
        f"CREATE TRIGGER refuse_conflict BEFORE INSERT OR UPDATE OF decided_by ON {table}"
        f" FOR EACH ROW WHEN (NEW.decided_by IS NOT NULL) EXECUTE FUNCTION {function}()"
    )

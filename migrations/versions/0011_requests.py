"""Erasure requests and objections; a report's restriction while an objection waits."""

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reports", sa.Column("restricted_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "subject_requests",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("hides", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("data_key_id", sa.Uuid(), nullable=True),
        sa.Column("letter_key_id", sa.Uuid(), nullable=True),
        sa.Column("sealed_statement", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_contacts", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_subject_requests_report_id_reports")
        ),
        sa.ForeignKeyConstraint(
            ["business_id"],
            ["businesses.id"],
            name=op.f("fk_subject_requests_business_id_businesses"),
        ),
        sa.ForeignKeyConstraint(
            ["data_key_id"],
            ["data_keys.id"],
            name=op.f("fk_subject_requests_data_key_id_data_keys"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["letter_key_id"],
            ["data_keys.id"],
            name=op.f("fk_subject_requests_letter_key_id_data_keys"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["staff.id"], name=op.f("fk_subject_requests_decided_by_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_requests")),
    )
    for column in ("report_id", "session_id"):
        op.create_index(f"ix_subject_requests_{column}", "subject_requests", [column])
    pending = sa.text("state = 'pending'")
    op.create_index(
        "uq_subject_requests_pending",
        "subject_requests",
        ["report_id"],
        unique=True,
        postgresql_where=pending,
    )
    op.create_index(
        "ix_subject_requests_due", "subject_requests", ["due"], postgresql_where=pending
    )
    op.execute("ALTER TABLE subject_requests ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE subject_requests FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY system_all ON subject_requests TO registry_system USING (true) WITH CHECK (true)"
    )
    # Who asked for what stays on record.
    op.execute("GRANT SELECT, INSERT, UPDATE ON subject_requests TO registry_system")
    _decided_by_others()


def _decided_by_others() -> None:
    """The database refuses by itself whoever works for the reporter, screened the report, or decided before."""
    op.execute(
        """
        CREATE FUNCTION registry_refuse_decision() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM staff
                WHERE staff.id = NEW.decided_by AND staff.business_id = NEW.business_id
            ) OR EXISTS (
                SELECT FROM report_decisions
                WHERE report_decisions.report_id = NEW.report_id
                AND report_decisions.moderator_id = NEW.decided_by
            ) OR EXISTS (
                SELECT FROM subject_requests AS earlier
                WHERE earlier.report_id = NEW.report_id AND earlier.id <> NEW.id
                AND earlier.decided_by = NEW.decided_by
            ) THEN
                RAISE EXCEPTION 'a moderator may not decide on a report of their own business, nor on one they knew'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION registry_refuse_decision() FROM PUBLIC")
    op.execute(
        "CREATE TRIGGER refuse_conflict BEFORE INSERT OR UPDATE OF decided_by ON subject_requests"
        " FOR EACH ROW WHEN (NEW.decided_by IS NOT NULL) EXECUTE FUNCTION registry_refuse_decision()"
    )

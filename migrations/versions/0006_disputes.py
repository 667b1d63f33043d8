"""Disputes, and rulings that the database refuses to a conflicted moderator."""

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "disputes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("policy", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_event", sa.String(), nullable=True),
        sa.Column("review_due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("data_key_id", sa.Uuid(), nullable=True),
        sa.Column("sealed_statement", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_answer", sa.LargeBinary(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("sealed_appeal", sa.LargeBinary(), nullable=True),
        sa.Column("ruling", sa.String(), nullable=True),
        sa.Column("reason_code", sa.String(), nullable=True),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=True),
        sa.Column("ruled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed_contacts", sa.LargeBinary(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name=op.f("fk_disputes_business_id_businesses")
        ),
        sa.ForeignKeyConstraint(
            ["data_key_id"],
            ["data_keys.id"],
            name=op.f("fk_disputes_data_key_id_data_keys"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_disputes_report_id_reports")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
    )
    for column in ("report_id", "business_id", "case_id", "state"):
        op.create_index(f"ix_disputes_{column}", "disputes", [column])
    op.create_index(
        "ix_disputes_due_at", "disputes", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.create_index(
        "uq_disputes_open",
        "disputes",
        ["report_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_table(
        "dispute_rulings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("moderator_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("ruling", sa.String(), nullable=False),
        sa.Column("reason_code", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"],
            ["businesses.id"],
            name=op.f("fk_dispute_rulings_business_id_businesses"),
        ),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["disputes.id"], name=op.f("fk_dispute_rulings_dispute_id_disputes")
        ),
        sa.ForeignKeyConstraint(
            ["moderator_id"], ["staff.id"], name=op.f("fk_dispute_rulings_moderator_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_rulings")),
        sa.UniqueConstraint(
            "dispute_id", "moderator_id", name=op.f("uq_dispute_rulings_dispute_id_moderator_id")
        ),
    )
    op.create_table(
        "detachments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("index_value", sa.LargeBinary(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("records", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["staff.id"], name=op.f("fk_detachments_decided_by_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_detachments")),
    )
    for column in ("index_value", "state"):
        op.create_index(f"ix_detachments_{column}", "detachments", [column])
    op.create_index("ix_dispute_rulings_dispute_id", "dispute_rulings", ["dispute_id"])
    op.add_column("reports", sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("reports", sa.Column("sealed_reply", sa.LargeBinary(), nullable=True))
    op.create_index("ix_reports_record_id", "reports", ["record_id"])
    for table in ("disputes", "dispute_rulings", "detachments"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY system_all ON {table} TO registry_system USING (true) WITH CHECK (true)"
        )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON disputes, detachments TO registry_system")
    # What a moderator said stays said.
    op.execute("GRANT SELECT, INSERT ON dispute_rulings TO registry_system")
    own = "business_id = (SELECT registry_business())"
    op.execute("GRANT SELECT, UPDATE ON disputes TO registry_member")
    op.execute(
        f"CREATE POLICY own_rows ON disputes TO registry_member USING ({own}) WITH CHECK ({own})"
    )
    _rulings_by_others()


def _rulings_by_others() -> None:
    """The database refuses by itself whoever works for the reporter, screened the report, or ruled before."""
    op.execute(
        """
        CREATE FUNCTION registry_refuse_ruling() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM disputes
                JOIN reports ON reports.id = disputes.report_id
                WHERE disputes.id = NEW.dispute_id AND (
                    EXISTS (
                        SELECT FROM staff
                        WHERE staff.id = NEW.moderator_id
                        AND staff.business_id = reports.business_id
                    )
                    OR EXISTS (
                        SELECT FROM report_decisions
                        WHERE report_decisions.report_id = reports.id
                        AND report_decisions.moderator_id = NEW.moderator_id
                    )
                )
            ) THEN
                RAISE EXCEPTION 'a moderator may not rule on a report of their own business, nor on one they screened'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION registry_refuse_ruling() FROM PUBLIC")
    op.execute(
        "CREATE TRIGGER refuse_conflict BEFORE INSERT ON dispute_rulings"
        " FOR EACH ROW EXECUTE FUNCTION registry_refuse_ruling()"
    )

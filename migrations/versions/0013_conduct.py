"""What came of disputes, the conduct of businesses that is counted from it, and when a report was last disputed."""

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0012"
branch_labels = None
depends_on = None

#: What came of the disputes there are, as `disputes.conduct` says it.
_OUTCOMES = """
UPDATE disputes SET
    outcome = CASE
        WHEN disputes.reason_code = 'nothing_new' THEN 'refused'
        WHEN disputes.ruling = 'remove' AND disputes.reason_code IS NULL THEN 'unanswered'
        WHEN disputes.ruling = 'remove' AND disputes.settlement AND disputes.reason_code = 'settled' THEN 'found_paid'
        WHEN disputes.ruling = 'remove' THEN 'removed'
        WHEN disputes.ruling = 'amend' THEN 'amended'
        WHEN disputes.ruling = 'uphold' THEN 'upheld'
        WHEN reports.state = 'removed' THEN 'unanswered'
        WHEN reports.state = 'settled' AND (disputes.settlement OR disputes.ground = 'settled') THEN 'settled'
        WHEN reports.state IN ('settled', 'withdrawn') THEN 'taken_back'
        ELSE 'lapsed'
    END,
    outcome_at = coalesce(disputes.ruled_at, disputes.state_since)
FROM reports
WHERE reports.id = disputes.report_id AND (disputes.ruling IS NOT NULL OR disputes.state = 'closed')
"""
_DISPUTED = """
UPDATE reports SET disputed_at = last.at FROM (
    SELECT report_id, max(opened_at) AS at FROM disputes GROUP BY report_id
) AS last WHERE last.report_id = reports.id
"""


def upgrade() -> None:
    op.add_column("disputes", sa.Column("outcome", sa.String(), nullable=True))
    op.add_column("disputes", sa.Column("outcome_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("SET LOCAL ROLE registry_system")
    op.execute(_OUTCOMES)
    op.execute("RESET ROLE")
    op.create_index("ix_disputes_outcome_at", "disputes", ["outcome_at"])
    op.add_column("reports", sa.Column("disputed_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("SET LOCAL ROLE registry_system")
    op.execute(_DISPUTED)
    op.execute("RESET ROLE")
    op.create_table(
        "conducts",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("decided", sa.Integer(), nullable=False),
        sa.Column("overturned", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("probation_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("because", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name=op.f("fk_conducts_business_id_businesses")
        ),
        sa.PrimaryKeyConstraint("business_id", name=op.f("pk_conducts")),
    )
    op.create_index(
        "ix_conducts_due_at", "conducts", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.execute("ALTER TABLE conducts ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE conducts FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON conducts TO registry_system")
    op.execute(
        "CREATE POLICY system_all ON conducts TO registry_system USING (true) WITH CHECK (true)"
    )
    # A business reads its own conduct and nobody else's, and changes none.
    op.execute("GRANT SELECT ON conducts TO registry_member")
    op.execute(
        "CREATE POLICY own_rows ON conducts FOR SELECT TO registry_member"
        " USING (business_id = (SELECT registry_business()))"
    )
    # Its budget halves, or is whole again, in every process at once.
    op.execute(
        "CREATE TRIGGER tell_keys AFTER INSERT OR UPDATE OF probation_since ON conducts"
        " FOR EACH STATEMENT EXECUTE FUNCTION registry_tell_keys()"
    )

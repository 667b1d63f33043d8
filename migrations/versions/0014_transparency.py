"""Figures of months for the public, and an index by which the audit log finds a month."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_audit_entries_clock_at", "audit_entries", ["clock_at"], postgresql_using="brin"
    )
    op.create_table(
        "month_figures",
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("figures", JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("month", name=op.f("pk_month_figures")),
    )
    op.execute("ALTER TABLE month_figures ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE month_figures FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY system_all ON month_figures TO registry_system USING (true) WITH CHECK (true)"
    )
    # What was told of a month stays told.
    op.execute("GRANT SELECT, INSERT ON month_figures TO registry_system")

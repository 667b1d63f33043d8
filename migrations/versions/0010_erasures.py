"""Erasures are noted for the journal outside the database; stored answers go with the keys that they tell of."""

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_erasures_report_id_reports")
        ),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_erasures")),
    )
    op.create_index(
        "ix_erasures_untold", "erasures", ["at"], postgresql_where=sa.text("told_at IS NULL")
    )
    op.execute("ALTER TABLE erasures ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE erasures FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY system_all ON erasures TO registry_system USING (true) WITH CHECK (true)"
    )
    # What was erased stays on record.
    op.execute("GRANT SELECT, INSERT, UPDATE ON erasures TO registry_system")
    # What was erased before there was a journal is told to it as well. The owner is bound by row-level security.
    op.execute("ALTER TABLE reports NO FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE erasures NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "INSERT INTO erasures (report_id, at) SELECT id, state_since FROM reports WHERE state = 'erased'"
    )
    op.execute("ALTER TABLE erasures FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE reports FORCE ROW LEVEL SECURITY")
    # Of what is kept already nobody knows what it tells; it goes within a day.
    op.add_column(
        "stored_answers",
        sa.Column("data_keys", sa.ARRAY(sa.Uuid()), nullable=False, server_default="{}"),
    )
    op.create_index(
        "ix_stored_answers_data_keys", "stored_answers", ["data_keys"], postgresql_using="gin"
    )

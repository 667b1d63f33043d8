"""Settlements, repeated disputes, and what is said and shown while a dispute is heard."""

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("repeat", "settlement"):
        op.add_column(
            "disputes", sa.Column(column, sa.Boolean(), nullable=False, server_default=sa.false())
        )
        op.alter_column("disputes", column, server_default=None)
    op.add_column("disputes", sa.Column("evidence_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("evidence", sa.Column("dispute_id", sa.Uuid(), nullable=True))
    op.add_column(
        "evidence", sa.Column("party", sa.String(), nullable=False, server_default="reporter")
    )
    op.alter_column("evidence", "party", server_default=None)
    op.create_index("ix_evidence_dispute_id", "evidence", ["dispute_id"])
    op.create_table(
        "dispute_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("audience", sa.String(), nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"],
            ["businesses.id"],
            name=op.f("fk_dispute_messages_business_id_businesses"),
        ),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["disputes.id"], name=op.f("fk_dispute_messages_dispute_id_disputes")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_messages")),
    )
    op.create_index("ix_dispute_messages_dispute_id", "dispute_messages", ["dispute_id"])
    op.execute("ALTER TABLE dispute_messages ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE dispute_messages FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY system_all ON dispute_messages TO registry_system USING (true) WITH CHECK (true)"
    )
    # What was said stays said.
    op.execute("GRANT SELECT, INSERT ON dispute_messages TO registry_system, registry_member")
    # The reporter reads what is for both sides or for itself, and never what the person said to the moderator alone.
    own = "business_id = (SELECT registry_business())"
    readable = "audience IN ('both', 'reporter') OR author = 'reporter'"
    op.execute(
        f"CREATE POLICY own_rows ON dispute_messages TO registry_member"
        f" USING ({own} AND ({readable})) WITH CHECK ({own} AND author = 'reporter')"
    )
    # Nobody puts a file into the other side's mouth.
    op.execute(
        "CREATE POLICY own_party ON evidence AS RESTRICTIVE FOR INSERT TO registry_member"
        " WITH CHECK (party = 'reporter')"
    )

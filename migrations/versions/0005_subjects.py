"""Reported persons: the sessions in which they prove who they are."""

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "subject_sessions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("data_key_id", sa.Uuid(), nullable=False),
        sa.Column("proven", sa.ARRAY(sa.LargeBinary()), nullable=False),
        sa.Column("asked", sa.LargeBinary(), nullable=True),
        sa.Column("sealed_asked", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_hash", sa.String(), nullable=True),
        sa.Column("code_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_tries", sa.SmallInteger(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("token_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["data_key_id"],
            ["data_keys.id"],
            name=op.f("fk_subject_sessions_data_key_id_data_keys"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_sessions")),
        sa.UniqueConstraint("token", name=op.f("uq_subject_sessions_token")),
    )
    op.create_index("ix_subject_sessions_created_at", "subject_sessions", ["created_at"])
    op.create_index(
        "ix_subject_sessions_due_at",
        "subject_sessions",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.execute("ALTER TABLE subject_sessions ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE subject_sessions FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON subject_sessions TO registry_system")
    op.execute(
        "CREATE POLICY system_all ON subject_sessions TO registry_system USING (true) WITH CHECK (true)"
    )

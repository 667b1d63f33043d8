"""Documents as second proof."""

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "subject_sessions", sa.Column("document_records", sa.ARRAY(sa.Uuid()), nullable=True)
    )
    op.create_table(
        "subject_documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("index_value", sa.LargeBinary(), nullable=False),
        sa.Column("claim", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("data_key_id", sa.Uuid(), nullable=True),
        sa.Column("blob", sa.String(), nullable=True),
        sa.Column("media_type", sa.String(), nullable=True),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("records", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.ForeignKeyConstraint(
            ["data_key_id"],
            ["data_keys.id"],
            name=op.f("fk_subject_documents_data_key_id_data_keys"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["staff.id"], name=op.f("fk_subject_documents_decided_by_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_documents")),
        sa.UniqueConstraint("blob", name=op.f("uq_subject_documents_blob")),
        sa.UniqueConstraint("claim", name=op.f("uq_subject_documents_claim")),
    )
    for column in ("index_value", "state"):
        op.create_index(f"ix_subject_documents_{column}", "subject_documents", [column])
    op.execute("ALTER TABLE subject_documents ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE subject_documents FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON subject_documents TO registry_system")
    op.execute(
        "CREATE POLICY system_all ON subject_documents TO registry_system USING (true) WITH CHECK (true)"
    )

"""Whoever detached an identifier is told what a moderator decided; and a notice waits for that."""

import sqlalchemy as sa
from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("detachments", sa.Column("data_key_id", sa.Uuid(), nullable=True))
    op.add_column("detachments", sa.Column("sealed_contacts", sa.LargeBinary(), nullable=True))
    op.add_column("detachments", sa.Column("language", sa.String(), nullable=True))
    op.create_index("ix_detachments_data_key_id", "detachments", ["data_key_id"])
    op.create_foreign_key(
        op.f("fk_detachments_data_key_id_data_keys"),
        "detachments",
        "data_keys",
        ["data_key_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.add_column(
        "reports", sa.Column("notice_held_until", sa.DateTime(timezone=True), nullable=True)
    )

"""Disputes and requests keep what their authors had proven, so that nobody else acts for them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0032"
down_revision: str | None = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # One report may be disputed by two people at once, who proved different contacts of it.
    op.drop_index("uq_disputes_open", "disputes")
    # What was made before was made by nobody whose proofs are known: only a document opens it.
    for table in ("disputes", "subject_requests"):
        for column in (
            sa.Column(
                "proven", postgresql.ARRAY(sa.LargeBinary()), server_default="{}", nullable=False
            ),
            sa.Column("documented", sa.Boolean(), server_default=sa.false(), nullable=False),
        ):
            op.add_column(table, column)
            op.alter_column(table, column.name, server_default=None)
    op.add_column(
        "disputes", sa.Column("quiet", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.alter_column("disputes", "quiet", server_default=None)

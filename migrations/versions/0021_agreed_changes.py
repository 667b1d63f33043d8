"""Two moderators who amend agree on the same changes: what the first of them said is kept until the second says it."""

import sqlalchemy as sa
from alembic import op

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dispute_rulings", sa.Column("sealed_changes", sa.LargeBinary(), nullable=True))

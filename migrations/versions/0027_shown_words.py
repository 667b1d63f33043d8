"""A ruling keeps the words that it shows; an erasure by rule says why, and what comes back says what is new."""

import sqlalchemy as sa
from alembic import op

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dispute_rulings", sa.Column("sealed_statement", sa.LargeBinary(), nullable=True))
    op.add_column("reports", sa.Column("erased_for", sa.String(), nullable=True))
    op.add_column("reports", sa.Column("sealed_reinsertion", sa.LargeBinary(), nullable=True))

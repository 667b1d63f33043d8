"""Find the matter of a report: what it brings back, what brings it back, and the tombstones that it left."""

from alembic import op

revision: str = "0031"
down_revision: str | None = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_reports_reinsertion_of", "reports", ["reinsertion_of"])
    op.create_index("ix_tombstones_report_id", "tombstones", ["report_id"])

"""A notice waits for the moderator who looks at a detachment, however late; and the operator is told which are late.

Before, it waited for 44 days. What is pending at the upgrade holds its reports from now on, as it would have.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("detachments", sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "reports",
        sa.Column("notice_held", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.execute("SET LOCAL ROLE registry_system")  # its owner sees no row
    op.execute(
        "UPDATE reports SET notice_held = true FROM detachments WHERE detachments.state = 'pending'"
        " AND reports.record_id = ANY (detachments.records)"
    )
    op.execute(
        "UPDATE reports SET due_at = greatest(due_at, retention_until)"
        " WHERE notice_held AND state = 'notice' AND due_event = 'undeliverable'"
    )
    op.execute("RESET ROLE")
    op.alter_column("reports", "notice_held", server_default=None)
    op.drop_column("reports", "notice_held_until")

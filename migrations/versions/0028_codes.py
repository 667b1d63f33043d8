"""A code belongs to the phone or e-mail that it proves, and not to the session that asked for it.

No code is stored any more: it is derived from a seed. Codes that are on their way at the upgrade are good no longer.
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "subject_codes",
        sa.Column("asked", sa.LargeBinary(), nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("letters", sa.SmallInteger(), nullable=False),
        sa.Column("letter_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("asked", name=op.f("pk_subject_codes")),
    )
    op.create_index("ix_subject_codes_asked_at", "subject_codes", ["asked_at"])
    op.execute("ALTER TABLE subject_codes ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE subject_codes FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON subject_codes TO registry_system")
    op.execute(
        "CREATE POLICY system_all ON subject_codes TO registry_system USING (true) WITH CHECK (true)"
    )
    op.drop_column("subject_sessions", "code_hash")
    op.drop_column("subject_sessions", "code_until")

"""What was noticed of businesses that ask too much, and the suspension of their lookups."""

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("businesses", sa.Column("lookups_suspended_at", moment, nullable=True))
    op.add_column("businesses", sa.Column("lookups_suspended_for", sa.String(), nullable=True))
    # Every process forgets the keys that it remembers within a moment (`registry_tell_keys`, 0009).
    op.execute(
        "CREATE TRIGGER tell_suspension AFTER UPDATE OF lookups_suspended_at ON businesses"
        " FOR EACH STATEMENT EXECUTE FUNCTION registry_tell_keys()"
    )
    op.create_table(
        "alarms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("signal", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.Column("at", moment, nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name=op.f("fk_alarms_business_id_businesses")
        ),
        sa.ForeignKeyConstraint(
            ["key_id"], ["api_keys.id"], name=op.f("fk_alarms_key_id_api_keys")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
    )
    op.create_index("ix_alarms_business_id", "alarms", ["business_id"])
    op.execute("ALTER TABLE alarms ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE alarms FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON alarms TO registry_system")
    op.execute(
        "CREATE POLICY system_all ON alarms TO registry_system USING (true) WITH CHECK (true)"
    )

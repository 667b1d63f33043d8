"""Webhooks: where businesses want to be told, and the outbox of events to their programs."""

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
#: What a business may do with its own rows; a delivery that is sent again is updated.
RIGHTS = {
    "webhook_endpoints": "SELECT, INSERT, DELETE",
    "webhook_deliveries": "SELECT, INSERT, UPDATE",
}


def upgrade() -> None:
    _endpoints()
    _deliveries()
    own = "business_id = (SELECT registry_business())"
    for table, rights in RIGHTS.items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO registry_system")
        op.execute(
            f"CREATE POLICY system_all ON {table} TO registry_system USING (true) WITH CHECK (true)"
        )
        op.execute(f"GRANT {rights} ON {table} TO registry_member")
        op.execute(
            f"CREATE POLICY own_rows ON {table} TO registry_member USING ({own}) WITH CHECK ({own})"
        )


def _endpoints() -> None:
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("data_key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("failing_since", MOMENT, nullable=True),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.Column("disabled_for", sa.String(), nullable=True),
        sa.Column("untold", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"],
            ["businesses.id"],
            name=op.f("fk_webhook_endpoints_business_id_businesses"),
        ),
        sa.ForeignKeyConstraint(
            ["data_key_id"],
            ["data_keys.id"],
            name=op.f("fk_webhook_endpoints_data_key_id_data_keys"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
        # So that a delivery cannot be put before another business's endpoint (`_deliveries`).
        sa.UniqueConstraint("id", "business_id", name="uq_webhook_endpoints_id"),
    )
    op.create_index("ix_webhook_endpoints_business_id", "webhook_endpoints", ["business_id"])


def _deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("tried_at", MOMENT, nullable=True),
        sa.Column("status", sa.SmallInteger(), nullable=True),
        sa.Column("fault", sa.String(), nullable=True),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id", "business_id"],
            ["webhook_endpoints.id", "webhook_endpoints.business_id"],
            name="fk_webhook_deliveries_endpoint_id_webhook_endpoints",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
    )
    for column in ("endpoint_id", "created_at"):
        op.create_index(f"ix_webhook_deliveries_{column}", "webhook_deliveries", [column])
    op.create_index(
        "ix_webhook_deliveries_due_at",
        "webhook_deliveries",
        ["due_at"],
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )

"""Records of suspended businesses leave their identities: find a business's shown facts."""

import sqlalchemy as sa
from alembic import op

revision: str = "0030"
down_revision: str | None = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_facts_business_id",
        "facts",
        ["business_id"],
        postgresql_where=sa.text("codes IS NOT NULL"),
    )

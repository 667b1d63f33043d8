"""One member a register code, which a pending claim does not reserve; owners are found by the words of their names;
a business's decided reports are counted.

The index values of names need the registry's keys: the worker adds them after the upgrade (`owners_indexed`).
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels = None
depends_on = None

_CODES = "uq_businesses_register_code_index"


def upgrade() -> None:
    op.drop_index(_CODES, "businesses")
    op.create_index(
        _CODES,
        "businesses",
        ["register_code_index"],
        unique=True,
        postgresql_where=sa.text("state IN ('verified', 'suspended')"),
    )
    op.create_index("ix_businesses_register_code_index", "businesses", ["register_code_index"])
    _add_flag("businesses", "owners_indexed", present=sa.false())
    _add_flag("business_owners", "certain", present=sa.true())
    op.create_table(
        "owner_answers",
        sa.Column("business_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["business_id"], ["businesses.id"], name=op.f("fk_owner_answers_business_id_businesses")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["businesses.id"], name=op.f("fk_owner_answers_other_id_businesses")
        ),
        sa.PrimaryKeyConstraint("business_id", "other_id", name=op.f("pk_owner_answers")),
    )
    op.create_index("ix_owner_answers_other_id", "owner_answers", ["other_id"])
    op.create_index("ix_report_decisions_business_id", "report_decisions", ["business_id"])
    op.execute("ALTER TABLE owner_answers ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE owner_answers FORCE ROW LEVEL SECURITY")
    op.execute("GRANT SELECT, INSERT ON owner_answers TO registry_system")
    op.execute(
        "CREATE POLICY system_all ON owner_answers TO registry_system USING (true) WITH CHECK (true)"
    )


def _add_flag(table: str, name: str, *, present: sa.sql.expression.ColumnElement[bool]) -> None:
    """Add a column that has one value in the rows there are, and must be given from now on."""
    op.add_column(table, sa.Column(name, sa.Boolean(), server_default=present, nullable=False))
    op.alter_column(table, name, server_default=None)

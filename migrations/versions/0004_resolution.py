"""Who is who: the log of decisions on pairs of records, from which identities are derived."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pair_decisions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("one", sa.Uuid(), nullable=False),
        sa.Column("other", sa.Uuid(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("weight", sa.Float(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("parameters", sa.String(), nullable=True),
        sa.Column("staff_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("one < other", name=op.f("ck_pair_decisions_ordered")),
        sa.CheckConstraint(
            "(staff_id IS NULL) = (parameters IS NOT NULL)", name=op.f("ck_pair_decisions_decider")
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f("fk_pair_decisions_staff_id_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pair_decisions")),
    )
    op.create_index("ix_pair_decisions_pair", "pair_decisions", ["one", "other"])
    op.create_index("ix_pair_decisions_other", "pair_decisions", ["other"])
    op.create_index(
        "ix_pair_decisions_due",
        "pair_decisions",
        ["due", "id"],
        postgresql_where=sa.text("due IS NOT NULL"),
    )
    op.execute("ALTER TABLE pair_decisions ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE pair_decisions FORCE ROW LEVEL SECURITY")
    # A log: nobody changes or deletes an entry.
    op.execute("GRANT SELECT, INSERT ON pair_decisions TO registry_system")
    op.execute(
        "CREATE POLICY system_all ON pair_decisions TO registry_system USING (true) WITH CHECK (true)"
    )
    op.execute(
        """
        CREATE FUNCTION registry_refuse_pair_conflict() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM staff
                JOIN data_keys ON data_keys.owner_id = staff.business_id
                JOIN records ON records.data_key_id = data_keys.id
                WHERE staff.id = NEW.staff_id AND records.id IN (NEW.one, NEW.other)
            ) THEN
                RAISE EXCEPTION 'a moderator may not decide on a record of their own business'
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION registry_refuse_pair_conflict() FROM PUBLIC")
    op.execute(
        "CREATE TRIGGER refuse_conflict BEFORE INSERT ON pair_decisions"
        " FOR EACH ROW WHEN (NEW.staff_id IS NOT NULL)"
        " EXECUTE FUNCTION registry_refuse_pair_conflict()"
    )

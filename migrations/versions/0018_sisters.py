"""A moderator of a business has a conflict of interest over the reports of every business of the same owner."""

from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels = None
depends_on = None

#: Function -> what it asked of the moderator's business, and what it asks now.
CHANGED = {
    "registry_refuse_conflict": (
        "JOIN reports ON reports.business_id = staff.business_id",
        "JOIN reports ON registry_one_source(reports.business_id, staff.business_id)",
    ),
    "registry_refuse_pair_conflict": (
        "JOIN data_keys ON data_keys.owner_id = staff.business_id",
        "JOIN data_keys ON registry_one_source(data_keys.owner_id, staff.business_id)",
    ),
    "registry_refuse_ruling": (
        "staff.business_id = reports.business_id",
        "registry_one_source(staff.business_id, reports.business_id)",
    ),
    "registry_refuse_decision": (
        "staff.business_id = NEW.business_id",
        "registry_one_source(staff.business_id, NEW.business_id)",
    ),
    "registry_refuse_detachments": (
        "JOIN reports ON reports.business_id = staff.business_id",
        "JOIN reports ON registry_one_source(reports.business_id, staff.business_id)",
    ),
    "registry_refuse_subject_documents": (
        "JOIN reports ON reports.business_id = staff.business_id",
        "JOIN reports ON registry_one_source(reports.business_id, staff.business_id)",
    ),
}


def upgrade() -> None:
    op.execute(
        """
        CREATE FUNCTION registry_one_source(one uuid, other uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
            SELECT one = other OR EXISTS (
                SELECT FROM businesses AS a JOIN businesses AS b ON a.source_id = b.source_id
                WHERE a.id = one AND b.id = other
            )
        $$
        """
    )
    op.execute("REVOKE ALL ON FUNCTION registry_one_source(uuid, uuid) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION registry_one_source(uuid, uuid) TO registry_system")
    connection = op.get_bind()
    for name, (asked, asks) in CHANGED.items():
        found = connection.exec_driver_sql(f"SELECT pg_get_functiondef('{name}'::regproc)")
        body = str(found.scalar_one())
        if asked not in body:
            raise RuntimeError(f"{name} does not ask: {asked}")
        connection.exec_driver_sql(body.replace(asked, asks))

"""Whoever gets raw SQL through as a member: own rows, own inserts, and nothing of anybody else's."""

import itertools
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from registry.platform.ids import uuid7
from registry.platform.runtime import transaction
from registry.reports.rules import State
from tests.disputes.people import Person
from tests.factories import rows
from tests.factories.registry import Registry, Shop, query, submission
from tests.reports.states import in_state
from tests.subjects.test_proofs import proven
from tests.webhooks.asking import added, send_a_test

#: table -> the column that says whose row it is; every other table shows a member nothing.
WHOSE = {
    "businesses": "id",
    "data_keys": "owner_id",
    "api_keys": "business_id",
    "reports": "business_id",
    "evidence": "business_id",
    "report_decisions": "business_id",
    "tombstones": "business_id",
    "lookups": "business_id",
    "lookup_idempotency": "business_id",
    "terms": "business_id",
    "disputes": "business_id",
    "conducts": "business_id",
    "dispute_messages": "business_id",
    "stored_answers": "caller_id",
    "webhook_endpoints": "business_id",
    "webhook_deliveries": "business_id",
}
#: Tables without rows of anybody's.
NOBODYS = {"alembic_version"}


@pytest.fixture(scope="module")
async def two(shared: Registry) -> tuple[Shop, Shop]:
    """Two businesses with rows of every kind."""
    both = (await shared.shop(), await shared.shop())
    for shop in both:
        await in_state(shared.runtime, shop, State.REMOVED)
        report = await in_state(shared.runtime, shop, State.SCREENING)
        assert (await shared.decide(report)).status_code == 200
        await in_state(shared.runtime, shop, State.ACTIVE, subject={"phone": "+380505550105"})
        await shop.look_up(phone="+380505550105")
        await shop.create("/v1/lookups", query(phone="+380505550105"))
        await _disputed(shared, shop)
        await shop.call("PUT", "/v1/terms", {"rules": []})
        await shop.create("/v1/reports", submission())
        endpoint, _ = await added(shop, "https://shop.example.com/events")
        await send_a_test(shop, endpoint)
    await shared.work()
    return both


async def _disputed(registry: Registry, shop: Shop) -> None:
    """A report of the shop's that its person disputes."""
    number = next(_numbers)
    phone, mail = f"+38050555{number}", f"person{number}@mail.example"
    subject = {"phone": phone, "email": mail}
    report_id = await in_state(registry.runtime, shop, State.ACTIVE, subject=subject)
    person = Person(registry.http, await proven(registry, phone, mail))
    dispute = await person.dispute(report_id)
    for to in ("both", "moderator"):
        await person.say(dispute["id"], "I have the receipt.", to)
    await shop.call("POST", f"/v1/reports/{report_id}/withdraw", {"reason": "A mistake."})
    await registry.work()


_numbers = itertools.count(7000)


async def _tables(registry: Registry) -> list[str]:
    said = (
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT relispartition"
        " AND relnamespace = 'public'::regnamespace ORDER BY relname"
    )
    return [one["relname"] for one in await rows.select(registry.runtime, said)]


async def _see(registry: Registry, business_id: UUID, statement: str) -> list[dict[str, Any]]:
    async with transaction(registry.runtime, business_id=business_id) as session:
        return [dict(one) for one in (await session.execute(text(statement))).mappings()]


async def test_every_table_is_forced_to_ask_whose(shared: Registry) -> None:
    """Row-level security is on and forced wherever rows are somebody's: a new table cannot forget it."""
    said = (
        "SELECT relname, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class"
        " WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
    )
    forced = {one["relname"]: one["forced"] for one in await rows.select(shared.runtime, said)}
    assert {name for name, on in forced.items() if not on} == NOBODYS
    assert set(WHOSE) < set(forced)


#: What a member may do with its own rows; with other tables, nothing.
RIGHTS = {
    "businesses": "SELECT",
    "data_keys": "SELECT INSERT",
    "api_keys": "SELECT INSERT UPDATE",
    "reports": "SELECT INSERT UPDATE",
    "evidence": "SELECT INSERT",
    "report_decisions": "SELECT",
    "tombstones": "SELECT INSERT",
    "lookups": "SELECT",
    "lookup_idempotency": "SELECT",
    "terms": "SELECT INSERT UPDATE DELETE",
    "disputes": "SELECT UPDATE",
    "conducts": "SELECT",
    "dispute_messages": "SELECT INSERT",
    "stored_answers": "SELECT INSERT DELETE",
    "webhook_endpoints": "SELECT INSERT DELETE",
    "webhook_deliveries": "SELECT INSERT UPDATE",
    "audit_entries": "INSERT",
    "messages": "INSERT",
    "alembic_version": "SELECT",
}
ALL_RIGHTS = "SELECT INSERT UPDATE DELETE TRUNCATE REFERENCES TRIGGER".split()


async def test_each_role_has_the_rights_it_needs_and_no_more(shared: Registry) -> None:
    for table in await _tables(shared):
        said = (
            "SELECT role || ' ' || right_ AS may FROM unnest(ARRAY['member', 'system']) AS role,"
            " unnest(CAST(:rights AS text[])) AS right_"
            " WHERE has_table_privilege('registry_' || role, CAST(:table AS text), right_)"
        )
        found = await rows.select(shared.runtime, said, table=table, rights=ALL_RIGHTS)
        may = {one["may"] for one in found}
        append_only = {
            "audit_entries": "SELECT INSERT",
            "pair_decisions": "SELECT INSERT",
            "dispute_rulings": "SELECT INSERT",
            "dispute_messages": "SELECT INSERT",
            "erasures": "SELECT INSERT UPDATE",
            "subject_requests": "SELECT INSERT UPDATE",
            "month_figures": "SELECT INSERT",
            "alarms": "SELECT INSERT",
            "record_counts": "SELECT INSERT UPDATE",
            "owner_answers": "SELECT INSERT",
            "alembic_version": "SELECT",
        }
        system = append_only.get(table, "SELECT INSERT UPDATE DELETE").split()
        member = RIGHTS.get(table, "").split()
        expected = {f"system {right}" for right in system} | {f"member {right}" for right in member}
        assert may == expected, table


async def test_a_reporter_neither_reads_nor_writes_what_is_the_persons(
    shared: Registry, two: tuple[Shop, Shop]
) -> None:
    """Of a dispute about its own report: no word to the moderator alone, no file and no message as the person."""
    shop = two[0]
    said = "SELECT audience, author, dispute_id, report_id FROM dispute_messages JOIN disputes d ON d.id = dispute_id"
    both = await rows.select(shared.runtime, f"{said} WHERE d.business_id = :id", id=shop.id)
    assert {one["audience"] for one in both} == {"both", "moderator"}
    seen = await _see(shared, shop.id, said)
    assert [one["audience"] for one in seen] == ["both"]
    forged = (
        "INSERT INTO dispute_messages VALUES (:new, :dispute, :shop, 'person', 'both', '\\x00', now())",
        """INSERT INTO evidence (
            id, report_id, business_id, dispute_id, party, blob, sha256, media_type, size, sealed_name, uploaded_at
        ) VALUES (:new, :report, :shop, :dispute, 'person', 'x', '\\x00', 'a/b', 1, '\\x00', now())""",
    )
    values = {
        "new": uuid7(),
        "shop": shop.id,
        "dispute": both[0]["dispute_id"],
        "report": both[0]["report_id"],
    }
    for statement in forged:
        with pytest.raises(ProgrammingError, match="row-level security"):
            async with transaction(shared.runtime, business_id=shop.id) as session:
                await session.execute(text(statement), values)


async def test_every_table_shows_ones_own_rows_only(
    shared: Registry, two: tuple[Shop, Shop]
) -> None:
    """Each of the two sees something of its own in each of its tables; the system sees both's."""
    for table in set(await _tables(shared)) - NOBODYS:
        everything = await rows.select(shared.runtime, f"SELECT * FROM {table}")
        for shop in two:
            if table not in WHOSE:
                with pytest.raises(ProgrammingError, match="permission denied"):
                    await _see(shared, shop.id, f"SELECT * FROM {table}")
                continue
            seen = await _see(shared, shop.id, f"SELECT * FROM {table}")
            assert {one[WHOSE[table]] for one in seen} == {shop.id}, table
            assert len(seen) < len(everything), table


async def test_with_no_business_set_there_is_nothing(
    shared: Registry, two: tuple[Shop, Shop]
) -> None:
    """As a connection begins, before any business was chosen: no row of any table."""
    async with shared.runtime.database.engine.connect() as connection:
        assert await connection.scalar(text("SELECT current_user")) == "registry_member"
        assert not await connection.scalar(
            text("SELECT current_setting('registry.business_id', true)")
        )
        for table in set(await _tables(shared)) - NOBODYS:
            if table in WHOSE:
                assert await connection.scalar(text(f"SELECT count(*) FROM {table}")) == 0, table


FORGED = [
    "INSERT INTO terms VALUES (:theirs, '[]', now())",
    "INSERT INTO data_keys VALUES (:new, :theirs, 'x', 1)",
    "INSERT INTO tombstones VALUES ('x', :new, :theirs, 1, now())",
    "INSERT INTO stored_answers VALUES (:theirs, 'x', 'x', 200, 'x', now(), '{}')",
    "INSERT INTO audit_entries VALUES (:new, now(), now(), 'x', :new, :theirs, 'x', 'x', :new, '{}')",
    "UPDATE terms SET business_id = :theirs",
    "UPDATE reports SET business_id = :theirs",
    "UPDATE api_keys SET business_id = :theirs",
]


@pytest.mark.parametrize("statement", FORGED)
async def test_nothing_is_written_in_anothers_name(
    shared: Registry, two: tuple[Shop, Shop], statement: str
) -> None:
    """Neither new rows, nor own rows given away. The system's role may: it is the policy that refuses."""
    mine, theirs = two
    values = {"theirs": theirs.id, "new": uuid7()}
    bound = {name: value for name, value in values.items() if f":{name}" in statement}
    with pytest.raises(DBAPIError, match="row-level security"):
        async with transaction(shared.runtime, business_id=mine.id) as session:
            await session.execute(text(statement), bound)
    if statement.startswith("INSERT") and "terms" not in statement:
        async with rows.rolled_back(shared.runtime) as session:
            await session.execute(text(statement), bound)


@pytest.mark.parametrize("table", sorted(WHOSE))
async def test_anothers_rows_are_neither_changed_nor_deleted(
    shared: Registry, two: tuple[Shop, Shop], table: str
) -> None:
    """Where a member may change or delete at all, it touches its own rows and no other."""
    mine, theirs = two
    column = WHOSE[table]
    for statement in (
        f"UPDATE {table} SET {column} = {column} WHERE {column} = :theirs RETURNING 1",
        f"DELETE FROM {table} WHERE {column} = :theirs RETURNING 1",
    ):
        touched: Sequence[Any] = ()
        with suppress(ProgrammingError):
            async with transaction(shared.runtime, business_id=mine.id) as session:
                touched = (await session.execute(text(statement), {"theirs": theirs.id})).all()
        assert list(touched) == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT pg_read_file('/etc/passwd')",
        "COPY reports TO '/tmp/reports'",
        "COPY reports TO PROGRAM 'true'",
        "CREATE TABLE mine (x int)",
        "ALTER TABLE reports NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY own_rows ON reports",
        "CREATE POLICY mine ON reports USING (true)",
        "GRANT SELECT ON staff TO registry_member",
        "TRUNCATE reports",
        "CREATE ROLE mine",
        "SELECT passwd FROM pg_shadow",
        "SELECT * FROM registry_spend('{x}', '{1}', '{5}', '{60}', '{1}')",
        (
            "SELECT * FROM registry_ask('{}', '{}', '{}', '0', '{x}', '{1}', '{5}', '{60}', '{1}', '{f}', '{}', '{}',"
            " '{}', '{}', '{}', '0')"
        ),
        "SELECT registry_refused('{}', '{}')",
        "SELECT * FROM registry_keep('{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')",
    ],
)
async def test_a_members_rights_end_there(
    shared: Registry, two: tuple[Shop, Shop], statement: str
) -> None:
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner|must be member|policy"):
        await _see(shared, two[0].id, statement)


async def test_switching_row_security_off_shows_no_more(
    shared: Registry, two: tuple[Shop, Shop]
) -> None:
    """The setting asks for an error where a policy would hide rows: it lifts none."""
    async with transaction(shared.runtime, business_id=two[0].id) as session:
        await session.execute(text("SET LOCAL row_security = off"))
        with pytest.raises(DBAPIError, match="row-level security"):
            await session.execute(text("SELECT count(*) FROM reports"))
        await session.rollback()


async def test_a_messages_row_may_be_added_and_not_read(
    shared: Registry, two: tuple[Shop, Shop]
) -> None:
    """The outbox takes what a business's own acts cause; its letters are nobody's to read."""
    assert await rows.count(shared.runtime, "messages") > 0
    for statement in (
        "SELECT id FROM messages",
        "UPDATE messages SET state = 'delivered'",
        "DELETE FROM messages",
        "INSERT INTO messages SELECT * FROM messages",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"):
            await _see(shared, two[0].id, statement)


async def test_lookups_show_no_more_than_http_does(
    shared: Registry, two: tuple[Shop, Shop]
) -> None:
    """A lookup of one leaves the other no trace, and its own receipt lies sealed under its own key."""
    mine, theirs = two
    answer = (await mine.call("POST", "/v1/lookups", query(phone="+380505550106"))).json()
    found = f"SELECT 1 FROM lookups WHERE id = '{answer['lookup_id']}'"
    assert len(await _see(shared, mine.id, found)) == 1
    assert await _see(shared, theirs.id, found) == []

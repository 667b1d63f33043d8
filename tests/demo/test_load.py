"""A whole load under the default policy: every state, every category, and what the README promises."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import msgspec
import pytest

from registry.businesses import access as member_access
from registry.businesses.access import Member
from registry.businesses.rules import Scope
from registry.demo import people, plan, service
from registry.identities.wire import SubjectDescription
from registry.lookups import queries
from registry.lookups import service as lookups
from registry.lookups.desk import Desk
from registry.lookups.wire import LookupAnswer, LookupRequest, NoLongerShown, Purpose
from registry.platform import secrets
from registry.platform.runtime import Runtime, transaction
from registry.reports.rules import Category, State
from registry.staff import access as staff_access
from registry.staff.rules import Role
from tests.demo.loading import counted, expected_states, opened, rows

Loaded = tuple[Runtime, list[tuple[int, int, str]]]


@pytest.fixture(scope="module")
async def loaded(
    server_url: str, template_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Loaded]:
    """A runtime with everything loaded, and what was told of it."""
    told: list[tuple[int, int, str]] = []
    folder = tmp_path_factory.mktemp("demo")
    async with opened(server_url, template_url, folder, "ua") as running:
        await service.load(running, progress=lambda *heard: told.append(heard))
        yield running, told


@pytest.fixture
def demo(loaded: Loaded) -> Runtime:
    return loaded[0]


async def member_of(running: Runtime, key: str) -> Member:
    found = await member_access.remembered(running).get(secrets.digest(running.keyring, key))
    assert found is not None
    return found


@pytest.fixture
async def member(demo: Runtime) -> Member:
    """The member with whose key the README looks up."""
    return await member_of(demo, (await service.credentials(demo, None))["member_key"])


async def look_up(running: Runtime, member: Member, **subject: str) -> LookupAnswer:
    request = LookupRequest(
        subject=SubjectDescription(**subject),  # type: ignore[arg-type]  # fields of text only
        purpose=Purpose.ORDER,
        reference="order-1",
    )
    answers, _ = await lookups.look_up(
        Desk(running), member, [queries.read(running, member, request)]
    )
    return answers[0]


async def test_every_state_is_there_as_often_as_planned(demo: Runtime) -> None:
    assert set(expected_states()) == set(map(str, State))
    assert await counted(demo, "reports", "state") == expected_states()


async def test_every_category_is_there(demo: Runtime) -> None:
    categories = await counted(demo, "reports", "category")
    assert set(categories) == set(map(str, Category))
    assert min(categories.values()) >= 10
    assert 280 <= sum(categories.values()) <= 320


async def test_every_deadline_is_ahead(demo: Runtime) -> None:
    late = "SELECT state FROM reports WHERE due_at <= clock_timestamp()"
    assert not await rows(demo, late)
    ahead = await rows(demo, "SELECT DISTINCT state FROM reports WHERE due_at IS NOT NULL")
    assert {row[0] for row in ahead} == set(map(str, State)) - {"screening", "erased"}


async def test_time_went_forward_and_ended_now(demo: Runtime) -> None:
    [[backward, in_future]] = await rows(
        demo,
        "SELECT count(*) FILTER (WHERE clock_at < before - interval '1 minute'),"
        " count(*) FILTER (WHERE clock_at > clock_timestamp())"
        " FROM (SELECT clock_at, lag(clock_at) OVER (ORDER BY at) AS before FROM audit_entries) AS e",
    )
    assert (backward, in_future) == (0, 0)
    [[first]] = await rows(demo, "SELECT clock_timestamp() - min(submitted_at) FROM reports")
    assert timedelta(days=365) < first < timedelta(days=430)


async def test_businesses_of_every_state_and_one_shared_source(demo: Runtime) -> None:
    states = await counted(demo, "businesses", "state")
    assert states == {"verified": 10, "pending": 1, "suspended": 1, "refused": 1}
    sources = await rows(demo, "SELECT source_id, count(*) FROM businesses GROUP BY 1")
    assert sorted(row[1] for row in sources) == [1] * 11 + [2]
    [[proven]] = await rows(
        demo, "SELECT count(*) FROM businesses WHERE email_proven_at IS NOT NULL"
    )
    assert proven == 11


async def test_evidence_opens_and_only_recent_letters_are_kept(demo: Runtime) -> None:
    [[without]] = await rows(
        demo, "SELECT count(*) FROM reports WHERE state = 'active' AND evidence_count = 0"
    )
    assert without == 0
    kept = [msgspec.json.decode(p.read_bytes()) for p in demo.settings.outbox_dir.glob("*.json")]
    assert kept
    async with transaction(demo) as session:
        oldest = (session.now - timedelta(days=session.policy.outbox_days)).isoformat()
    assert min(letter["at"] for letter in kept) >= oldest
    letters = await counted(demo, "messages", "state")
    assert set(letters) == {"delivered"}, "no letter waits or has failed"


async def test_members_have_looked_clients_up_with_every_result(demo: Runtime) -> None:
    results = await counted(demo, "lookups", "result")
    assert set(results) == {"record", "possible", "no_record"}
    assert sum(results.values()) >= 200
    [[receipts]] = await rows(demo, "SELECT count(DISTINCT business_id) FROM lookups")
    assert receipts >= 8


async def test_the_example_is_found_by_a_phone_written_otherwise(
    demo: Runtime, member: Member
) -> None:
    answer = await look_up(demo, member, phone=service.EXAMPLE_PHONE)
    assert (answer.result, answer.matches[0].grade) == ("record", "strong")
    assert answer.matches[0].independent_sources == 3
    facts = msgspec.to_builtins(answer.matches[0].reports)
    assert [(fact["state"], fact["own"]) for fact in facts] == [("active", False)] * 3
    assert answer.terms


async def test_the_example_is_found_by_mail_and_name(demo: Runtime, member: Member) -> None:
    by_mail = await look_up(demo, member, email=service.EXAMPLE_EMAIL)
    assert by_mail.result == "record"
    asked = {"phone": service.EXAMPLE_PHONE, "name": service.EXAMPLE_NAME}
    assert (await look_up(demo, member, **asked)).matches[0].grade == "exact"


async def test_a_relative_is_only_possible_and_a_stranger_unknown(
    demo: Runtime, member: Member
) -> None:
    asked = {"phone": service.EXAMPLE_PHONE, "name": service.EXAMPLE_RELATIVE}
    relative = await look_up(demo, member, **asked)
    assert relative.result == "possible"
    assert not any(match.reports for match in relative.matches)
    assert (await look_up(demo, member, phone=service.EXAMPLE_STRANGER)).result == "no_record"


async def test_two_under_one_number_are_two_matches(demo: Runtime, member: Member) -> None:
    [[anchor]] = await rows(
        demo, "SELECT details->>'anchor' FROM audit_entries WHERE action = 'demo.begun'"
    )
    crowd = people.population(plan.SEED, datetime.fromisoformat(anchor).date())
    for first, second in (*crowd.families, *crowd.moved_numbers):
        name = f"{first.surname.uk} {first.given.uk}"
        grades = [
            match.grade
            for match in (await look_up(demo, member, phone=first.phone, name=name)).matches
        ]
        assert grades == ["exact", "possible"], second


async def test_an_old_receipt_tells_what_is_shown_no_longer(demo: Runtime) -> None:
    gone = await rows(
        demo,
        "SELECT DISTINCT l.id, l.business_id FROM lookups l JOIN reports r ON r.id = ANY (report_ids)"
        " WHERE r.state IN ('erased', 'settled', 'removed', 'contested')",
    )
    assert gone
    for lookup_id, business_id in gone:
        member = await member_of(demo, await service._member_key(demo, business_id))
        async with transaction(demo, business_id=business_id) as session:
            receipt = await lookups.receipt(session, member, lookup_id)
        facts = [fact for match in receipt.matches for fact in match.reports]
        assert any(isinstance(fact, NoLongerShown) for fact in facts)


async def test_no_member_starts_with_a_spent_budget(demo: Runtime) -> None:
    fresh = await service.credentials(demo, None)
    spent = await lookups.usage(demo, await member_of(demo, fresh["second_member_key"]))
    quotas = {name: quota for name, quota, _ in spent.budget.windows}
    assert quotas == {"unmatched": 50_000, "daily": 100_000, "burst": 1_200}
    assert spent.remaining == (50_000, 100_000, 1_200)


async def test_progress_is_told_to_the_end(loaded: Loaded) -> None:
    told = loaded[1]
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert told[-1][0] == told[-1][1] == len(told) - 1
    assert [month for *_, month in told] == sorted(month for *_, month in told)


async def test_a_second_load_does_nothing(demo: Runtime) -> None:
    before = await rows(demo, "SELECT count(*), max(id::text) FROM audit_entries")

    def told(*_: object) -> None:
        pytest.fail("there is nothing to do")

    await service.load(demo, progress=told)
    assert await rows(demo, "SELECT count(*), max(id::text) FROM audit_entries") == before


async def test_the_keys_open_what_they_should(demo: Runtime) -> None:
    keys = await service.credentials(demo, None)
    members = [await member_of(demo, keys[name]) for name in ("member_key", "second_member_key")]
    assert {member.scopes for member in members} == {frozenset(Scope)}
    assert [(m.state, m.country, m.test) for m in members] == [("verified", "UA", False)] * 2
    sources = await rows(
        demo,
        "SELECT count(DISTINCT source_id), count(*) FROM businesses"
        f" WHERE id IN ('{members[0].business_id}', '{members[1].business_id}')",
    )
    assert [tuple(row) for row in sources] == [(2, 2)]
    known = staff_access.remembered(demo)
    holders = []
    for name in ("moderator_key", "second_moderator_key", "operator_key"):
        holder = await known.get(secrets.digest(demo.keyring, keys[name]))
        assert holder is not None
        holders.append(holder)
    assert [holder.role for holder in holders] == [Role.MODERATOR, Role.MODERATOR, Role.OPERATOR]
    assert len({holder.id for holder in holders}) == 3
    assert {holder.business_id for holder in holders} == {None}


async def test_keys_that_still_work_are_kept(demo: Runtime) -> None:
    keys = await service.credentials(demo, None)
    assert await service.credentials(demo, {**keys, "url": "http://127.0.0.1:8000"}) == keys
    swapped = {**keys, "operator_key": keys["moderator_key"], "member_key": "bcr_live_nonsense"}
    renewed = await service.credentials(demo, swapped)
    changed = {name for name in keys if renewed[name] != swapped[name]}
    assert changed == {"operator_key", "member_key"}


async def test_without_data_there_are_no_keys(running: Runtime) -> None:
    with pytest.raises(service.NotLoaded):
        await service.credentials(running, None)
    assert not await rows(running, "SELECT 1 FROM audit_entries")

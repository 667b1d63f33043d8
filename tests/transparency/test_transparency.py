"""Public figures: right, of whole months, and never about one person."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import event
from sqlalchemy.exc import ProgrammingError

from registry.platform import clock
from registry.platform.runtime import transaction
from registry.transparency import jobs, rules, service
from tests.disputes.cases import decided, somebody
from tests.factories import rows
from tests.factories.registry import Registry, Shop, serving

DAY = timedelta(days=1)


@pytest.mark.parametrize("count", range(200))
def test_a_count_is_told_in_steps_and_never_below_five(count: int) -> None:
    """No sum of told counts gives a small one away: each may be off by two either way."""
    told = rules.told(count)
    if count < 5:
        assert told is None
    else:
        assert told is not None
        assert told % 5 == 0
        assert abs(told - count) <= 2


@pytest.mark.parametrize(
    ("first", "now", "months"),
    [
        ("2026-11-03", "2026-11-30", []),
        ("2026-11-03", "2026-12-01", ["2026-11"]),
        ("2026-11-30", "2027-02-28", ["2026-11", "2026-12", "2027-01"]),
        ("2026-01-01", "2026-02-01", ["2026-01"]),
    ],
)
def test_months_are_told_of_when_they_are_over(first: str, now: str, months: list[str]) -> None:
    one, other = (datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC) for day in (first, now))
    assert [f"{month:%Y-%m}" for month in rules.closed(one, other)] == months


def test_two_years_are_told_of_at_most() -> None:
    months = list(rules.closed(datetime(2020, 1, 5, tzinfo=UTC), datetime(2026, 11, 5, tzinfo=UTC)))
    assert (len(months), months[0], months[-1]) == (24, date(2024, 11, 1), date(2026, 10, 1))


def test_a_months_bounds() -> None:
    assert rules.bounds(date(2026, 12, 1)) == (
        datetime(2026, 12, 1, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
    )


async def _read(registry: Registry) -> dict[str, Any]:
    answer = await registry.http.get("/v1/transparency")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _this_month() -> str:
    return f"{datetime.now(UTC) + clock.offset():%Y-%m}"


async def _counted(registry: Registry) -> dict[str, dict[str, Any]]:
    """Months by name, some while after the present one."""
    await jobs.count_months(registry.runtime)
    return {month["month"]: month for month in (await _read(registry))["months"]}


@pytest.fixture
async def shop(sandbox: Registry) -> Shop:
    return await sandbox.shop(plan="partner")


async def test_a_month_is_told_as_it_was(sandbox: Registry, shop: Shop) -> None:
    """Six reports of one kind and two of another; six disputes upheld, one removed, one that nobody answered."""
    month = _this_month()
    await decided(sandbox, shop, *["upheld"] * 6, "removed")
    person, (report_id,) = await somebody(sandbox, shop)
    await person.dispute(report_id)
    for _ in range(2):
        await shop.report(category="no_show", amount=None)
    async with sandbox.after(45 * DAY):
        found = (await _counted(sandbox))[month]
        assert (found["submitted"], found["submitted_by_category"]["parcel_refused"]) == (10, 10)
        assert found["submitted_by_category"]["no_show"] is None
        assert (found["reports"]["published"], found["reports"]["person_told"]) == (10, 10)
        assert (found["disputed"], found["disputed_by_ground"]["inaccurate"]) == (10, 10)
        assert found["disputed_by_ground"]["not_me"] is None
        assert found["outcomes"]["upheld"] == 5
        assert found["outcomes_by_ground"]["inaccurate"]["upheld"] == 5
        small = ("removed", "unanswered", "taken_back")
        assert [found["outcomes"][name] for name in small] == [None] * 3
        assert found["rulings"] == {"given": 5, "median_days": 0, "overdue": None}
        assert (found["notices"]["delivered"], found["notices"]["bounced"]) == (10, None)
        assert found["held"] is None, "counted too late for a picture of that time"


async def test_what_happens_now_moves_nothing(sandbox: Registry, shop: Shop) -> None:
    """Neither the present month nor one that was told already: a change would tell of whoever acted just then."""
    async with sandbox.after(45 * DAY):
        await jobs.count_months(sandbox.runtime)
        before = (await sandbox.http.get("/v1/transparency")).content
        for number in range(7):
            await shop.report(subject={"phone": f"+3805055502{number:02d}"})
        assert await jobs.count_months(sandbox.runtime) == 0
        assert (await _fresh(sandbox)) == json.loads(before)


async def _fresh(registry: Registry) -> dict[str, Any]:
    """As a process reads it that remembers nothing."""
    async with transaction(registry.runtime) as session:
        found: dict[str, Any] = json.loads(msgspec.json.encode(await service.view(session)))
        return found


async def test_what_was_told_cannot_be_changed(sandbox: Registry, shop: Shop) -> None:
    async with sandbox.after(45 * DAY):
        await jobs.count_months(sandbox.runtime)
    for statement in ("UPDATE month_figures SET figures = '{}'", "DELETE FROM month_figures"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            await rows.write(sandbox.runtime, statement)


async def test_small_counts_are_not_even_kept(sandbox: Registry, shop: Shop) -> None:
    """Four of a kind: neither the answer nor the table behind it knows how many there were."""
    month = _this_month()
    for _ in range(4):
        await shop.report(category="no_show", amount=None)
    async with sandbox.after(45 * DAY):
        assert (await _counted(sandbox))[month]["submitted"] is None
    (kept,) = await rows.select(
        sandbox.runtime, "SELECT figures FROM month_figures ORDER BY month LIMIT 1"
    )
    numbers = [int(one) for one in _numbers(kept["figures"])]
    assert all(number % 5 == 0 for number in numbers), numbers


def _numbers(value: Any) -> list[int]:
    if isinstance(value, dict):
        return [number for one in value.values() for number in _numbers(one)]
    return [value] if isinstance(value, int) else []


async def test_a_flood_of_calls_costs_the_database_a_few_readings(shared: Registry) -> None:
    asked = 0

    def count(*_: Any) -> None:
        nonlocal asked
        asked += 1

    engine = shared.runtime.database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        for _ in range(100):
            answer = await shared.http.get("/v1/transparency")
            assert answer.headers["cache-control"] == "public, max-age=3600"
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert asked < 20


async def test_the_page_says_the_same(sandbox: Registry, shop: Shop) -> None:
    empty = (await sandbox.http.get("/docs/figures")).text
    for words in ("Жоден місяць ще не завершився", "Ни один месяц", "No month is over yet"):
        assert words in empty
    assert "<table" not in empty
    month = _this_month()
    for _ in range(6):
        await shop.report()
    async with sandbox.after(45 * DAY):
        await jobs.count_months(sandbox.runtime)
    async with serving(sandbox.runtime) as another:
        page = (await another.http.get("/docs/figures")).text
    assert page.count("<table") == 15, "five tables in each of three languages"
    assert month in page
    for words in ("Надійшло", "Поступило", "Received"):
        assert re.search(rf"{words}</th>(<td>&lt; 5</td>)?<td>5</td>", page), words

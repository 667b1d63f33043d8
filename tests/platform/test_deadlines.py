"""When a period is over: days off, the end of a day, summer time, short months, and which period is counted how."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.deadlines import Calendar, months_after
from registry.platform import policy

KYIV, UNION = Calendar("Europe/Kyiv", "UA"), Calendar("Europe/Lisbon", "XECB")
DAY = timedelta(days=1)
MOMENTS = st.integers(0, 17 * 365 * 24 * 60).map(
    lambda minutes: datetime(2023, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("calendar", "since", "days", "end", "why"),
    [
        (KYIV, "2026-11-26T10:00Z", 14, "2026-12-10T22:00Z", "a Thursday: to its last hour"),
        (KYIV, "2026-11-28T10:00Z", 14, "2026-12-14T22:00Z", "a Saturday moves to Monday"),
        (KYIV, "2026-11-29T10:00Z", 14, "2026-12-14T22:00Z", "so does a Sunday"),
        (KYIV, "2026-11-26T22:30Z", 14, "2026-12-11T22:00Z", "it is Friday already in Kyiv"),
        (KYIV, "2026-12-18T10:00Z", 14, "2027-01-01T22:00Z", "no holidays under martial law"),
        (KYIV, "2020-12-18T10:00Z", 14, "2021-01-04T22:00Z", "New Year, and the weekend after it"),
        (KYIV, "2026-10-12T10:00Z", 14, "2026-10-26T22:00Z", "summer time ended meanwhile"),
        (
            UNION,
            "2026-12-11T10:00Z",
            14,
            "2026-12-29T00:00Z",
            "Christmas, and the weekend after it",
        ),
        (UNION, "2027-03-12T10:00Z", 14, "2027-03-30T23:00Z", "Good Friday to Easter Monday"),
    ],
)
def test_a_persons_term(calendar: Calendar, since: str, days: int, end: str, why: str) -> None:
    assert calendar.term(at(since), days) == at(end), why


@pytest.mark.parametrize(
    ("calendar", "since", "days", "end", "why"),
    [
        (KYIV, "2026-11-26T10:00Z", 5, "2026-12-03T22:00Z", "over one weekend"),
        (KYIV, "2026-11-28T10:00Z", 5, "2026-12-04T22:00Z", "begun on a Saturday"),
        (UNION, "2026-12-23T10:00Z", 5, "2027-01-01T00:00Z", "over Christmas"),
        (UNION, "2026-12-23T10:00Z", 6, "2027-01-05T00:00Z", "and over New Year"),
    ],
)
def test_business_days(calendar: Calendar, since: str, days: int, end: str, why: str) -> None:
    assert calendar.business_days(at(since), days) == at(end), why


@given(MOMENTS, st.integers(0, 60))
def test_a_term_is_whole_ends_a_working_day_and_begins_no_day_early(
    since: datetime, days: int
) -> None:
    for calendar in (KYIV, UNION):
        end = calendar.term(since, days)
        last = calendar.day(end) - DAY
        assert calendar.end(last) == end
        assert calendar.is_working(last)
        assert end >= since + days * DAY - timedelta(hours=1), "an hour, for summer time"
        between = [
            calendar.day(since) + n * DAY for n in range(days, (last - calendar.day(since)).days)
        ]
        assert not any(calendar.is_working(day) for day in between), (
            "no working day was passed over"
        )


@given(MOMENTS, st.integers(1, 40))
def test_business_days_hold_exactly_so_many(since: datetime, days: int) -> None:
    for calendar in (KYIV, UNION):
        first, last = calendar.day(since), calendar.day(calendar.business_days(since, days)) - DAY
        held = [first + (n + 1) * DAY for n in range((last - first).days)]
        assert sum(calendar.is_working(day) for day in held) == days
        assert calendar.is_working(last)


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 11, 26), 2, date(2027, 1, 26)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 15), -12, date(2025, 1, 15)),
    ],
)
def test_months(day: date, months: int, expected: date) -> None:
    assert months_after(day, months) == expected


@pytest.mark.parametrize("profile", ["ua", "eu-strict", "sandbox"])
def test_each_number_is_counted_as_its_profile_says(profile: str) -> None:
    loaded = policy.load(profile)
    since = at("2026-11-28T10:00Z")
    assert loaded.days.zone in available_timezones()
    assert loaded.ends("cooling_off_hours", since) == since + timedelta(
        hours=loaded.cooling_off_hours
    )
    for number in ("info_days", "notice_days", "notice_attempt_days", "answer_days", "ruling_days"):
        assert loaded.ends(number, since) == since + getattr(loaded, number) * DAY, number
    assert loaded.ends("appeal_days", since) == loaded.calendar.term(since, loaded.appeal_days)
    number = "reinsertion_notice_business_days"
    assert loaded.ends(number, since) == loaded.calendar.business_days(since, 5)


def test_a_persons_terms_are_numbers_of_days() -> None:
    """A misspelt one would be counted in hours, and nobody would notice."""
    for profile in ("ua", "eu-strict", "sandbox"):
        loaded = policy.load(profile)
        assert all(name.endswith("_days") and getattr(loaded, name) for name in loaded.days.terms)


def test_a_place_that_nobody_knows_is_refused() -> None:
    with pytest.raises(NotImplementedError):
        Calendar("Europe/Kyiv", "ATLANTIS").is_working(date(2026, 11, 26))

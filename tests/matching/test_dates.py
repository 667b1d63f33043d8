"""Birth dates as they are written."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.matching import dates
from tests.matching.values import near_misses, read_or_none, refusal


@pytest.mark.parametrize(
    ("written", "expected", "why"),
    [
        ("1987-03-12", date(1987, 3, 12), "ISO"),
        ("12.03.1987", date(1987, 3, 12), "with dots, day first"),
        ("2.3.1987", date(1987, 3, 2), "without noughts"),
        (" 1987-03-12 ", date(1987, 3, 12), "blanks around"),
        ("2000-02-29", date(2000, 2, 29), "leap day"),
        ("1900-01-01", date(1900, 1, 1), "the earliest"),
    ],
)
def test_is_read(written: str, expected: date, why: str) -> None:
    assert dates.birth_date(written) == expected, why


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("1987-02-29", "no leap year"),
        ("31.04.1987", "no such day"),
        ("1987-13-01", "no such month"),
        ("0000-00-00", "placeholder"),
        ("1899-12-31", "before anyone living"),
        ("03/12/1987", "day and month may be swapped"),
        ("12.03.87", "two digits of a year"),
        ("1987-3-12", "half ISO"),
        ("19870312", "no separators"),
        ("1987-03-12T00:00:00Z", "a moment, not a day"),
        ("١٩٨٧-٠٣-١٢", "Arabic-Indic digits"),
        ("12 березня 1987", "words"),
        ("", "empty"),
    ],
)
def test_is_refused(written: str, why: str) -> None:
    detail = refusal(lambda: dates.birth_date(written))
    assert not written or written not in detail, why


@given(st.dates(date(1900, 1, 1)))
def test_both_ways_of_writing_are_one_day(day: date) -> None:
    assert dates.birth_date(day.isoformat()) == day
    assert dates.birth_date(f"{day.day:02d}.{day.month:02d}.{day.year}") == day


@given(near_misses)
def test_only_refusals_escape(text: str) -> None:
    read_or_none(lambda: dates.birth_date(text))

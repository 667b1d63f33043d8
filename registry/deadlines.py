"""When a period is over: the one place that adds days, months and business days to a moment. Pure.

Three ways to count, and a reason for each:

hours and days    from the moment, a day as 24 hours: what a member must do, and every wait. Whoever is kept waiting
                  knows the minute, and nobody gains by a weekend. Members agree to it when they join.
a person's term   to the end of its last day where the registry is at home, or of the next working day: what a
                  reported person may do. Civil Code of Ukraine, arts. 253, 254(5), 255(1); Regulation 1182/71,
                  art. 3(1), (2)(b), (4).
business days     whole working days after the day on which it began, to the end of the last: the five days of
                  15 U.S.C. 1681i(a)(5)(B)(ii), counted as in Regulation 1182/71, art. 3(1) and (3).

Which period is counted how is the policy's to say (`platform.policy`), number by number, with its source.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from holidays import HolidayBase

SATURDAY = 5
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """The days of the country where a registry is at home."""

    #: An IANA time zone.
    zone: str
    #: Whose public holidays: a country (`UA`), or a market that stands for several (`XECB`).
    holidays: str

    def day(self, at: datetime) -> date:
        """The day that it is there at a moment."""
        return at.astimezone(ZoneInfo(self.zone)).date()

    def end(self, day: date) -> datetime:
        """The moment at which a day is over there, in UTC."""
        return datetime.combine(day + DAY, time(), ZoneInfo(self.zone)).astimezone(UTC)

    def is_working(self, day: date) -> bool:
        """Whether it is neither a weekend nor a public holiday.

        What the law says of a holiday in wartime, the library knows: in Ukraine there is none under martial law
        (Law No. 2136-IX, art. 6(6)), so that only weekends move a term.
        """
        return day.weekday() < SATURDAY and day not in _holidays(self.holidays)

    def term(self, since: datetime, days: int) -> datetime:
        """The end of a person's term: of its last day, or of the next working day. The first is that after `since`."""
        last = self.day(since) + days * DAY
        while not self.is_working(last):
            last += DAY
        return self.end(last)

    def business_days(self, since: datetime, days: int) -> datetime:
        """The end of the so manieth working day after the day of `since`."""
        last = self.day(since)
        while days:
            last += DAY
            days -= self.is_working(last)
        return self.end(last)


def months_after(day: date, months: int) -> date:
    """The same day some months later (earlier, if negative), or the last day of a shorter month.

    Civil Code of Ukraine, art. 254(3); Regulation 1182/71, art. 3(2)(c).
    """
    year, month = divmod(day.month - 1 + months, 12)
    year += day.year
    month += 1
    last = (date(year + month // 12, month % 12 + 1, 1) - DAY).day
    return date(year, month, min(day.day, last))


@cache
def _holidays(whose: str) -> "HolidayBase":
    """Public holidays, worked out as years are asked for; raises `NotImplementedError` for an unknown place."""
    import holidays  # noqa: PLC0415 - some 80 ms that no start of a server or a command should pay

    if whose in holidays.list_supported_countries():
        return holidays.country_holidays(whose)
    return holidays.financial_holidays(whose)

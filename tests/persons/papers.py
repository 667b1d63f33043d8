"""Numbers that a state gives, with right checksums, and dates as forms hold them."""

from datetime import date, timedelta
from random import Random

from tests.persons import slips

_RNOKPP = (-1, 5, 7, 9, 4, 6, 10, 5, 7)
_INN_11 = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
_INN_12 = (3, *_INN_11)
_INN_COMPANY = (2, 4, 10, 3, 5, 9, 4, 6, 8)
_EPOCH = date(1899, 12, 31)


def _sum(digits: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


def rnokpp(born: date, sex: str, rng: Random) -> str:
    """A Ukrainian tax number: days since 1899-12-31, a running number odd for men, a check digit."""
    serial = rng.randrange(1, 4999) * 2 + (1 if sex == "m" else 0)
    head = f"{(born - _EPOCH).days:05d}{serial:04d}"
    return head + str(_sum(head, _RNOKPP) % 11 % 10)


def inn(rng: Random) -> str:
    """A Russian person's tax number of twelve digits."""
    head = f"{rng.randrange(1, 93):02d}{rng.randrange(10**8):08d}"
    head += str(_sum(head, _INN_11) % 11 % 10)
    return head + str(_sum(head, _INN_12) % 11 % 10)


def company_code(country: str, rng: Random) -> str:
    """EDRPOU of eight digits, or a Russian company's INN of ten."""
    if country == "ru":
        head = f"{rng.randrange(1, 93):02d}{rng.randrange(10**7):07d}"
        return head + str(_sum(head, _INN_COMPANY) % 11 % 10)
    head = f"{rng.choice((2, 3, 4))}{rng.randrange(10**6):06d}"
    weights = (7, 1, 2, 3, 4, 5, 6) if 3000000 <= int(head) <= 6000000 else (1, 2, 3, 4, 5, 6, 7)
    check = _sum(head, weights) % 11
    if check == 10:
        check = _sum(head, tuple(weight + 2 for weight in weights)) % 11 % 10
    return head + str(check)


#: Nobody is born later: a report about a child is refused.
LAST_BIRTHDAY = date(2006, 4, 30)


def birthday(rng: Random, first: int = 1926, last: int = 2005) -> date:
    """A birth date between two years, most of them near 1986 where that lies between."""
    year = round(rng.triangular(first, last, min(1986, last)))
    return date(year, 1, 1) + timedelta(days=rng.randrange(365))


def _month_swapped(born: date) -> date | None:
    return None if born.day > 12 else date(born.year, born.day, born.month)


def slip_date(born: date, rng: Random) -> date:
    """Day and month swapped, a day, a month or a year off, or the first of January for want of the day."""
    kind = rng.random()
    if kind < 0.35 and (swapped := _month_swapped(born)):
        return swapped
    if kind < 0.6:
        return born + timedelta(days=rng.choice((-1, 1, 10, -10, 2)))
    if kind < 0.75:
        return born.replace(day=min(born.day, 28), month=born.month % 12 + 1)
    if kind < 0.9:
        return born.replace(year=born.year + rng.choice((-1, 1, 10, -10)), day=min(born.day, 28))
    return born.replace(month=1, day=1)


_MONTHS = {
    "uk": "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
}
DATE_HABITS = ("iso", "iso", "iso", "dots", "dots", "slash", "short", "words", "compact")


def write_date(born: date, habit: str, tongue: str) -> str:
    if habit == "words":
        month = _MONTHS["ru" if tongue == "ru" else "uk"].split()[born.month - 1]
        return f"{born.day} {month} {born.year}" + (" р." if tongue == "uk" else " г.")
    if habit == "partial":
        return f"{born:%d.%m}"
    if habit == "year":
        return str(born.year)
    styles = {"iso": "%Y-%m-%d", "dots": "%d.%m.%Y", "slash": "%d/%m/%Y", "short": "%d.%m.%y"}
    return born.strftime(styles.get(habit, "%Y%m%d"))


def slip_number(number: str, rng: Random) -> str:
    return slips.in_digits(number, rng, first=5)

"""Dates of birth as people write them.

Lives here: reading one. Not here: whether it lies in the future or makes someone a minor, which
needs a clock and is asked by rules that are given one.
"""

import re
from datetime import date

from registry.matching.errors import Unreadable
from registry.matching.writing import visible

_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")

#: Nobody living was born before; what is written so is a slip or a placeholder.
_EARLIEST = 1900


def birth_date(text: str) -> date:
    """Answer the date of `YYYY-MM-DD` or `DD.MM.YYYY`; raise `Unreadable` for any other."""
    text = visible(text, "The birth date", 20)
    if iso := _ISO.fullmatch(text):
        year, month, day = iso.groups()
    elif dotted := _DOTTED.fullmatch(text):
        day, month, year = dotted.groups()
    else:
        raise Unreadable("The birth date must be written YYYY-MM-DD or DD.MM.YYYY.")
    try:
        born = date(int(year), int(month), int(day))
    except ValueError:
        raise Unreadable("The birth date is not a day of the calendar.") from None
    if born.year < _EARLIEST:
        raise Unreadable(f"The birth date is before {_EARLIEST}.")
    return born

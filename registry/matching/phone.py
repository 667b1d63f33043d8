"""Telephone numbers: any national way of writing one, to E.164.

Lives here: reading, and the fast path for Ukrainian mobile numbers (`phonenumbers` takes 25 us, this
takes 1). Not here: whether a number is in service, or whose it is. Only ASCII digits are digits:
a letter O, a Cyrillic З or an Arabic-Indic five is refused, because a number that was guessed at
may be a stranger's.
"""

import re
from collections.abc import Iterator

import phonenumbers

from registry.matching.errors import Unreadable
from registry.matching.writing import visible

_WHAT = "The phone number"
_LONGEST = 40

#: Separators that carry no meaning. `#`, `;` and `,` do: they introduce extensions and pauses.
_SEPARATORS = re.compile(r"[ ()\[\]\-./\u2010-\u2015\u2212]")
_BARE = re.compile(r"\+?[0-9]+")

#: Ukrainian mobile prefixes as `phonenumbers` knows them; a property test holds the two together.
_UA_MOBILE = re.compile(r"(?:\+?380|80|0|)((?:39|50|6[36-8]|7[1-357]|9[1-9])[0-9]{7})")

#: Where ten digits, alone or after a trunk 8 or a 7 without its plus, that are no number of the country itself can
#: only be a Russian one: 9XX of a mobile, 3XX, 4XX and 8XX of a town.
_SHARES_EIGHT = frozenset({"AM", "AZ", "BY", "GE", "KG", "KZ", "MD", "RU", "TJ", "TM", "UA", "UZ"})

_RUSSIAN = re.compile(r"[78]?[3489][0-9]{9}")

#: Neighbours' numbers are often written in full but without the plus: (start, digits in all).
_WITHOUT_PLUS = (("380", 12), ("375", 12), ("373", 11))


def normalise(text: str, country: str) -> str:
    """Answer the number in E.164 ("+380501234567"), read by the habits of `country` (ISO alpha-2).

    Raises `Unreadable` for letters, lookalike digits, extensions, and numbers that the country's
    numbering plan does not have.
    """
    bare = _bare(text)
    if country == "UA" or bare.startswith("+380"):
        mobile = _UA_MOBILE.fullmatch(bare)
        if mobile:
            return "+380" + mobile[1]
    return by_plan(bare, country)


def by_plan(bare: str, country: str) -> str:
    """Answer in E.164 what the numbering plans make of digits with an optional leading plus."""
    for written in _readings(bare, country):
        try:
            number = phonenumbers.parse(written, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise Unreadable(
        "The phone number is not a number in use: write it whole, best with + and the country code."
    )


def _bare(text: str) -> str:
    """Answer the digits, and the plus if there is one."""
    text = visible(text, _WHAT, _LONGEST)
    if text[:4].lower() == "tel:":
        text = text[4:]
    bare = _SEPARATORS.sub("", text)
    if not _BARE.fullmatch(bare):
        raise Unreadable(
            "The phone number may have digits 0-9, a leading +, blanks, brackets, hyphens and dots, "
            "and no letters or extension."
        )
    digits = len(bare.lstrip("+"))
    if digits < 7:
        raise Unreadable("The phone number is too short.")
    if digits > 18:  # 15 in E.164, and an international prefix such as 810
        raise Unreadable("The phone number is too long.")
    return bare


def _readings(bare: str, country: str) -> Iterator[str]:
    """Yield what the digits may stand for, the likeliest first."""
    if bare.startswith("00"):
        yield "+" + bare[2:]
    yield bare
    if bare[0] == "+":
        return
    if country == "UA" and len(bare) == 11 and bare.startswith("80"):
        yield bare[1:]  # 8-050-...: the trunk prefix of before 2009
    if country in _SHARES_EIGHT and _RUSSIAN.fullmatch(bare):
        yield "+7" + bare[-10:]
    for start, length in _WITHOUT_PLUS:
        if len(bare) == length and bare.startswith(start):
            yield "+" + bare

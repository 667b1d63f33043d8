"""Telephone numbers: any national way of writing one, to E.164.

Reading only: whether a number is in service, or whose it is, is not asked. Only ASCII digits are digits: a letter O, a
Cyrillic З or an Arabic-Indic five is refused, because a number that was guessed at may be a stranger's. For the same
reason a text that can be read as numbers of two countries is refused, with both readings.

The caller's own country decides what digits without a plus mean. Its own numbering plan comes first, then neighbours'
numbers that lack their plus, and a Russian number of ten digits where nothing else fits.
"""

import re
from collections.abc import Iterator, Sequence

import phonenumbers

from registry.matching import placeholders
from registry.matching.errors import Unreadable
from registry.matching.writing import visible

_WHAT = "The phone number"
_LONGEST = 60

#: Separators that carry no meaning. `#`, `;` and `,` do: they introduce extensions and pauses.
_SEPARATORS = re.compile(r"[ ()\[\]\-./\u2010-\u2015\u2212]")
_BARE = re.compile(r"\+?[0-9]+")

#: What people write before a number or after it.
_WORD = (
    r"(?:мобільний|мобильный|моб|телефон|тел|контактний|номер|факс|робочий|рабочий|домашній|домашний"
    r"|вайбер|вотсап|ватсап|телеграм+|смс"
    r"|mobile|mob|telephone|phone|tel|ph|cell|fax|viber|whats ?app|telegram|signal|sms|tg|wa)"
)
_BEFORE = re.compile(rf"(?:{_WORD}[.:№/ ]*)+(?=[+(0-9])", re.IGNORECASE)
_AFTER = re.compile(rf"(?<=[0-9)])[ ,;/(\-–]+(?:{_WORD}[.)/,;+& ]*)+$", re.IGNORECASE)

_EXTENSION = re.compile(
    r"[0-9]\)? *(?:(?:доб|вн|внутр|внутрішній|ext|extension|x)[. :]*[0-9]|[#;,]+ *(?:ext=)?[0-9]{1,6}$)",
    re.IGNORECASE,
)
#: A spreadsheet's number: a float, or one that was rounded for good.
_FLOAT = re.compile(r"(\+?[0-9]{7,15})[.,]0{1,2}")
_ROUNDED = re.compile(r"[0-9]([.,][0-9]+)?[EЕ]\+?[0-9]+", re.IGNORECASE)

#: Ukrainian mobile prefixes as `phonenumbers` knows them; a property test holds the two together.
_MOBILE = r"(?:39|50|6[36-8]|7[1-357]|9[1-9])"
_UA_MOBILE = re.compile(rf"(?:\+?380|80|0|)({_MOBILE}[0-9]{{7}})")
#: +38 and a Ukrainian operator's code without its 0, as sites print it: "+38 (67) 000-12-34".
_WITHOUT_ZERO = re.compile(rf"\+?38({_MOBILE}[0-9]{{7}})")
#: A mask that was filled twice: "+380 38 050...", "+380 380 50...".
_TWICE = re.compile(r"\+?380380[0-9]*")

#: Where ten digits, alone or after a trunk 8 or a 7 without its plus, that are no number of the country itself can
#: only be a Russian one: 9XX of a mobile, 3XX, 4XX and 8XX of a town.
_SHARES_EIGHT = frozenset({"AM", "AZ", "BY", "GE", "KG", "KZ", "MD", "RU", "TJ", "TM", "UA", "UZ"})
_RUSSIAN = re.compile(r"[78]?[3489][0-9]{9}")

#: Neighbours' numbers are often written in full but without the plus: (start, digits in all).
_WITHOUT_PLUS = (
    ("380", 12),
    ("375", 12),
    ("373", 11),
    ("998", 12),
    ("994", 12),
    ("995", 12),
    ("996", 12),
)

#: Between two numbers in one field.
_BETWEEN = re.compile(
    r"\s*(?:[,;|\n]|/(?=[ +0(])|\b(?:або|чи|или|та|і|и|or|and)\b)\s*", re.IGNORECASE
)
_MOST_IN_ONE = 4


def normalise(text: str, country: str) -> str:
    """Return what `read` does; raise `Unreadable` for placeholders such as 0000000000 as well."""
    number = read(text, country)
    if placeholders.is_phone(number):
        raise Unreadable(
            "The phone number is a placeholder: leave it out when the client gave none."
        )
    return number


def read(text: str, country: str) -> str:
    """Return the number in E.164 ("+380501234567"), read by the habits of `country` (ISO alpha-2).

    Raises `Unreadable` for letters, lookalike digits, extensions, several numbers, numbers that the country's numbering
    plan does not have, and what can be read as two countries' numbers.
    """
    bare = _bare(text)
    if country == "UA" or bare.startswith("+380"):
        mobile = _UA_MOBILE.fullmatch(bare)
        if mobile:
            return "+380" + mobile[1]
    if ours := _without_zero(text, bare, country):
        return ours
    return by_plan(bare, country)


def normalise_all(text: str, country: str) -> list[str]:
    """Return the numbers of one field, of which there may be several ("067.., 050.."), each as `normalise` does.

    Raises what `normalise` does of the whole text where it is neither one number nor several.
    """
    try:
        return [normalise(text, country)]
    except Unreadable as refusal:
        pieces = [piece for piece in _BETWEEN.split(text) if piece]
        cuts = [pieces] if len(pieces) > 1 else _halves(text)
        found = [numbers for cut in cuts if (numbers := _numbers(cut, country))]
        if len(found) == 1:
            return found[0]
        raise refusal


def _halves(text: str) -> list[list[str]]:
    """Return each way to cut a text in two at a blank."""
    words = text.split()
    return [[" ".join(words[:at]), " ".join(words[at:])] for at in range(1, len(words))]


def _numbers(pieces: Sequence[str], country: str) -> list[str] | None:
    """Return the numbers that all of these texts are; None where one is none, or there are too many."""
    if len(pieces) > _MOST_IN_ONE:
        return None
    try:
        return [normalise(piece, country) for piece in pieces]
    except Unreadable:
        return None


def by_plan(bare: str, country: str) -> str:
    """Return in E.164 what the numbering plans make of digits with an optional leading plus."""
    for written in _readings(bare, country):
        if number := _valid(written, country):
            return number
    raise Unreadable(
        "The phone number is not a number in use: write it whole, best with + and the country code."
    )


def _valid(written: str, country: str) -> str | None:
    try:
        number = phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _bare(text: str) -> str:
    """Return the digits, and the plus if there is one."""
    text = visible(text, _WHAT, _LONGEST)
    if text[:4].lower() == "tel:":
        text = text[4:]
    if not text.isascii() or any(map(str.isalpha, text)):
        text = _AFTER.sub("", _BEFORE.sub("", text, count=1))
    if whole := _FLOAT.fullmatch(text):
        text = whole[1]
    bare = _SEPARATORS.sub("", text)
    if not _BARE.fullmatch(bare):
        raise _unreadable(text)
    digits = len(bare.lstrip("+"))
    if digits < 7:
        raise Unreadable("The phone number is too short.")
    if digits > 18:  # 15 in E.164, and an international prefix such as 810
        raise Unreadable("The phone number is too long, or there are several: send each by itself.")
    if _TWICE.fullmatch(bare):
        raise Unreadable("The phone number has its country code twice: write it once.")
    return bare


def _unreadable(text: str) -> Unreadable:
    if _ROUNDED.fullmatch(text):
        return Unreadable(
            "A spreadsheet rounded the phone number, and its digits are lost: format the column as text."
        )
    if _EXTENSION.search(text):
        return Unreadable(
            "The phone number has an extension: send the number without it, if the person is reached by it alone."
        )
    return Unreadable(
        "The phone number may have digits 0-9, a leading +, blanks, brackets, hyphens and dots, and no letters;"
        " several numbers are sent one by one."
    )


def _without_zero(text: str, bare: str, country: str) -> str | None:
    """Return the Ukrainian number that +38 and an operator's code make; None for any other text.

    Raises `Unreadable` where the same digits are a number of Slovenia or another neighbour of that code, and no blank
    after the country code tells which is meant.
    """
    found = _WITHOUT_ZERO.fullmatch(bare)
    if not found:
        return None
    ours = "+380" + found[1]
    if re.match(r"\+?38[^0-9]", text.strip()):
        return ours
    theirs = _valid("+" + bare.lstrip("+"), "ZZ")
    if theirs is None or bare[0] != "+":
        return ours if theirs is None or country == "UA" else None
    if country != "UA" or re.match(r"\+38[0-9][^0-9]", text.strip()):
        return None
    code = phonenumbers.parse(theirs).country_code
    raise Unreadable(
        f"The phone number can be one of +380 or of +{code}: write a blank after the country code that is meant."
    )


def _readings(bare: str, country: str) -> Iterator[str]:
    """Yield what the digits may stand for, the likeliest first."""
    if bare.startswith("00"):
        yield "+" + bare[2:]
    yield bare
    if bare[0] == "+":
        return
    if country in _SHARES_EIGHT and bare.startswith("8"):
        yield bare[1:]  # the trunk prefix of the Soviet plan: 8-050-..., 8 71 234 56 78
    for start, length in _WITHOUT_PLUS:
        if len(bare) == length and bare.startswith(start):
            yield "+" + bare
    if country in _SHARES_EIGHT and _RUSSIAN.fullmatch(bare):
        yield "+7" + bare[-10:]

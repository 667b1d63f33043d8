"""Identifiers in free text: telephone numbers, addresses, links, handles, codes, cards and accounts.

Lives here: `identifiers`, which finds what would lead a reader to somebody. Not here: names (`named`), and what becomes
of what is found. The readers of single values decide (`phone`, `tax_id`, `company_code`, `handle`); this module cuts
the text into pieces that they may read.

A miss shows somebody's number, a false alarm hides an order number. So what is written like an identifier counts, and
words before and after a number ("order", "UAH") tell what is none. It is no proof of absence: a reader looks as well.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

from msgspec import Struct
from stdnum import iban, luhn

from registry.matching import company_code, handle, phone, tax_id
from registry.matching.errors import Unreadable


class Kind(StrEnum):
    """What was found in a text."""

    #: A telephone number.
    PHONE = "phone"
    #: An e-mail address.
    EMAIL = "email"
    #: A web address.
    LINK = "link"
    #: A name in a messenger or social network.
    HANDLE = "handle"
    #: A tax id, a company's code or a passport's number.
    CODE = "code"
    #: The number of a payment card or bank account.
    ACCOUNT = "account"
    #: A name.
    NAME = "name"


class Mention(Struct, frozen=True, order=True):
    """Where a text names something: from `start` up to `end`."""

    start: int
    end: int
    kind: Kind


def identifiers(text: str, country: str) -> list[Mention]:
    """Answer what identifies somebody in the text, in its order, none inside another.

    `country` (ISO alpha-2) reads telephone numbers and codes that do not say theirs.
    """
    plain = "".join(map(_plain, text))
    finders = (_emails, _links, _handles, _passports, _accounts, _numbers)
    return outermost(found for finder in finders for found in finder(plain, country))


def outermost(found: Iterable[Mention]) -> list[Mention]:
    """Answer the mentions in the order of the text, without those that lie inside another."""
    kept: list[Mention] = []
    for one in sorted(found, key=lambda mention: (mention.start, -mention.end)):
        if not kept or one.end > kept[-1].end:
            kept.append(one)
    return kept


def _plain(character: str) -> str:
    """Answer one plain character for a wide, styled or foreign one: fullwidth letters, any script's digits."""
    folded = unicodedata.normalize("NFKC", character)
    if len(folded) != 1:
        return character
    digit = unicodedata.digit(folded, None)
    return folded if digit is None else str(digit)


def _matches(pattern: re.Pattern[str], kind: Kind) -> Callable[[str, str], Iterator[Mention]]:
    def finder(text: str, _: str) -> Iterator[Mention]:
        for found in pattern.finditer(text):
            yield Mention(*found.span(), kind)

    return finder


#: With a plain @, or spelled: "name (at) mail dot com", "name собака mail точка ua".
_emails = _matches(
    re.compile(
        r"[^\s@<>(){}\[\],;:\"«»]+@[^\W_][\w-]*(?:\.[\w-]+)*\.[^\W\d_]{2,}"
        r"|[\w.+-]+ ?(?:[(\[] ?(?:at|собака|эт|ет) ?[)\]]|\b(?:at|собака)\b) ?[\w-]+"
        r" ?(?:\.|[(\[] ?(?:dot|точка|крапка) ?[)\]]|\b(?:dot|точка|крапка)\b) ?[^\W\d_]{2,}",
        re.IGNORECASE,
    ),
    Kind.EMAIL,
)

_links = _matches(
    re.compile(
        r"(?:https?|ftp|tg|viber|whatsapp)://\S+|www\.\S+"
        r"|(?<![\w@.-])(?:[^\W_][\w-]*\.)+(?:com|net|org|info|biz|shop|store|online|site|top|pro|app|dev|me|io|cc|tv"
        r"|eu|ua|ru|su|by|kz|md|pl|de|cz|ro|uk|us|am|ge|укр|рф|бел)(?![\w-])(?:/\S*)?",
        re.IGNORECASE,
    ),
    Kind.LINK,
)

_NETWORK_WORDS = {
    "telegram": "telegram|телеграмм?[іеу]?|тг|tg",
    "instagram": "instagram|insta|[іи]нстаграмм?[іеу]?|инст[аеу]|[іи]нст[аіу]",
    "facebook": "facebook|фейсбу[кц][іеу]?|fb",
    "tiktok": "tiktok|т[іи]кто[кц][іеу]?",
    "vk": "vk|вк|вконтакте",
    "discord": "discord|д[іи]скорд[іеу]?",
    "x": "twitter|тв[іи]ттер[іеу]?",
}
_NETWORKS = re.compile(
    r"\b(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in _NETWORK_WORDS.items())
    + r")\b(?P<between>[ :(—–-]{1,3})(?P<name>[a-z0-9][a-z0-9_.]{2,31})(?![\w@])",
    re.IGNORECASE,
)
_AT = re.compile(r"(?<![\w@.])@\w[\w.]{2,}")


def _handles(text: str, country: str) -> Iterator[Mention]:
    """Find `@name`, and a name after a network's: marked as one, or in Latin letters after a Cyrillic word."""
    for found in _AT.finditer(text):
        yield Mention(*found.span(), Kind.HANDLE)
    for found in _NETWORKS.finditer(text):
        network = next(name for name in _NETWORK_WORDS if found[name])
        name = found["name"].rstrip(".")
        marked = ":" in found["between"] or re.search(r"[\d_.]", name)
        plain = marked or not found[network].isascii()
        if plain and _reads(handle.normalise, network, name, country):
            start = found.start("name")
            yield Mention(start, start + len(name), Kind.HANDLE)


_passports = _matches(
    re.compile(
        r"(?:паспорт|passport)[^\d.]{0,24}?(?:\b[A-ZА-ЯІЇЄҐ]{2} ?№? ?\d{6}|\d{9})(?!\d)",
        re.IGNORECASE,
    ),
    Kind.CODE,
)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b", re.IGNORECASE)


def _accounts(text: str, _: str) -> Iterator[Mention]:
    for found in _IBAN.finditer(text):
        if iban.is_valid(found.group()):
            yield Mention(*found.span(), Kind.ACCOUNT)


# --- numbers --------------------------------------------------------------------------------------

#: Digits with what people put between them.
_RUN = re.compile(r"[+(]{0,2}\d(?:[ ().\-/\u2010-\u2015]{0,3}\d)*")
_GROUP = re.compile(r"\d+")
#: What a number after these words counts is no person: an order, a bill, a parcel.
_REFERENCE = re.compile(
    r"(?:№|#|\b(?:(?:замовлен|заказ|накладн|рахун|сч[её]т|догов[оі]р|квитанц|[іи]нвойс|заявк|пос[иы]лк|артикул)\w*"
    r"|ттн|(?:чек|акт)(?:а|у|е|і|ом)?|(?:invoice|order|contract|receipt|waybill|parcel|ticket)s?|tracking|ref(?:erence)?))"
    r"[\s:.#№-]*(?:no|number|num|id|номер\w*|№)?[\s:.#№-]*$",
    re.IGNORECASE,
)
#: A number with one of these after it is an amount or a measure.
_UNIT = re.compile(
    r"\s?(?:грн|гривень|гривн|uah|₴|руб|р\b|rub|₽|дол|usd|\$|eur|€|євро|евро|zł|pln|коп|тис|тыс|млн|шт|кг|г\b|км|мм|см|%)",
    re.IGNORECASE,
)
_CODE_LABEL = re.compile(
    r"\b(?:єдрпоу|едрпоу|рнокпп|іпн|ипн|инн|інн|огрн\w*|код|edrpou|rnokpp|inn|ogrn|vat|tin|tax (?:id|number))"
    r"[\s:№#.-]*$",
    re.IGNORECASE,
)
_DATES = (
    re.compile(r"\d{1,2}[./-]\d{1,2}[./-](?:\d{2}|\d{4})"),
    re.compile(r"\d{4}[./-]\d{1,2}[./-]\d{1,2}"),
)
#: Digits of a telephone number, country code included or not.
_PHONE_DIGITS = range(7, 16)
#: A number that begins so is a telephone number wherever it stands in a run; others, only as the whole run.
_PHONE_START = re.compile(r"0|380|80|37[35]|[78][0-9]{10}$")
#: In fours, as cards show it: a slip in it is not looked for.
_CARD = re.compile(r"\d{4}(?:[ -]\d{4}){3}")
_CARD_DIGITS = frozenset({15, 16, 18, 19})
_CODE_DIGITS = frozenset({8, 10, 12, 13, 15})
_LABELLED_DIGITS = range(6, 16)
#: More groups than a number has: windows over them are bounded.
_MOST_GROUPS = 14


def _numbers(text: str, country: str) -> Iterator[Mention]:
    for run in _RUN.finditer(text):
        groups = list(_GROUP.finditer(text, *run.span()))
        named = _REFERENCE.search(text, 0, run.start()) is not None
        counts = _UNIT.match(text, run.end()) is not None
        for first in range(len(groups)):
            for last in range(first, min(first + _MOST_GROUPS, len(groups))):
                start, end = groups[first].start(), groups[last].end()
                whole = first == 0 and last == len(groups) - 1
                piece = text[start:end]
                if any(date.fullmatch(piece) for date in _DATES):
                    continue
                plus = text[max(0, start - 2) : start].rstrip("( ").endswith("+")
                doubt = not whole or named or counts
                digits = "".join(group.group() for group in groups[first : last + 1])
                if _is_card(piece, digits):
                    yield Mention(start, end, Kind.ACCOUNT)
                elif _is_phone(digits, country, plus=plus, doubt=doubt):
                    yield Mention(start - plus, end, Kind.PHONE)
                elif first == last and _is_code(
                    text, start, digits, country, doubt=named or counts
                ):
                    yield Mention(start, end, Kind.CODE)


def _is_card(piece: str, digits: str) -> bool:
    if len(digits) not in _CARD_DIGITS or digits[0] not in "23456":
        return False
    return bool(_CARD.fullmatch(piece) or luhn.is_valid(digits))


def _is_phone(digits: str, country: str, *, plus: bool, doubt: bool) -> bool:
    """Whether it reads as a telephone number. In doubt it must begin like one."""
    if len(digits) not in _PHONE_DIGITS:
        return False
    if doubt and not plus and not _PHONE_START.match(digits):
        return False
    return _reads(phone.read, "+" * plus + digits, country)


def _is_code(text: str, start: int, digits: str, country: str, *, doubt: bool) -> bool:
    if _CODE_LABEL.search(text, 0, start):
        return len(digits) in _LABELLED_DIGITS
    if doubt or len(digits) not in _CODE_DIGITS:
        return False
    places = {country, "UA", "RU"}
    readers = (company_code.normalise, tax_id.normalise)
    return any(_reads(reader, digits, place) for reader in readers for place in places)


def _reads(reader: Callable[..., object], *values: str) -> bool:
    try:
        reader(*values)
    except Unreadable:
        return False
    return True

"""Numbers that states give out: what tax ids and company codes share.

Lives here: reading letters and digits, running python-stdnum's checks of a country, the normal form
"UA:3184710691", and the RNOKPP, which persons and sole traders share. Not here: which numbers a person
or a company may have (`tax_id`, `company_code`). The normal form carries no name of the number's
type: two numbers of one country and one length are of one type, which is what `type_of` answers.
"""

import re
from collections.abc import Iterable
from datetime import date, timedelta

from stdnum import get_cc_module
from stdnum.exceptions import ValidationError

from registry.matching import placeholders
from registry.matching.errors import Unreadable
from registry.matching.writing import visible

_SEPARATORS = re.compile(r"[ \-./\u2010-\u2015]")
_WRITTEN = re.compile(r"[A-Z0-9]+")
#: Countries whose VAT numbers begin with other letters than their own.
_VAT_PREFIXES = {"GR": "EL"}

#: Names of numbers that people write before them: "код ЄДРПОУ 43210120", "IDNO: 1003600000000".
_LABEL = re.compile(
    r"(?:(?:ЄДРПОУ|ЕДРПОУ|ОКПО|РНОКПП|ДРФО|ІПН|ИПН|ИНН|ІНН|ИИН|ІІН|БИН|БІН|УНП|УНН|ОГРНИП|ОГРН|ПИНФЛ|СТИР|СНИЛС|код|номер"
    r"|EDRPOU|RNOKPP|DRFO|IPN|INN|IIN|BIN|UNP|OGRN|IDNO|IDNP|STIR|PINFL|JSHSHIR|PESEL|NIP|REGON|CUI|CIF|CNP|SIREN|SIRET"
    r"|VAT|TVA|TIN|EIN|SSN|tax id|tax|code|no|id)(?![A-Z])[ .:#№-]*)+(?=[A-Z0-9])",
    re.IGNORECASE,
)

#: The first five digits of an RNOKPP count days from here: 1 is 1 January 1900.
#: Source: uk.wikipedia.org/wiki/РНОКПП
_RNOKPP_EPOCH = date(1899, 12, 31)

#: For countries without a check: anything that a register could have written.
_ANY = re.compile(r"(?=.*[0-9])[A-Z0-9]{4,20}")


def written(text: str, country: str, what: str) -> str:
    """Return a code's capital letters and digits without separators, label and country; raise `Unreadable`."""
    text = visible(text, what, 60)
    label = _LABEL.match(text)
    if label:
        text = text[label.end() :]
    code = _SEPARATORS.sub("", text).upper()
    if not _WRITTEN.fullmatch(code):
        raise Unreadable(f"{what} may have Latin letters, digits and separators only.")
    prefix = _VAT_PREFIXES.get(country, country)
    rest = code.removeprefix(prefix)
    return rest if rest.isdigit() else code


def no_placeholder(number: str, what: str) -> str:
    """Return the number; raise `Unreadable` for one that is typed where a client gave none."""
    if placeholders.is_code(number):
        raise Unreadable(f"{what} is a placeholder: leave it out when the client gave none.")
    return number


def checked(code: str, country: str, checks: Iterable[str]) -> str | None:
    """Answer the code as the first of the country's named checks that passes it leaves it."""
    for name in checks:
        module = get_cc_module(country, name)
        if module is None:
            continue
        try:
            return module.validate(code)
        except (ValidationError, ValueError, LookupError, TypeError):
            continue
    return None


def has_check(country: str, checks: Iterable[str]) -> bool:
    """Answer whether python-stdnum knows any of these checks for the country."""
    return any(get_cc_module(country, name) is not None for name in checks)


def unchecked(code: str) -> str | None:
    """Answer a code of a country that has no check, if a register could have written it."""
    return code if _ANY.fullmatch(code) else None


def type_of(normalised: str) -> tuple[str, int]:
    """Answer country and length: numbers that differ in either say nothing about each other."""
    country, _, number = normalised.partition(":")
    return country, len(number)


def rnokpp(code: str) -> str | None:
    """Answer the ten digits of an RNOKPP, with or without UA before them; None for any other."""
    number = checked(code.removeprefix("UA"), "UA", ("rntrc",))
    if number is None or number.startswith("00000"):
        return None  # a placeholder: its check digit is right, its birth date is not
    return number


def birth_date_of(normalised: str) -> date | None:
    """Answer the birth date inside an RNOKPP ("UA:" and ten digits), None for other numbers."""
    country, _, number = normalised.partition(":")
    if country != "UA" or len(number) != 10:
        return None
    return _RNOKPP_EPOCH + timedelta(days=int(number[:5]))

"""Tax numbers of persons.

Lives here: RNOKPP (Ukraine), INN of twelve digits (Russia), and what python-stdnum checks for other
countries. Not here: the codes of companies (`company_code`). The birth date inside an RNOKPP
is offered here and lives in `codes`.

Left out on purpose: checks that read today's date (Belgium, Denmark, Norway, Sweden, Korea, South
Africa, Singapore), since a number must not become readable or unreadable by waiting.
"""

from registry.matching import codes
from registry.matching import country as countries
from registry.matching.codes import birth_date_of
from registry.matching.errors import Unreadable

__all__ = ["birth_date_of", "normalise"]

_WHAT = "The tax id"

#: Checks of python-stdnum for persons' numbers; elsewhere "vat" and "personalid" as it names them.
_CHECKS: dict[str, tuple[str, ...]] = {
    "AT": ("tin",),
    "BG": ("egn", "pnf"),
    "BY": ("unp",),
    "CH": ("ssn",),
    "CZ": ("rc",),
    "DE": ("idnr",),
    "EE": ("ik",),
    "ES": ("nif",),
    "FI": ("hetu",),
    "FR": ("nif",),
    "GB": ("utr",),
    "GR": ("vat",),
    "HR": ("oib",),
    "IL": ("idnr",),
    "IT": ("codicefiscale",),
    "LT": ("asmens",),
    "LV": ("pvn",),
    "MD": ("idno",),
    "NL": ("bsn",),
    "PL": ("pesel", "nip"),
    "PT": ("nif",),
    "RO": ("cnp",),
    "RU": ("inn",),
    "SK": ("rc",),
    "TR": ("tckimlik",),
    "US": ("ssn", "itin"),
    **dict.fromkeys(("BE", "DK", "KR", "NO", "SE", "SG", "ZA"), ()),
}
_ELSEWHERE = ("vat", "personalid")
_INN_DIGITS = 12

_REFUSALS = {
    "UA": "The tax id must be an RNOKPP: ten digits with a right check digit.",
    "RU": "The tax id must be a person's INN: twelve digits with right check digits.",
}


def normalise(text: str, country: str) -> str:
    """Answer the number as "UA:3184710691"; raise `Unreadable` when its check fails.

    A person's INN is read as Russia's wherever it is sent.
    """
    country = countries.normalise(country)
    code = codes.no_placeholder(codes.written(text, country, _WHAT), _WHAT)
    number = _checked(code, country)
    if number is None and len(code) == _INN_DIGITS and _checked(code, "RU"):
        # Twelve digits with two right check digits: a Russian's number, sent by a business elsewhere.
        return f"RU:{code}"
    if number is None:
        raise Unreadable(
            _REFUSALS.get(country, "The tax id does not pass the checks of its country.")
        )
    return f"{country}:{number}"


def _checked(code: str, country: str) -> str | None:
    if country == "UA":
        return codes.rnokpp(code)
    checks = _CHECKS.get(country, _ELSEWHERE)
    if not codes.has_check(country, checks):
        return codes.unchecked(code)
    number = codes.checked(code, country, checks)
    if number is None or (country == "RU" and len(number) != _INN_DIGITS):
        return None
    return number

"""Codes under which companies and sole traders are registered.

Lives here: EDRPOU and RNOKPP (Ukraine), INN and OGRN (Russia), VAT and register numbers elsewhere.
Used for the reported companies and for the businesses that sign up. Not here: whether the company
exists or is alive, which is an operator's to check.
"""

import re

from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError

from registry.matching import codes
from registry.matching import country as countries
from registry.matching.errors import Unreadable

_WHAT = "The company code"

#: Checks of python-stdnum in the order to try them; elsewhere "vat" and "businessid".
_CHECKS: dict[str, tuple[str, ...]] = {
    "CH": ("uid", "vat"),
    "DE": ("vat", "handelsregisternummer"),
    "EE": ("registrikood", "kmkr"),
    "FI": ("ytunnus", "alv"),
    "FR": ("siren", "siret", "tva"),
    "NO": ("orgnr", "mva"),
    "PL": ("nip", "regon"),
    "RU": ("inn", "ogrn"),
    "SE": ("orgnr", "vat"),
    "SI": ("ddv", "maticna"),
    "UA": ("edrpou",),
    "US": ("ein",),
    "SG": (),  # its check reads today's date
}
_ELSEWHERE = ("vat", "businessid")

#: Register numbers without a check digit, beside the VAT numbers that have one.
_REGISTERS = {
    "GB": re.compile(r"(?:[A-Z]{2}|[0-9]{2})[0-9]{6}"),  # Companies House
    "LT": re.compile(r"[0-9]{9}"),  # Juridinių asmenų registras
    "NL": re.compile(r"[0-9]{8}"),  # KVK
    "SK": re.compile(r"[0-9]{8}"),  # IČO
}

_REFUSALS = {
    "UA": "The company code must be an EDRPOU (eight digits) or, of a sole trader, an RNOKPP "
    "(ten digits), with a right check digit.",
    "RU": "The company code must be an INN (ten digits, or twelve of a sole trader) or an OGRN, "
    "with right check digits.",
}

#: Lengths at which a company's code is the tax id of a person: the sole trader's own.
_PERSONAL = frozenset({("UA", 10), ("RU", 12)})


def normalise(text: str, country: str) -> str:
    """Answer the code as "UA:43210120"; raise `Unreadable` when its check fails.

    A VAT number that starts with another EU country's letters is read as that country's.
    """
    country = countries.normalise(country)
    code = codes.no_placeholder(codes.written(text, country, _WHAT), _WHAT)
    number = _checked(code, country)
    if number is not None:
        return f"{country}:{number}"
    if foreign := _eu_vat(code):
        return foreign
    raise Unreadable(
        _REFUSALS.get(country, "The company code does not pass the checks of its country.")
    )


def personal_tax_id(normalised: str) -> str | None:
    """Answer the code again if it is a sole trader's own tax id, else None."""
    return normalised if codes.type_of(normalised) in _PERSONAL else None


def _checked(code: str, country: str) -> str | None:
    checks = _CHECKS.get(country, _ELSEWHERE)
    if not codes.has_check(country, checks):
        return codes.unchecked(code)
    number = codes.checked(code, country, checks)
    if number is None and country == "UA":
        return codes.rnokpp(code)
    register = _REGISTERS.get(country)
    if number is None and register and register.fullmatch(code):
        return code
    return number


def _eu_vat(code: str) -> str | None:
    """Answer a VAT number by its own two letters, None when it has none that the EU uses."""
    country = {"EL": "GR", "XI": "GB"}.get(code[:2], code[:2])
    try:
        number = eu_vat.validate(code)
    except (ValidationError, ValueError, LookupError, TypeError):
        return None
    return f"{country}:{number.removeprefix(code[:2])}"

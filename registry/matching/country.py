"""Countries by their two letters.

Lives here: reading the code that says by whose habits phones, tax ids and company codes are read.
Not here: names of countries, languages, currencies.
"""

import re

from phonenumbers import SUPPORTED_REGIONS

from registry.matching.errors import Unreadable

_TWO_LETTERS = re.compile(r"[A-Za-z]{2}")

#: Codes in use that ISO 3166 writes otherwise: Greece and Northern Ireland in VAT numbers, Britain.
_ALSO = {"EL": "GR", "XI": "GB", "UK": "GB"}


def normalise(text: str) -> str:
    """Answer the ISO 3166 alpha-2 code in capitals; raise `Unreadable` for what is no country's."""
    code = text.strip(" ").upper() if _TWO_LETTERS.fullmatch(text.strip(" ")) else ""
    code = _ALSO.get(code, code)
    if code not in SUPPORTED_REGIONS:
        raise Unreadable("The country must be the two letters of ISO 3166, such as UA.")
    return code

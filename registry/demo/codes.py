"""Tax numbers and company codes with right check digits, in ranges that no register has given out.

Lives here: making them from random digits. Not here: reading them (`registry.matching`), which the tests
hold against these.
"""

from datetime import date, timedelta
from random import Random

from stdnum.de import vat as de_vat
from stdnum.iso7064 import mod_11_10
from stdnum.pl import nip as pl_nip
from stdnum.ua import edrpou as ua_edrpou
from stdnum.ua import rntrc as ua_rnokpp

#: Day nought of the five digits that an RNOKPP begins with.
_EPOCH = date(1899, 12, 31)


def rnokpp(dice: Random, born: date, *, man: bool) -> str:
    """A person's tax number: birth date, a serial number above all that were given out, sex, check digit."""
    serial = f"9{dice.randrange(100):02d}{dice.choice('13579' if man else '02468')}"
    body = f"{(born - _EPOCH).days:05d}{serial}"
    return body + str(ua_rnokpp.calc_check_digit(body))


def trader_code(dice: Random) -> str:
    """The register code of a sole trader: the tax number of a grown person."""
    born = date(1970, 1, 1) + timedelta(days=dice.randrange(30 * 365))
    return rnokpp(dice, born, man=dice.random() < 0.5)


def edrpou(dice: Random) -> str:
    """A company's code above all that were given out."""
    body = f"9{dice.randrange(10**6):06d}"
    return body + str(ua_edrpou.calc_check_digit(body))


def nip(dice: Random) -> str:
    """A Polish tax number of an office that does not exist."""
    while True:
        number = f"000{dice.randrange(10**7):07d}"
        if pl_nip.is_valid(number):
            return number


def german_vat(dice: Random) -> str:
    """A German VAT number above all that were given out."""
    body = f"9{dice.randrange(10**7):07d}"
    number = f"DE{body}{mod_11_10.calc_check_digit(body)}"
    de_vat.validate(number)
    return number


def lithuanian_code(dice: Random) -> str:
    """A Lithuanian company's code, which has no check digit, above all that were given out."""
    return f"99{dice.randrange(10**7):07d}"

"""Amounts of money: the currencies that there are, and the bands that lookups show in place of sums."""

from decimal import Decimal
from types import MappingProxyType

#: ISO 4217, List One of 1 January 2026, without funds, metals and codes for tests; and the lev, in which incidents of
#: 2025 are.
CURRENCIES = frozenset(
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF"
    " CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL"
    " HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD"
    " MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG"
    " QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD"
    " TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG".split()
)
#: Currencies whose minor unit is not a hundredth.
_MINOR_DIGITS = MappingProxyType(
    dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0)
    | dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3)
)
#: Upper bounds in major units.
_BANDS = (
    (500, "0-500"),
    (1_000, "500-1000"),
    (5_000, "1000-5000"),
    (20_000, "5000-20000"),
    (100_000, "20000-100000"),
)


def in_major(amount: int, currency: str) -> str:
    """An amount of minor units as English writes it: `1,250.00`."""
    digits = _MINOR_DIGITS.get(currency, 2)
    return f"{Decimal(amount).scaleb(-digits):,.{digits}f}"


def amount_band(amount: int, currency: str) -> str:
    """The band of an amount in minor units; a bound belongs to the higher band."""
    major = amount / 10 ** _MINOR_DIGITS.get(currency, 2)
    return next((name for bound, name in _BANDS if major < bound), "100000+")

"""Tax ids and company codes: checksums, prefixes, countries, and what a sole trader writes."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.ua import rntrc

from registry.matching import codes, company_code, tax_id
from tests.matching.values import near_misses, read_or_none, refusal, unhurried

TAX_IDS = [
    # written, country, normal form, why
    ("3184710691", "UA", "UA:3184710691", "RNOKPP"),
    (" 31847 10691 ", "UA", "UA:3184710691", "grouped"),
    ("РНОКПП 3184710691", "UA", "UA:3184710691", "named"),
    ("ІПН: 3184710691", "UA", "UA:3184710691", "named as it was until 2012"),
    ("UA3184710691", "UA", "UA:3184710691", "with the country"),
    ("3184710691", "ua", "UA:3184710691", "country in lower case"),
    ("770012345606", "RU", "RU:770012345606", "a person's INN"),
    ("ИНН 7700-1234-5606", "RU", "RU:770012345606", "named and grouped"),
    ("90020212347", "PL", "PL:90020212347", "PESEL"),
    ("PL 123-456-78-02", "PL", "PL:1234567802", "NIP, by which sole traders pay"),
    ("11234567890", "DE", "DE:11234567890", "Steuer-Identifikationsnummer"),
    ("123456789012", "KZ", "KZ:123456789012", "no check known: any number"),
    ("AB-1234567", "BE", "BE:AB1234567", "its check reads the clock: any number"),
]

BAD_TAX_IDS = [
    ("3184710690", "UA", "wrong check digit"),
    ("318471069", "UA", "nine digits"),
    ("31847106911", "UA", "eleven digits"),
    ("0000000000", "UA", "a placeholder with a right check digit"),
    ("318471О691", "UA", "Cyrillic О for 0"),
    ("３184710691", "UA", "full-width digit"),
    ("АА123456", "UA", "a passport is no tax id"),
    ("43210120", "UA", "a company's code"),
    ("770012345616", "RU", "wrong check digits"),
    ("7700123459", "RU", "a company's INN"),
    ("90020212348", "PL", "wrong check digit"),
    ("ABCDEFGH", "KZ", "no digit at all"),
    ("123", "KZ", "too short for any register"),
    ("1" * 21, "KZ", "too long for any register"),
    ("3184710691", "ZZ", "no such country"),
    ("3184710691", "", "no country"),
    ("3184710691\u200e", "UA", "left-to-right mark"),
    ("", "UA", "empty"),
    ("- -", "UA", "separators only"),
]

COMPANY_CODES = [
    ("43210120", "UA", "UA:43210120", "EDRPOU"),
    ("ЄДРПОУ 43210120", "UA", "UA:43210120", "named"),
    ("UA 43210120", "UA", "UA:43210120", "with the country"),
    ("00543217", "UA", "UA:00543217", "leading noughts"),
    ("3184710691", "UA", "UA:3184710691", "a sole trader's RNOKPP"),
    ("7700123459", "RU", "RU:7700123459", "a company's INN"),
    ("770012345606", "RU", "RU:770012345606", "a sole trader's INN"),
    ("1027700123450", "RU", "RU:1027700123450", "OGRN"),
    ("PL1234567802", "PL", "PL:1234567802", "VAT with its letters"),
    ("1234567802", "PL", "PL:1234567802", "VAT without its letters"),
    ("DE123456788", "UA", "DE:123456788", "another country's VAT, sent without the country"),
    ("ATU 12345675", "AT", "AT:U12345675", "the U of Austria stays"),
    ("EL 123456783", "UA", "GR:123456783", "Greece writes EL"),
    ("01234567", "GB", "GB:01234567", "Companies House"),
    ("SC123456", "GB", "GB:SC123456", "Companies House, Scotland"),
    ("123456782", "FR", "FR:123456782", "SIREN"),
    ("CHE-123.456.788", "CH", "CH:CHE123456788", "UID"),
    ("91-1234567", "US", "US:911234567", "EIN"),
    ("123456789012", "KZ", "KZ:123456789012", "no check known: any number"),
]

BAD_COMPANY_CODES = [
    ("43210121", "UA", "wrong check digit"),
    ("4321012", "UA", "seven digits"),
    ("00000000", "UA", "a placeholder with a right check digit"),
    ("0000000000", "UA", "a placeholder with a right check digit, ten digits"),
    ("3184710690", "UA", "wrong check digit of a sole trader's"),
    ("7700123458", "RU", "wrong check digit"),
    ("0000000000", "RU", "a placeholder"),
    ("1234567803", "PL", "wrong check digit"),
    ("DE123456789", "UA", "wrong check digit of another country's VAT"),
    ("US911234567", "UA", "no VAT number, and no Ukrainian code"),
    ("432101б0", "UA", "Cyrillic б for 6"),
    ("abc", "KZ", "no digit"),
    ("43210120", "XX", "no such country"),
]


@pytest.mark.parametrize(("written", "country", "expected", "why"), TAX_IDS)
def test_a_tax_id_is_read(written: str, country: str, expected: str, why: str) -> None:
    assert tax_id.normalise(written, country) == expected, why


@pytest.mark.parametrize(("written", "country", "why"), BAD_TAX_IDS)
def test_a_tax_id_is_refused(written: str, country: str, why: str) -> None:
    detail = refusal(lambda: tax_id.normalise(written, country))
    assert not written or written not in detail, why


@pytest.mark.parametrize(("written", "country", "expected", "why"), COMPANY_CODES)
def test_a_company_code_is_read(written: str, country: str, expected: str, why: str) -> None:
    assert company_code.normalise(written, country) == expected, why


@pytest.mark.parametrize(("written", "country", "why"), BAD_COMPANY_CODES)
def test_a_company_code_is_refused(written: str, country: str, why: str) -> None:
    detail = refusal(lambda: company_code.normalise(written, country))
    assert written not in detail, why


@pytest.mark.parametrize(
    ("normalised", "expected"),
    [
        ("UA:3184710691", date(1987, 3, 12)),
        ("UA:0000100009", date(1900, 1, 1)),
        ("UA:43210120", None),
        ("RU:770012345606", None),
        ("PL:1234567802", None),
    ],
)
def test_the_birth_date_inside(normalised: str, expected: date | None) -> None:
    assert tax_id.birth_date_of(normalised) == expected


@pytest.mark.parametrize(
    ("normalised", "personal"),
    [
        ("UA:3184710691", True),
        ("UA:43210120", False),
        ("RU:770012345606", True),
        ("RU:7700123459", False),
        ("PL:1234567802", False),
    ],
)
def test_a_sole_traders_code_is_a_persons(normalised: str, *, personal: bool) -> None:
    assert (company_code.personal_tax_id(normalised) == normalised) is personal


def test_numbers_of_two_lengths_are_of_two_types() -> None:
    assert codes.type_of("PL:90020212347") != codes.type_of("PL:1234567802")
    assert codes.type_of("UA:43210120") == codes.type_of("UA:00543217")
    assert codes.type_of("UA:43210120") != codes.type_of("PL:43210120")


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.integers(0, 9999))
def test_every_day_can_be_inside_an_rnokpp(day: date, serial: int) -> None:
    number = f"{(day - date(1899, 12, 31)).days:05d}{serial:04d}"
    number += rntrc.calc_check_digit(number)
    assert tax_id.birth_date_of(tax_id.normalise(number, "UA")) == day


COUNTRIES = (
    "UA RU BY PL DE FR IT ES GB US LT EE CH NL BE DK SE NO RO BG CZ SK KZ GE IN IS TR".split()
)


@unhurried
@given(
    near_misses | st.from_regex(r"[A-Z]{0,3}[0-9]{4,14}[A-Z]?", fullmatch=True),
    st.sampled_from(COUNTRIES),
)
def test_only_refusals_escape_and_the_normal_form_stays(text: str, country: str) -> None:
    for read in (tax_id.normalise, company_code.normalise):
        code = read_or_none(lambda: read(text, country))  # noqa: B023 - called before the next turn
        if code is not None:
            of, _, number = code.partition(":")
            assert read(number, of) == code
            tax_id.birth_date_of(code)

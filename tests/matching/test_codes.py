"""Tax ids and company codes: checksums, prefixes, countries, and what a sole trader writes."""

from collections.abc import Callable
from datetime import date
from functools import partial

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
    ("3184710691\u200e", "UA", "UA:3184710691", "left-to-right mark"),
    ("ІПН 3184710691", "UA", "UA:3184710691", "named"),
    ("код ДРФО: 3184710691", "UA", "UA:3184710691", "named twice"),
    ("код 3184710691", "UA", "UA:3184710691", "called a code"),
    ("ИИН 851129301234", "KZ", "KZ:851129301234", "a Kazakh's, named"),
    ("STIR 302936161", "UZ", "UZ:302936161", "an Uzbek's, named"),
    ("UZ302936161", "UZ", "UZ:302936161", "with the country"),
    ("770012345606", "RU", "RU:770012345606", "a person's INN"),
    ("ИНН 7700-1234-5606", "RU", "RU:770012345606", "named and grouped"),
    ("90020212347", "PL", "PL:90020212347", "PESEL"),
    ("PL 123-456-78-02", "PL", "PL:1234567802", "NIP, by which sole traders pay"),
    ("11234567890", "DE", "DE:11234567890", "Steuer-Identifikationsnummer"),
    ("851129301234", "KZ", "KZ:851129301234", "no check known: any number"),
    ("AB-8502917", "BE", "BE:AB8502917", "its check reads the clock: any number"),
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
    ("", "UA", "empty"),
    ("- -", "UA", "separators only"),
]

COMPANY_CODES = [
    ("43210120", "UA", "UA:43210120", "EDRPOU"),
    ("ЄДРПОУ 43210120", "UA", "UA:43210120", "named"),
    ("код ЄДРПОУ 43210120", "UA", "UA:43210120", "named at length"),
    ("RO18547290", "RO", "RO:18547290", "VAT with its letters"),
    ("18547290", "RO", "RO:18547290", "VAT without its letters"),
    ("IDNO 1003600012346", "MD", "MD:1003600012346", "a Moldovan's, named"),
    ("BIN 990440008412", "KZ", "KZ:990440008412", "a Kazakh's, named"),
    ("UA 43210120", "UA", "UA:43210120", "with the country"),
    ("00543217", "UA", "UA:00543217", "leading noughts"),
    ("3184710691", "UA", "UA:3184710691", "a sole trader's RNOKPP"),
    ("7700123459", "RU", "RU:7700123459", "a company's INN"),
    ("770012345606", "RU", "RU:770012345606", "a sole trader's INN"),
    ("1027700123450", "RU", "RU:1027700123450", "OGRN"),
    ("PL1234567802", "PL", "PL:1234567802", "VAT with its letters"),
    ("1234567802", "PL", "PL:1234567802", "VAT without its letters"),
    ("DE136690204", "UA", "DE:136690204", "another country's VAT, sent without the country"),
    ("ATU 13580604", "AT", "AT:U13580604", "the U of Austria stays"),
    ("EL 094015500", "UA", "GR:094015500", "Greece writes EL"),
    ("01824567", "GB", "GB:01824567", "Companies House"),
    ("SC471203", "GB", "GB:SC471203", "Companies House, Scotland"),
    ("734015506", "FR", "FR:734015506", "SIREN"),
    ("CHE-100.155.005", "CH", "CH:CHE100155005", "UID"),
    ("91-1234567", "US", "US:911234567", "EIN"),
    ("851129301234", "KZ", "KZ:851129301234", "no check known: any number"),
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


@pytest.mark.parametrize(
    "country", ["UA", "RU", "KZ", "UZ", "KG", "GE", "PL", "BG", "US", "GR", "BE", "FR", "GB", "MD"]
)
@pytest.mark.parametrize("length", [8, 9, 10, 11, 12, 13])
@pytest.mark.parametrize("read", [tax_id.normalise, company_code.normalise])
def test_placeholders_are_refused(
    country: str, length: int, read: Callable[[str, str], str]
) -> None:
    """One digit throughout, and digits in order: two strangers with one of these would be one person."""
    in_order = [
        "01234567890123456789"[:length],
        "12345678901234567890"[:length],
        "98765432109876543210"[:length],
    ]
    for code in (*(digit * length for digit in "0123456789"), *in_order):
        assert read_or_none(partial(read, code, country)) is None
        assert read_or_none(partial(read, f"{country}{code}", country)) is None


@pytest.mark.parametrize(
    ("written", "country"),
    [("500100732259", "RU"), ("078-05-1120", "US"), ("44051401359", "PL")],
)
def test_known_placeholders_are_refused(written: str, country: str) -> None:
    refusal(lambda: tax_id.normalise(written, country))


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

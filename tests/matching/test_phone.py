"""Telephone numbers: every way of writing one, and everything that only looks like one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.matching import phone
from tests.matching.values import near_misses, read_or_none, refusal, unhurried

READ = [
    # written, country, normal form, why
    ("+380501234567", "UA", "+380501234567", "E.164"),
    ("+380501234567", "DE", "+380501234567", "E.164 needs no country"),
    ("0501234567", "UA", "+380501234567", "national"),
    ("380501234567", "UA", "+380501234567", "the plus forgotten"),
    ("380501234567", "PL", "+380501234567", "the plus forgotten, asked from abroad"),
    ("80501234567", "UA", "+380501234567", "trunk prefix 8 of before 2009"),
    ("8-050-123-45-67", "UA", "+380501234567", "the same, grouped"),
    ("501234567", "UA", "+380501234567", "nine digits, without the trunk 0"),
    ("+380 (50) 123-45-67", "UA", "+380501234567", "brackets and hyphens"),
    ("+38 (050) 123 45 67", "UA", "+380501234567", "code split before the 0"),
    ("+38 (0) 50 123 45 67", "UA", "+380501234567", "the 0 in brackets"),
    ("00380501234567", "UA", "+380501234567", "international prefix"),
    ("0038 050 123 45 67", "UA", "+380501234567", "international prefix, grouped"),
    ("050.123.45.67", "UA", "+380501234567", "dots"),
    ("050/123-45-67", "UA", "+380501234567", "slash"),
    ("050\u00a0123\u00a045\u00a067", "UA", "+380501234567", "no-break spaces"),
    ("050\u2009123\u202f4567", "UA", "+380501234567", "thin spaces"),
    ("050–123–45–67", "UA", "+380501234567", "dashes"),
    ("tel:+380-50-123-45-67", "UA", "+380501234567", "link"),
    ("  0501234567 ", "UA", "+380501234567", "blanks around"),
    ("+380505550001", "UA", "+380505550001", "demonstration numbers are numbers"),
    ("0505559999", "UA", "+380505559999", "demonstration numbers, national"),
    ("044 123 45 67", "UA", "+380441234567", "landline of Kyiv"),
    ("8 044 123 45 67", "UA", "+380441234567", "landline, old trunk prefix"),
    ("0800500500", "UA", "+380800500500", "toll-free"),
    ("8 916 123-45-67", "RU", "+79161234567", "Russian trunk prefix"),
    ("7 916 123-45-67", "RU", "+79161234567", "Russian, the plus forgotten"),
    ("9161234567", "RU", "+79161234567", "Russian, bare"),
    ("8 (916) 123-45-67", "UA", "+79161234567", "Russian trunk prefix, asked from Ukraine"),
    ("79161234567", "UA", "+79161234567", "Russian, the plus forgotten, asked from Ukraine"),
    ("8 701 123 45 67", "KZ", "+77011234567", "Kazakh"),
    ("8 029 123-45-67", "BY", "+375291234567", "Belarusian trunk prefix"),
    ("375291234567", "UA", "+375291234567", "neighbour, the plus forgotten"),
    ("030 901820", "DE", "+4930901820", "German landline"),
    ("020 7946 0958", "GB", "+442079460958", "British landline"),
    ("(202) 555-0123", "US", "+12025550123", "American"),
    ("06 12345678", "NL", "+31612345678", "Dutch mobile"),
    ("601 234 500", "PL", "+48601234500", "Polish mobile, no trunk prefix"),
    ("9161234567", "UA", "+79161234567", "ten digits that no Ukrainian number has"),
    ("8-495-509-25-01", "UA", "+74955092501", "a town's number after the trunk prefix"),
    ("74955092501", "UA", "+74955092501", "or after the country code without a plus"),
    ("+38 (67) 000-12-34", "UA", "+380670001234", "the 0 left out, as sites print it"),
    ("+38 (67) 000-12-34", "DE", "+380670001234", "the same, asked from abroad"),
    ("+38 67 000 12 34", "SI", "+380670001234", "the same, asked from Slovenia"),
    ("38 67 000 12 34", "UA", "+380670001234", "and without the plus"),
    ("38670001234", "UA", "+380670001234", "and without blanks: no plus, so no other country's"),
    ("+386 70 001 234", "UA", "+38670001234", "a blank after the code tells that it is Slovenian"),
    ("+38670001234", "DE", "+38670001234", "E.164, asked from a third country"),
    ("0038670001234", "DE", "+38670001234", "the same with 00"),
    ("931234567.0", "UA", "+380931234567", "a spreadsheet's float"),
    ("380931234567.0", "UA", "+380931234567", "the same with the country code"),
    ("8 71 234 56 78", "UZ", "+998712345678", "an Uzbek trunk 8"),
    ("998712345678", "UZ", "+998712345678", "the plus forgotten"),
    ("8 44 123 45 67", "UA", "+380441234567", "the own country comes before Russia"),
    ("050\u200b1234567", "UA", "+380501234567", "zero-width space"),
    (
        "\u202d+380501234567\u202c",
        "UA",
        "+380501234567",
        "marks of direction from a phone's contacts",
    ),
    ("0501234567\n", "UA", "+380501234567", "line feed"),
    ("050\t1234567", "UA", "+380501234567", "tab"),
    ("тел. 0505550177", "UA", "+380505550177", "a label"),
    ("Моб. тел.: 050 555-01-77", "UA", "+380505550177", "two labels"),
    ("0505550177 Viber", "UA", "+380505550177", "a messenger's name"),
    ("0505550177 (viber, telegram)", "UA", "+380505550177", "two of them"),
    ("tel +380505550177", "UA", "+380505550177", "a label in Latin letters"),
]

REFUSED = [
    ("050-SHEVA-12", "UA", "letters of a vanity number"),
    ("O501234567", "UA", "Latin O for 0"),
    ("О501234567", "UA", "Cyrillic О for 0"),
    ("050123456З", "UA", "Cyrillic З for 3"),
    ("٠٥٠١٢٣٤٥٦٧", "UA", "Arabic-Indic digits"),
    ("０５０１２３４５６７", "UA", "full-width digits"),
    ("＋380501234567", "UA", "full-width plus"),
    ("050123456⁷", "UA", "superscript digit"),
    ("050 123 45 67 ext. 4", "UA", "extension"),
    ("0501234567#4", "UA", "extension after #"),
    ("+380501234567;ext=4", "UA", "extension of RFC 3966"),
    ("0501234567,,4", "UA", "pause"),
    ("050 123 45 67 доб. 4", "UA", "extension in Cyrillic"),
    ("05012345", "UA", "too short"),
    ("050123456789", "UA", "too long"),
    ("123", "UA", "a short code"),
    ("+3805012345678901234", "UA", "longer than any"),
    ("0001234567", "UA", "no such prefix"),
    ("0101234567", "UA", "no such network"),
    ("+99912345678", "UA", "no such country"),
    ("9161234567", "US", "bare Russian digits mean nothing in America"),
    ("8 916 123-45-67", "US", "an old Russian trunk prefix means nothing in America"),
    ("0501234567", "ZZ", "national digits of no country"),
    ("050+1234567", "UA", "plus inside"),
    ("++380501234567", "UA", "two pluses"),
    ("\u202e0501234567", "UA", "right-to-left override"),
    ("0501234567\u0000", "UA", "NUL"),
    ("", "UA", "empty"),
    ("   ", "UA", "blank"),
    ("+", "UA", "a plus alone"),
    ("0501234567 0671234567", "UA", "two numbers"),
    ("3,8E+11", "UA", "rounded by a spreadsheet"),
    ("3.80501E+11", "UA", "rounded by a spreadsheet"),
    ("+380 38 0505 55 50", "UA", "a mask that was filled twice"),
    ("+38038 0505 55 50", "UA", "the same"),
    ("+38670001234", "UA", "a number of Ukraine or of Slovenia"),
    ("+38 67 000 12", "UA", "an operator's code, and too few digits"),
    ("0" * 1000, "UA", "very long"),
]


@pytest.mark.parametrize(("written", "country", "expected", "why"), READ)
def test_is_read(written: str, country: str, expected: str, why: str) -> None:
    assert phone.normalise(written, country) == expected, why


@pytest.mark.parametrize(("written", "country", "why"), REFUSED)
def test_is_refused(written: str, country: str, why: str) -> None:
    detail = refusal(lambda: phone.normalise(written, country))
    assert len(written.strip()) < 2 or written not in detail, why


@unhurried
@given(
    prefix=st.sampled_from(["+380", "380", "80", "0", ""]),
    subscriber=st.from_regex(r"[1-9][0-9]{8}", fullmatch=True),
    country=st.sampled_from(["UA", "PL", "RU"]),
)
def test_the_fast_path_is_the_full_path(prefix: str, subscriber: str, country: str) -> None:
    """What is read by the pattern for Ukrainian mobiles is read the same by the plans."""
    written = prefix + subscriber
    assert read_or_none(lambda: phone.read(written, country)) == read_or_none(
        lambda: phone.by_plan(written, country)
    )


@pytest.mark.parametrize("network", range(10, 100))
@pytest.mark.parametrize("prefix", ["+380", "380", "80", "0", ""])
def test_the_fast_path_knows_the_networks(prefix: str, network: int) -> None:
    written = f"{prefix}{network}1234567"
    assert read_or_none(lambda: phone.read(written, "UA")) == read_or_none(
        lambda: phone.by_plan(written, "UA")
    )


@pytest.mark.parametrize(
    ("written", "country", "says"),
    [
        ("+38670001234", "UA", "+380 or of +386"),
        ("3,8E+11", "UA", "spreadsheet"),
        ("0505550177 доб. 12", "UA", "extension"),
        ("0501234567 0671234567", "UA", "several"),
        ("+380 38 0505 55 50", "UA", "twice"),
        ("9999999999", "RU", "placeholder"),
    ],
)
def test_a_refusal_says_what_to_do(written: str, country: str, says: str) -> None:
    assert says in refusal(lambda: phone.normalise(written, country))


@pytest.mark.parametrize(
    ("written", "country"),
    [
        ("0000000000", "UA"),
        ("1111111111", "UA"),
        ("1234567890", "UA"),
        ("0123456789", "UA"),
        ("9876543210", "UA"),
        ("9999999999", "RU"),
        ("+7 999 999-99-99", "RU"),
        ("0500000000", "UA"),
        ("+48 600 000 000", "PL"),
        ("5555555555", "US"),
    ],
)
def test_a_placeholder_is_refused(written: str, country: str) -> None:
    refusal(lambda: phone.normalise(written, country))


A, B, C = "+380671234567", "+380501234567", "+380931234567"


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        ("067 123-45-67, 050 123-45-67", [A, B]),
        ("0671234567;0501234567", [A, B]),
        ("0671234567/0501234567", [A, B]),
        ("067/123-45-67", [A]),
        ("0671234567 або 0501234567", [A, B]),
        ("0671234567 или 0501234567 и 0931234567", [A, B, C]),
        ("067 123 45 67 050 123 45 67", [A, B]),
        ("0671234567\n0501234567", [A, B]),
    ],
)
def test_several_numbers_in_one_field(written: str, numbers: list[str]) -> None:
    assert phone.normalise_all(written, "UA") == numbers


@pytest.mark.parametrize("written", ["0671234567, 123", "nothing", ", ".join(["0671234567"] * 5)])
def test_a_field_of_which_a_part_is_no_number_is_refused_whole(written: str) -> None:
    whole = refusal(lambda: phone.normalise(written, "UA"))
    assert refusal(lambda: phone.normalise_all(written, "UA")) == whole


@unhurried
@given(near_misses, st.sampled_from(["UA", "RU", "BY", "DE", "US", "ZZ"]))
def test_only_refusals_escape_and_the_normal_form_stays(text: str, country: str) -> None:
    number = read_or_none(lambda: phone.normalise(text, country))
    if number is not None:
        assert re.fullmatch(r"\+[1-9][0-9]{6,14}", number)
        assert phone.normalise(number, "JP") == number


@unhurried
@given(st.from_regex(r"05055[0-9]{5}", fullmatch=True), st.lists(st.sampled_from(" -.()\u00a0")))
def test_separators_say_nothing(digits: str, separators: list[str]) -> None:
    written = digits[:3] + "".join(separators[:20]) + digits[3:]
    assert phone.normalise(written, "UA") == "+38" + digits

"""Two records side by side: the level of each field, what contradicts, what follows, and the words for it."""

from itertools import combinations
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.matching import parameters as release
from registry.matching import reasons, weights
from registry.matching.agreement import Part
from registry.matching.comparison import compare, contradicting
from registry.matching.decision import Verdict, judge
from registry.matching.party import Subject
from registry.matching.profile import profile
from tests.matching.values import contradictions, make_subject, person_names

PHONE = "0501234567"

CONTRADICTIONS: list[tuple[dict[str, str], dict[str, str], set[str], str]] = [
    ({"phone": PHONE}, {"phone": PHONE}, set(), "nothing to compare"),
    ({"name": "Шевченко Олександр"}, {"name": "Шевченко Марія"}, {"name"}, "a relative"),
    ({"name": "Шевченко Олександр"}, {"name": "A. Shevchenko"}, set(), "an initial agrees"),
    ({"name": "Олена Коваль"}, {"name": "Олена Шевченко"}, set(), "marriage"),
    ({"birth_date": "1987-03-12"}, {"birth_date": "1987-03-13"}, {"birth_date"}, "another day"),
    ({"birth_date": "1987-03-12"}, {"tax_id": "3184710691"}, set(), "the day inside the RNOKPP"),
    ({"birth_date": "1990-01-01"}, {"tax_id": "3184710691"}, {"birth_date"}, "another inside"),
    (
        {"tax_id": "3184710691"},
        {"tax_id": "3299712346"},
        {"birth_date", "tax_id"},
        "another number, and another day inside",
    ),
    (
        {"tax_id": "90020212347", "country": "PL"},
        {"tax_id": "1234567802", "country": "PL"},
        set(),
        "PESEL and NIP are two types",
    ),
    ({"tax_id": "3184710691"}, {"tax_id": "770012345606", "country": "RU"}, set(), "two countries"),
    (
        {"kind": "company", "company_code": "43210120"},
        {"kind": "company", "company_code": "00543217"},
        {"company_code"},
        "two companies",
    ),
    (
        {"kind": "company", "company_code": "43210120"},
        {"kind": "company", "company_code": "3184710691"},
        set(),
        "a company and a sole trader: two types of number",
    ),
    (
        {"kind": "company", "name": "ТОВ Ромашка"},
        {"kind": "company", "name": "ТОВ Троянда"},
        set(),
        "companies trade under several names",
    ),
    (
        {"kind": "company", "name": "ФОП Шевченко Олександр"},
        {"name": "Олександр Шевченко"},
        set(),
        "a sole trader is a person",
    ),
    (
        {"kind": "company", "name": "ФОП Шевченко Олександр"},
        {"name": "Марія Шевченко"},
        {"name"},
        "a sole trader is another person",
    ),
    (
        {"kind": "company", "name": "ТОВ Ромашка"},
        {"name": "Марія Шевченко"},
        set(),
        "a company and its manager",
    ),
    (
        {"name": "Шевченко Олександр", "birth_date": "1987-03-12"},
        {"name": "Шевченко Марія", "birth_date": "1989-01-01"},
        {"name", "birth_date"},
        "two at once",
    ),
]


@pytest.mark.parametrize(("one", "other", "expected", "why"), CONTRADICTIONS)
def test_contradictions(
    one: dict[str, str], other: dict[str, str], expected: set[str], why: str
) -> None:
    a, b = make_subject(**one), make_subject(**other)
    assert contradictions(a, b) == expected, why
    assert contradictions(b, a) == expected, why


def levels(one: dict[str, Any], other: dict[str, Any]) -> dict[str, str]:
    return dict(compare(profile(make_subject(**one)), profile(make_subject(**other))).evidence)


NAME = {"name": "Шевченко Олександр Петрович"}
ALIKE = {"name": "Шевченко Олександр", "birth_date": "1987-03-12", "city": "Київ"}


@pytest.mark.parametrize(
    ("one", "other", "expected", "why"),
    [
        ({"phone": PHONE}, {"phone": "8-050-123-45-67"}, {"phone": "same"}, "another way"),
        ({"phone": PHONE}, {"phone": "0501234576"}, {"phone": "near"}, "two digits swapped"),
        ({"phone": PHONE}, {"phone": "0671111111"}, {"phone": "differs"}, "another"),
        ({"phone": PHONE}, {}, {}, "a field that is missing has no level"),
        ({"email": "o.koval@ukr.net"}, {"email": "o.kovel@ukr.net"}, {"email": "near"}, "a slip"),
        ({"email": "okoval77@ukr.net"}, {"email": "okoval77@i.ua"}, {"email": "near"}, "moved"),
        ({"email": "info@ukr.net"}, {"email": "info@meta.ua"}, {"email": "differs"}, "everybody's"),
        (
            {"birth_date": "1987-03-12"},
            {"birth_date": "1987-12-03"},
            {"birth_date": "slip"},
            "swap",
        ),
        (
            {"birth_date": "1987-03-12"},
            {"birth_date": "1961-03-12"},
            {"birth_date": "partial"},
            "year",
        ),
        (
            {"birth_date": "1987-03-12"},
            {"birth_date": "1987-01-01"},
            {"birth_date": "partial"},
            "year only",
        ),
        (
            {"birth_date": "1987-03-12"},
            {"birth_date": "1990-05-30"},
            {"birth_date": "differs"},
            "another",
        ),
        ({"city": "Київ"}, {"city": "Kiev"}, {"city": "same"}, "one town"),
        ({"city": "Київ"}, {"city": "Львів"}, {"city": "differs"}, "two"),
        (
            NAME,
            {"name": "Саша Шевченко"},
            {"given": "diminutive", "surname": "same"},
            "a short form",
        ),
        (
            NAME,
            {"name": "Шевченко О. П."},
            {"given": "initial", "surname": "same", "patronymic": "initial"},
            "initials",
        ),
        (NAME, {"name": "Шевчегко Олександр"}, {"given": "same", "surname": "slip"}, "a slip"),
        (NAME, {"name": "Шевченко Марія"}, {"given": "differs", "surname": "same"}, "a relative"),
    ],
)
def test_levels(
    one: dict[str, Any], other: dict[str, Any], expected: dict[str, str], why: str
) -> None:
    assert levels(one, other) == expected, why


def test_another_birth_date_is_a_slip_only_beside_an_agreeing_name() -> None:
    one, other = {"birth_date": "1987-03-12"}, {"birth_date": "1987-03-13"}
    assert contradictions(make_subject(**one), make_subject(**other)) == {"birth_date"}
    assert contradictions(make_subject(**one, **NAME), make_subject(**other, **NAME)) == set()


def test_a_day_that_stands_for_a_year_is_no_contradiction() -> None:
    said = {"birth_date": "1987-01-01", "phone": PHONE}
    assert levels(said, said)["birth_date"] == "partial"
    assert contradictions(make_subject(**said), make_subject(**said)) == set()


@pytest.mark.parametrize(
    ("one", "other", "verdict", "why"),
    [
        ({"phone": PHONE}, {"phone": PHONE}, Verdict.SAME, "nothing speaks against it"),
        (
            {"phone": PHONE, **NAME},
            {"phone": PHONE, "name": "Саша Шевченко"},
            Verdict.SAME,
            "a short form",
        ),
        (
            {"phone": PHONE, **NAME},
            {"phone": PHONE, "name": "Марія Шевченко"},
            Verdict.DIFFERENT,
            "a relative",
        ),
        (
            {"phone": PHONE, "name": "Іван Петренко"},
            {"phone": PHONE, "name": "Іван Гайдук"},
            Verdict.ASK,
            "a marriage?",
        ),
        (
            {"phone": PHONE, "name": "Ганна Олегівна Петренко"},
            {"phone": PHONE, "name": "Ганна Олегівна Гайдук"},
            Verdict.SAME,
            "a marriage: the father is the same",
        ),
        (
            {"phone": PHONE, "email": "anna77@ukr.net", "name": "Ганна Петренко"},
            {"phone": PHONE, "email": "anna77@ukr.net", "name": "Ганна Гайдук"},
            Verdict.SAME,
            "a marriage: two numbers in common",
        ),
        (
            {"phone": PHONE, "name": "Петренко"},
            {"phone": PHONE, "name": "Петнерко Іван"},
            Verdict.SAME,
            "nearly the same surname",
        ),
        (
            {"name": "Шевченко Олександр Іванович", "city": "Київ"},
            {"name": "Шевченко Олександр Іванович", "city": "Київ"},
            Verdict.ASK,
            "likeness of name and town alone never merges",
        ),
        (
            ALIKE,
            {**ALIKE, "name": "Саша Шевченко", "city": "Киев"},
            Verdict.SAME,
            "given name, surname, the day and the town",
        ),
        (
            {**NAME, "birth_date": "1987-03-12", "city": "Київ"},
            {**NAME, "birth_date": "1987-03-12", "city": "Киев"},
            Verdict.SAME,
            "the father's name as well",
        ),
        (
            ALIKE,
            {**ALIKE, "name": "Шевченко О."},
            Verdict.ASK,
            "an initial: twins share all the rest",
        ),
        (ALIKE, {**ALIKE, "name": "Шевчегко Олександр"}, Verdict.ASK, "a slip in the surname"),
        (
            {**ALIKE, "birth_date": "1987-01-01"},
            {**ALIKE, "birth_date": "1987-01-01"},
            Verdict.ASK,
            "a day that nobody asked for",
        ),
        (
            {"name": "Шевченко Олександр", "birth_date": "1987-03-12"},
            {"name": "Шевченко Олександр", "birth_date": "1987-03-12"},
            Verdict.ASK,
            "no town",
        ),
        (
            {**NAME, "birth_date": "1987-03-12", "city": "Київ"},
            {**NAME, "birth_date": "1987-03-12", "city": "Львів"},
            Verdict.ASK,
            "another town",
        ),
        (
            {**NAME, "birth_date": "1987-03-12", "city": "Київ"},
            {**NAME, "birth_date": "1987-03-13", "city": "Київ"},
            Verdict.ASK,
            "another day",
        ),
        (
            {**NAME, "phone": "0501234567", "city": "Київ"},
            {**NAME, "phone": "0501294567", "city": "Київ"},
            Verdict.SAME,
            "a digit wrong, and name and town agree",
        ),
        (
            {**NAME, "phone": "0501234567", "city": "Київ"},
            {**NAME, "phone": "0501234568", "city": "Київ"},
            Verdict.ASK,
            "two numbers sold together",
        ),
        (
            {"name": "Шевченко Олександр", "phone": "0501234567"},
            {"name": "Шевченко Олександр", "phone": "0501294567"},
            Verdict.SAME,
            "a digit wrong, and the whole name of no common surname",
        ),
        (
            {**NAME, "phone": "0501234567", "city": "Київ"},
            {"name": "Марія Шевченко", "phone": "0501294567", "city": "Київ"},
            Verdict.DIFFERENT,
            "a digit wrong, and a relative",
        ),
        (
            {"kind": "company", "name": "ТОВ Ромашка", "phone": PHONE},
            {"name": "Марія Шевченко", "phone": PHONE},
            Verdict.ASK,
            "a firm and its manager",
        ),
        ({"name": "Іван"}, {"name": "Іван"}, Verdict.APART, "one of many"),
        (
            {"kind": "company", "company_code": "43210120", "email": "a@firm.example"},
            {"kind": "company", "company_code": "43210120", "email": "b@else.example"},
            Verdict.SAME,
            "a number that a state gives out",
        ),
    ],
)
def test_what_follows(
    one: dict[str, Any], other: dict[str, Any], verdict: Verdict, why: str
) -> None:
    found = compare(profile(make_subject(**one)), profile(make_subject(**other)))
    parameters = release.default()
    assert judge(found, weights.weigh(found, parameters), parameters) is verdict, why


def test_contradicting_pairs_are_those_of_each_two_compared() -> None:
    """However many say the same: the short way finds what comparing each with each finds."""
    said = [
        {"name": "Шевченко Олександр", "phone": PHONE},
        {"name": "Шевченко Олександр", "birth_date": "1987-03-12"},
        {"name": "Шевченко Марія", "phone": PHONE},
        {"name": "Шевченко Олександр", "birth_date": "1961-05-30"},
        {"phone": PHONE},
    ]
    made = {number: profile(make_subject(**one)) for number, one in enumerate(said * 2)}
    found = {frozenset(pair) for pair in contradicting(made)}
    assert found == {
        frozenset((a, b))
        for a, b in combinations(made, 2)
        if compare(made[a], made[b]).contradictions
    }
    assert found


def test_what_too_many_share_says_nothing() -> None:
    """An office's number weighs nothing, and merges nobody."""
    office = profile(make_subject(phone=PHONE))
    found, parameters = compare(office, office), release.default()
    weighed = weights.weigh(found, parameters, common={"phone"})
    assert weighed.total == parameters.prior
    assert judge(found, weighed, parameters, common={"phone"}) is not Verdict.SAME


def test_a_rare_surname_weighs_more() -> None:
    parameters = release.default()
    rare, common = (weights.surname_rarity(n, 100_000, parameters) for n in (1, 50))
    assert rare > common
    assert weights.surname_rarity(3, 0, parameters) == 0
    alike = compare(profile(make_subject(**NAME)), profile(make_subject(**NAME)))
    assert (
        weights.weigh(alike, parameters, rarity=rare).total > weights.weigh(alike, parameters).total
    )


subjects = st.builds(
    lambda **fields: make_subject(**{k: v for k, v in fields.items() if v is not None}),
    phone=st.sampled_from([None, PHONE, "0501234576", "0671111111"]),
    email=st.sampled_from([None, "o.koval@ukr.net", "o.kovel@ukr.net"]),
    tax_id=st.sampled_from([None, "3184710691", "3299712346"]),
    birth_date=st.sampled_from([None, "1987-03-12", "1987-12-03", "1987-01-01"]),
    city=st.sampled_from([None, "Київ", "Kyiv", "Львів"]),
    address=st.sampled_from([None, "вул. Вигадана, 7", "Вигадана 7 кв. 2"]),
)


@given(subjects, subjects, person_names(), person_names())
def test_comparison_has_no_direction(one: Subject, other: Subject, name: str, theirs: str) -> None:
    """And every level that occurs has its words in three languages."""
    ours = profile(msgspec.structs.replace(one, name=name))
    others = profile(msgspec.structs.replace(other, name=theirs))
    found, turned = compare(ours, others), compare(others, ours)
    assert set(found.evidence) == set(turned.evidence)
    assert set(found.contradictions) == set(turned.contradictions)
    assert all(set(reasons.wording(*one)) == {"uk", "ru", "en"} for one in found.evidence)


@given(subjects)
def test_nobody_contradicts_themselves(subject: Subject) -> None:
    assert contradictions(subject, subject) <= {
        "birth_date"
    }  # the sent one may not be the tax id's
    if subject.birth_date in (None, subject.tax_birth_date()):
        assert contradictions(subject, subject) == set()


@pytest.mark.parametrize("part", [part for part in Part if part is not Part.MISSING])
def test_each_way_in_which_a_name_agrees_has_its_words(part: Part) -> None:
    for field in ("given", "surname", "patronymic"):
        assert set(reasons.wording(field, part.name.lower())) == {"uk", "ru", "en"}


def test_a_common_surname_needs_one_fact_more_beside_a_digit_wrong() -> None:
    """Two of a name that thousands bear, with numbers a digit apart, are a question; a town in common decides."""
    one = {"name": "Шевченко Олександр", "phone": "0501234567"}
    other = {"name": "Шевченко Олександр", "phone": "0501294567"}
    common = weights.RARITY_BOUNDS[0]
    for town, expected in (({}, Verdict.ASK), ({"city": "Київ"}, Verdict.SAME)):
        comparison = compare(
            profile(make_subject(**one, **town)), profile(make_subject(**other, **town))
        )
        weighed = weights.weigh(comparison, release.default(), rarity=common)
        assert judge(comparison, weighed, release.default()) is expected

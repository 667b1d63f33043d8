"""A lookup beside what is kept: grades, and the agreement that is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.matching import compare, names
from registry.matching.compare import Agreement, Grade
from registry.matching.party import STRONG, Subject
from tests.matching.values import contradictions, make_subject

PHONE = "0501234567"

GRADES: list[tuple[dict[str, str], list[dict[str, str]], Grade, str]] = [
    ({"phone": PHONE}, [{"phone": "8-050-123-45-67"}], Grade.STRONG, "only the phone"),
    (
        {"phone": PHONE, "name": "Олександр Шевченко"},
        [{"phone": PHONE}],
        Grade.STRONG,
        "the record has no name",
    ),
    (
        {"phone": PHONE, "name": "Oleksandr Shevchenko"},
        [{"phone": PHONE, "name": "Шевченко Олександр"}],
        Grade.EXACT,
        "phone and name",
    ),
    (
        {"phone": PHONE, "name": "Шевченко О."},
        [{"phone": PHONE, "name": "Шевченко Олександр"}],
        Grade.EXACT,
        "phone and part of the name",
    ),
    (
        {"phone": PHONE, "name": "Олена Коваль"},
        [{"phone": PHONE, "name": "Олена Шевченко"}],
        Grade.POSSIBLE,
        "another surname: a marriage, or another Олена",
    ),
    (
        {"phone": PHONE, "name": "Коваль"},
        [{"phone": PHONE, "name": "Олена Коваль"}],
        Grade.STRONG,
        "a surname alone does not say which of a family",
    ),
    (
        {"phone": PHONE, "name": "Коваль О."},
        [{"phone": PHONE, "name": "Олена Коваль"}],
        Grade.EXACT,
        "an initial that agrees does",
    ),
    (
        {"phone": PHONE, "name": "Марія Шевченко"},
        [{"phone": PHONE, "name": "Шевченко Олександр"}],
        Grade.POSSIBLE,
        "a relative's name",
    ),
    (
        {"phone": PHONE, "birth_date": "1987-03-12"},
        [{"phone": PHONE, "birth_date": "1987-03-12"}],
        Grade.EXACT,
        "phone and birth date",
    ),
    (
        {"phone": PHONE, "birth_date": "1987-03-12"},
        [{"phone": PHONE, "tax_id": "3184710691"}],
        Grade.EXACT,
        "phone and the birth date inside an RNOKPP",
    ),
    (
        {"phone": PHONE, "birth_date": "1987-03-13", "name": "Олександр Шевченко"},
        [{"phone": PHONE, "birth_date": "1987-03-12", "name": "Олександр Шевченко"}],
        Grade.POSSIBLE,
        "a namesake: the birth date contradicts",
    ),
    ({"tax_id": "3184710691"}, [{"tax_id": "3184710691"}], Grade.EXACT, "the tax id"),
    (
        {"tax_id": "3184710691", "name": "Марія Шевченко"},
        [{"tax_id": "3184710691", "name": "Олександр Шевченко"}],
        Grade.POSSIBLE,
        "a contradiction goes before a tax id",
    ),
    (
        {"phone": PHONE, "tax_id": "3299712346"},
        [{"phone": PHONE, "tax_id": "3184710691"}],
        Grade.POSSIBLE,
        "another tax id",
    ),
    (
        {"kind": "company", "company_code": "43210120", "name": "ТОВ Троянда"},
        [{"kind": "company", "company_code": "43210120", "name": "ТОВ Ромашка"}],
        Grade.EXACT,
        "a company that was renamed",
    ),
    (
        {"kind": "company", "phone": PHONE, "name": "ТОВ Троянда"},
        [{"kind": "company", "phone": PHONE, "name": "ТОВ Ромашка"}],
        Grade.POSSIBLE,
        "two companies at one number",
    ),
    (
        {"kind": "company", "company_code": "3184710691"},
        [{"tax_id": "3184710691", "name": "Олександр Шевченко"}],
        Grade.EXACT,
        "a sole trader asked for as a company, reported as a person",
    ),
    (
        {"kind": "company", "phone": PHONE, "name": "ТОВ Ромашка"},
        [{"phone": PHONE, "name": "Олександр Шевченко"}],
        Grade.STRONG,
        "a company and a person: their names say nothing of each other",
    ),
    (
        {"name": "Олександр Шевченко", "birth_date": "1987-03-12"},
        [{"phone": PHONE, "name": "Олександр Шевченко", "birth_date": "1987-03-12"}],
        Grade.POSSIBLE,
        "likeness without a shared identifier",
    ),
    (
        {"phone": PHONE, "name": "Марія Шевченко"},
        [{"phone": PHONE}, {"phone": PHONE, "name": "Олександр Шевченко"}],
        Grade.POSSIBLE,
        "a record without a name does not hide the one that contradicts",
    ),
    (
        {"phone": PHONE, "name": "Олена Шевченко"},
        [{"phone": PHONE, "name": "Олена Коваль"}, {"phone": PHONE, "name": "Шевченко О."}],
        Grade.EXACT,
        "the record that agrees best counts",
    ),
    (
        {"phone": PHONE, "email": "olha@example.com"},
        [{"phone": PHONE}, {"email": "olha@example.com"}],
        Grade.STRONG,
        "two identifiers over two records",
    ),
    ({"phone": PHONE}, [], Grade.POSSIBLE, "no records"),
    ({"phone": PHONE}, [{"phone": "0671234567"}], Grade.POSSIBLE, "nothing in common"),
]


@pytest.mark.parametrize(("query", "records", "expected", "why"), GRADES)
def test_grades(
    query: dict[str, str], records: list[dict[str, str]], expected: Grade, why: str
) -> None:
    grade, _ = compare.grade(make_subject(**query), [make_subject(**r) for r in records])
    assert grade is expected, why


def test_the_agreement_is_shown_field_by_field() -> None:
    query = make_subject(
        phone=PHONE, name="Aleksandr Shevchenko", birth_date="1987-03-12", city="Kiev"
    )
    record = make_subject(
        phone="+380501234567", name="Шевченко Олександр", birth_date="1987-03-12", city="Київ"
    )
    _, shown = compare.grade(query, [record])
    name = names.compare(names.prepare("Aleksandr Shevchenko"), names.prepare("Шевченко Олександр"))
    assert name is not None
    assert shown == [
        Agreement("phone", "same"),
        Agreement("name", "transliteration", name.score),
        Agreement("birth_date", "same"),
        Agreement("city", "transliteration"),
    ]


def test_what_differs_is_shown() -> None:
    query = make_subject(phone=PHONE, name="Марія Шевченко", tax_id="3299712346", city="Львів")
    record = make_subject(phone=PHONE, name="Шевченко Олександр", tax_id="3184710691", city="Київ")
    shown = compare.agreement(query, record, compare.shared_kinds(query, record))
    assert [(one.field, one.how) for one in shown] == [
        ("phone", "same"),
        ("tax_id", "differs"),
        ("name", "differs"),
        ("city", "differs"),
    ]


def test_nothing_is_shown_that_was_not_asked_with() -> None:
    record = make_subject(
        phone=PHONE, email="olha@example.com", name="Ольга Коваль", city="Київ", tax_id="3184710691"
    )
    _, shown = compare.grade(make_subject(phone=PHONE), [record])
    assert shown == [Agreement("phone", "same")]


def test_kinds_that_are_known_to_be_shared_need_no_values() -> None:
    """The lookup knows by the index that a phone is shared, and need not open the record's."""
    shown = compare.agreement(make_subject(phone=PHONE), make_subject(), ["phone"])
    assert shown == [Agreement("phone", "same")]


subjects = st.builds(
    make_subject,
    kind=st.sampled_from(["person", "company"]),
    phone=st.sampled_from([None, PHONE, "0671234567"]),
    tax_id=st.sampled_from([None, "3184710691", "3299712346"]),
    name=st.sampled_from(
        [None, "Олександр Шевченко", "Марія Шевченко", "Шевченко", "ФОП Коваль Олена"]
    ),
    birth_date=st.sampled_from([None, "1987-03-12", "1990-01-01"]),
    city=st.sampled_from([None, "Київ", "Kyiv"]),
)


@given(subjects, subjects)
def test_contradictions_make_a_match_possible_only(one: Subject, other: Subject) -> None:
    """What keeps two records apart never shows one's facts to who asks for the other."""
    found = contradictions(one, other)
    grade, shown = compare.grade(one, [other])
    assert grade is compare.grade(other, [one])[0]
    if found:
        assert grade is Grade.POSSIBLE
    assert {a.field for a in shown if a.field in STRONG and a.how == "same"} == set(
        compare.shared_kinds(one, other)
    )


bare = st.builds(
    make_subject,
    kind=st.sampled_from(["person", "company"]),
    phones=st.lists(st.sampled_from([PHONE, "0671234567"]), max_size=2),
    emails=st.lists(st.sampled_from(["a@shop.example", "b@shop.example"]), max_size=2),
)


@given(bare, st.lists(st.one_of(subjects, bare), min_size=1, max_size=3))
def test_a_plain_query_is_graded_by_what_it_shares_as_by_the_opened_records(
    query: Subject, records: list[Subject]
) -> None:
    assert compare.plain(query)
    shared = {kind for record in records for kind in compare.shared_kinds(query, record)}
    assert compare.grade_of(shared) == compare.grade(query, records)


@given(subjects)
def test_what_has_more_to_compare_is_not_plain(query: Subject) -> None:
    has_more = query.name or query.birth_date or query.city or query.tax_ids or query.company_codes
    assert compare.plain(query) == (not has_more)

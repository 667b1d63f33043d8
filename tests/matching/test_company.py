"""Names of companies: the legal form says nothing, a sole trader is a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.matching import company
from tests.matching.values import near_misses, read_or_none, refusal, words

AGREE = [
    ("ТОВ «Ромашка»", "ТОВ Ромашка", "same", "quotes"),
    ("ТОВ «Ромашка»", 'ООО "Ромашка"', "same", "form in Russian"),
    ("Ромашка, ТОВ", "ТОВ Ромашка", "same", "order"),
    (
        "Товариство з обмеженою відповідальністю «Ромашка»",
        "ТОВ Ромашка",
        "same",
        "form written out",
    ),
    ("ТОВ Альфа-2", "ТОВ «Альфа 2»", "same", "hyphen and digit"),
    ("ТОВ Рoмашка", "ТОВ Ромашка", "same", "a Latin o inside"),
    ("TOB Ромашка", "ТОВ Ромашка", "same", "the form in Latin letters that look alike"),
    ("Romashka Sp. z o.o.", "Romashka LLC", "same", "a Polish form"),
    ("ТОВ Ромашка", "Romashka LLC", "transliteration", "Latin"),
    ("ТОВ Ромашка Плюс", "Ромашка", "partial", "one word more"),
]


@pytest.mark.parametrize(("one", "other", "how", "why"), AGREE)
def test_names_that_agree(one: str, other: str, how: str, why: str) -> None:
    found = company.compare(one, other)
    assert found is not None
    assert (found.how, found.firm) == (how, True), why


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("ТОВ Ромашка", "ТОВ Троянда", "only the form is shared"),
        ("ТОВ Альфа 1", "ТОВ Альфа 2", "another number"),
        ("ТОВ Ромашка Захід", "ТОВ Ромашка Схід", "another branch"),
    ],
)
def test_other_names_are_only_doubt(one: str, other: str, why: str) -> None:
    found = company.compare(one, other)
    assert found is not None
    assert (found.how, found.firm) == ("differs", False), why


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("ФОП Шевченко Олександр", "шевченко олександр"),
        ("фоп Шевченко О. П.", "шевченко о. п."),
        ("ИП Шевченко Александр", "шевченко александр"),
        ("Фізична особа-підприємець Шевченко Олександр", "шевченко олександр"),
        ("ФOП Шевченко Олександр", "шевченко олександр"),
        ("Приватний підприємець Шевченко О. П.", "шевченко о. п."),
        ("FOP Shevchenko Oleksandr", "shevchenko oleksandr"),
        ("ТОВ Ромашка", None),
        ("Ипотека", None),
        ("ФОП", None),
    ],
)
def test_the_person_inside_a_sole_traders_name(written: str, expected: str | None) -> None:
    assert company.sole_trader(written) == expected


def test_a_name_of_nothing_but_a_form_keeps_its_words() -> None:
    assert company.fold("ТОВ") == ("tov",)
    assert company.compare("ТОВ", "«»") is None


@pytest.mark.parametrize("written", ["ТОВ «Ромашка-2», філія №3", "M&M's", "АТ 'Світло'", "3/4"])
def test_a_name_is_tidied(written: str) -> None:
    assert company.normalise(f" {written}  ") == written.replace("№", "No")


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", "empty"),
        ("«»", "nothing to read"),
        ("Р", "one letter"),
        ("ТОВ\u202eРомашка", "right-to-left override"),
        ("<script>", "markup"),
        ("ТОВ Ромашка 😀", "emoji"),
        ("Р" * 201, "too long"),
    ],
)
def test_a_name_is_refused(written: str, why: str) -> None:
    detail = refusal(lambda: company.normalise(written))
    assert len(written) < 2 or written not in detail, why


company_names = st.lists(
    words | st.sampled_from("ТОВ ООО LLC ФОП ПП «Альфа» Альфа-2 Плюс ип".split()), max_size=4
).map(" ".join)


@given(company_names, company_names)
def test_comparing_has_no_direction(one: str, other: str) -> None:
    assert company.compare(one, other) == company.compare(other, one)


@given(company_names | near_misses)
def test_only_refusals_escape_and_the_normal_form_stays(text: str) -> None:
    company.fold(text)
    tidy = read_or_none(lambda: company.normalise(text))
    if tidy is not None:
        assert company.normalise(tidy) == tidy
        assert company.fold(tidy) == company.fold(text)

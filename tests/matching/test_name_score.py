"""The score of two names: monotone in how they agree, and on the right side of one half."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.matching import name_score, names
from registry.matching.agreement import Part
from registry.matching.name_align import Alignment
from registry.matching.name_grades import Grade, part_of


def score(one: str, other: str) -> float:
    found = names.compare(names.prepare(one), names.prepare(other))
    return found.score if found else 0.0


def test_every_grade_has_its_weights_and_its_part() -> None:
    weights = name_score.weights()
    for name in ("given", "surname", "father", "against"):
        assert len(getattr(weights, name)) == len(Grade), name
    assert len(weights.agreed) == len(weights.extra) == name_score.MOST + 1
    assert {part_of(grade) for grade in Grade} == set(Part)


@pytest.mark.parametrize("name", ["given", "surname", "father"])
def test_a_worse_agreement_never_weighs_more(name: str) -> None:
    weights = getattr(name_score.weights(), name)
    agreeing = weights[: Grade.PIECE]
    clashing = weights[Grade.NEAR : Grade.DIFFERS + 1]
    assert list(agreeing) == sorted(agreeing, reverse=True)
    assert list(clashing) == sorted(clashing, reverse=True)


@given(*(st.sampled_from(Grade) for _ in range(4)), st.integers(0, 9), st.integers(0, 9))
def test_a_score_is_a_probability(
    one: Grade, two: Grade, three: Grade, four: Grade, agreed: int, extra: int
) -> None:
    found = name_score.score(Alignment(one, two, three, agreed, four, extra))
    assert 0 <= found <= 1


#: Each line from the surest pair to the least: what is said of one person, as it wears off.
WEARING = [
    (
        "Олександр Шевченко",
        ["Олександр Шевченко", "Саша Шевченко", "Саша Шевченов", "Маша Шевченов"],
    ),
    ("Коваль Олена Іванівна", ["Elena Koval", "Elena Koval Petrovna"]),
    ("Abdul Rahman al-Masri", ["Abdulrahman Masri", "Abdulrahman Maslawi"]),
    ("Марія Коваль-Шевченко", ["Марія Шевченко", "Марія Бондар"]),
]


@pytest.mark.parametrize(("name", "others"), WEARING)
def test_the_score_falls_as_agreement_wears_off(name: str, others: list[str]) -> None:
    scores = [score(name, other) for other in others]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.5 > scores[-1]


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("Руслан Ахматович ХЫДЫРОВ", "Ruslan Akhmatovich KHYDYROV", "ы, х"),
        ("Дзяніс Алегавіч ЯФІМАЎ", "Denis Olegovich EFIMOV", "Belarusian, as it is heard"),
        ("Yauhen Alehavich BOBRYK", "Евгений Олегович БОБРИК", "Belarusian in Latin"),
        ("Petrovs Sergejs", "Сергей Петров", "Latvian endings"),
        ("SergeiPetrov", "Sergei Petrov", "two words run together"),
        ("Mohammed Hassan", "Мухаммад Хасан", "an Arabic name in two alphabets"),
        ("Hovhannes Vardikyan", "Ованес Вардикян", "an Armenian name"),
        ("Hans J Lindner", "Hans Joachim Lindner", "an initial of a middle name"),
        ("Osama bin Rashid", "Usama ibn Rashid", "particles"),
    ],
)
def test_names_of_the_wide_world(one: str, other: str, why: str) -> None:
    assert score(one, other) > 0.5, why


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("Владимир Зограбович ВАРДИКЯН", "Vladimir Evgenevich VARDIKYAN", "another father"),
        ("Hans O Lindner", "Hans Joachim Lindner", "an initial of another middle name"),
        ("Romaniuk Zlata", "Zlata Romanova", "surnames of one root"),
        ("Петров Павел", "Петрова Павла", "a man's name and a woman's"),
    ],
)
def test_names_of_two(one: str, other: str, why: str) -> None:
    assert score(one, other) < 0.5, why

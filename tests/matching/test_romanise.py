"""One Latin spelling: the tables meet, lookalikes are mended, and codes stay codes."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from registry.matching import romanise
from tests.matching.values import CYRILLIC, LATIN, near_misses, words

MEET = [
    ("Шевченко Shevchenko Ševčenko Szewczenko SHEVCHENKO", "KMU-55, scientific, Polish"),
    ("Щербак Shcherbak Scherbak Ščerbak", "щ in four ways"),
    ("Хмара Khmara Hmara", "х is kh or h"),
    ("Гончар Honchar Gonchar", "г is h or g"),
    ("Згурський Zghurskyi Згурский", "zgh of KMU-55"),
    ("Юрченко Yurchenko Iurchenko Jurchenko", "ю in three ways"),
    ("Яценко Yatsenko Iatsenko Jatsenko", "я and ц"),
    ("Їжак Yizhak Izhak", "ї"),
    ("Йовенко Yovenko Iovenko", "й"),
    ("Зеленський Zelenskyi Zelenskyy Zelensky Zelenskiy Зеленский", "six endings of one surname"),
    ("Лук'янець Лукьянец Лук’янець Lukianets Lukyanets", "apostrophe, soft sign"),
    ("Ковальов Ковалёв Kovalyov Kovaliov", "ьо and ё"),
    ("Євтушенко Yevtushenko Ievtushenko Евтушенко", "є"),
    ("Ганна Hanna Ганна Hana", "doubled letters"),
    ("Алексеев Alekseev Alekseyev Aleksieiev", "ее"),
    ("Максименко Maksymenko Maximenko Максименко", "x"),
    ("Вовк Vovk Wowk", "w"),
    ("Łukaszenko Lukashenko Лукашенко", "Polish letters"),
]


@pytest.mark.parametrize(("spellings", "why"), MEET)
def test_spellings_meet(spellings: str, why: str) -> None:
    assert len({romanise.codes(word) for word in spellings.split()}) == 1, why


@pytest.mark.parametrize(
    ("one", "other"),
    [("Жук", "Зук"), ("Шум", "Сум"), ("Чуб", "Куб"), ("Цап", "Сап"), ("Коваль", "Коваленко")],
)
def test_different_sounds_stay_apart(one: str, other: str) -> None:
    assert romanise.codes(one) != romanise.codes(other)


@pytest.mark.parametrize(
    ("written", "expected", "why"),
    [
        ("Cергій", "Сергій", "Latin C in a Cyrillic word"),
        ("Пeтpo", "Петро", "Latin e and p"),
        ("КОBАЛЬ", "КОВАЛЬ", "Latin B"),
        ("Iван", "Іван", "Latin I for І"),
        ("Украïна", "Україна", "Latin ï"),
        ("Оlena", "Olena", "Cyrillic О in a Latin word"),
        ("Petrо", "Petro", "Cyrillic о at the end"),
        ("Сергій", "Сергій", "nothing to mend"),
        ("Serhii", "Serhii", "nothing to mend"),
        ("Sергій", "Sергій", "S has no Cyrillic twin, г no Latin one"),
    ],
)
def test_lookalikes_are_mended(written: str, expected: str, why: str) -> None:
    assert romanise.repaired(written) == expected, why


@given(st.text(alphabet=CYRILLIC + LATIN + "ABCEHOPXАВСЕНОРХ'", max_size=20) | near_misses)
@example("xz")
@example("тсш")
@example("ssh")
@example("bXж")
@example("Ѐ")
@example("𝐀")
def test_codes_written_out_are_the_same_codes(word: str) -> None:
    coded = romanise.codes(word)
    assert romanise.codes(romanise.spelled(coded)) == coded
    assert romanise.repaired(romanise.repaired(word)) == romanise.repaired(word)


@given(words, words)
def test_likeness_has_no_direction(one: str, other: str) -> None:
    assert romanise.likeness(one, other) == romanise.likeness(other, one)
    assert 0 <= romanise.likeness(one, other) <= 1
    assert romanise.likeness(one, one) == 1

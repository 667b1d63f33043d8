"""Towns: one town in Ukrainian, Russian and Latin, under old and new names."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from registry.matching import place
from tests.matching.values import near_misses, read_or_none, refusal, words

SAME = [
    ("Київ Киев Kyiv Kiev KYIV київ", "capital"),
    ("Харків Харьков Kharkiv Kharkov", "і and о"),
    ("Одеса Одесса Odesa Odessa", "one с or two"),
    ("Дніпро Днепр Dnipro Дніпропетровськ Днепропетровск", "renamed"),
    ("Запоріжжя Запорожье Zaporizhzhia Zaporozhye", "жж"),
    ("Львів Львов Lviv Lvov", "ь"),
    ("Миколаїв Николаев Mykolaiv Nikolaev", "another first letter"),
    ("Рівне Ровно Rivne Rovno", "another ending"),
    ("Кропивницький Кіровоград Kropyvnytskyi Kirovograd", "renamed"),
    ("Івано-Франківськ Ивано-Франковск Ivano-Frankivsk", "hyphen"),
    ("Хмельницький Khmelnytskyi Хмельницкий Khmelnitsky", "ending"),
    ("м.Київ г.Киев", "what a settlement is"),
    ("Тересва Teresva", "not in the table: by the fold alone"),
    ("Кам'янське Кам’янське Каменское", "apostrophes"),
]


@pytest.mark.parametrize(("names", "why"), SAME)
def test_names_of_one_town(names: str, why: str) -> None:
    assert len({place.fold_city(name) for name in names.split()}) == 1, why


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("Кривий Ріг", "Кривой Рог", "two words"),
        ("Біла Церква", "Bila Tserkva", "two words"),
        ("м. Київ", "Київ", "abbreviation with a blank"),
        ("місто Київ", "город Киев", "abbreviation written out"),
        ("Київ, Печерський район", "Київ", "a district after the comma"),
        ("Івано Франківськ", "Івано-Франківськ", "hyphen left out"),
    ],
)
def test_ways_of_writing_one_town(one: str, other: str, why: str) -> None:
    assert place.fold_city(one) == place.fold_city(other), why


def test_towns_of_the_table_are_different_towns() -> None:
    folds = [place.fold_city(line.split()[0]) for line in place._CITIES.split("\n") if line]
    assert len(folds) == len(set(folds))


@pytest.mark.parametrize("written", ["", "123", "Київ\u202e", "К" * 101])
def test_a_city_is_refused(written: str) -> None:
    refusal(lambda: place.normalise(written))


@pytest.mark.parametrize("written", ["", "вул. Садова\u0000 1", "а" * 301])
def test_an_address_is_refused(written: str) -> None:
    refusal(lambda: place.address(written))


def test_what_is_shown_is_tidy() -> None:
    assert place.normalise("  Кам’янське\u00a0 ") == "Кам'янське"
    assert place.address(" вул.  Садова, 1 ") == "вул. Садова, 1"


@example("A0ÒF")
@example("²")
@given(near_misses | st.lists(words, max_size=3).map(" ".join))
def test_the_fold_stays_and_only_refusals_escape(text: str) -> None:
    folded = place.fold_city(text)
    assert place.fold_city(folded) == folded
    tidy = read_or_none(lambda: place.normalise(text))
    assert tidy is None or place.normalise(tidy) == tidy
    tidy = read_or_none(lambda: place.address(text))
    assert tidy is None or place.address(tidy) == tidy

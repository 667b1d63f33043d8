"""What is mended or read twice before a name is split: signs, keyboard layouts, other readings."""

import pytest

from registry.matching import name_spellings, names, romanise


@pytest.mark.parametrize(
    ("written", "expected", "why"),
    [
        ("Sav4uk", "Savchuk", "4 for ч in Latin"),
        ("Сав4ук", "Савчук", "4 for ч in Cyrillic"),
        ("Ig0r Mel1n", "Igor Melin", "digits that look like letters"),
        ("3ахаров", "Захаров", "3 for З, at the start"),
        ("Лук*янов", "Лук'янов", "a star for an apostrophe"),
        ("Il`kiv", "Il'kiv", "an accent for a soft sign"),
        ("Коваль 4", "Коваль 4", "a digit of its own is none"),
        ("Олена Коваль", "Олена Коваль", "nothing to mend"),
    ],
)
def test_signs_for_letters(written: str, expected: str, why: str) -> None:
    assert name_spellings.mended(written).casefold() == expected.casefold(), why


@pytest.mark.parametrize(
    ("typed", "meant", "why"),
    [
        ("Jktrcfylh Itdxtyrj", "Олександр Шевченко", "Ukrainian with Latin keys"),
        ("Yfnfkbz <jylfh", "Наталия Бондар", "a letter on the key of a comma"),
        ("GHEC YFLT;LF", "ПРУС НАДЕЖДА", "Russian, in capitals"),
        ("Щдутф Лщмфд", "Olena Koval", "Latin with Ukrainian keys"),
        ("Dfcbkm", "Василь", "a given name alone"),
        ("Vіlybr Yflіz", "Мідник Надія", "a letter of the right layout left in"),
        ("K.lvbkf Rjdfkm", "Людмила Коваль", "a letter on the key of a dot"),
    ],
)
def test_another_keyboard_layout(typed: str, meant: str, why: str) -> None:
    found = names.compare(names.prepare(typed), names.prepare(meant))
    assert found is not None
    assert found.how in ("same", "transliteration"), why


@pytest.mark.parametrize(
    "written", ["John Smith", "Jiří Novák", "Xu Jinhai", "Abdul Rahman", "Ng Yi", "Цой Ін"]
)
def test_a_name_of_elsewhere_is_not_taken_for_another_layout(written: str) -> None:
    assert [one.clean for one in names.prepare(written).core] == written.casefold().split()


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("Zaxarov", "Захаров", "x for х"),
        ("Kuznecov", "Кузнецов", "c for ц"),
        ("Muchin", "Мухин", "ch for х"),
        ("Vouk", "Воўк", "Belarusian ou"),
    ],
)
def test_another_reading(one: str, other: str, why: str) -> None:
    read = name_spellings.codes(one.casefold(), romanise.codes(one))
    assert romanise.codes(other) in read, why
    found = names.compare(names.prepare(f"Олег {one}"), names.prepare(f"Oleh {other}"))
    assert found is not None
    assert (found.how, found.firm) == ("transliteration", True), why

"""Labelled pairs of names: 1 the same person's name written twice, 0 two people, most of them near each other."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

from tests.persons import lexicon, naming, people, slips
from tests.persons.lexicon import Given
from tests.persons.naming import Name, Style

Pair = tuple[str, str, int]

_POSITIVE = 0.45
_HARD = 0.38


def _tongue(rng: Random) -> str:
    return "uk" if rng.random() < 0.55 else "ru"


def _styles(rng: Random) -> tuple[Style, Style]:
    """Two official ways; mostly they differ in script or in language."""
    left = naming.official(_tongue(rng), rng, latin_share=0.3)
    right = naming.official(_tongue(rng), rng, latin_share=0.6)
    return left, right


def _loosened(style: Style, rng: Random) -> Style:
    """A smaller share is less than official: initials, what friends say, customary Latin."""
    kind = rng.random()
    if kind < 0.04:
        return replace(style, given="initial", patronymic=rng.choice(("initial", "none")))
    if kind < 0.09:
        return replace(style, given="pet", patronymic="none")
    if kind < 0.11 and not style.system:
        return replace(style, given="by ear")
    if kind < 0.20 and style.system:
        return replace(style, given="custom")
    return replace(style, case="upper") if kind > 0.93 else style


def positive(rng: Random) -> tuple[str, str]:
    name = people.draw_name("ua" if rng.random() < 0.7 else "ru", rng)
    left, right = _styles(rng)
    right = _loosened(right, rng)
    one, two = naming.write(name, left, rng), naming.write(name, right, rng)
    if rng.random() < 0.06:
        two = slips.in_name(two, rng)
    return (one, two) if one != two else positive(rng)


def _other_given(name: Name, rng: Random) -> Name:
    """A brother or a sister of the same sex."""
    given = people.draw_given(name.sex, name.surname.flavour, rng)
    return replace(name, given=given)


def _other_surname(name: Name, rng: Random) -> Name:
    """The surname of the list that begins likest: Коваленко and Коваленков, Ковальчук, Коваль."""
    near = lexicon.neighbours(name.surname)
    return replace(name, surname=rng.choice(near)) if near else name


def _father_and_son(name: Name, rng: Random) -> Name:
    """Іван Петрович and Петро Іванович."""
    if name.sex == "f":
        return replace(name, father=people.draw_given("m", name.surname.flavour, rng))
    return replace(name, given=name.father, father=name.given)


def _other_sex(name: Name, rng: Random) -> Name:
    """Олександр and Олександра where the name has a sister, else anybody of the other sex."""
    sex = "f" if name.sex == "m" else "m"
    return replace(
        name, sex=sex, given=lexicon.sister(name.given) or people.draw_given(sex, "", rng)
    )


def _other_father(name: Name, rng: Random) -> Name:
    return replace(name, father=people.draw_given("m", name.surname.flavour, rng))


_TWISTS: dict[Callable[[Name, Random], Name], int] = {
    _other_given: 30, _other_surname: 32, _father_and_son: 14, _other_sex: 12, _other_father: 12,
}  # fmt: skip
_KIN = (
    "Георгій Єгор Юрій",
    "Оксана Ксенія",
    "Леся Олександра Олена",
    "Арсен Арсеній",
    "Ніна Ніно",
    "Анна Анаїт",
)
_ONE_NAME = tuple(frozenset(kin.split()) for kin in _KIN)
_TELLS_BY_PATRONYMIC = (_father_and_son, _other_father)


def _one_name(one: Given, two: Given) -> bool:
    """Two given names that one man does use for each other: a label 0 would be unjust."""
    return one != two and any(one.uk in kin and two.uk in kin for kin in _ONE_NAME)


def hard_negative(rng: Random) -> tuple[str, str]:
    """Two people one feature apart, both written whole, so that the feature is there to be seen."""
    while True:
        name = people.draw_name("ua" if rng.random() < 0.7 else "ru", rng)
        twist = rng.choices(list(_TWISTS), weights=list(_TWISTS.values()))[0]
        other = twist(name, rng)
        if name == other or _one_name(name.given, other.given):
            continue
        styles = _styles(rng)
        if twist in _TELLS_BY_PATRONYMIC:
            styles = replace(styles[0], patronymic="full"), replace(styles[1], patronymic="full")
        one, two = (
            naming.write(who, style, rng) for who, style in zip((name, other), styles, strict=True)
        )
        if one.lower() != two.lower():
            return one, two


def random_negative(rng: Random) -> tuple[str, str]:
    left, right = _styles(rng)
    while True:
        one, two = people.draw_name("ua", rng), people.draw_name("ua", rng)
        if one.surname != two.surname:
            return naming.write(one, left, rng), naming.write(two, right, rng)


def generate(seed: int, count: int) -> Iterator[Pair]:
    rng = Random(f"names:{seed}")
    for _ in range(count):
        kind = rng.random()
        if kind < _POSITIVE:
            yield (*positive(rng), 1)
        elif kind < _POSITIVE + _HARD:
            yield (*hard_negative(rng), 0)
        else:
            yield (*random_negative(rng), 0)


def write(pairs: Iterator[Pair], out: Path) -> None:
    with out.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("left", "right", "label"))
        rows.writerows(pairs)

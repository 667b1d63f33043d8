"""The words of the invented world, read from data/: given names, surnames, cities, streets, companies.

Each list is drawn from with the weights of a Zipf-like law, so that there are many Шевченко and one Сагайденко.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Generic, TypeVar

from tests.persons import spelling

T = TypeVar("T")
_DATA = Path(__file__).with_name("data")


@dataclass(frozen=True, slots=True)
class Given:
    """A given name in both tongues, with the names that people really use."""

    sex: str
    uk: str
    ru: str
    pets_uk: tuple[str, ...]
    pets_ru: tuple[str, ...]
    latin: tuple[str, ...]
    sons_uk: str
    sons_ru: str
    flavour: str

    def word(self, tongue: str) -> str:
        return self.uk if tongue == "uk" else self.ru

    def pets(self, tongue: str) -> tuple[str, ...]:
        return self.pets_uk if tongue == "uk" else self.pets_ru

    def patronymic(self, tongue: str, sex: str) -> str:
        sons = self.sons_uk if tongue == "uk" else self.sons_ru
        return sons if sex == "m" else spelling.daughters(sons, tongue)


@dataclass(frozen=True, slots=True)
class Surname:
    """A man's surname in both tongues; a double one has a hyphen."""

    uk: str
    ru: str
    still: bool = False
    flavour: str = ""

    def form(self, tongue: str, sex: str) -> str:
        word = self.uk if tongue == "uk" else self.ru
        if sex == "m" or (tongue == "ru" and self.uk.endswith("ій")):
            return word
        return "-".join(spelling.feminine(part, tongue, self.still) for part in word.split("-"))


@dataclass(frozen=True, slots=True)
class City:
    """A city under the names it has and had."""

    country: str
    uk: str
    ru: str
    latin: tuple[str, ...]
    old: tuple[str, ...]
    trunk: str


@dataclass(frozen=True, slots=True)
class Street:
    """A street and, where it was renamed, what the old people call it."""

    uk: str
    ru: str
    old: str


class Urn(Generic[T]):
    """Draws an item with the frequency of its weight."""

    def __init__(self, items: Sequence[T], weights: Sequence[float]) -> None:
        self.items = items
        self._heights = list(accumulate(weights))

    def draw(self, rng: Random) -> T:
        return rng.choices(self.items, cum_weights=self._heights)[0]


def zipf(items: Sequence[T], power: float, offset: float) -> Urn[T]:
    """The n-th item weighs 1 / (n + offset) ^ power."""
    return Urn(items, [(rank + offset) ** -power for rank in range(1, len(items) + 1)])


def _lines(name: str) -> Iterator[str]:
    for line in (_DATA / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            yield line


def _sections(name: str) -> Iterator[tuple[list[str], list[str]]]:
    heading: list[str] = []
    words: list[str] = []
    for line in _lines(name):
        if line.startswith("["):
            if heading:
                yield heading, words
            heading, words = line.strip("[]").split(), []
        else:
            words += line.split()
    yield heading, words


def _split(cell: str) -> tuple[str, ...]:
    return tuple(filter(None, cell.split(",")))


@cache
def givens() -> tuple[Given, ...]:
    found = []
    for line in _lines("given.txt"):
        sex, uk, ru, pets_uk, pets_ru, latin, *rest = line.split(";")
        sons_uk, sons_ru, flavour = [*rest, "", "", ""][:3]
        sons_uk = sons_uk or spelling.patronymic(uk, "uk")
        sons_ru = sons_ru or spelling.patronymic(ru, "ru")
        pets = _split(pets_uk), _split(pets_ru)
        found.append(Given(sex, uk, ru, *pets, _split(latin), sons_uk, sons_ru, flavour))
    return tuple(found)


@cache
def given_urn(sex: str, flavour: str) -> Urn[Given]:
    return zipf([g for g in givens() if g.sex == sex and g.flavour == flavour], 0.8, 4)


def _surname(word: str, tongue: str, still: bool, flavour: str) -> Surname:
    uk, _, ru = word.partition("=")
    if tongue == "ru":
        return Surname(ru or spelling.ukrainian(uk), uk, still, flavour)
    return Surname(uk, ru or spelling.russian(uk), still, flavour)


@cache
def surnames() -> tuple[tuple[Surname, float], ...]:
    """Every listed surname with its weight."""
    found: dict[str, tuple[Surname, float]] = {}
    for (group, tongue, share, *still), words in _sections("surnames.txt"):
        flavour = group if group in {"j", "t", "c", "p"} else ""
        weights = [(rank + 12) ** -0.75 for rank in range(len(words))]
        scale = float(share) / sum(weights)
        for word, weight in zip(words, weights, strict=True):
            surname = _surname(word, tongue, bool(still), flavour)
            found.setdefault(surname.uk, (surname, weight * scale))
    return tuple(found.values())


@cache
def surname_urn(country: str) -> Urn[Surname]:
    """Ukraine's mixture; Russia has five times as many -ов and a third of the -енко."""
    weighed = surnames()
    skew = {"ua": (1.0, 1.0), "ru": (0.3, 4.0)}[country]
    weights = [w * skew[s.ru.endswith(("ов", "ев", "ин"))] for s, w in weighed]
    return Urn([s for s, _ in weighed], weights)


@cache
def _stems() -> tuple[tuple[str, ...], tuple[str, ...]]:
    words = " ".join(_lines("stems.txt")).split()
    endings = tuple(word[1:] for word in words if word.startswith("-"))
    return tuple(word for word in words if not word.startswith("-")), endings


def rare_surname(rng: Random) -> Surname:
    """One of the long tail: a stem and an ending that perhaps nobody has."""
    stems, endings = _stems()
    stem, ending = rng.choice(stems), rng.choice(endings)
    stem = stem.removesuffix("ь") if ending[0] in "еиіоуаю" else stem
    if ending.startswith("ч") and stem[-2] not in "аеєиіїоуюя":
        ending = ending[1:]
    word = stem + ending
    return Surname(word, spelling.russian(word), still=ending in {"ишин", "ів"})


@cache
def city_urn(country: str) -> Urn[City]:
    items, weights = [], []
    for line in _lines("cities.txt"):
        land, weight, uk, ru, latin, old, trunk = line.split(";")
        if land == country:
            items.append(City(land, uk, ru, _split(latin), _split(old), trunk))
            weights.append(float(weight))
    return Urn(items, weights)


@cache
def street_urn() -> Urn[Street]:
    return zipf([Street(*line.split(";")) for line in _lines("streets.txt")], 0.5, 3)


@cache
def company_parts(part: str) -> tuple[tuple[str, str, str], ...]:
    """(uk, ru, Latin) of each `head`, `tail` or legal `form`."""
    for (name,), words in _sections("companies.txt"):
        if name == part:
            return tuple((w[0], w[1], w[2]) for w in (word.split("=") for word in words))
    raise KeyError(part)


@cache
def _by_start() -> dict[str, list[Surname]]:
    found: dict[str, list[Surname]] = {}
    for surname, _ in surnames():
        found.setdefault(surname.uk[:4], []).append(surname)
    return found


def neighbours(surname: Surname) -> list[Surname]:
    """Listed surnames with the same first four letters; and -ко beside -ков."""
    near = [other for other in _by_start().get(surname.uk[:4], []) if other.uk != surname.uk]
    near = [other for other in near if other.ru != surname.ru]
    if surname.uk.endswith("ко"):
        near.append(Surname(surname.uk + "в", surname.ru + "в"))
    return near


@cache
def sister(given: Given) -> Given | None:
    """The same name for the other sex: Олександр, Олександра."""
    for other in givens():
        if other.sex != given.sex and {given.uk + "а", given.uk[:-1] + "я"} & {other.uk}:
            return other
        if other.sex != given.sex and given.uk in {other.uk + "а", other.uk[:-1] + "я"}:
            return other
    return None

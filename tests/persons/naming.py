"""How one person's name is written: script, order, patronymic, initials, the name that friends use."""

from dataclasses import dataclass, replace
from random import Random

from tests.persons import latin, slips
from tests.persons.lexicon import Given, Surname


@dataclass(frozen=True, slots=True)
class Name:
    """What the birth certificate says; the patronymic comes of the father's given name."""

    sex: str
    given: Given
    father: Given
    surname: Surname


@dataclass(frozen=True, slots=True)
class Style:
    """One way to write a name. `system` names a Latin system, "" is Cyrillic."""

    tongue: str
    system: str = ""
    order: str = "surname"  # surname | given | comma
    given: str = "full"  # full | pet | initial | custom | by ear | none
    patronymic: str = "none"  # full | initial | none
    surname: bool = True
    case: str = ""  # "" | upper | lower


def _given(name: Name, style: Style, rng: Random) -> str:
    word = name.given.word(style.tongue)
    if style.given == "custom" and style.system and name.given.latin:
        return rng.choice(name.given.latin)
    if style.given == "pet":
        word = rng.choice(name.given.pets(style.tongue))
    elif style.given == "by ear":
        word = slips.by_ear(name.given.word("ru" if style.tongue == "uk" else "uk"), style.tongue)
    elif style.given == "none":
        return ""
    if style.system:
        word = latin.latin(word, style.tongue, style.system)
    return initial(word) if style.given == "initial" else word


def initial(word: str) -> str:
    """The first letter with its dot; in Latin a digraph may stay whole (Yu., Shch. is never seen)."""
    return word[:1] + "."


def _patronymic(name: Name, style: Style) -> str:
    if style.patronymic == "none":
        return ""
    word = name.father.patronymic(style.tongue, name.sex)
    if style.system:
        word = latin.latin(word, style.tongue, style.system)
    return initial(word) if style.patronymic == "initial" else word


def _surname(name: Name, style: Style) -> str:
    if not style.surname:
        return ""
    word = name.surname.form(style.tongue, name.sex)
    return latin.latin(word, style.tongue, style.system) if style.system else word


def write(name: Name, style: Style, rng: Random) -> str:
    given, patronymic = _given(name, style, rng), _patronymic(name, style)
    surname = _surname(name, style)
    glue = rng.choice(("", " ")) if given.endswith(".") and patronymic.endswith(".") else " "
    called = f"{given}{glue}{patronymic}".strip()
    if style.order == "comma" and surname and called:
        text = f"{surname}, {called}"
    else:
        text = f"{called} {surname}" if style.order == "given" else f"{surname} {called}"
    return slips.case(slips.apostrophe(text.strip(), rng), style.case)


def official(tongue: str, rng: Random, *, latin_share: float) -> Style:
    """A style such as documents and careful forms have: whole names, now and then without the patronymic."""
    order = "surname" if rng.random() < 0.7 else "given"
    if rng.random() < latin_share:
        system = latin.draw_system(tongue, rng)
        style = Style(tongue, system, rng.choice(("surname", "given", "given", "comma")))
        return replace(style, patronymic="full") if rng.random() < 0.25 else style
    return Style(tongue, "", order, patronymic="full" if rng.random() < 0.6 else "none")

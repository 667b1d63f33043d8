"""Invented clients, and the many ways in which the businesses that met them write the same one down.

Lives here: `population`, which makes everyone from a seed and a day, `describe`, and the client that the
README looks up. Not here: what they did (`plan`). Nobody is real: phones come only from +38050555xxxx,
mail only from domains that are kept for examples, numbers from ranges that were never given out, and
Telegram names begin with `demo_`.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Literal, TypeAlias

import msgspec

from registry.demo import codes, names
from registry.demo.names import Word
from registry.identities.wire import Handle, SubjectDescription

Script = Literal["uk", "ru", "latin"]

#: The client whom the README looks up: written otherwise than any business that reported him wrote him.
EXAMPLE_PHONE = "050 555 01 77"
EXAMPLE_EMAIL = "OSTAP.kravchuk@Example.com"
EXAMPLE_NAME = "Ostap Kravchuk"
#: Another given name under his number: a relative, who is only a possible match.
EXAMPLE_RELATIVE = "Кравчук Соломія"
#: A number that nobody ever reported.
EXAMPLE_STRANGER = "050 555 01 99"

#: His number in the form that the registry keeps.
EXAMPLE_NUMBER = "+380505550177"
#: The last four digits of everybody else's number; below are the examples and the sandbox of test keys.
LOWEST, HIGHEST = 1000, 9999
DOMAINS = ("example.com", "example.org", "example.net", "poshta.example", "mail.example")
DAYS_OF_YEAR = 365.25
#: How many there are of each part; see `Population`.
SINGLE, REPEATERS, FAMILIES, MOVED, COMPANIES, STRANGERS = 200, 24, 6, 5, 18, 60
#: Younger than anyone here can be at any time of the history; the policy's minimum is 18.
YOUNGEST, OLDEST = 21, 72


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """An invented person."""

    man: bool
    given: Word
    surname: Word
    patronymic: Word | None
    born: date
    city: Word
    #: E.164.
    phone: str
    email: str
    tax_id: str | None
    telegram: str | None
    #: Met by one business only, which may know them by one identifier and no name.
    alone: bool = False


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """An invented company that is somebody's client."""

    name: Word
    city: Word
    code: str
    phone: str
    email: str


Party: TypeAlias = Person | Company


class Population(msgspec.Struct, frozen=True, kw_only=True):
    """Everyone, by the part that they play."""

    example: Person
    #: Met by many.
    single: list[Person]
    #: Reported by several businesses.
    repeaters: list[Person]
    #: Two of one household under one number.
    families: list[tuple[Person, Person]]
    #: The earlier and the later holder of one number.
    moved_numbers: list[tuple[Person, Person]]
    companies: list[Company]
    #: Looked up, never reported.
    strangers: list[Person]


def population(seed: str, today: date) -> Population:
    """Everyone, the same for the same seed and day."""
    dice = Random(f"{seed}/people")
    numbers = _numbers(dice)
    couples = [_two(dice, today, numbers) for _ in range(FAMILIES + MOVED)]
    surnames = dice.sample(names.SURNAMES, FAMILIES)
    return Population(
        example=_example(today),
        families=[
            (_called(his, surname), _called(hers, surname))
            for (his, hers), surname in zip(couples, surnames, strict=False)
        ],
        moved_numbers=couples[FAMILIES:],
        repeaters=[_person(dice, today, next(numbers)) for _ in range(REPEATERS)],
        single=[
            msgspec.structs.replace(_person(dice, today, next(numbers)), alone=True)
            for _ in range(SINGLE)
        ],
        companies=[_company(dice, next(numbers)) for _ in range(COMPANIES)],
        strangers=[_person(dice, today, next(numbers)) for _ in range(STRANGERS)],
    )


def _two(dice: Random, today: date, numbers: Iterator[str]) -> tuple[Person, Person]:
    """Two people of different given names under one number."""
    first = _person(dice, today, next(numbers))
    while (second := _person(dice, today, first.phone)).given == first.given:
        pass
    other = next(numbers)[-4:]
    return first, msgspec.structs.replace(
        second,
        email=second.email.replace(first.phone[-4:], other),
        telegram=second.telegram and second.telegram.replace(first.phone[-4:], other),
    )


def _called(person: Person, surname: tuple[Word, Word]) -> Person:
    return msgspec.structs.replace(person, surname=surname[not person.man])


def everyone(all_of_them: Population) -> Iterator[Party]:
    """Yield every person and company."""
    yield all_of_them.example
    yield from all_of_them.single
    yield from all_of_them.repeaters
    for pair in (*all_of_them.families, *all_of_them.moved_numbers):
        yield from pair
    yield from all_of_them.companies
    yield from all_of_them.strangers


def _numbers(dice: Random) -> Iterator[str]:
    last = list(range(LOWEST, HIGHEST + 1))
    dice.shuffle(last)
    return (f"+38050555{number:04d}" for number in last)


def _person(dice: Random, today: date, phone: str) -> Person:
    man = dice.random() < 0.55
    born = today - timedelta(days=round(dice.uniform(YOUNGEST, OLDEST) * DAYS_OF_YEAR))
    number = phone[-4:]
    patronymic: Word | None = None
    if foreign := dice.random() < 0.06:
        given = _latin(dice.choice(names.FOREIGN_MEN if man else names.FOREIGN_WOMEN))
        surname = _latin(dice.choice(names.FOREIGN_SURNAMES))
    else:
        given = dice.choice(names.MEN if man else names.WOMEN)
        surname = dice.choice(names.SURNAMES)[not man]
        patronymic = dice.choice(names.PATRONYMICS)[not man]
    mailbox = f"{given.latin}.{surname.latin}{number}".lower()
    return Person(
        man=man,
        given=given,
        surname=surname,
        patronymic=patronymic,
        born=born,
        city=dice.choice(names.CITIES),
        phone=phone,
        email=f"{mailbox}@{dice.choice(DOMAINS)}",
        tax_id=codes.rnokpp(dice, born, man=man) if not foreign and dice.random() < 0.5 else None,
        telegram=f"demo_{surname.latin}_{number}".lower() if dice.random() < 0.4 else None,
    )


def _latin(word: str) -> Word:
    return Word(word, word, word)


def _company(dice: Random, phone: str) -> Company:
    first, second = dice.choice(names.COMPANY_FIRST), dice.choice(names.COMPANY_SECOND)
    return Company(
        name=Word(
            f"ТОВ «{first.uk} {second.uk}»",
            f"ООО «{first.ru} {second.ru}»",
            f"{first.latin} {second.latin} LLC",
        ),
        city=dice.choice(names.CITIES),
        code=codes.edrpou(dice),
        phone=phone,
        email=f"office{phone[-4:]}@{first.latin}-{second.latin}.example".lower(),
    )


def _example(today: date) -> Person:
    return Person(
        man=True,
        given=Word("Остап", "Остап", "Ostap"),
        surname=Word("Кравчук", "Кравчук", "Kravchuk"),
        patronymic=Word("Романович", "Романович", "Romanovych"),
        born=today - timedelta(days=round(38.4 * DAYS_OF_YEAR)),
        city=names.CITIES[1],
        phone=EXAMPLE_NUMBER,
        email="ostap.kravchuk@example.com",
        tax_id=None,
        telegram="demo_kravchuk_0177",
    )


#: Ways of writing 50, 555, 12, 34 that are read the same everywhere.
_INTERNATIONAL = (
    "+380 ({}) {}-{}-{}",
    "+380{}{}{}{}",
    "+380 {} {} {} {}",
    "380{}{}{}{}",
    "00380 {} {} {} {}",
    "+38 (0{}) {} {} {}",
)
#: Ways that need a Ukrainian to read them.
_NATIONAL = (
    "0{} {} {} {}",
    "0{}{}{}{}",
    "(0{}) {}-{}-{}",
    "8 0{} {}-{}-{}",
    "80{}{}{}{}",
    "0{}.{}.{}.{}",
    "38 0{} {}-{}-{}",
)
_ORDERS = (
    "{surname} {given} {patronymic}",
    "{given} {surname}",
    "{surname} {given}",
    "{given} {patronymic} {surname}",
)


def written_phone(dice: Random, number: str, *, abroad: bool) -> str:
    """A number in one of the ways in which people write it; `abroad` with its country code."""
    forms = _INTERNATIONAL if abroad else _INTERNATIONAL + _NATIONAL * 2
    return dice.choice(forms).format(number[4:6], number[6:9], number[9:11], number[11:])


def written_name(dice: Random, person: Person, script: Script) -> str:
    """A person's name in one order and script, with or without the patronymic."""
    order = dice.choice(_ORDERS) if person.patronymic else "{given} {surname}"
    return order.format(
        given=getattr(person.given, script),
        surname=getattr(person.surname, script),
        patronymic=getattr(person.patronymic, script) if person.patronymic else "",
    )


def written_email(dice: Random, address: str) -> str:
    """An address as it is, or with the capitals that people and phones put in."""
    mailbox, _, domain = address.partition("@")
    return dice.choice(
        (address, address, f"{mailbox.title()}@{domain}", f"{mailbox}@{domain.title()}")
    )


def describe(dice: Random, party: Party, *, abroad: bool = False) -> SubjectDescription:
    """A client as one business writes it down: the phone always, the rest as it happens to be known."""
    script = _script(dice, abroad=abroad)
    phone = written_phone(dice, party.phone, abroad=abroad)
    email = written_email(dice, party.email) if dice.random() < 0.4 else None
    city = getattr(party.city, script) if dice.random() < 0.4 else None
    if isinstance(party, Company):
        return SubjectDescription(
            kind="company",
            phone=phone,
            email=email,
            company_code=party.code,
            name=getattr(party.name, script),
            city=city,
            country="UA" if abroad else None,
        )
    handle = None
    if party.telegram and dice.random() < 0.5:
        handle = Handle(
            network="telegram", name=dice.choice(("@{}", "t.me/{}")).format(party.telegram)
        )
    born = dice.choice((f"{party.born:%d.%m.%Y}", party.born.isoformat()))
    tax_id = party.tax_id if dice.random() < 0.35 else None
    return SubjectDescription(
        phone=phone,
        email=email,
        tax_id=tax_id,
        handle=handle,
        name=written_name(dice, party, script),
        birth_date=born if dice.random() < 0.25 else None,
        city=city,
        country="UA" if abroad and tax_id else None,
    )


def _script(dice: Random, *, abroad: bool) -> Script:
    if abroad:
        return "latin"
    roll = dice.random()
    return "uk" if roll < 0.6 else "ru" if roll < 0.8 else "latin"

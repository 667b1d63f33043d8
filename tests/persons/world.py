"""Who knows whom: families, twins, namesakes, successors of a phone number, offices, firms.

Each function makes one group. What its members share is what deceives a method that trusts identifiers alone; a group
that shares nothing but a surname deceives one that trusts names.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from random import Random

from tests.persons import contacts, lexicon, papers, people
from tests.persons.levels import Level
from tests.persons.naming import Name
from tests.persons.people import DAYS, Company, Held, Person

Party = Person | Company

#: A sharer of a contact is rarely a serial offender too; and one group should not decide a whole measurement.
_SHARERS_RECORDS = 4


def _share_phone(members: list[Person], rng: Random) -> None:
    """The first one's phone is also the others': as their first, or behind their own."""
    shared = members[0].phones[0]
    for member in members[1:]:
        place = 0 if rng.random() < 0.7 else len(member.phones)
        member.phones.insert(place, shared)
    for member in members:
        member.most_records = _SHARERS_RECORDS


def _share_mail(members: list[Person], rng: Random) -> None:
    shared = Held(people.mailbox(members[0], rng))
    for member in members:
        member.mails.insert(0, shared)
        member.most_records = _SHARERS_RECORDS


def _relative(of: Person, rng: Random, name: Name, born: date) -> Person:
    """Somebody at the same address (grown children move out now and then)."""
    moved = rng.random() < 0.2
    return people.person(
        rng, country=of.country, name=name, born=born, city=of.city,
        at=people.home(rng) if moved else of.home,
    )  # fmt: skip


def _year_near(born: date, rng: Random, least: int, most: int) -> date:
    found = born + timedelta(days=365 * rng.randint(least, most) + rng.randrange(365))
    return min(found, papers.LAST_BIRTHDAY - timedelta(days=rng.randrange(300)))


def solo(rng: Random, level: Level) -> list[Party]:
    one = people.person(rng)
    if one.name.sex == "f" and rng.random() < 0.02:
        other = people.draw_surname(one.country, rng)
        own = one.name.surname
        double = replace(own, uk=f"{own.uk}-{other.uk}", ru=f"{own.ru}-{other.ru}")
        one.name = replace(one.name, surname=double)
    return [one]


def couple(rng: Random, level: Level) -> list[Party]:
    man = people.person(rng, name=people.draw_name("ua", rng, "m"))
    flavour = man.name.surname.flavour
    bride = Name(
        "f", people.draw_given("f", flavour, rng), people.draw_given("m", flavour, rng),
        man.name.surname,
    )  # fmt: skip
    woman = _relative(man, rng, bride, _year_near(man.born, rng, -5, 4))
    if rng.random() < level.sharing:
        _share_phone(rng.sample([man, woman], 2), rng)
    if rng.random() < level.sharing * 0.35:
        _share_mail([man, woman], rng)
    return [man, woman]


def parent_and_child(rng: Random, level: Level) -> list[Party]:
    """Father and son, rarely father and daughter: the child's patronymic is the father's given name."""
    elder = people.person(
        rng, name=people.draw_name("ua", rng, "m"), born=papers.birthday(rng, 1940, 1978)
    )
    sex = "m" if rng.random() < 0.7 else "f"
    name = elder.name
    given = name.given if sex == "m" and rng.random() < 0.06 else None
    given = given or people.draw_given(sex, name.surname.flavour, rng)
    child = _relative(
        elder, rng, Name(sex, given, name.given, name.surname), _year_near(elder.born, rng, 20, 28)
    )
    if rng.random() < level.sharing:
        _share_phone(rng.sample([elder, child], 2), rng)
    return [elder, child]


def _siblings(rng: Random, level: Level, apart: tuple[int, int] | None) -> list[Party]:
    first = people.person(rng, born=papers.birthday(rng, 1950, 2002))
    sex = rng.choice("mf")
    given = people.draw_given(sex, first.name.surname.flavour, rng)
    if given == first.name.given:
        return [first]
    name = Name(sex, given, first.name.father, first.name.surname)
    born = _year_near(first.born, rng, *apart) if apart else first.born
    second = _relative(first, rng, name, born)
    if rng.random() < level.sharing * 0.7:
        _share_phone([first, second], rng)
    return [first, second]


def siblings(rng: Random, level: Level) -> list[Party]:
    return _siblings(rng, level, (1, 7))


def twins(rng: Random, level: Level) -> list[Party]:
    return _siblings(rng, level, None)


def namesakes(rng: Random, level: Level) -> list[Party]:
    """The same three names, another person; every second pair in one city, some born in one year."""
    first = people.person(rng)
    name = first.name
    if rng.random() < 0.5:
        name = replace(name, father=people.draw_given("m", name.surname.flavour, rng))
    born = papers.birthday(rng)
    if rng.random() < 0.1:
        born = first.born.replace(month=rng.randint(1, 12), day=rng.randint(1, 28))
    city = first.city if rng.random() < 0.5 else lexicon.city_urn(first.country).draw(rng)
    return [first, people.person(rng, country=first.country, name=name, born=born, city=city)]


def successors(rng: Random, level: Level) -> list[Party]:
    """A number that its holder gave up and the operator sold again."""
    first = people.person(rng)
    second = people.person(rng, country=first.country)
    if rng.random() < level.sharing:
        given_up = rng.randrange(250, DAYS - 250)
        sold = given_up + rng.randrange(20, 160)
        number = first.phones[0].value
        later = contacts.phone(first.country, rng)
        first.phones = [Held(number, 0, given_up), Held(later, given_up), *first.phones[1:]]
        second.phones = [Held(number, sold), Held(second.phones[0].value, 0, sold)]
        first.most_records = second.most_records = _SHARERS_RECORDS
    return [first, second]


def office(rng: Random, level: Level) -> list[Party]:
    """Colleagues who leave the same desk phone."""
    first = people.person(rng)
    size = rng.randint(2, 4)
    others = [people.person(rng, country=first.country, city=first.city) for _ in range(size - 1)]
    members = [first, *others]
    if rng.random() < level.sharing:
        desk = Held(contacts.office_phone(first.country, first.city.trunk, rng))
        for member in members:
            member.phones.insert(0 if rng.random() < 0.5 else 1, desk)
            member.most_records = 3
    return list(members)


def firm(rng: Random, level: Level) -> list[Party]:
    """A company, half the time with its director, who may give the company's phone as his own."""
    one = people.company(rng)
    if rng.random() < 0.5:
        return [one]
    director = people.person(rng, country=one.country, city=one.city)
    if rng.random() < level.sharing * 0.6:
        director.phones.insert(1, one.phones[-1])
        one.most_records = director.most_records = _SHARERS_RECORDS
    return [one, director]


_ALONE = {solo: 55, firm: 7, namesakes: 4}
_KIN = {couple: 9, parent_and_child: 8, siblings: 5, twins: 2, successors: 9, office: 2}
_MAKERS: tuple[Callable[[Random, Level], list[Party]], ...] = (*_ALONE, *_KIN)


def group(rng: Random, level: Level) -> list[Party]:
    weights = [*_ALONE.values(), *(share * level.kin for share in _KIN.values())]
    return rng.choices(_MAKERS, weights=weights)[0](rng, level)


def _free(local: str, domain: str, taken: set[str], rng: Random) -> str:
    """This address, or the like of it with a number where somebody came first."""
    free = local
    while (key := f"{free.replace('.', '')}@{domain}") in taken:
        free = f"{local}{rng.randrange(10, 10000)}"
    taken.add(key)
    return free


def told_apart(parties: list[Party], taken: set[str], rng: Random) -> list[Party]:
    """Mailboxes and handles that no other group has: providers give a name out once."""
    given: dict[str, str] = {}
    for party in parties:
        for at, held in enumerate(party.mails):
            if held.value not in given:
                local, _, domain = held.value.partition("@")
                given[held.value] = f"{_free(local, domain, taken, rng)}@{domain}"
            party.mails[at] = replace(held, value=given[held.value])
        if isinstance(party, Person) and party.handle:
            handle = party.handle
            handle["name"] = _free(handle["name"], handle["network"], taken, rng)
    return parties

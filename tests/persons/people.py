"""One invented party at a time: a person with papers and contacts, or a company with a code."""

from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Generic, TypeVar

from tests.persons import contacts, lexicon, papers
from tests.persons.contacts import Phone
from tests.persons.lexicon import City, Given, Street, Surname
from tests.persons.naming import Name

T = TypeVar("T")

#: The days over which incidents happen; day 0 is 2024-05-01.
DAYS = 900
_FOREVER = 10**6


@dataclass(frozen=True, slots=True)
class Held(Generic[T]):
    """A phone or mailbox and the days during which it is this party's."""

    value: T
    since: int = 0
    until: int = _FOREVER


@dataclass(frozen=True, slots=True)
class Home:
    """A street, a house and a flat."""

    street: Street
    house: str
    flat: int


@dataclass(slots=True)
class Person:
    """Somebody who never lived."""

    name: Name
    born: date
    country: str
    tongue: str
    city: City
    home: Home
    tax_id: str
    handle: dict[str, str] | None
    sole_trader: bool
    phones: list[Held[Phone]] = field(default_factory=list)
    mails: list[Held[str]] = field(default_factory=list)
    maiden: Surname | None = None
    wedding: int = -1
    #: Where parcels go now and then: a parent's home, a place of work.
    other_city: City | None = None
    most_records: int = 12

    def name_on(self, day: int) -> Name:
        if self.maiden is None or day >= self.wedding:
            return self.name
        return Name(self.name.sex, self.name.given, self.name.father, self.maiden)


@dataclass(slots=True)
class Company:
    """A firm, its words in (uk, ru, Latin)."""

    head: tuple[str, str, str]
    tail: tuple[str, str, str]
    form: tuple[str, str, str]
    code: str
    country: str
    city: City
    home: Home
    phones: list[Held[Phone]]
    mails: list[Held[str]]
    most_records: int = 8


def draw_given(sex: str, flavour: str, rng: Random) -> Given:
    """Mostly a name of the flavour's own, else one of the common stock."""
    own = flavour if flavour and rng.random() < 0.6 else ""
    return lexicon.given_urn(sex, own).draw(rng)


def draw_surname(country: str, rng: Random) -> Surname:
    if rng.random() < 0.22:
        return lexicon.rare_surname(rng)
    return lexicon.surname_urn(country).draw(rng)


def draw_name(country: str, rng: Random, sex: str = "") -> Name:
    sex = sex or rng.choice("mf")
    surname = draw_surname(country, rng)
    flavour = surname.flavour
    return Name(sex, draw_given(sex, flavour, rng), draw_given("m", flavour, rng), surname)


def home(rng: Random) -> Home:
    letter = rng.choice(("", "", "", "", "а", "б"))
    flat = rng.randrange(1, 200) if rng.random() < 0.75 else 0
    return Home(lexicon.street_urn().draw(rng), f"{rng.randrange(1, 140)}{letter}", flat)


def _contacts_of(person: Person, rng: Random) -> None:
    """One to three phones (a second may replace the first), none to three mailboxes."""
    first = contacts.phone(person.country, rng)
    changes = rng.random() < 0.08
    change = rng.randrange(150, DAYS - 150) if changes else _FOREVER
    person.phones.append(Held(first, 0, change))
    for _ in range(max(int(changes), rng.choices((0, 1, 2), weights=(50, 36, 14))[0])):
        extra = contacts.phone(person.country, rng)
        person.phones.append(Held(extra, change if changes else 0))
    for _ in range(rng.choices((0, 1, 2, 3), weights=(22, 54, 19, 5))[0]):
        person.mails.append(Held(mailbox(person, rng)))


def _latin_names(person: Person, rng: Random) -> tuple[str, str]:
    name, tongue = person.name, person.tongue
    return contacts.latin_names(
        name.given.word(tongue), name.surname.form(tongue, name.sex), tongue, rng
    )


def mailbox(person: Person, rng: Random) -> str:
    given, surname = _latin_names(person, rng)
    return contacts.mailbox(given, surname, person.born.year, person.country, rng)


def person(
    rng: Random,
    *,
    country: str = "",
    name: Name | None = None,
    born: date | None = None,
    city: City | None = None,
    at: Home | None = None,
) -> Person:
    """Somebody; what is given is kept, the rest is drawn."""
    country = country or ("ru" if rng.random() < 0.14 else "ua")
    name = name or draw_name(country, rng)
    born = born or papers.birthday(rng)
    tongue = "ru" if country == "ru" or rng.random() < 0.35 else "uk"
    number = papers.inn(rng) if country == "ru" else papers.rnokpp(born, name.sex, rng)
    city = city or lexicon.city_urn(country).draw(rng)
    trader = rng.random() < 0.1
    new = Person(name, born, country, tongue, city, at or home(rng), number, None, trader)
    if rng.random() < 0.4:
        given, surname = _latin_names(new, rng)
        new.handle = contacts.handle(given, surname, born.year, rng)
    _contacts_of(new, rng)
    if rng.random() < 0.1:
        new.other_city = lexicon.city_urn(country).draw(rng)
    if name.sex == "f" and rng.random() < 0.06:
        new.maiden, new.wedding = draw_surname(country, rng), rng.randrange(100, DAYS)
    return new


def company(rng: Random) -> Company:
    country = "ru" if rng.random() < 0.14 else "ua"
    head, tail, form = (
        rng.choice(lexicon.company_parts(part)) for part in ("head", "tail", "form")
    )
    city = lexicon.city_urn(country).draw(rng)
    host = f"{head[2]}{rng.choice(('', '-'))}{tail[2]}{rng.randrange(1, 999)}".lower()
    domain = (
        f"{host}.{'ru' if country == 'ru' else rng.choice(('com.ua', 'ua', 'in.ua', 'kiev.ua'))}"
    )
    mail = f"{rng.choice(('info', 'office', 'sales', 'buh', 'zakaz'))}@{domain}"
    desk = contacts.office_phone(country, city.trunk, rng)
    phones = [Held(desk), Held(contacts.phone(country, rng))]
    code = papers.company_code(country, rng)
    return Company(head, tail, form, code, country, city, home(rng), phones, [Held(mail)])

"""One record: what one shop wrote down about one party on one day, with its slips."""

from random import Random
from typing import Any, TypeVar

from tests.persons import contacts, latin, naming, papers, slips
from tests.persons.contacts import Phone
from tests.persons.levels import Level
from tests.persons.lexicon import City
from tests.persons.people import Company, Held, Home, Person
from tests.persons.shops import Shop

T = TypeVar("T", Phone, str)
Record = dict[str, Any]

_TRADER = {"uk": ("ФОП", "ФОП", "ФО-П", "СПД"), "ru": ("ФЛП", "ИП", "ЧП", "ФОП"), "": ("FOP", "PE")}
_QUOTES = ('"{}"', '"{}"', "«{}»", "“{}”", "{}", "'{}'", "„{}“", "''{}''")
_HONORIFICS = ("пан ", "г-н ", "Mr. ", "клієнт ", "пані ")
_NOTES = (" (не відповідає)", " НП", " олх", " - відмова", " (передоплата)", " prom", " !!!", " 2")
_STREET = {"uk": ("вул. {}", "вул {}", "{}", "{} вул."), "ru": ("ул. {}", "ул {}", "{}")}
_FLAT = {"uk": (", кв. {}", ", кв.{}", "/{}"), "ru": (", кв. {}", "-{}", " кв {}")}


def _held(held: list[Held[T]], day: int, scatter: float, rng: Random) -> tuple[T | None, list[T]]:
    """The contact that is given on this day, and the others that could have been."""
    valid = [one.value for one in held if one.since <= day < one.until]
    if not valid:
        return None, []
    at = rng.randrange(1, len(valid)) if len(valid) > 1 and rng.random() < scatter else 0
    return valid[at], valid[:at] + valid[at + 1 :]


def city(place: City, tongue: str, system: str, rng: Random) -> str:
    kind = rng.random()
    if kind < 0.07 and place.old:
        return rng.choice(place.old)
    if system or kind > 0.97:
        return rng.choice(place.latin)
    word = place.uk if tongue == "uk" else place.ru
    if kind > 0.93:
        return slips.in_name(word, rng) if kind > 0.955 else word.upper()
    return ("м. " if tongue == "uk" else "г. ") + word if kind > 0.88 else word


def address(home: Home, tongue: str, system: str, rng: Random) -> str:
    street = home.street.uk if tongue == "uk" else home.street.ru
    if home.street.old and rng.random() < 0.15:
        street = home.street.old
    text = rng.choice(_STREET[tongue]).format(street) + rng.choice((", ", " ", ", буд. "))
    text += home.house
    if home.flat and rng.random() < 0.9:
        text += rng.choice(_FLAT[tongue]).format(home.flat)
    return latin.latin(text, tongue, system) if system else text


def _phone_field(number: Phone, others: list[Phone], shop: Shop, level: Level, rng: Random) -> Any:
    mask = shop.masks[number.country]
    if rng.random() < level.fresh:
        number = contacts.phone(number.country, rng)
    elif rng.random() < level.phone_slip:
        number = contacts.mistype(number, rng)
    written = number.write(rng, mask)
    if others and rng.random() < 0.05:
        return [written, rng.choice(others).write(rng, mask)]
    return written


def _contacts(
    record: Record, party: Person | Company, day: int, shop: Shop, level: Level, rng: Random
) -> None:
    """Phone and e-mail; a shop never lets both be empty when the party has either."""
    phone, other_phones = _held(party.phones, day, level.scatter, rng)
    mail, _ = _held(party.mails, day, level.scatter, rng)
    has_phone = phone is not None and rng.random() < shop.trade.phone / 100
    has_mail = mail is not None and rng.random() < shop.trade.mail / 100 * level.asking
    if phone is not None and (has_phone or not has_mail):
        record["phone"] = _phone_field(phone, other_phones, shop, level, rng)
    if mail is not None and has_mail:
        slipped = rng.random() < level.mail_slip
        written = contacts.slip_mailbox(mail, rng) if slipped else mail
        record["email"] = contacts.write_mailbox(written, rng)


def _name(
    person: Person, style: naming.Style, day: int, shop: Shop, level: Level, rng: Random
) -> str:
    name = person.name_on(day if rng.random() < 0.9 else 0)
    text = naming.write(name, style, rng)
    if rng.random() < level.name_slip:
        text = slips.in_name(text, rng)
    if person.sole_trader and rng.random() < shop.trade.tax_id / 100:
        mark = rng.choice(_TRADER["" if style.system else style.tongue])
        text = f"{mark} {text}" if rng.random() < 0.85 else f"{text}, {mark}"
    noise = rng.random()
    if noise < level.name_slip / 8:
        text = (
            rng.choice(_HONORIFICS) + text
            if noise < level.name_slip / 20
            else text + rng.choice(_NOTES)
        )
    return text


def _papers(
    record: Record, person: Person, style: naming.Style, shop: Shop, level: Level, rng: Random
) -> None:
    trade = shop.trade
    if rng.random() < trade.tax_id / 100 * level.asking:
        slipped = rng.random() < level.number_slip
        record["tax_id"] = papers.slip_number(person.tax_id, rng) if slipped else person.tax_id
    if rng.random() < trade.birth_date / 100:
        slipped = rng.random() < level.date_slip
        born = papers.slip_date(person.born, rng) if slipped else person.born
        vague = rng.random() < level.date_slip / 4
        habit = rng.choice(("partial", "year")) if vague else shop.date_habit
        record["birth_date"] = papers.write_date(born, habit, style.tongue)


def of_person(person: Person, day: int, shop: Shop, level: Level, rng: Random) -> Record:
    style = shop.style(person.tongue, level, rng)
    trade = shop.trade
    record: Record = {}
    if rng.random() >= level.no_name:
        record["name"] = _name(person, style, day, shop, level, rng)
    _contacts(record, person, day, shop, level, rng)
    _papers(record, person, style, shop, level, rng)
    if rng.random() < trade.city / 100:
        away = person.other_city if rng.random() < 0.25 else None
        record["city"] = city(away or person.city, style.tongue, style.system, rng)
    if rng.random() < trade.address / 100:
        record["address"] = address(person.home, style.tongue, style.system, rng)
    if person.handle and rng.random() < trade.handle / 100:
        record["handle"] = contacts.write_handle(person.handle, rng)
    return record


def company_name(company: Company, at: int, rng: Random) -> str:
    """The firm's name in one of its three spellings, its form before or after, quotes as the keyboard has them."""
    glue = rng.choice(("", "", "", "-", " "))
    tail = company.tail[at] if glue else company.tail[at].lower()
    name = slips.case(f"{company.head[at]}{glue}{tail}", rng.choice(("", "", "upper")))
    quoted = rng.choice(_QUOTES).format(name)
    form, kind = company.form[at], rng.random()
    if kind < 0.12:
        return quoted
    return f"{quoted} {form}" if kind < 0.25 else f"{form} {quoted}"


def of_company(company: Company, day: int, shop: Shop, level: Level, rng: Random) -> Record:
    at = 2 if shop.own_latin else int(shop.tongue == "ru")
    tongue, system = shop.tongue, ""
    if at == 2:
        tongue, system = "uk", latin.draw_system("uk", rng)
    name = company_name(company, at, rng)
    if rng.random() < level.name_slip / 2:
        name = slips.in_name(name, rng)
    record: Record = {"kind": "company", "name": name}
    if rng.random() < 0.5 * level.asking:
        record["company_code"] = company.code
    _contacts(record, company, day, shop, level, rng)
    if rng.random() < shop.trade.city / 100:
        record["city"] = city(company.city, tongue, system, rng)
    if rng.random() < shop.trade.address / 100:
        record["address"] = address(company.home, tongue, system, rng)
    return record

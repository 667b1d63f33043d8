"""Phones, e-mails and handles: inventing them, and writing them the way that people do."""

from dataclasses import dataclass
from random import Random

from tests.persons import latin, slips

_OPERATORS = {
    "ua": ("50", "63", "66", "67", "68", "73", "93", "95", "96", "97", "98", "99"),
    "ru": ("903", "905", "909", "910", "915", "916", "920", "925", "926", "950", "961", "977", "985", "999"),
}  # fmt: skip

#: A phone is country and national number; {0} is what is left after the operator's code {c}, split 3-2-2.
_FORMS = {
    "ua": (
        ("+380{c}{a}{b}{d}", 24), ("0{c}{a}{b}{d}", 22), ("380{c}{a}{b}{d}", 12),
        ("+38 (0{c}) {a}-{b}-{d}", 9), ("(0{c}) {a}-{b}-{d}", 6), ("0{c}-{a}-{b}-{d}", 6),
        ("0{c} {a} {b} {d}", 5), ("+38 0{c} {a} {b} {d}", 5), ("8-0{c}-{a}-{b}-{d}", 3),
        ("80{c}{a}{b}{d}", 2), ("38(0{c}){a}-{b}-{d}", 2), ("0{c}.{a}.{b}.{d}", 1),
        ("+380 {c} {a}{b}{d}", 2), ("{c}{a}{b}{d}", 1), ("00380{c}{a}{b}{d}", 1),
        ("0{c}/{a}{b}{d}", 1), ("тел. 0{c} {a}{b}{d}", 1),
    ),
    "ru": (
        ("+7{c}{a}{b}{d}", 26), ("8{c}{a}{b}{d}", 22), ("8 ({c}) {a}-{b}-{d}", 12),
        ("+7 ({c}) {a}-{b}-{d}", 12), ("8-{c}-{a}-{b}-{d}", 8), ("7{c}{a}{b}{d}", 6),
        ("{c}{a}{b}{d}", 5), ("{c} {a} {b} {d}", 3), ("+7 {c} {a} {b} {d}", 4), ("8 {c} {a}{b}{d}", 4),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as the network knows it."""

    country: str
    national: str

    def write(self, rng: Random, form: str = "") -> str:
        if not form:
            form = draw_form(self.country, rng)
        rest = self.national[-7:]
        return form.format(c=self.national[:-7], a=rest[:3], b=rest[3:5], d=rest[5:])


def draw_form(country: str, rng: Random) -> str:
    """One way to write a number of that country."""
    forms = _FORMS[country]
    return rng.choices([form for form, _ in forms], weights=[weight for _, weight in forms])[0]


def phone(country: str, rng: Random) -> Phone:
    return Phone(country, rng.choice(_OPERATORS[country]) + f"{rng.randrange(10**7):07d}")


def office_phone(country: str, trunk: str, rng: Random) -> Phone:
    """A land line: the city's code and what fills up the length."""
    size = {"ua": 9, "ru": 10}[country] - len(trunk)
    return Phone(
        country, trunk + f"{rng.randrange(2, 8)}{rng.randrange(10 ** (size - 1)):0{size - 1}d}"
    )


def mistype(number: Phone, rng: Random) -> Phone:
    """A digit of the subscriber's part is wrong."""
    return Phone(number.country, slips.in_digits(number.national, rng, first=3))


_PROVIDERS = {
    "ua": {
        "gmail.com": 60, "ukr.net": 20, "i.ua": 5, "icloud.com": 4, "meta.ua": 3, "bigmir.net": 2, "outlook.com": 2,
        "yandex.ru": 2, "mail.ru": 2, "hotmail.com": 1, "proton.me": 1,
    },
    "ru": {
        "mail.ru": 30, "yandex.ru": 30, "gmail.com": 25, "rambler.ru": 5, "bk.ru": 3, "inbox.ru": 2, "icloud.com": 2,
        "list.ru": 2, "hotmail.com": 1,
    },
}  # fmt: skip
_ALIASES = {
    "gmail.com": ("googlemail.com",),
    "yandex.ru": ("ya.ru", "yandex.ua", "yandex.com"),
    "icloud.com": ("me.com",),
    "proton.me": ("protonmail.com",),
}
_WRONG_DOMAINS = {
    "gmail.com": ("gmail.con", "gmai.com", "gmial.com", "gmail.ru", "gmail.co", "gamil.com", "gmail.com.ua"),
    "ukr.net": ("ukr.ner", "urk.net", "ukr.nte"),
    "mail.ru": ("mail.ry", "mai.ru", "meil.ru"),
    "yandex.ru": ("yandex.ry", "yndex.ru", "jandex.ru"),
}  # fmt: skip
_NOUNS = "sun star cat fox lion master shop pro ua best super mega rich happy kosmos wolf panda tiger lady boss".split()


def local_part(given: str, surname: str, year: int, rng: Random) -> str:
    """The part before the @, of Latin given name and surname, or of nothing at all."""
    given, surname = (
        "".join(letter for letter in word.lower() if letter.isascii() and letter.isalnum())
        for word in (given, surname)
    )
    number = rng.choice((str(year), str(year)[2:], str(rng.randrange(1, 1000)), ""))
    kind = rng.random()
    if kind < 0.3:
        return f"{given}.{surname}{number}"
    if kind < 0.5:
        return f"{surname}{rng.choice(('.', '_', ''))}{given[:1]}{number}"
    if kind < 0.65:
        return f"{given[:1]}{rng.choice(('.', ''))}{surname}{number}"
    if kind < 0.85:
        return f"{rng.choice(_NOUNS)}{rng.choice(('', '_', '-'))}{given}{number}"
    return f"{rng.choice(_NOUNS)}{rng.choice(_NOUNS)}{rng.randrange(10**4)}"


def mailbox(given: str, surname: str, year: int, country: str, rng: Random) -> str:
    providers = _PROVIDERS[country]
    domain = rng.choices(list(providers), weights=list(providers.values()))[0]
    return f"{local_part(given, surname, year, rng)}@{domain}"


def write_mailbox(address: str, rng: Random) -> str:
    """The same mailbox as this form got it: case, a plus, Gmail's dots, the provider's other name."""
    local, _, domain = address.partition("@")
    kind = rng.random()
    if kind < 0.72:
        return address
    if kind < 0.80:
        return address.capitalize() if rng.random() < 0.6 else address.upper()
    if kind < 0.85 and domain == "gmail.com":
        return f"{local}+{rng.choice(('shop', 'promo', 'test', 'x'))}@{domain}"
    if kind < 0.92 and domain == "gmail.com":
        at = rng.randrange(1, len(local)) if len(local) > 1 else 0
        dotted = local.replace(".", "") if "." in local else f"{local[:at]}.{local[at:]}"
        return f"{dotted}@{domain}"
    if domain in _ALIASES and kind < 0.96:
        return f"{local}@{rng.choice(_ALIASES[domain])}"
    return f" {address} " if kind > 0.98 else address


def slip_mailbox(address: str, rng: Random) -> str:
    local, _, domain = address.partition("@")
    if domain in _WRONG_DOMAINS and rng.random() < 0.5:
        return f"{local}@{rng.choice(_WRONG_DOMAINS[domain])}"
    return f"{slips.in_word(local, rng)}@{domain}"


_NETWORKS = (
    "telegram",
    "telegram",
    "telegram",
    "instagram",
    "instagram",
    "viber",
    "facebook",
    "vk",
)


def handle(given: str, surname: str, year: int, rng: Random) -> dict[str, str]:
    name = local_part(given, surname, year, rng).replace(".", "_").replace("-", "_")
    return {"network": rng.choice(_NETWORKS), "name": name}


def write_handle(handle: dict[str, str], rng: Random) -> dict[str, str]:
    name = handle["name"]
    kind = rng.random()
    if kind < 0.4:
        name = "@" + name
    elif kind < 0.5 and handle["network"] == "telegram":
        name = "https://t.me/" + name
    return {"network": handle["network"], "name": name}


def latin_names(given: str, surname: str, tongue: str, rng: Random) -> tuple[str, str]:
    """Given name and surname as their bearer spells them in addresses."""
    system = "sms" if rng.random() < 0.6 else latin.draw_system(tongue, rng)
    return latin.latin(given, tongue, system), latin.latin(surname, tongue, system)

"""Who writes a record down: trades that ask for different things, and shops with habits of their own."""

from dataclasses import dataclass, replace
from random import Random

from tests.persons import contacts, latin, papers
from tests.persons.levels import Level
from tests.persons.naming import Style


@dataclass(frozen=True, slots=True)
class Trade:
    """How often, in a hundred records, a shop of this trade has each field."""

    name: str
    share: int
    phone: int
    mail: int
    tax_id: int
    birth_date: int
    city: int
    address: int
    handle: int
    patronymic: int
    casual: int
    latin: int


TRADES = (
    #                    share phone mail tax birth city addr handle patr casual latin
    Trade("parcels",       27,  99,  16,  0,   6,  98,  40,   2,    35,   6,     4),
    Trade("web shop",      21,  82,  84,  1,  10,  86,  24,   2,    12,  10,    22),
    Trade("salon",         13,  96,  10,  0,  24,  88,   2,  24,     3,  45,     4),
    Trade("contractor",    10,  88,  66, 50,  30,  90,  40,   2,    72,   2,     3),
    Trade("hire",           9,  92,  54, 14,  84,  82,  28,   4,    42,   3,    30),
    Trade("clinic",         8,  96,  32, 10,  90,  90,  26,   1,    78,   2,     2),
    Trade("instalments",    6,  95,  40, 84,  92,  90,  46,   1,    88,   1,     2),
    Trade("messenger",      6,  82,   8,  0,   4,  72,   8,  72,     2,  60,    28),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shop:
    """One business: a trade and the habits of its forms."""

    trade: Trade
    tongue: str
    own_latin: bool
    order: str
    case: str
    date_habit: str
    #: Its own mask for a phone; empty where clients type as they like.
    masks: dict[str, str]

    def style(self, tongue: str, level: Level, rng: Random) -> Style:
        """How this shop writes one client's name: its own habit, or the client's typing."""
        chance, trade = rng.random, self.trade
        spoken = self.tongue if chance() < 0.7 else tongue
        casual = trade.casual / 100
        style = Style(
            spoken,
            order=self.order if chance() < 0.85 else rng.choice(("surname", "given")),
            patronymic="full" if chance() < trade.patronymic / 100 else "none",
            case=self.case if chance() < 0.9 else rng.choice(("lower", "upper", "")),
        )
        if self.own_latin or chance() < trade.latin / 130:
            system = latin.draw_system(tongue, rng)
            given = "custom" if chance() < 0.2 else "full"
            style = replace(style, tongue=tongue, system=system, given=given)
            style = replace(style, patronymic="none") if chance() < 0.8 else style
        if chance() < level.pet * (0.4 + 3 * casual):
            style = replace(style, given="pet", patronymic="none")
        elif chance() < level.pet / 3 and not style.system:
            style = replace(style, given="by ear")
        elif chance() < level.initials and style.given == "full":
            shortened = "initial" if chance() < 0.75 else "none"
            style = replace(style, given="initial", patronymic=shortened, order=self.order)
        elif chance() < level.lone_given * (0.2 + 3.5 * casual):
            style = replace(style, surname=False)
        return style


def _draw_shop(trade: Trade, rng: Random) -> Shop:
    own_mask = rng.random() < 0.35
    return Shop(
        trade,
        tongue="uk" if rng.random() < 0.6 else "ru",
        own_latin=rng.random() < trade.latin / 300,
        order="surname" if rng.random() < 0.35 + trade.patronymic / 160 else "given",
        case=rng.choices(("", "upper", "lower"), weights=(88, 8, 4))[0],
        date_habit=rng.choice(papers.DATE_HABITS),
        masks={c: contacts.draw_form(c, rng) if own_mask else "" for c in ("ua", "ru")},
    )


def shops(count: int, rng: Random) -> list[Shop]:
    """The shops that will report: the more records, the more of them; every trade has its share."""
    number = 100 + count // 150
    return [
        _draw_shop(trade, rng) for trade in TRADES for _ in range(round(number * trade.share / 100))
    ]

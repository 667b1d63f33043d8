"""The invented businesses: who they are, what befalls them, and when they joined and left.

Lives here: `roster`. Not here: what they report (`plan`), or signing them up (`stage`). The first two hold
the keys of `demo.json`; the furniture maker and the courier belong to one owner and are one source.
"""

from random import Random
from typing import Literal, NamedTuple

import msgspec

from registry.businesses.wire import BeneficialOwner, SignUp
from registry.demo import codes
from registry.reports.rules import Category

#: Days before the load at which the history begins.
BEGINNING = 430.0

Outcome = Literal["verified", "suspended", "refused", "pending"]


class Trade(msgspec.Struct, frozen=True, kw_only=True):
    """One business: how it signs up, and how its story goes."""

    #: By which the rest of the demonstration data names it.
    slug: str
    sign_up: SignUp
    plan: str
    outcome: Outcome
    #: Days before the load: signed up, and suspended or refused.
    joined: float
    left: float | None
    #: What happens to such a business.
    categories: tuple[Category, ...]
    #: How its contract numbers begin, and the lowest and highest sum of one, in minor units.
    prefix: str
    sums: tuple[int, int]
    currency: str
    #: How often it reports, beside the others.
    weight: int

    @property
    def abroad(self) -> bool:
        """Whether it writes Ukrainian numbers with the country code, and in Latin letters."""
        return self.sign_up.country != "UA"


_SHARED_OWNER = "Дубовик Лідія Павлівна"


class _Sketch(NamedTuple):
    """A line of the roster."""

    slug: str
    name: str
    country: str
    domain: str
    sector: str
    owner: str
    plan: str
    #: Contract numbers begin so; sums lie between these, in major units.
    prefix: str
    low: int
    high: int
    weight: int
    categories: str
    outcome: Outcome = "verified"
    #: None: at the beginning, one after the other.
    joined: float | None = None
    left: float | None = None


_SKETCHES = (
    _Sketch(
        *("studio", "ТОВ «Студія Вебкрок»", "UA", "vebkrok", "web development"),
        *("Гайдук Мирослав Ігорович", "partner", "WEB", 8_000, 240_000, 6),
        "payment_overdue scope_abuse payment_refused",
    ),
    _Sketch(
        *("shop", "ТОВ «Крамниця Лелека»", "UA", "leleka", "retail"),
        *("Ярема Зоряна Степанівна", "partner", "LL", 300, 18_000, 9),
        "parcel_refused return_abuse chargeback_abuse parcel_refused",
    ),
    _Sketch(
        *("repair", "ФОП Чумак Назар Якович", "UA", "polagodymo", "repair"),
        *("Чумак Назар Якович", "pro", "R", 400, 22_000, 6),
        "no_show payment_refused abusive_conduct",
    ),
    _Sketch(
        *("dentist", "ТОВ «Стоматологія Перлина»", "UA", "perlyna", "dental care"),
        *("Сокіл Агата Юріївна", "pro", "ST", 900, 60_000, 6),
        "no_show payment_refused payment_overdue",
    ),
    _Sketch(
        *("hotel", "ТОВ «Готель Три Верби»", "UA", "tryverby", "hospitality"),
        *("Вербицька Емілія Олегівна", "pro", "H", 1_200, 40_000, 7),
        "no_show chargeback_abuse abusive_conduct",
    ),
    _Sketch(
        *("furniture", "ПП «Меблева майстерня Дубок»", "UA", "dubok", "furniture"),
        *(_SHARED_OWNER, "free", "M", 6_000, 150_000, 5),
        "payment_overdue scope_abuse return_abuse",
    ),
    _Sketch(
        *("courier", "ТОВ «Швидкий Птах»", "UA", "ptakh", "courier service"),
        *(_SHARED_OWNER, "free", "KP", 150, 9_000, 5),
        "parcel_refused abusive_conduct payment_overdue",
    ),
    _Sketch(
        *("tutoring", "ФОП Лелюк Аміна Тарасівна", "UA", "uroky", "education"),
        *("Лелюк Аміна Тарасівна", "free", "U", 500, 12_000, 3),
        "no_show payment_overdue",
        joined=300.2,
    ),
    _Sketch(
        *("translator", "Biuro Tłumaczeń Przykład sp. z o.o.", "PL", "tlumacz", "translation"),
        *("Zielińska Oliwia", "pro", "T", 200, 9_000, 3),
        "payment_overdue scope_abuse payment_refused",
        joined=262.4,
    ),
    _Sketch(
        *("machines", "Musterwerk GmbH", "DE", "musterwerk", "machine building"),
        *("Beispiel Jonas", "pro", "MW", 900, 80_000, 2),
        "payment_overdue chargeback_abuse",
        joined=205.7,
    ),
    _Sketch(
        *("garage", "ТОВ «Гараж Поруч»", "UA", "garazh", "car repair"),
        *("Кобець Устим Львович", "free", "G", 800, 45_000, 3),
        "payment_refused abusive_conduct no_show",
        outcome="suspended",
        left=41.3,
    ),
    _Sketch(
        *("flowers", "ФОП Ружа Мальвіна Орестівна", "UA", "ruzha", "retail"),
        *("Ружа Мальвіна Орестівна", "free", "F", 300, 6_000, 0),
        "parcel_refused",
        outcome="pending",
        joined=0.3,
    ),
    _Sketch(
        *("advice", "Pavyzdys Advice UAB", "LT", "pavyzdys", "consulting"),
        *("Pavyzdys Ignas", "free", "A", 500, 5_000, 0),
        "payment_overdue",
        outcome="refused",
        joined=96.4,
        left=94.9,
    ),
)
_CURRENCIES = {"UA": "UAH", "PL": "PLN"}
_MAKERS = {"PL": codes.nip, "DE": codes.german_vat, "LT": codes.lithuanian_code}


def roster(seed: str) -> list[Trade]:
    """All businesses, the same for the same seed, in the order in which they joined."""
    dice = Random(f"{seed}/businesses")
    trades = [_trade(dice, number, sketch) for number, sketch in enumerate(_SKETCHES)]
    return sorted(trades, key=lambda trade: -trade.joined)


def _trade(dice: Random, number: int, sketch: _Sketch) -> Trade:
    own = codes.trader_code if sketch.name.startswith("ФОП") else codes.edrpou
    owner = sketch.owner
    return Trade(
        slug=sketch.slug,
        sign_up=SignUp(
            name=sketch.name,
            country=sketch.country,
            register_code=_MAKERS.get(sketch.country, own)(dice),
            email=f"office@{sketch.domain}.example",
            website=f"https://{sketch.domain}.example",
            sector=sketch.sector,
            beneficial_owners=[owner if number % 2 else BeneficialOwner(name=owner)],
        ),
        plan=sketch.plan,
        outcome=sketch.outcome,
        joined=sketch.joined or BEGINNING - 0.5 - number * 0.05,
        left=sketch.left,
        categories=tuple(map(Category, sketch.categories.split())),
        prefix=sketch.prefix,
        sums=(sketch.low * 100, sketch.high * 100),
        currency=_CURRENCIES.get(sketch.country, "EUR"),
        weight=sketch.weight,
    )

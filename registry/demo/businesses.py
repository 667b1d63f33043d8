"""The invented businesses: who they are, what befalls them, and when they joined and left.

Lives here: `roster`, which reads `businesses.toml` and gives each a register code. Not here: what they
report (`casting`), or signing them up (`stage`). `MEMBERS` are the two whose keys `demo.json` holds.
"""

import tomllib
from pathlib import Path
from random import Random
from typing import Literal

import msgspec

from registry.businesses.wire import BeneficialOwner, SignUp
from registry.demo import codes
from registry.reports.rules import Category

#: Days before the load at which the history begins.
BEGINNING = 430.0
#: Verified, Ukrainian, of different owners.
MEMBERS = ("studio", "shop")

_FIRST, _NEXT = 0.5, 0.05
_FILE = Path(__file__).with_suffix(".toml")
_MAKERS = {"PL": codes.nip, "DE": codes.german_vat, "LT": codes.lithuanian_code}
_MINOR_UNITS = 100


class Trade(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One business, as the file tells it."""

    #: By which the rest of the demonstration data names it.
    slug: str
    name: str
    domain: str
    sector: str
    owner: str
    plan: str
    #: How its contract numbers begin, and the lowest and highest sum of one, in minor units.
    prefix: str
    sums: tuple[int, int]
    #: How often it reports and asks, beside the others; nought for those who were never verified.
    weight: int
    #: What happens to such a business.
    categories: tuple[Category, ...]
    country: str = "UA"
    currency: str = "UAH"
    outcome: Literal["verified", "suspended", "refused", "pending"] = "verified"
    #: Days before the load: signed up, and suspended or refused.
    joined: float = BEGINNING
    left: float | None = None
    register_code: str = ""

    @property
    def abroad(self) -> bool:
        """Whether it writes Ukrainian numbers with the country code, and in Latin letters."""
        return self.country != "UA"

    @property
    def sign_up(self) -> SignUp:
        """What it sends to join."""
        return SignUp(
            name=self.name,
            country=self.country,
            register_code=self.register_code,
            email=f"office@{self.domain}.example",
            website=f"https://{self.domain}.example",
            sector=self.sector,
            beneficial_owners=[BeneficialOwner(name=self.owner)],
        )


def roster(seed: str) -> list[Trade]:
    """All businesses, the same for the same seed, in the order in which they joined."""
    dice = Random(f"{seed}/businesses")
    body = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    told = msgspec.convert(body["business"], list[Trade])
    return [_completed(dice, place, trade) for place, trade in enumerate(told)]


def _completed(dice: Random, place: int, trade: Trade) -> Trade:
    own = codes.trader_code if trade.name.startswith("ФОП") else codes.edrpou
    low, high = trade.sums
    return msgspec.structs.replace(
        trade,
        joined=min(trade.joined, BEGINNING - _FIRST - place * _NEXT),
        register_code=_MAKERS.get(trade.country, own)(dice),
        sums=(low * _MINOR_UNITS, high * _MINOR_UNITS),
    )

"""From standings to an answer: matches, grades, and the member's own terms. Pure.

Nobody is scored here: an answer is facts, and what the asking business itself laid down for such facts.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from enum import StrEnum
from itertools import product
from uuid import UUID

import msgspec

from registry.matching.compare import (
    Agreement,
    Grade,
    alike,
    grade,
    grade_of,
    plain,
    speaking,
)
from registry.matching.party import STRONG
from registry.matching.subject import Subject

#: Contacts. Many people may share one: a call centre's number, a parcel shop's, a marketplace's relay address.
#: A code is one party's.
CONTACTS = frozenset({"phone", "email", "handle"})
#: From so many people, named by as many sources, a contact tells nothing of who is who. A family has fewer members, and
#: so has one who orders under false names.
CROWD = 8


class Result(StrEnum):
    """What a lookup found."""

    #: A match with facts.
    RECORD = "record"
    #: Only possible matches, which have no facts.
    POSSIBLE = "possible"
    #: Nothing.
    NO_RECORD = "no_record"


class Advice(StrEnum):
    """What a member's terms may say."""

    #: Full payment in advance.
    PREPAY_FULL = "prepay_full"
    #: Half in advance.
    PREPAY_HALF = "prepay_half"
    #: Payment in stages.
    MILESTONES = "milestones"
    #: A detailed scope in the contract.
    WRITTEN_SCOPE = "written_scope"
    #: Every contact noted and confirmed in writing.
    CONTACT_LOG = "contact_log"
    #: A person looks before anything is agreed.
    MANUAL_REVIEW = "manual_review"
    #: A polite refusal.
    DECLINE_POLITELY = "decline_politely"


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """A shown fact as the lookup path reads it."""

    report: UUID
    record: UUID
    business: UUID
    #: Businesses of one owner have one source.
    source: UUID
    category: str
    month: str
    amount_band: str | None
    currency: str | None
    evidence_grade: str
    state: str
    #: The person's words, sealed (base64) as the standing keeps them, or opened.
    reply: str | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """An identity that one of the query's index values led to, with its shown facts and their records."""

    identity: UUID
    facts: tuple[Fact, ...]
    #: What the records behind the facts hold; empty for a query that is `plain`.
    records: Mapping[UUID, Subject] = {}
    #: The strong kinds of the query's values that one of these records holds.
    shared: frozenset[str] = frozenset()
    #: Those of them whose values lead to so many people that they tell nothing of who is who.
    crowded: frozenset[str] = frozenset()


class Graded(msgspec.Struct, frozen=True, kw_only=True):
    """A match: how sure, what agrees, and the facts that may be told (none when only possible)."""

    grade: Grade
    agreement: tuple[Agreement, ...]
    facts: tuple[Fact, ...]

    @property
    def sources(self) -> int:
        """Independent sources of the facts."""
        return len({fact.source for fact in self.facts})

    @property
    def last_incident(self) -> str | None:
        """Month of the newest incident."""
        return max((fact.month for fact in self.facts), default=None)


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One of a member's terms."""

    advice: Advice
    categories: frozenset[str]
    at_least: int
    within_months: int | None


_ORDER = {Grade.EXACT: 0, Grade.STRONG: 1, Grade.POSSIBLE: 2}


def matches(query: Subject, found: Sequence[Found]) -> list[Graded]:
    """Grade every identity found, surest first; a possible one loses its facts here."""
    graded = []
    for one in found:
        match = _plainly(one) if plain(query) else _compared(query, one)
        if one.crowded and not _beyond(one.crowded, match):
            match = Graded(grade=Grade.POSSIBLE, agreement=match.agreement, facts=())
        agreeing = match.agreement
        if any(agreed.field in STRONG for agreed in agreeing) or alike(agreeing):
            graded.append(match)  # else a token in common, and no more
    return sorted(graded, key=lambda match: (_ORDER[match.grade], -len(match.facts)))


def _beyond(crowded: AbstractSet[str], match: Graded) -> bool:
    """Tell whether more agrees than contacts that many people share, and a town."""
    agreeing = {agreed.field for agreed in match.agreement if agreed.how != "differs"}
    return bool(agreeing - crowded - {"city"})


def _plainly(one: Found) -> Graded:
    sure, agreement = grade_of(one.shared)
    facts = () if sure is Grade.POSSIBLE else one.facts
    return Graded(grade=sure, agreement=tuple(agreement), facts=facts)


def _compared(query: Subject, one: Found) -> Graded:
    """Grade by the records that speak for the identity, and tell their facts; possible where none does."""
    sources = {fact.record: fact.source for fact in one.facts}
    heard = speaking(query, one.records, sources)
    sure, agreement = grade(query, [one.records[key] for key in heard or one.records])
    if not heard:
        sure = Grade.POSSIBLE
    told = () if sure is Grade.POSSIBLE else tuple(f for f in one.facts if f.record in heard)
    return Graded(grade=sure, agreement=tuple(agreement), facts=told)


def result(graded: Sequence[Graded]) -> Result:
    """The answer in one word."""
    if any(match.facts for match in graded):
        return Result.RECORD
    return Result.POSSIBLE if graded else Result.NO_RECORD


def advise(
    graded: Sequence[Graded], rules: Sequence[Rule], today: date
) -> list[tuple[Advice, str]]:
    """The advice of the member's rules for the facts of each match, each advice once, with its reason.

    Where there are only possible matches, all that can be said is to look again.
    """
    if not any(match.facts for match in graded):
        return [(Advice.MANUAL_REVIEW, "a possible match")] if graded else []
    given: dict[Advice, str] = {}
    # Match by match: what two people did does not add up.
    for rule, match in product(rules, graded):
        telling = [fact for fact in match.facts if _applies(rule, fact, today)]
        if len(telling) >= rule.at_least:
            given.setdefault(rule.advice, _because(rule, telling))
    return list(given.items())


def _applies(rule: Rule, fact: Fact, today: date) -> bool:
    if rule.categories and fact.category not in rule.categories:
        return False
    return rule.within_months is None or months_between(fact.month, today) <= rule.within_months


def months_between(month: str, today: date) -> int:
    """Whole months from a `YYYY-MM` to the month of a day."""
    year, number = map(int, month.split("-"))
    return (today.year - year) * 12 + today.month - number


def _because(rule: Rule, telling: Sequence[Fact]) -> str:
    names = sorted({fact.category for fact in telling})
    counted = " and ".join(f"{sum(f.category == name for f in telling)} {name}" for name in names)
    return (
        counted if rule.within_months is None else f"{counted} within {rule.within_months} months"
    )


def _rule(advice: Advice, *categories: str, at_least: int = 1, within: int | None = None) -> Rule:
    return Rule(
        advice=advice, categories=frozenset(categories), at_least=at_least, within_months=within
    )


#: What holds for a member who has set no terms: prudence in the contract, never a refusal.
DEFAULT_RULES = (
    _rule(Advice.PREPAY_FULL, "parcel_refused", "chargeback_abuse", within=12),
    _rule(Advice.PREPAY_HALF, "no_show", "payment_overdue", "payment_refused"),
    _rule(Advice.MILESTONES, "payment_overdue", "payment_refused", "scope_abuse"),
    _rule(Advice.WRITTEN_SCOPE, "scope_abuse", "return_abuse", "payment_refused"),
    _rule(Advice.CONTACT_LOG, "abusive_conduct", "payment_overdue", "payment_refused"),
    _rule(Advice.MANUAL_REVIEW, at_least=3),
)

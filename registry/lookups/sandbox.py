"""The sandbox of `bcr_test_` keys: fixed identities, one for every kind of answer. Nothing live is touched.

+380 50 555 01 01   a record: one refused parcel
+380 50 555 01 02   a record: three reports of two sources, one of them your own, one disputed and reviewed
+380 50 555 01 03   possible: somebody else's name under the number
sandbox@example.com a record, found by e-mail
+380 50 555 01 09   the budget is spent (429)
anything else       no record
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from registry.businesses.access import Member
from registry.limits import rules as limits_rules
from registry.limits import service as limits
from registry.limits.rules import Budget, Spent
from registry.lookups.answers import compose
from registry.lookups.queries import Query
from registry.lookups.rules import DEFAULT_RULES, Fact, Graded
from registry.lookups.wire import LookupAnswer
from registry.matching.compare import Agreement, Grade
from registry.platform import clock
from registry.platform.runtime import Runtime

SPENT = "+380505550109"
_NOBODY, _OTHER, _THIRD = UUID(int=0), UUID(int=1), UUID(int=2)


def _fact(category: str, at: date, ago: int, band: str | None, state: str, source: UUID) -> Fact:
    """A fact of so many months ago."""
    year, month = divmod(at.year * 12 + at.month - 1 - ago, 12)
    return Fact(
        report=_NOBODY,
        record=_NOBODY,
        business=source,
        source=source,
        category=category,
        month=f"{year}-{month + 1:02d}",
        amount_band=band,
        currency="UAH" if band else None,
        evidence_grade="documented" if state == "active" else "adjudicated",
        state=state,
    )


def _graded(grade: Grade, field: str, *facts: Fact) -> Graded:
    agreement: tuple[Agreement, ...] = (Agreement(field, "same"),)
    if grade is Grade.EXACT:
        agreement += (Agreement("name", "same", 1.0),)
    if grade is Grade.POSSIBLE:
        agreement += (Agreement("name", "differs", 0.2),)
    return Graded(grade=grade, agreement=agreement, facts=facts)


def _match(identifier: str, asking: UUID, at: date) -> list[Graded]:
    if identifier == "+380505550101":
        return [
            _graded(
                Grade.STRONG,
                "phone",
                _fact("parcel_refused", at, 2, "1000-5000", "active", _OTHER),
            )
        ]
    if identifier == "+380505550102":
        facts = (
            _fact("payment_overdue", at, 3, "20000-100000", "active", _OTHER),
            _fact("payment_overdue", at, 6, "5000-20000", "upheld", _OTHER),
            _fact("no_show", at, 8, None, "active", asking),
        )
        return [_graded(Grade.EXACT, "phone", *facts)]
    if identifier == "+380505550103":
        return [_graded(Grade.POSSIBLE, "phone")]
    if identifier == "sandbox@example.com":
        return [
            _graded(
                Grade.STRONG,
                "email",
                _fact("return_abuse", at, 4, "500-1000", "active", _THIRD),
            )
        ]
    return []


def budget_of(member: Member) -> Budget:
    """A budget of the same size as the live one, counted apart."""
    windows = {name: quota for name, quota, _ in member.budget.windows}
    return limits_rules.lookups(f"test:{member.business_id}", windows["burst"], windows["daily"])


async def look_up(
    runtime: Runtime, member: Member, queries: Sequence[Query]
) -> tuple[list[LookupAnswer], Spent]:
    """Answer from the fixed identities; the answers are not recorded and have no receipts."""
    spent = await limits.spend(runtime, budget_of(member), len(queries))
    at = spent.at + clock.offset()
    answers: list[LookupAnswer] = []
    for query in queries[: spent.admitted]:
        identifiers = (*query.subject.phones, *query.subject.emails)
        if SPENT in identifiers:
            return answers, replace(spent, admitted=len(answers), wait=60.0)
        graded = [
            match
            for identifier in identifiers
            for match in _match(identifier, member.business_id, at.date())
        ]
        answers.append(compose(query, at, graded, member.business_id, DEFAULT_RULES))
    return answers, spent

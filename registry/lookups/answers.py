"""Answers as they are sent: from graded matches to the wire, and from a stored receipt to the present one."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from uuid import UUID

import msgspec
from msgspec import UNSET

from registry.lookups import rules
from registry.lookups.queries import Query
from registry.lookups.rules import Advice, Graded, Result, Rule
from registry.lookups.wire import (
    FACT_VIEWS,
    AdviceView,
    Agreement,
    Ignored,
    LookupAnswer,
    Match,
    NoLongerShown,
    Wording,
)
from registry.matching.compare import Grade
from registry.platform.ids import uuid7


@cache
def wording() -> dict[Advice, Wording]:
    """Ready wording by advice."""
    text = (Path(__file__).parent / "wording.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), dict[Advice, Wording])


def compose(
    query: Query, at: datetime, graded: Sequence[Graded], asking: UUID, own_rules: Sequence[Rule]
) -> LookupAnswer:
    """The answer to the asking business at that moment, under an id of its own."""
    result = rules.result(graded)
    advice = rules.advise(graded, own_rules, at.date())
    return LookupAnswer(
        lookup_id=uuid7(),
        as_of=at,
        result=result,
        matches=[_match(one, asking) for one in graded],
        own_list=False,
        terms=[
            AdviceView(advice=a, because=because, wording=wording()[a]) for a, because in advice
        ],
        human_review_required=result is not Result.NO_RECORD,
        ignored=[Ignored(pointer=fault.pointer, detail=fault.detail) for fault in query.ignored],
    )


def _match(one: Graded, asking: UUID) -> Match:
    possible = one.grade is Grade.POSSIBLE
    return Match(
        grade=one.grade,
        agreement=[
            Agreement(
                field=a.field,
                how=a.how,
                similarity=UNSET if a.similarity is None else round(a.similarity, 2),
            )
            for a in one.agreement
        ],
        reports=[
            FACT_VIEWS[fact.state](
                category=fact.category,
                month=fact.month,
                amount_band=fact.amount_band,
                currency=fact.currency,
                evidence_grade=fact.evidence_grade,
                own=fact.business == asking,
                statement=fact.reply,
            )
            for fact in one.facts
        ],
        independent_sources=None if possible else one.sources,
        fulfilled=None if possible else 0,
        last_incident=one.last_incident,
    )


def with_gone(
    answer: LookupAnswer, reports: Sequence[Sequence[UUID]], gone: Mapping[UUID, datetime]
) -> LookupAnswer:
    """The same answer, with every fact that is shown no longer replaced by the time since when."""
    matches = [
        msgspec.structs.replace(
            match,
            reports=[
                NoLongerShown(since=gone[report]) if report in gone else fact
                for report, fact in zip(of_match, match.reports, strict=True)
            ],
        )
        for match, of_match in zip(answer.matches, reports, strict=True)
    ]
    return msgspec.structs.replace(answer, matches=matches)

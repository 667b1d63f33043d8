"""The figures as the public reads them."""

from datetime import datetime
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct

from registry.disputes.rules import Ground, Outcome
from registry.reports.rules import Category, State

Count: TypeAlias = Annotated[
    int | None, Meta(description="To the nearest five; null: fewer than five, or none.")
]


class Rulings(Struct, frozen=True, kw_only=True):
    """First rulings of moderators, appeals apart."""

    given: Count
    median_days: Annotated[
        int | None,
        Meta(description="From the opening of the dispute to its ruling; null: fewer than five."),
    ]
    overdue: Annotated[Count, Meta(description="Disputes whose ruling became late in this month.")]


class Notices(Struct, frozen=True, kw_only=True):
    """Letters and texts that tell people of a report, by how they ended."""

    delivered: Count
    bounced: Count
    unproven: Annotated[Count, Meta(description="Texts without a receipt: they prove nothing.")]
    failed: Count


class Month(Struct, frozen=True, kw_only=True):
    """What happened in one month, by the registry's own audit log. Made once after its end, and never changed."""

    month: Annotated[str, Meta(examples=["2026-10"])]
    counted_at: datetime
    submitted: Count
    submitted_by_category: dict[Category, Count]
    reports: Annotated[
        dict[str, Count],
        Meta(
            description="Steps of reports: `published` by a moderator, `rejected`, `person_told` (notice proven),"
            " `undeliverable`, `withdrawn`, `settled`, `amended` by rulings, `removed` by them or"
            " after an objection, `removed_unanswered`, `expired`, `erased`."
        ),
    ]
    disputed: Count
    disputed_by_ground: dict[Ground, Count]
    outcomes: Annotated[
        dict[Outcome, Count], Meta(description="What came of disputes, whenever they were opened.")
    ]
    outcomes_by_ground: dict[Ground, dict[Outcome, Count]]
    rulings: Rulings
    notices: Notices
    detached: Annotated[
        Count,
        Meta(description="Phones and mails that their present holder had taken from reports."),
    ]
    held: Annotated[
        dict[State, Count] | None,
        Meta(
            description="Reports by state when the month was counted; null for one that was counted much later."
        ),
    ]


class Transparency(Struct, frozen=True, kw_only=True):
    """How the registry is used, and how it treats people: whole months only, in steps of five, nothing below five."""

    policy: Annotated[
        str, Meta(description="The rules in force, by name and version.", examples=["ua@2026-11"])
    ]
    smallest: Annotated[int, Meta(description="A smaller count is null.")]
    step: Annotated[int, Meta(description="Counts are rounded to multiples of this.")]
    months: Annotated[
        list[Month], Meta(description="Months that are over, newest first, 24 at most.")
    ]

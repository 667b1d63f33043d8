"""What persons and moderators send and read of requests."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from registry.erasure.rules import Code, Decision, Remedy, State
from registry.platform.decisions import DecidedVersion
from registry.platform.text import Paragraph
from registry.reports.wire import ReportCase

Version = Annotated[int, Meta(description="Counts every change of the request.", ge=1)]


class ErasureRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report of your file that is to be erased."""

    report_id: UUID


class ObjectionRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report of your file that nobody should be shown, true or not, for reasons of your own situation."""

    report_id: UUID
    statement: Annotated[
        Paragraph,
        Meta(
            description="What in your situation weighs more than the interest of those who ask. A moderator reads it,"
            " its reporter does not.",
            examples=[
                "It happened while I was in hospital, and I am looking for a flat for my children."
            ],
        ),
    ]


class RequestView(Struct, frozen=True, kw_only=True):
    """A request, and what became of it."""

    id: UUID
    report_id: UUID
    state: State
    version: Version
    code: Annotated[Code | None, Meta(description="Why it was decided so; null before.")]
    reason: Annotated[str | None, Meta(description="The moderator's, in words.")]
    statement: Annotated[str | None, Meta(description="Yours; null once the report is erased.")]
    hides: Annotated[bool, Meta(description="Whether the report is hidden until it is decided.")]
    at: datetime
    due: Annotated[datetime | None, Meta(description="By when a moderator decides, if one does.")]
    decided_at: datetime | None
    complete_by: Annotated[
        date | None,
        Meta(description="When the last backup that still holds the erased report is gone."),
    ]
    remedies: Annotated[list[Remedy], Meta(description="What you can do against a refusal.")]


class RequestList(Struct, frozen=True, kw_only=True):
    """Requests, newest first."""

    items: list[RequestView]


class ObjectionCase(Struct, frozen=True, kw_only=True):
    """All that a moderator needs to weigh: the person's situation, and the whole report."""

    objection: RequestView
    earlier: Annotated[
        list[RequestView], Meta(description="Earlier objections to the same report, newest first.")
    ]
    case: ReportCase


class ObjectionDecision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A moderator's decision. `grant` takes `rights_prevail`; `refuse` takes `interests_prevail` or `legal_claims`."""

    decision: Decision
    reason_code: Code
    reason: Annotated[Paragraph, Meta(description="In words that the person will read.")]
    version: DecidedVersion

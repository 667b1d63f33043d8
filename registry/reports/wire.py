"""What reporters and moderators send and read."""

from datetime import date, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from registry.identities.wire import SubjectDescription
from registry.platform.decisions import DecidedVersion
from registry.platform.faults import SAYS
from registry.platform.text import Label, Line, Paragraph
from registry.reports.rules import (
    Category,
    ErasedFor,
    EvidenceGrade,
    Flag,
    Party,
    ReasonCode,
    State,
    Verdict,
)

Version = Annotated[int, Meta(description="Counts every change of the report.", ge=1)]


class Money(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount in minor units (kopiykas, cents)."""

    amount: Annotated[int, Meta(ge=1, le=10**12, description="In minor units.", examples=[125000])]
    currency: Annotated[
        str,
        Meta(
            pattern="^[A-Z]{3}$(?!\\n)",
            description="ISO 4217.",
            examples=["UAH"],
            extra={SAYS: "must be a currency code of three capital letters, such as UAH"},
        ),
    ]


class Contact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One contact with the client, for the record."""

    at: Annotated[datetime, Meta(tz=True, examples=["2026-11-03T09:00:00Z"])]
    channel: Annotated[Label, Meta(examples=["phone"])]
    summary: Annotated[Paragraph, Meta(examples=["Promised to collect the next day."])]


class ReportSubmission(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report: who, what kind of contract fact, when, under which contract, and what was done about it."""

    BLANK_IS_ABSENT: ClassVar[bool] = True

    subject: Annotated[
        SubjectDescription,
        Meta(
            description="At least one strong identifier, and a phone or e-mail by which the person can be told."
        ),
    ]
    category: Category
    incident_date: Annotated[
        date, Meta(description="At most 12 months ago.", examples=["2026-11-02"])
    ]
    contract_reference: Annotated[
        Label, Meta(description="Your number of the contract or order.", examples=["order-4711"])
    ]
    amount: Annotated[
        Money | None, Meta(description="Required for all but `no_show` and `abusive_conduct`.")
    ] = None
    statement: Annotated[
        Paragraph, Meta(description="What happened, in facts. Never shown in lookups.")
    ]
    contacts: Annotated[
        list[Contact],
        Meta(
            max_length=50,
            description="Required for `payment_*`, `scope_abuse` and `abusive_conduct`.",
        ),
    ] = []
    settlement_attempts: Annotated[
        Paragraph | None,
        Meta(description="What was done to settle it. Required for all but `abusive_conduct`."),
    ] = None


class ReportChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; a field left out stays as it is, `subject` is replaced as a whole."""

    subject: SubjectDescription | UnsetType = UNSET
    category: Category | UnsetType = UNSET
    incident_date: date | UnsetType = UNSET
    contract_reference: Label | UnsetType = UNSET
    amount: Money | UnsetType | None = UNSET
    statement: Paragraph | UnsetType = UNSET
    contacts: Annotated[list[Contact], Meta(max_length=50)] | UnsetType = UNSET
    settlement_attempts: Paragraph | UnsetType | None = UNSET


class Reason(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why; kept in the audit log, sealed."""

    reason: Annotated[Paragraph, Meta(examples=["The client paid on 14 November."])]


class Reinsertion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An ended report brought back as a new one. Two moderators must agree, and the person is told anew."""

    certification: Annotated[
        bool,
        Meta(
            description="True: you certify that the report is accurate and complete, and that there is new evidence."
        ),
    ]
    reason: Annotated[
        Paragraph,
        Meta(description="What is new since the report ended. The moderators read it."),
    ]
    report: ReportSubmission


class EvidenceView(Struct, frozen=True, kw_only=True):
    """A file that was uploaded. Its hash is of the bytes as they were received."""

    id: UUID
    file_name: str | None
    media_type: Annotated[str, Meta(examples=["application/pdf"])]
    size: Annotated[int, Meta(description="Bytes.")]
    sha256: Annotated[str, Meta(description="Hexadecimal SHA-256 of the bytes received.")]
    uploaded_at: datetime


class DisputeFile(EvidenceView, frozen=True, kw_only=True):
    """A file that a side added in a dispute. Both sides may read it."""

    party: Annotated[Party, Meta(description="Who sent it.")]


class DecisionView(Struct, frozen=True, kw_only=True):
    """What a moderator decided, and why."""

    decision: Verdict
    reason_code: ReasonCode
    reason: Annotated[str | None, Meta(description="Null once the report is erased.")]
    at: datetime


class NextChange(Struct, frozen=True, kw_only=True):
    """What the clock brings next."""

    event: Annotated[str, Meta(examples=["cooled_off"])]
    at: datetime


class ReportView(Struct, frozen=True, kw_only=True):
    """A report as its reporter sees it."""

    id: UUID
    state: State
    version: Version
    state_since: Annotated[datetime, Meta(description="When it entered its state.")]
    submitted_at: datetime
    visible_from: Annotated[
        datetime | None,
        Meta(description="The earliest time at which lookups can show it; null in final states."),
    ]
    restricted: Annotated[
        bool,
        Meta(
            description="Whether lookups do not show it, whatever its state, while a moderator weighs an objection."
        ),
    ]
    retention_until: Annotated[
        datetime, Meta(description="The last moment at which lookups can show it.")
    ]
    due: Annotated[
        NextChange | None, Meta(description="The next change that the clock brings, and when.")
    ]
    category: Category
    content: Annotated[
        ReportSubmission | None, Meta(description="As you sent it; null once erased.")
    ]
    evidence: list[EvidenceView]
    evidence_grade: Annotated[EvidenceGrade | None, Meta(description="Null without any file.")]
    decisions: Annotated[list[DecisionView], Meta(description="Of moderators, oldest first.")]
    reinsertion_of: Annotated[
        UUID | None, Meta(description="The ended report that this one brings back.")
    ]


class ReportSummary(Struct, frozen=True, kw_only=True):
    """A report in a list."""

    id: UUID
    state: State
    version: Version
    category: Category
    submitted_at: datetime
    state_since: datetime
    due: NextChange | None
    evidence_count: int


class ReportDecision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A moderator's decision. `publish` takes `proof_standard_met`; `request_info` takes `evidence_missing` or
    `unclear`; `reject` takes the other codes.
    """

    decision: Verdict
    reason_code: ReasonCode
    reason: Annotated[Paragraph, Meta(description="In words that the reporter will read.")]
    version: DecidedVersion


class QueueItem(Struct, frozen=True, kw_only=True):
    """Something that waits for a moderator."""

    kind: Annotated[
        str, Meta(description="`report`, `dispute`, `objection`, `detachment` or `pair`.")
    ]
    id: UUID
    due: datetime
    version: Version


class NoticeView(Struct, frozen=True, kw_only=True):
    """Where a message to the person stands; its address is not shown."""

    id: UUID
    channel: Annotated[str, Meta(description="`mail` or `sms`.")]
    state: Annotated[
        str, Meta(description="`queued`, `accepted`, `delivered`, `bounced` or `failed`.")
    ]
    at: Annotated[datetime | None, Meta(description="When it was accepted for delivery.")]


class ReportBeside(Struct, frozen=True, kw_only=True):
    """Another report about the same person."""

    id: UUID
    state: State
    category: Category
    submitted_at: datetime
    same_business: bool
    same_owner: Annotated[
        bool, Meta(description="Of the same beneficial owner: one independent source with this.")
    ]
    disputed_at: Annotated[
        datetime | None, Meta(description="When the person last disputed it; null: never.")
    ]


class BroughtBack(Struct, frozen=True, kw_only=True):
    """What a reinsertion brings back, and why."""

    report: Annotated[UUID, Meta(description="The report that ended.")]
    ended_at: datetime | None
    erased_for: Annotated[
        ErasedFor | None,
        Meta(
            description="Why the person's request had it erased, which the reporter contests: look at what shows that"
            " it was wrong. The latest such reason, also that of another report of this person and contract. Null: all"
            " of them ended otherwise."
        ),
    ]
    reason: Annotated[
        str | None,
        Meta(description="What its reporter says is new; null once this report is erased."),
    ]


class ReportCase(Struct, frozen=True, kw_only=True):
    """All that a moderator needs to decide on a report."""

    report: ReportView
    business_id: UUID
    business_name: str
    approvals_needed: Annotated[int, Meta(description="Moderators who must agree to publish.")]
    approvals: Annotated[int, Meta(description="Of them, how many have agreed.")]
    brought_back: Annotated[
        BroughtBack | None, Meta(description="Null for a report that is no reinsertion.")
    ]
    notices: list[NoticeView]
    flags: Annotated[
        list[Flag],
        Meta(description="What to see before you decide. A flag decides nothing by itself."),
    ]
    beside: Annotated[
        list[ReportBeside],
        Meta(
            description="Other reports about the same person that left cooling off, newest first."
        ),
    ]


class BounceReport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mail or text that came back."""

    reason: Annotated[Line, Meta(examples=["550 5.1.1 mailbox unavailable"])]


class NoticeBounced(Struct, frozen=True, kw_only=True):
    """The notice no longer counts as proof."""

    id: UUID
    state: str

"""What persons, reporters and moderators send and read of disputes."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from registry.businesses.wire import BusinessOnProbation
from registry.disputes.rules import Audience, Detached, Ground, ReasonCode, Ruling, Side, State
from registry.matching.mentions import Kind
from registry.platform.decisions import DecidedVersion
from registry.platform.text import Line, Paragraph, Passage
from registry.reports.rules import Category
from registry.reports.rules import State as ReportState
from registry.reports.wire import DisputeFile, Money, NextChange, ReportCase
from registry.subjects.rules import DocumentState

Version = Annotated[int, Meta(description="Counts every change of the dispute.", ge=1)]


class DisputeOpening(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report of your file that you dispute. The first time, lookups do not show it from this moment on."""

    report_id: UUID
    ground: Ground
    statement: Annotated[
        Passage,
        Meta(
            description="What is wrong, in your words, at most 100 of them. Its reporter and the moderator read it."
            " Should the report stand, businesses are shown it next to the report, without identifiers and names."
            " Say more in messages and files."
        ),
    ]


class SettlementClaim(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report of your file that is paid, or made good otherwise. Add the receipt afterwards."""

    report_id: UUID
    statement: Annotated[
        Passage,
        Meta(
            description="When and how it was paid, in at most 100 words. Its reporter and the moderator read it. Should"
            " the report stand, businesses are shown it next to the report, without identifiers and names.",
            examples=["Paid on 5 November by transfer to the shop's account; the receipt follows."],
        ),
    ]


class SettlementResponse(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What you say to a client's claim that it is paid. Silence confirms it."""

    confirmed: Annotated[bool, Meta(description="`true`: it is paid, and the report ends.")]
    statement: Annotated[
        Paragraph | None,
        Meta(
            description="Needed with `false`: what is missing. The person and a moderator read it."
        ),
    ] = None


class Message(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A word in a dispute. The sides write to `both` or to the `moderator` alone; a moderator to `both`, the `person`
    or the `reporter`.
    """

    text: Annotated[Paragraph, Meta(examples=["Is the receipt of 3 November readable?"])]
    to: Audience = Audience.BOTH


class MessageView(Struct, frozen=True, kw_only=True):
    """A message that you may read."""

    id: UUID
    author: Side
    to: Audience
    text: str
    at: datetime


class DisputeView(Struct, frozen=True, kw_only=True):
    """A dispute, as the side that reads it may see it."""

    id: UUID
    report_id: UUID
    case_id: Annotated[
        UUID,
        Meta(
            description="All open disputes of one person are one case. To the reporter each is one of its own."
        ),
    ]
    ground: Ground
    settlement: Annotated[
        bool, Meta(description="The person says that it is paid: the reporter's silence confirms.")
    ]
    hides: Annotated[bool, Meta(description="Whether the report is hidden until the ruling.")]
    state: State
    version: Version
    opened_at: Annotated[datetime, Meta(description="From here its times count.")]
    state_since: datetime
    due: Annotated[NextChange | None, Meta(description="What happens next by the clock, and when.")]
    statement: Annotated[str | None, Meta(description="Null once the report is erased.")]
    answer: Annotated[str | None, Meta(description="The reporter's; null until it comes.")]
    appeal: Annotated[str | None, Meta(description="Why the person appeals.")]
    messages: Annotated[list[MessageView], Meta(description="What you may read, oldest first.")]
    evidence: Annotated[list[DisputeFile], Meta(description="Files of both sides, oldest first.")]
    ruling: Ruling | None
    reason_code: ReasonCode | None
    reason: str | None
    report_state: ReportState


class DisputeList(Struct, frozen=True, kw_only=True):
    """Disputes, newest first."""

    items: list[DisputeView]


class DisputeAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The reporter's answer. Without one in time the report is removed."""

    statement: Annotated[Paragraph, Meta(examples=["The parcel came back unopened; see the slip."])]


class Appeal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the ruling is wrong. There is one appeal; another moderator decides on it."""

    statement: Annotated[Paragraph, Meta(examples=["The receipt of 3 November was overlooked."])]


class Changes(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an amended report says instead; a field left out stays as it is."""

    category: Category | UnsetType = UNSET
    incident_date: date | UnsetType = UNSET
    amount: Money | UnsetType = UNSET


class DisputeDecision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A moderator's ruling. `uphold` takes `evidence_confirms`; `amend` takes `partly_wrong` and `changes`; `remove`
    takes the other codes.
    """

    decision: Ruling
    reason_code: ReasonCode
    reason: Annotated[Paragraph, Meta(description="In words that both sides will read.")]
    changes: Changes | None = None
    statement: Annotated[
        Passage | None,
        Meta(
            description="With `uphold` and `amend`: the person's words as they are shown next to the report. They are"
            " `statement.text` of the case, with parts that identify somebody or name others replaced by `▇▇▇` and"
            " nothing else changed. Left out: all of `statement.text`."
        ),
    ] = None
    version: DecidedVersion


class Proposal(Struct, frozen=True, kw_only=True):
    """What one moderator would have the report shown as; another who says the same decides."""

    ruling: Ruling
    changes: Changes | None
    statement: Annotated[str | None, Meta(description="The person's words as it shows them.")]


class MentionView(Struct, frozen=True, kw_only=True):
    """A part of the person's words that must not be shown."""

    kind: Kind
    text: str


class ShownStatement(Struct, frozen=True, kw_only=True):
    """The person's words as a ruling that keeps the report shows them, unless it redacts them."""

    text: Annotated[str, Meta(description="In one paragraph.")]
    mentions: Annotated[
        list[MentionView],
        Meta(
            description="What leads to somebody, and the reporter's name, as far as rules find it. A ruling that shows"
            " it is refused. Look for the names of others yourself."
        ),
    ]


class DisputeCase(Struct, frozen=True, kw_only=True):
    """All that a moderator needs to rule: what the person says, what the reporter says, and the whole report."""

    dispute: DisputeView
    round: Annotated[int, Meta(description="1, or 2 for the appeal.")]
    approvals_needed: Annotated[
        int, Meta(description="Moderators who must say the same to uphold or to amend.")
    ]
    proposed: Annotated[
        list[Proposal],
        Meta(description="What was said in this round so far, and waits for a second voice."),
    ]
    statement: Annotated[ShownStatement | None, Meta(description="Null once the report is erased.")]
    documented: Annotated[
        bool,
        Meta(
            description="An accepted document shows that the report is about the person who disputes it."
        ),
    ]
    apart: Annotated[
        bool,
        Meta(
            description="Somebody else disputed this report, by other contacts of it. A business can add its own"
            " contacts to a report: look whose these are."
        ),
    ]
    letters_reach_person: Annotated[
        bool,
        Meta(
            description="False once all that the person proved was detached, or the report erased: no letter tells"
            " them what you decide."
        ),
    ]
    case: ReportCase


class ModeratorConduct(Struct, frozen=True, kw_only=True):
    """How a moderator's decisions fared, within the policy's days. For quality, and never a score to act on alone."""

    staff_id: UUID
    name: str
    published: Annotated[int, Meta(description="Reports that they agreed to publish.")]
    published_decided: Annotated[
        int, Meta(description="Reports they published, whenever, that a ruling was given on since.")
    ]
    published_overturned: Annotated[
        int,
        Meta(
            description="Of these, amended or removed by the ruling. A reporter's silence or withdrawal is not theirs."
        ),
    ]
    upheld: Annotated[int, Meta(description="Disputes in which they upheld the report.")]
    upheld_appealed: Annotated[int, Meta(description="Of these, appealed.")]
    upheld_overturned: Annotated[
        int, Meta(description="Of these, amended or removed on the appeal.")
    ]


class OverdueDispute(Struct, frozen=True, kw_only=True):
    """A dispute on which nobody ruled in time: its report is hidden until somebody does."""

    id: UUID
    report_id: UUID
    business_id: UUID
    due: Annotated[datetime, Meta(description="When a ruling was due.")]


class OverdueDetachment(Struct, frozen=True, kw_only=True):
    """A detached phone or e-mail at which no moderator has looked in time: reports that wait for it are hidden."""

    id: UUID
    due: Annotated[datetime, Meta(description="By when a moderator meant to have looked.")]


class ConductReport(Struct, frozen=True, kw_only=True):
    """What is late, businesses past the line, and how moderators' decisions fared."""

    overdue: Annotated[
        list[OverdueDispute],
        Meta(description="Without a ruling in time, the longest overdue first; 100 at most."),
    ]
    detachments_overdue: Annotated[
        list[OverdueDetachment],
        Meta(description="Not looked at in time, the longest overdue first; 100 at most."),
    ]
    since: Annotated[datetime, Meta(description="Decisions after this time are counted.")]
    businesses: Annotated[
        list[BusinessOnProbation], Meta(description="On probation, the longest first.")
    ]
    moderators: Annotated[
        list[ModeratorConduct], Meta(description="Whoever decided anything, by their id.")
    ]


class DetachmentRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What you say of the phone or e-mail that you proved: `not_me` or `number_changed_owner`."""

    ground: Ground


class DetachmentView(Struct, frozen=True, kw_only=True):
    """The identifier is detached. A moderator looks at it; it holds meanwhile. What they decide is written to it."""

    id: UUID
    state: Detached
    at: datetime
    due: Annotated[datetime, Meta(description="By when a moderator means to have looked.")]


class DetachmentCase(Struct, frozen=True, kw_only=True):
    """All that a moderator needs to look at a detachment."""

    id: UUID
    ground: Ground
    state: Detached
    version: Version
    at: datetime
    due: datetime
    identifiers: Annotated[
        list[str],
        Meta(
            description="The phone or e-mail at issue, as the reports spell it; none once they are erased.",
            examples=[["+380501234567"]],
        ),
    ]
    cases: Annotated[list[ReportCase], Meta(description="The reports that held the identifier.")]


class DetachmentDecision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`confirm`: the identifier is not the reported person's. `restore`: it is."""

    decision: Literal["confirm", "restore"]
    reason: Annotated[
        Line,
        Meta(
            description="With restore whoever said it reads it, and may be a stranger: not a word of the reports.",
            examples=["The operator of the network says that the number has not changed hands."],
        ),
    ]
    version: DecidedVersion


class HeldUnder(Struct, frozen=True, kw_only=True):
    """What a report says of its person."""

    report_id: UUID
    identifiers: Annotated[
        dict[str, list[str]], Meta(description="Names, birth date, phones, e-mails and so on.")
    ]


class DocumentCase(Struct, frozen=True, kw_only=True):
    """All that a moderator needs to compare a document with what is held under the identifier that was proven."""

    id: UUID
    state: DocumentState
    version: Version
    at: datetime
    due: datetime
    media_type: Annotated[str | None, Meta(description="Null once it is decided: it is deleted.")]
    held: list[HeldUnder]


class DocumentDecision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`accept`: the document shows the person of these reports. `refuse`: it does not."""

    decision: Literal["accept", "refuse"]
    reports: Annotated[
        Annotated[list[UUID], Meta(max_length=100)] | None,
        Meta(description="With accept: whose person it shows."),
    ] = None
    reason: Annotated[Paragraph, Meta(description="With refuse its sender reads it.")]
    version: DecidedVersion

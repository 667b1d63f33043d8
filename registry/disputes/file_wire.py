"""What a person reads of their file: reports, letters, who was shown what, what the law wants told."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from registry.disputes.wire import DisputeView
from registry.erasure.wire import RequestView
from registry.messages.rules import Channel, Language
from registry.messages.rules import State as MessageState
from registry.reports.rules import Category
from registry.reports.rules import State as ReportState
from registry.reports.wire import Contact, Money, NextChange


class DetachedIdentifier(Struct, frozen=True, kw_only=True):
    """A phone or e-mail that is held to be somebody else's since that day: nobody finds the report by it."""

    value: str
    since: date


class SamePerson(Struct, frozen=True, kw_only=True):
    """Why another report of this file is held to be about the same person."""

    report: UUID
    by: Annotated[
        Literal["rules", "moderator"],
        Meta(description="Who decided: the registry's rules, or a moderator. You may dispute it."),
    ]
    because: Annotated[list[str], Meta(description="What was compared, in plain words.")]
    at: datetime


class LetterToYou(Struct, frozen=True, kw_only=True):
    """A letter or short message that was written to you about a report."""

    report: UUID
    channel: Channel
    to: str
    subject: str
    state: MessageState
    at: datetime
    told_at: Annotated[
        datetime | None,
        Meta(description="Since when it counts as received; null while nothing proves it."),
    ]


class Information(Struct, frozen=True, kw_only=True):
    """One part of what the law wants you to be told: who, why, on what ground, for how long, your rights."""

    title: str
    text: str


class HeldReport(Struct, frozen=True, kw_only=True):
    """One report about you, as it is held."""

    id: UUID
    state: ReportState
    category: Category
    incident_date: date
    amount: Money | None
    contract_reference: str | None
    statement: Annotated[str | None, Meta(description="What its reporter says.")]
    contacts: list[Contact]
    settlement_attempts: str | None
    submitted_at: datetime
    visible_from: datetime | None
    restricted: Annotated[
        bool,
        Meta(description="Hidden, whatever its state: an objection of yours is being weighed."),
    ]
    retention_until: datetime
    due: NextChange | None
    evidence: Annotated[list[str], Meta(description="Kinds of the files: `application/pdf`.")]
    source: Annotated[
        str, Meta(description="Who reported: the sector, or the name where the law asks for it.")
    ]
    identifiers: Annotated[
        dict[str, list[str]],
        Meta(description="What of you it holds: phones, e-mails, names and so on."),
    ]
    detached: Annotated[
        list[DetachedIdentifier], Meta(description="Of them, what no longer counts.")
    ]
    same_person: Annotated[
        list[SamePerson], Meta(description="Empty when this is the only report about you.")
    ]
    reply: Annotated[
        str | None,
        Meta(description="Your words, as businesses that are shown the report read them."),
    ]
    reply_note: Annotated[
        str | None,
        Meta(description="Why parts of them are replaced by `▇▇▇`; null where none is."),
    ]


class Shown(Struct, frozen=True, kw_only=True):
    """A business was shown something of this."""

    on: date
    who: Annotated[str, Meta(description="The sector, or the name where the law asks for it.")]
    purpose: str
    reports: list[UUID]


class SubjectFile(Struct, frozen=True, kw_only=True):
    """Everything that is held about you, and who was shown it."""

    as_of: datetime
    language: Annotated[Language, Meta(description="Of the texts in it.")]
    reports: list[HeldReport]
    shown: Annotated[list[Shown], Meta(description="Of the last 12 months, newest first.")]
    disputes: list[DisputeView]
    erasure_requests: list[RequestView]
    objections: list[RequestView]
    letters: Annotated[list[LetterToYou], Meta(description="Oldest first.")]
    information: Annotated[
        list[Information],
        Meta(
            description="Who holds this, why, on what ground, for how long, and what your rights are."
        ),
    ]

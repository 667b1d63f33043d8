"""What may happen to a message: its states, when it is tried again, which channel and which language.

    queued    -> accepted     mail, SMS: the server or the provider took it
    queued    -> delivered    files: what is written is delivered
    queued    -> failed       refused for good, or tried too often
    accepted  -> delivered    mail: no bounce came in time; SMS: the provider's receipt says so
    accepted  -> bounced      it came back, or the provider's receipt says that it never arrived
    accepted  -> unproven     SMS: no receipt came in time, which proves nothing
    queued    -> delivered,   SMS: the receipt was faster than the answer to our request, or that answer was lost
                 bounced

Pure: no clock, socket or database. `now` is an argument.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class Channel(StrEnum):
    """The kind of address that a message goes to."""

    #: To an e-mail address.
    MAIL = "mail"
    #: To a phone, as a short text.
    SMS = "sms"


class Transport(StrEnum):
    """What carried a message."""

    #: A file in the outbox folder, where nothing else is configured.
    FILES = "files"
    #: The mail server.
    SMTP = "smtp"
    #: The provider of short messages.
    SMS = "sms"


class Language(StrEnum):
    """The languages that letters are written in."""

    #: Ukrainian.
    UK = "uk"
    #: Russian.
    RU = "ru"
    #: English.
    EN = "en"


class Template(StrEnum):
    """Every letter there is; its texts lie in `letters/<language>.toml` under the same name."""

    #: To the person: a report names this number or address.
    REPORT_NOTICE = "report_notice"
    #: To a business that signs up: the code that proves its e-mail.
    SIGNUP_CODE = "signup_code"
    #: To a person who asks what is held: the code that proves a phone or an e-mail.
    SUBJECT_CODE = "subject_code"
    #: To the reporter: the person disputes the report; what they say, and by when to answer.
    DISPUTE_OPENED = "dispute_opened"
    #: To the person: their dispute is there, and what happens now.
    DISPUTE_RECEIVED = "dispute_received"
    #: To the reporter: the person disputes again, with new evidence; the report stays visible meanwhile.
    DISPUTE_OPENED_AGAIN = "dispute_opened_again"
    #: To the person: disputed before and nothing new; what they can do.
    DISPUTE_REFUSED = "dispute_refused"
    #: To the person: their new evidence is looked at; the report stays visible meanwhile.
    DISPUTE_TAKEN_UP = "dispute_taken_up"
    #: To one side of a dispute: the other added files.
    DISPUTE_FILES = "dispute_files"
    #: To one side of a dispute: what the other, or the moderator, wrote.
    DISPUTE_MESSAGE = "dispute_message"
    #: To the reporter: the person says that it is paid; silence confirms.
    SETTLEMENT_CLAIMED = "settlement_claimed"
    #: To the person: their word that it is paid is there, and what happens now.
    SETTLEMENT_RECEIVED = "settlement_received"
    #: To both sides: the report ended as paid.
    SETTLEMENT_CONFIRMED = "settlement_confirmed"
    #: To a person: their document counts as a second proof.
    DOCUMENT_ACCEPTED = "document_accepted"
    #: To a person: their document does not count, and why.
    DOCUMENT_REFUSED = "document_refused"
    #: To whoever detached a phone or e-mail: a moderator agreed.
    DETACHMENT_CONFIRMED = "detachment_confirmed"
    #: To whoever detached a phone or e-mail: a moderator took it back, and why.
    DETACHMENT_RESTORED = "detachment_restored"
    #: To both sides: a moderator confirmed the report.
    RULING_UPHELD = "ruling_upheld"
    #: To both sides: a moderator corrected the report.
    RULING_AMENDED = "ruling_amended"
    #: To both sides: a moderator ended the report.
    RULING_REMOVED = "ruling_removed"
    #: To both sides: the report ended, as its reporter did not answer.
    RULING_UNANSWERED = "ruling_unanswered"
    #: To the person: the report is erased, and until when backups still hold it.
    ERASED = "erased"
    #: To the person: a rule keeps the report; what they can do.
    ERASURE_STILL_NEEDED = "erasure_still_needed"
    #: To the person: the report is being checked or disputed, and is erased when that is over.
    ERASURE_NOT_YET = "erasure_not_yet"
    #: To the reporter: a rule had the report erased, as the person was not of age; how to contest that.
    ERASED_UNDER_AGE = "erased_under_age"
    #: To the reporter: a rule had the report erased, as nothing shows that the person was told; how to contest that.
    ERASED_NEVER_TOLD = "erased_never_told"
    #: To the person: the report is hidden until their objection is decided.
    OBJECTION_RECEIVED = "objection_received"
    #: To the person: their further objection is there; the report stays visible.
    OBJECTION_RECEIVED_AGAIN = "objection_received_again"
    #: To the reporter: the person objects; the report is hidden until that is decided.
    OBJECTION_MADE = "objection_made"
    #: To the person: the report stays; why, and what they can do.
    OBJECTION_REFUSED = "objection_refused"
    #: To the reporter: the objection was refused, the report is shown again.
    OBJECTION_OVER = "objection_over"
    #: To the reporter: the objection was granted, the report is erased.
    OBJECTION_GRANTED = "objection_granted"
    #: To the person: the report that they objected to ended by itself.
    OBJECTION_LAPSED = "objection_lapsed"
    #: To a business that was shown a report which was amended, removed, withdrawn or settled since.
    CORRECTION = "correction"
    #: To the reporter: the report passed its screening.
    REPORT_PUBLISHED = "report_published"
    #: To the reporter: the report was turned down.
    REPORT_REJECTED = "report_rejected"
    #: To the reporter: the moderator asks for more.
    REPORT_NEEDS_INFO = "report_needs_info"
    #: To the reporter: nothing came after the moderator's question, so the report was not accepted.
    REPORT_UNANSWERED = "report_unanswered"
    #: To the reporter: the person could not be told, so the report was not accepted.
    REPORT_UNDELIVERABLE = "report_undeliverable"
    #: To the reporter: only somebody else was told of the report, which is removed for that.
    REPORT_UNTOLD = "report_untold"
    #: To the reporter: the notice days are over, lookups show the report.
    REPORT_VISIBLE = "report_visible"
    #: To the person: the notice days are over, lookups show the report; what they can still do.
    NOTICE_OVER = "notice_over"
    #: To the person: the report was taken back, by its reporter or because that business is gone.
    REPORT_TAKEN_BACK = "report_taken_back"
    #: To the person: the reporter says that it is paid, unasked.
    REPORT_SETTLED = "report_settled"
    #: To the person: the report's retention is over.
    REPORT_EXPIRED = "report_expired"
    #: To the reporter: the report's retention is over.
    REPORT_OVER = "report_over"
    #: To the person: what the reporter answers, and by when there will be a ruling.
    DISPUTE_ANSWERED = "dispute_answered"
    #: To both sides: the ruling is late; the report stays hidden.
    DISPUTE_OVERDUE = "dispute_overdue"
    #: To the person: their appeal is there, and what happens now.
    APPEAL_RECEIVED = "appeal_received"
    #: To the reporter: the person appeals.
    APPEAL_OPENED = "appeal_opened"
    #: To both sides: on appeal the report stands.
    RULING_UPHELD_FINAL = "ruling_upheld_final"
    #: To both sides: on appeal the report is corrected.
    RULING_AMENDED_FINAL = "ruling_amended_final"
    #: To a business: it may now look up and report.
    BUSINESS_VERIFIED = "business_verified"
    #: To a business: its sign-up was turned down.
    BUSINESS_REFUSED = "business_refused"
    #: To a business: what was noticed in its lookups; nothing follows yet.
    LOOKUPS_NOTICED = "lookups_noticed"
    #: To a business: its keys may not look up, for what was noticed.
    LOOKUPS_SUSPENDED = "lookups_suspended"
    #: To a business: its keys may look up again.
    LOOKUPS_RESTORED = "lookups_restored"
    #: To a business: one of its webhook endpoints was switched off, as nothing arrives there.
    WEBHOOK_DISABLED = "webhook_disabled"
    #: To the operator: what was noticed of a business.
    OPERATOR_NOTICED = "operator_noticed"
    #: To the operator: no moderator has ruled in time.
    OPERATOR_OVERDUE = "operator_overdue"
    #: To the operator: no moderator has looked at a detached phone or e-mail in time.
    OPERATOR_DETACHMENT_OVERDUE = "operator_detachment_overdue"
    #: To the operator: a business's lookups were suspended by rule.
    OPERATOR_SUSPENDED = "operator_suspended"
    #: To a business: its access is suspended.
    BUSINESS_SUSPENDED = "business_suspended"
    #: To a business: too many of its reports were overturned, and what follows.
    PROBATION_BEGUN = "probation_begun"
    #: To a business: too many reports of all businesses of its beneficial owner were overturned, and what follows.
    PROBATION_BEGUN_BY_OWNER = "probation_begun_by_owner"
    #: To a business: that is over.
    PROBATION_ENDED = "probation_ended"


#: Letters inside the registry, which nobody else reads.
TO_OPERATOR = frozenset(one for one in Template if one.startswith("operator_"))


class State(StrEnum):
    """Where a message is."""

    #: To be sent, or tried again, at `due_at`.
    QUEUED = "queued"
    #: The mail server or the provider took it; `due_at` is when silence settles it.
    ACCEPTED = "accepted"
    #: As far as anyone can prove, it arrived.
    DELIVERED = "delivered"
    #: It came back, or never arrived.
    BOUNCED = "bounced"
    #: Taken, but no receipt came in time: it may have arrived, and proves nothing.
    UNPROVEN = "unproven"
    #: It could not be sent.
    FAILED = "failed"


class Event(StrEnum):
    """What can happen to a message."""

    #: The file is written.
    WRITTEN = "written"
    #: The mail server or the provider took responsibility.
    TAKEN = "taken"
    #: Refused for good: trying again would change nothing.
    REFUSED = "refused"
    #: The last try failed.
    EXHAUSTED = "exhausted"
    #: The mail came back.
    BOUNCED = "bounced"
    #: The time for a bounce passed.
    SILENCE = "silence"
    #: The provider's receipt: it arrived.
    ARRIVED = "arrived"
    #: The provider's receipt: it did not arrive, and will not.
    LOST = "lost"
    #: The time for a receipt passed.
    NO_RECEIPT = "no_receipt"


TRANSITIONS = MappingProxyType(
    {
        (State.QUEUED, Event.WRITTEN): State.DELIVERED,
        (State.QUEUED, Event.TAKEN): State.ACCEPTED,
        (State.QUEUED, Event.REFUSED): State.FAILED,
        (State.QUEUED, Event.EXHAUSTED): State.FAILED,
        (State.ACCEPTED, Event.BOUNCED): State.BOUNCED,
        (State.ACCEPTED, Event.SILENCE): State.DELIVERED,
        (State.QUEUED, Event.ARRIVED): State.DELIVERED,
        (State.QUEUED, Event.LOST): State.BOUNCED,
        (State.ACCEPTED, Event.ARRIVED): State.DELIVERED,
        (State.ACCEPTED, Event.LOST): State.BOUNCED,
        (State.ACCEPTED, Event.NO_RECEIPT): State.UNPROVEN,
    }
)

#: Nothing more happens to these.
SETTLED = frozenset({State.DELIVERED, State.BOUNCED, State.UNPROVEN, State.FAILED})

#: A slice waits to learn how these ended; the others are born acknowledged.
AWAITED = frozenset({Template.REPORT_NOTICE})

#: The wait after the first, second, ... failed try. After the last one the message has failed. The
#: whole takes 21 hours: far less than the days in which a person must be told, so that another
#: channel still has its turn, and long enough to outlast a mail server's bad night.
RETRY_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=12),
)

#: How long a letter is of use, where it is not for good: one that can be used no more is not sent any more.
USEFUL_FOR = MappingProxyType({Template.SUBJECT_CODE: timedelta(hours=4)})

_LANGUAGES = MappingProxyType(
    {"UA": Language.UK, "RU": Language.RU, "BY": Language.RU, "KZ": Language.RU}
)


class NotNow(Exception):
    """It did not go out, and may later. `reason` is a code without any personal value."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class IllegalStep(ValueError):
    """That event cannot happen to a message in that state."""


def follow(state: State, event: Event) -> State:
    """The state after the event; raises `IllegalStep`."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalStep(f"{event} cannot follow {state}") from None


def useful_until(template: Template, created_at: datetime) -> datetime | None:
    """When a letter is of no use any more; None where it always is."""
    useful = USEFUL_FOR.get(template)
    return None if useful is None else created_at + useful


def next_try(attempts: int, now: datetime, until: datetime | None = None) -> datetime | None:
    """When to try again after that many failed tries (1 or more), or None when it was the last that may help."""
    if attempts > len(RETRY_AFTER):
        return None
    again = now + RETRY_AFTER[attempts - 1]
    return None if until is not None and again >= until else again


def silence(transport: Transport) -> Event:
    """What it means that nothing was heard of an accepted message.

    A mail server that fails to deliver says so, therefore its silence counts as delivery. A provider of short
    messages says when it has delivered, therefore its silence counts as nothing.
    """
    return Event.NO_RECEIPT if transport is Transport.SMS else Event.SILENCE


def silent_at(
    transport: Transport, accepted_at: datetime, *, bounce_hours: int, attempt_days: int
) -> datetime:
    """When silence settles an accepted message.

    A receipt is waited for as long as a report waits for its person to be told (`attempt_days`): a phone may be off
    for a week, and its owner is told all the same when it comes on.
    """
    if transport is Transport.SMS:
        return accepted_at + timedelta(days=attempt_days)
    return accepted_at + timedelta(hours=bounce_hours)


def told_at(
    state: State,
    transport: Transport | None,
    accepted_at: datetime | None,
    settled_at: datetime | None,
) -> datetime | None:
    """Since when the addressee counts as told; None when nothing proves it.

    Mail and files: since they were taken. A short message: since its receipt came, for a phone that was off has
    shown nothing until then.
    """
    if state is not State.DELIVERED:
        return None
    return settled_at if transport is Transport.SMS else accepted_at


def channel_order(has: Collection[Channel], usable: Collection[Channel]) -> list[Channel]:
    """The channels to try for someone who has these kinds of address, in order.

    Mail first: it holds the whole letter, and a server's acceptance is the stronger proof.
    """
    return [
        channel for channel in (Channel.MAIL, Channel.SMS) if channel in has and channel in usable
    ]


def accepted_language(header: str) -> Language | None:
    """The first of our languages in an `Accept-Language` (RFC 9110, 12.5.4; weights are not looked at)."""
    for part in header.split(","):
        tag = part.split(";")[0].strip().lower()[:2]
        if tag in set(Language):
            return Language(tag)
    return None


def language_of(country: str | None) -> Language:
    """The language in which to write to someone of this country (ISO 3166-1 alpha-2)."""
    return _LANGUAGES.get((country or "").upper(), Language.EN)

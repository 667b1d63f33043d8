"""What may happen to a report: states, events, the one transition table, deadlines and amounts.

Pure: the time is an argument, the policy's numbers come in as they are. An event that the table does
not list for a state is illegal there and changes nothing.
"""

from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType

#: When the period of a policy's number is over that began at a moment: `Policy.ends`.
Ends = Callable[[str, datetime], datetime]


class Category(StrEnum):
    """The contract facts that may be reported, and nothing else."""

    #: Cash on delivery not collected.
    PARCEL_REFUSED = "parcel_refused"
    #: Booked work or visit not honoured.
    NO_SHOW = "no_show"
    #: Accepted work unpaid past the due date and 30 days.
    PAYMENT_OVERDUE = "payment_overdue"
    #: Refuses to pay for accepted work.
    PAYMENT_REFUSED = "payment_refused"
    #: Charge reversed after acceptance.
    CHARGEBACK_ABUSE = "chargeback_abuse"
    #: Goods returned used, swapped or outside the terms.
    RETURN_ABUSE = "return_abuse"
    #: Demands work outside the written contract and withholds payment for it.
    SCOPE_ABUSE = "scope_abuse"
    #: Documented threats or insults to staff.
    ABUSIVE_CONDUCT = "abusive_conduct"


class State(StrEnum):
    """Where a report stands."""

    #: Cooling off: its reporter edits it or takes it back freely.
    SUBMITTED = "submitted"
    #: A moderator looks at it.
    SCREENING = "screening"
    #: The moderator asked its reporter for more.
    NEEDS_INFO = "needs_info"
    #: The person is being told and has time to answer.
    NOTICE = "notice"
    #: Lookups show its facts.
    ACTIVE = "active"
    #: Disputed: restricted at once.
    CONTESTED = "contested"
    #: Disputed, reviewed and confirmed: shown with the person's statement.
    UPHELD = "upheld"
    #: Disputed, reviewed and corrected: shown with the person's statement.
    AMENDED = "amended"
    #: Paid, as its reporter confirms or the person proved.
    SETTLED = "settled"
    #: Turned down by a moderator, unanswered, or undeliverable.
    REJECTED = "rejected"
    #: Taken back by its reporter.
    WITHDRAWN = "withdrawn"
    #: Ended by a ruling or by the reporter's silence.
    REMOVED = "removed"
    #: Its retention is over.
    EXPIRED = "expired"
    #: Nothing is left but a tombstone.
    ERASED = "erased"


class Event(StrEnum):
    """What can happen to a report."""

    #: Its reporter edits it.
    EDIT = "edit"
    #: The cooling-off time is over.
    COOLED_OFF = "cooled_off"
    #: Its reporter takes it back (or its business is long gone).
    WITHDRAW = "withdraw"
    #: Its reporter says that it is paid.
    SETTLE = "settle"
    #: A moderator finds the proof standard met.
    PUBLISH = "publish"
    #: A moderator asks for more.
    REQUEST_INFO = "request_info"
    #: A moderator turns it down.
    REJECT = "reject"
    #: Its reporter gave what was asked for.
    INFO_GIVEN = "info_given"
    #: Its reporter did not answer in time.
    INFO_OVERDUE = "info_overdue"
    #: The person was told, and the notice days are over.
    NOTICE_ENDED = "notice_ended"
    #: The person could not be told on any channel.
    UNDELIVERABLE = "undeliverable"
    #: The person disputes it, or appeals.
    CONTEST = "contest"
    #: A ruling confirms it.
    UPHOLD = "uphold"
    #: A ruling corrects it.
    AMEND = "amend"
    #: A ruling ends it.
    REMOVE = "remove"
    #: Its reporter did not answer the dispute in time.
    REPORTER_SILENT = "reporter_silent"
    #: The category's retention is over.
    EXPIRE = "expire"
    #: The time for erasure has come.
    ERASE = "erase"


TRANSITIONS = MappingProxyType(
    {
        (State.SUBMITTED, Event.EDIT): State.SUBMITTED,
        (State.SUBMITTED, Event.COOLED_OFF): State.SCREENING,
        (State.SUBMITTED, Event.WITHDRAW): State.WITHDRAWN,
        # Only after a file answered a moderator's question: what else is to be said follows it.
        (State.SCREENING, Event.EDIT): State.SCREENING,
        (State.SCREENING, Event.PUBLISH): State.NOTICE,
        (State.SCREENING, Event.REQUEST_INFO): State.NEEDS_INFO,
        (State.SCREENING, Event.REJECT): State.REJECTED,
        (State.SCREENING, Event.WITHDRAW): State.WITHDRAWN,
        (State.NEEDS_INFO, Event.INFO_GIVEN): State.SCREENING,
        (State.NEEDS_INFO, Event.INFO_OVERDUE): State.REJECTED,
        (State.NEEDS_INFO, Event.WITHDRAW): State.WITHDRAWN,
        (State.NOTICE, Event.NOTICE_ENDED): State.ACTIVE,
        (State.NOTICE, Event.UNDELIVERABLE): State.REJECTED,
        (State.NOTICE, Event.CONTEST): State.CONTESTED,
        (State.NOTICE, Event.WITHDRAW): State.WITHDRAWN,
        (State.NOTICE, Event.SETTLE): State.SETTLED,
        (State.ACTIVE, Event.CONTEST): State.CONTESTED,
        (State.ACTIVE, Event.WITHDRAW): State.WITHDRAWN,
        (State.ACTIVE, Event.SETTLE): State.SETTLED,
        (State.ACTIVE, Event.EXPIRE): State.EXPIRED,
        (State.CONTESTED, Event.UPHOLD): State.UPHELD,
        (State.CONTESTED, Event.AMEND): State.AMENDED,
        (State.CONTESTED, Event.REMOVE): State.REMOVED,
        (State.CONTESTED, Event.REPORTER_SILENT): State.REMOVED,
        (State.CONTESTED, Event.WITHDRAW): State.WITHDRAWN,
        (State.CONTESTED, Event.SETTLE): State.SETTLED,
        (State.CONTESTED, Event.EXPIRE): State.EXPIRED,
        (State.UPHELD, Event.CONTEST): State.CONTESTED,
        (State.UPHELD, Event.WITHDRAW): State.WITHDRAWN,
        (State.UPHELD, Event.SETTLE): State.SETTLED,
        (State.UPHELD, Event.EXPIRE): State.EXPIRED,
        (State.AMENDED, Event.CONTEST): State.CONTESTED,
        (State.AMENDED, Event.WITHDRAW): State.WITHDRAWN,
        (State.AMENDED, Event.SETTLE): State.SETTLED,
        (State.AMENDED, Event.EXPIRE): State.EXPIRED,
        (State.SETTLED, Event.ERASE): State.ERASED,
        (State.REJECTED, Event.ERASE): State.ERASED,
        (State.WITHDRAWN, Event.ERASE): State.ERASED,
        (State.REMOVED, Event.ERASE): State.ERASED,
        (State.EXPIRED, Event.ERASE): State.ERASED,
    }
)

#: States in which lookups show the facts.
SHOWN = frozenset({State.ACTIVE, State.UPHELD, State.AMENDED})
#: States of a report that a moderator found to meet the proof standard, and that has not ended.
SCREENED = SHOWN | {State.NOTICE, State.CONTESTED}
#: States that nothing but the clock's erasure leaves.
ENDED = frozenset({State.SETTLED, State.REJECTED, State.WITHDRAWN, State.REMOVED, State.EXPIRED})
FINAL = ENDED | {State.ERASED}
#: Whoever was shown the report before it came to this is told.
CORRECTED = frozenset({State.AMENDED, State.REMOVED, State.WITHDRAWN, State.SETTLED})
#: States before a moderator's decision: evidence may be added.
UNDECIDED = frozenset({State.SUBMITTED, State.SCREENING, State.NEEDS_INFO})


class Flag(StrEnum):
    """What a moderator should see before deciding. It decides nothing by itself."""

    #: The business has another open report of this contract.
    SAME_CONTRACT = "same_contract"
    #: Several reports about the person were filed within a short time.
    PILE_ON = "pile_on"
    #: Another business of the same owner reports the person: lookups count the two as one source.
    COMMON_OWNER = "common_owner"
    #: It was filed soon after the person disputed another report of the same reporter or owner.
    RETALIATION = "retaliation"
    #: Too many of the reporter's decided reports were overturned.
    REPORTER_ON_PROBATION = "reporter_on_probation"


class ErasedFor(StrEnum):
    """Why the person's request had a report erased that had not ended."""

    #: By rule: the person was not of age when it happened.
    UNDER_AGE = "under_age"
    #: By rule: it was shown without proof that the person was notified.
    NEVER_TOLD = "never_told"
    #: By a moderator, who granted an objection.
    RIGHTS_PREVAIL = "rights_prevail"


class Party(StrEnum):
    """Who sent a file."""

    #: The business that reported.
    REPORTER = "reporter"
    #: The reported person, in a dispute.
    PERSON = "person"


NEEDS_CONTACTS = frozenset(
    {
        Category.PAYMENT_OVERDUE,
        Category.PAYMENT_REFUSED,
        Category.SCOPE_ABUSE,
        Category.ABUSIVE_CONDUCT,
    }
)
NEEDS_AMOUNT = frozenset(Category) - {Category.NO_SHOW, Category.ABUSIVE_CONDUCT}
NEEDS_SETTLEMENT_ATTEMPTS = frozenset(Category) - {Category.ABUSIVE_CONDUCT}

#: Phones, e-mails and handles, of each kind, that one report may name. A business knows a client by a private and a
#: work number, and perhaps one more; each further one would lead a stranger's lookup, and notice, to this client.
MOST_CONTACTS = 4
MOST_FILES = 20
#: Moderators who must agree to what comes back after it ended, and to what a business on probation reports.
APPROVALS_OF_DOUBTFUL = 2
#: Days within which moderators mean to decide; the queue shows it as `due`, nothing happens by itself.
SCREENING_DAYS = 3


class Verdict(StrEnum):
    """A moderator's decision at screening."""

    #: The four parts of the proof standard are met: the person is told.
    PUBLISH = "publish"
    #: Its reporter must add something.
    REQUEST_INFO = "request_info"
    #: It is turned down.
    REJECT = "reject"


class ReasonCode(StrEnum):
    """Why a moderator decided so."""

    #: Reasonable grounds, clear evidence, one listed category, a real contract.
    PROOF_STANDARD_MET = "proof_standard_met"
    #: A document that shows the fact is missing.
    EVIDENCE_MISSING = "evidence_missing"
    #: What happened cannot be told from the words.
    UNCLEAR = "unclear"
    #: No reasonable grounds.
    NO_GROUNDS = "no_grounds"
    #: The evidence does not show it.
    NO_EVIDENCE = "no_evidence"
    #: It is no fact of the chosen category.
    WRONG_CATEGORY = "wrong_category"
    #: There was no contract or order between the two.
    NO_CONTRACT = "no_contract"
    #: It names health, belief, crime or the like.
    SENSITIVE_CONTENT = "sensitive_content"
    #: The same fact is reported already.
    DUPLICATE = "duplicate"


REASONS: MappingProxyType[Verdict, frozenset[ReasonCode]] = MappingProxyType(
    {
        Verdict.PUBLISH: frozenset({ReasonCode.PROOF_STANDARD_MET}),
        Verdict.REQUEST_INFO: frozenset({ReasonCode.EVIDENCE_MISSING, ReasonCode.UNCLEAR}),
        Verdict.REJECT: frozenset(
            {
                ReasonCode.NO_GROUNDS,
                ReasonCode.NO_EVIDENCE,
                ReasonCode.WRONG_CATEGORY,
                ReasonCode.NO_CONTRACT,
                ReasonCode.SENSITIVE_CONTENT,
                ReasonCode.DUPLICATE,
            }
        ),
    }
)

EVENT_OF = MappingProxyType(
    {
        Verdict.PUBLISH: Event.PUBLISH,
        Verdict.REQUEST_INFO: Event.REQUEST_INFO,
        Verdict.REJECT: Event.REJECT,
    }
)


def next_state(state: State, event: Event) -> State | None:
    """The state that the event leads to, or None where it is illegal."""
    return TRANSITIONS.get((state, event))


def due(
    state: State,
    *,
    since: datetime,
    ends: Ends,
    told_until: datetime | None,
    retention_until: datetime,
    held: bool = False,
    brought_back: bool = False,
    answered: bool = False,
) -> tuple[Event, datetime] | None:
    """What the clock brings next to a report that entered `state` at `since`, and when.

    `told_until` is the end of the notice days, known once the person was told. `held`: a moderator has yet to say
    whether an address of it is the person's; only the end of its retention ends it until then. `brought_back`: whether
    it is a reinsertion, of which the person must hear sooner. `answered`: whether the reporter has answered the
    dispute; the ruling is then the dispute's own clock.
    """
    if state is State.SUBMITTED:
        return Event.COOLED_OFF, ends("cooling_off_hours", since)
    if state is State.NEEDS_INFO:
        return Event.INFO_OVERDUE, ends("info_days", since)
    if state is State.NOTICE and told_until:
        return Event.NOTICE_ENDED, told_until
    if state is State.NOTICE:
        attempts = "reinsertion_notice_business_days" if brought_back else "notice_attempt_days"
        last = ends(attempts, since)
        return Event.UNDELIVERABLE, max(last, retention_until) if held else last
    if state is State.CONTESTED and not answered:
        silent = (Event.REPORTER_SILENT, ends("answer_days", since))
        return min(silent, (Event.EXPIRE, retention_until), key=lambda change: change[1])
    if state in SHOWN or state is State.CONTESTED:
        return Event.EXPIRE, retention_until
    if state in ENDED:
        return Event.ERASE, ends("erase_after_days", since)
    return None


def visible_from(
    state: State, *, now: datetime, cooled_at: datetime, ends: Ends, fixed: datetime | None
) -> datetime | None:
    """The earliest time at which lookups can show the report; None once it never will.

    `fixed` is the end of the notice days once the person was told; before, every step that is still
    ahead is counted with its shortest time.
    """
    if state in FINAL:
        return None
    if fixed is not None:
        return fixed
    return ends("notice_days", cooled_at if state is State.SUBMITTED else now)


def age(born: date, on: date) -> int:
    """Whole years of age on a day."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


class EvidenceGrade(StrEnum):
    """How well a fact is shown."""

    #: By at least one document.
    DOCUMENTED = "documented"
    #: By documents and a dated log of contacts.
    DOCUMENT_AND_CONTACTS = "document_and_contacts"
    #: By a ruling after a dispute.
    ADJUDICATED = "adjudicated"


def evidence_grade(state: State, contacts: int) -> EvidenceGrade:
    """The grade of a shown report: publishing needs a document, so there is always one."""
    if state in (State.UPHELD, State.AMENDED):
        return EvidenceGrade.ADJUDICATED
    return EvidenceGrade.DOCUMENT_AND_CONTACTS if contacts else EvidenceGrade.DOCUMENTED

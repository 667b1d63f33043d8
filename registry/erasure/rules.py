"""What becomes of a wish not to be held: what a rule decides at once, and what a moderator weighs. Pure.

An erasure request (GDPR, art. 17; Law of Ukraine No. 2297-VI, arts. 8(2)(6), 15(2)) is decided the moment it is made,
by what the registry knows: what has ended is erased, what still runs is kept and the ways to end it are named. An
objection (GDPR, art. 21(1); Law No. 2297-VI, art. 8(2)(5)) rests on the person's own situation, which no rule can
weigh: the report is hidden (art. 18(1)(d)) until a moderator has.

    pending -> granted     the report is removed, and erased at once
    pending -> refused     the report is shown again
    pending -> lapsed      the report ended by itself

Only the first objection to a report hides it. So a report can be hidden for the time of one decision, and not for ever.
"""

from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from registry.reports.rules import FINAL, SHOWN, age
from registry.reports.rules import State as ReportState


class Kind(StrEnum):
    """What is asked."""

    #: That a report be erased.
    ERASURE = "erasure"
    #: That nobody be shown it, on grounds of the person's own situation.
    OBJECTION = "objection"


class State(StrEnum):
    """Where a request stands."""

    #: A moderator has to decide.
    PENDING = "pending"
    #: The report was erased.
    GRANTED = "granted"
    #: The report stays, with reasons.
    REFUSED = "refused"
    #: The report ended by itself.
    LAPSED = "lapsed"


class Decision(StrEnum):
    """What is decided on a request."""

    #: The report is erased.
    GRANT = "grant"
    #: The report stays.
    REFUSE = "refuse"


STATE_AFTER = MappingProxyType({Decision.GRANT: State.GRANTED, Decision.REFUSE: State.REFUSED})


class Code(StrEnum):
    """Why a request was decided so."""

    #: By rule: the report has ended, nothing needs it any more (art. 17(1)(a)).
    NO_LONGER_NEEDED = "no_longer_needed"
    #: By rule, or by a moderator where the report's own birth date does not settle it: the person was not of age; such
    #: a report must not be (art. 17(1)(d)).
    UNDER_AGE = "under_age"
    #: By rule: it was shown without proof that the person was told (art. 17(1)(d)).
    NEVER_TOLD = "never_told"
    #: By rule: lookups show it, or will, within its time (art. 6(1)(f)): it can be disputed, or objected to.
    STILL_NEEDED = "still_needed"
    #: By rule: a dispute of it is being decided, which its words are evidence of (art. 17(3)(e)).
    BEING_DECIDED = "being_decided"
    #: By rule: a moderator is still checking it; nobody sees it, and it may be turned down.
    BEING_CHECKED = "being_checked"
    #: By a moderator: the person's situation weighs more.
    RIGHTS_PREVAIL = "rights_prevail"
    #: By a moderator: compelling grounds of those who ask weigh more (art. 21(1)).
    INTERESTS_PREVAIL = "interests_prevail"
    #: By a moderator: it is needed for legal claims (arts. 17(3)(e), 21(1)).
    LEGAL_CLAIMS = "legal_claims"


#: What a moderator may say.
REASONS: MappingProxyType[Decision, frozenset[Code]] = MappingProxyType(
    {
        Decision.GRANT: frozenset({Code.RIGHTS_PREVAIL, Code.UNDER_AGE}),
        Decision.REFUSE: frozenset({Code.INTERESTS_PREVAIL, Code.LEGAL_CLAIMS}),
    }
)


class Remedy(StrEnum):
    """What a person can do against a refusal (art. 12(4))."""

    #: Dispute the report.
    DISPUTE = "dispute"
    #: Object to it; after an objection that was refused, once more: another moderator decides.
    OBJECTION = "objection"
    #: Complain to the data protection authority.
    AUTHORITY = "authority"
    #: Go to court.
    COURT = "court"


#: Reports of which the person knows, and that have not ended: the only ones to object to.
OPEN_TO_OBJECTION = SHOWN | {ReportState.NOTICE, ReportState.CONTESTED}
#: Requests of one kind about one report within twelve months; requests without end need no answer (art. 12(5)(b)).
MOST_A_YEAR: MappingProxyType[Kind, int] = MappingProxyType({Kind.ERASURE: 3, Kind.OBJECTION: 2})


class Age(StrEnum):
    """What the known birth dates say of a person's age when it happened."""

    #: Nothing is known, or the person was of age.
    OF_AGE = "of_age"
    #: By the only birth date that the report itself states they were too young, and no published report contradicts it.
    UNDER_AGE = "under_age"
    #: By one of the known birth dates they were too young, but the report does not settle it: a moderator decides.
    UNCLEAR = "unclear"


class BirthDates(NamedTuple):
    """Birth dates of one person, by where they are stated. An RNOKPP states one as well."""

    #: In the report concerned.
    own: frozenset[date]
    #: In other reports that lookups show.
    published: frozenset[date]
    #: In other reports that lookups do not show.
    unpublished: frozenset[date]


def age_of(known: BirthDates, on: date, minimum: int) -> Age:
    """Decide whether the person was under `minimum` years on that day.

    Any business may file a report with any birth date, and a moderator who publishes it does not check the date. So
    only the report's own date can grant an erasure. A date of another report can at most ask for a moderator, and a
    date that nobody screened cannot stop a grant.
    """
    if all(age(day, on) >= minimum for days in known for day in days):
        return Age.OF_AGE
    settled = len(known.own) == 1 and known.published <= known.own
    young = any(age(day, on) < minimum for day in known.own)
    return Age.UNDER_AGE if settled and young else Age.UNCLEAR


def judge(state: ReportState, *, told: bool, age: Age) -> tuple[Decision, Code] | None:
    """Decide a request to erase a report in that state by rule; None where a moderator has to.

    `told`: whether there is proof that the person was notified.
    """
    if state in FINAL:
        return Decision.GRANT, Code.NO_LONGER_NEEDED
    if state in SHOWN and not told:
        return Decision.GRANT, Code.NEVER_TOLD
    if state in OPEN_TO_OBJECTION and age is Age.UNDER_AGE:
        return Decision.GRANT, Code.UNDER_AGE
    if state in OPEN_TO_OBJECTION and age is Age.UNCLEAR:
        return None
    if state is ReportState.CONTESTED:
        return Decision.REFUSE, Code.BEING_DECIDED
    if state not in OPEN_TO_OBJECTION:
        return Decision.REFUSE, Code.BEING_CHECKED
    return Decision.REFUSE, Code.STILL_NEEDED


def remedies(kind: Kind, state: State, code: Code | None, *, again: bool) -> list[Remedy]:
    """What can be done now; `again`: whether one more objection would be heard."""
    if state is not State.REFUSED:
        return []
    found = [Remedy.AUTHORITY, Remedy.COURT]
    if code is Code.STILL_NEEDED:
        return [Remedy.DISPUTE, Remedy.OBJECTION, *found]
    return [Remedy.OBJECTION, *found] if kind is Kind.OBJECTION and again else found

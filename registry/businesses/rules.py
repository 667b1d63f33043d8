"""What may happen to a business, and what its keys may do."""

from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from registry.limits.rules import Allowance


class State(StrEnum):
    """Where a business stands."""

    #: Signed up, not yet verified: may manage its account and nothing else.
    PENDING = "pending"
    #: Verified by an operator: looks up and reports.
    VERIFIED = "verified"
    #: Stopped by an operator: its reports are hidden at once.
    SUSPENDED = "suspended"
    #: Ended; its reports are hidden at once.
    CLOSED = "closed"
    #: Not accepted at sign-up.
    REFUSED = "refused"


class Verdict(StrEnum):
    """An operator's decision on a business."""

    #: It is who it says it is (also lifts a suspension).
    VERIFY = "verify"
    #: It is not accepted.
    REFUSE = "refuse"
    #: It is stopped for now.
    SUSPEND = "suspend"
    #: It is ended for good.
    CLOSE = "close"


TRANSITIONS = MappingProxyType(
    {
        (State.PENDING, Verdict.VERIFY): State.VERIFIED,
        (State.PENDING, Verdict.REFUSE): State.REFUSED,
        (State.PENDING, Verdict.CLOSE): State.CLOSED,
        (State.VERIFIED, Verdict.SUSPEND): State.SUSPENDED,
        (State.VERIFIED, Verdict.CLOSE): State.CLOSED,
        (State.SUSPENDED, Verdict.VERIFY): State.VERIFIED,
        (State.SUSPENDED, Verdict.CLOSE): State.CLOSED,
    }
)


class Likeness(StrEnum):
    """How alike the owners of two businesses are, the surest first."""

    #: One owner, by a code in common or the same name in full: the two are one source, by rule.
    EQUAL = "equal"
    #: Perhaps one owner: an operator decides.
    NEAR = "near"


#: States of a business that claims its register code: waiting, or as a member.
CLAIMS = frozenset({State.PENDING, State.VERIFIED, State.SUSPENDED})
#: States of a member. One register code has one member at a time.
MEMBERS = frozenset({State.VERIFIED, State.SUSPENDED})
#: States in which owners count: an owner who closes a business and opens another takes its conduct along.
OWNED = frozenset({State.VERIFIED, State.SUSPENDED, State.CLOSED})


class Scope(StrEnum):
    """What a key may do."""

    #: Look clients up.
    LOOKUP = "lookup"
    #: Submit and manage reports.
    REPORT = "report"
    #: Answer disputes.
    DISPUTE = "dispute"
    #: Watch clients for changes.
    WATCH = "watch"
    #: Manage webhooks.
    WEBHOOK = "webhook"
    #: Manage keys, terms and the account.
    MANAGE = "manage"


#: Scopes that only a verified business may use.
VERIFIED_ONLY = frozenset(Scope) - {Scope.MANAGE}


class Probation(StrEnum):
    """Why a business is on probation: too many of the decided reports were overturned."""

    #: Of its own reports.
    OWN = "own"
    #: Of the reports of all businesses of its beneficial owner, taken together.
    OWNER = "owner"


class Tally(NamedTuple):
    """Decided reports, and how many of them were overturned."""

    decided: int
    overturned: int

    def past(self, *, least: int, percent: int) -> bool:
        """Whether more than `percent` were overturned, of at least so many decided."""
        return self.decided >= least and self.overturned * 100 > percent * self.decided


def probation(own: Tally, together: Tally, *, least: int, percent: int) -> Probation | None:
    """Whether a business is on probation. A sister's good reports excuse nobody, and her bad ones count for all."""
    if own.past(least=least, percent=percent):
        return Probation.OWN
    return Probation.OWNER if together.past(least=least, percent=percent) else None


SIGN_UPS = Allowance(address=(300, 100), network=(600, 200), assured=(20, 5), shared=(3_000, 1_000))

CODE_DIGITS = 8
CODE_HOURS = 24
CODE_TRIES = 5

"""How each call can be refused: which problems, under which status.

What follows from a call's form (its key, its body, the ids in its path) is derived; what its slice may say
is listed by the call's name. A test finds a refusal that no call lists. It must not say when a refusal
happens: that is said by the refusal's own class.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from registry.businesses.access import LiveOnly, NotVerified, ScopeMissing
from registry.businesses.service import AlreadyRegistered, CodeRefused, DecisionNotPossible
from registry.lookups.service import LookupInsufficient
from registry.messages.service import MessageNotAccepted, MessageNotFound
from registry.platform.blobs import BlobsUnavailable
from registry.platform.errors import (
    InvalidValues,
    Malformed,
    NotFound,
    QuotaExceeded,
    RegistryError,
    RuleBroken,
    Unauthenticated,
    Unavailable,
    UnsupportedMedia,
)
from registry.platform.guard import BodyTooLarge, BodyTooSlow, HeadersTooLarge, UrlTooLong
from registry.platform.health import NotReady
from registry.platform.idempotency import KeyReused, StillRunning
from registry.reports.evidence import FileTypeRefused
from registry.reports.lifecycle import IllegalTransition
from registry.reports.screening import ConflictOfInterest, EvidenceRequired, ReportAlreadyDecided
from registry.reports.service import ReinsertionRequired, SubmissionRefused
from registry.staff.access import RoleMissing

Refusal = type[RegistryError]

#: What any request meets that is not sound, before it reaches its call; and what is our fault.
ANY_CALL: tuple[Refusal, ...] = (
    Malformed,
    BodyTooSlow,
    BodyTooLarge,
    UrlTooLong,
    UnsupportedMedia,
    HeadersTooLarge,
    RegistryError,
    Unavailable,
)

#: Call -> what its slice may refuse.
OWN: Mapping[str, tuple[Refusal, ...]] = MappingProxyType(
    {
        "look_up": (LookupInsufficient, QuotaExceeded),
        "look_up_batch": (QuotaExceeded,),
        "submit": (SubmissionRefused, ReinsertionRequired),
        "list_reports": (NotFound,),
        "edit_report": (SubmissionRefused, IllegalTransition, ReinsertionRequired),
        "add_evidence": (IllegalTransition, RuleBroken, FileTypeRefused, BlobsUnavailable),
        "withdraw_report": (IllegalTransition,),
        "settle_report": (IllegalTransition,),
        "reinsert_report": (SubmissionRefused, IllegalTransition),
        "sign_up": (AlreadyRegistered,),
        "prove_email": (CodeRefused,),
        "create_key": (RuleBroken,),
        "view_case": (ConflictOfInterest,),
        "read_evidence": (ConflictOfInterest, BlobsUnavailable),
        "decide": (ConflictOfInterest, ReportAlreadyDecided, EvidenceRequired),
        "record_bounce": (MessageNotFound, MessageNotAccepted, IllegalTransition),
        "decide_business": (DecisionNotPossible,),
        "ready": (NotReady,),
    }
)


def by_status(refusals: Iterable[Refusal]) -> dict[int, list[Refusal]]:
    """The refusals under their status, lowest first, each once."""
    found: dict[int, list[Refusal]] = {}
    for refusal in sorted(set(refusals), key=lambda one: (one.status, one.slug)):
        found.setdefault(refusal.status, []).append(refusal)
    return found


def of_member(*, scoped: bool, verified: bool, test: bool) -> Iterator[Refusal]:
    """What the guard of a member's call refuses."""
    yield Unauthenticated
    if scoped:
        yield ScopeMissing
    if verified:
        yield NotVerified
    if not test:
        yield LiveOnly


def of_staff() -> Iterator[Refusal]:
    """What the guard of a staff call refuses."""
    yield from (Unauthenticated, RoleMissing, QuotaExceeded)


def of_form(*, reads_values: bool, has_id: bool, idempotent: bool) -> Iterator[Refusal]:
    """What follows from the form of a call: values to read, an id in its path, an Idempotency-Key."""
    if reads_values:
        yield InvalidValues
    if has_id:
        yield NotFound
    if idempotent:
        yield from (KeyReused, StillRunning)

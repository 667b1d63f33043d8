"""How each call can be refused: which problems, under which status.

What follows from a call's form (its key, its body, the ids in its path) is derived; what its slice may say
is listed here by the call's name, as the stable names that callers read. A test finds a refusal of the code
that no call lists. What a refusal is called is said by its own class, and nowhere else.
"""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from registry.platform.errors import RegistryError

Refusal = type[RegistryError]

#: What any request meets that is not sound, before it reaches its call; and what is our fault.
ANY_CALL = (
    "malformed",
    "body-too-slow",
    "too-large",
    "url-too-long",
    "unsupported-media",
    "headers-too-large",
    "internal",
)
#: What a call meets that needs the database.
AT_WORK = ("unavailable", "overloaded")

#: Call -> what its slice may refuse.
OWN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "look_up": ("lookup-insufficient", "quota-exceeded", "key-suspended"),
        "look_up_batch": ("quota-exceeded", "key-suspended"),
        "view_receipt": ("key-suspended",),
        "submit": (
            "submission-refused",
            "reinsertion-required",
            "first-reports-wait",
            "too-many-reports",
        ),
        "edit_report": ("submission-refused", "illegal-transition", "reinsertion-required"),
        "add_evidence": (
            "illegal-transition",
            "rule-broken",
            "file-type-refused",
            "files-unavailable",
        ),
        "withdraw_report": ("illegal-transition",),
        "settle_report": ("illegal-transition",),
        "reinsert_report": (
            "submission-refused",
            "illegal-transition",
            "first-reports-wait",
            "too-many-reports",
        ),
        "sign_up": ("too-many-sign-ups",),
        "prove_email": ("code-refused",),
        "create_key": ("rule-broken",),
        "add_webhook": ("too-many-endpoints",),
        "send_test": ("too-many-deliveries",),
        "redeliver": ("too-many-deliveries",),
        "view_case": ("conflict-of-interest",),
        "read_evidence": ("conflict-of-interest", "files-unavailable"),
        "decide": (
            "conflict-of-interest",
            "report-already-decided",
            "evidence-required",
            "retention-over",
            "reporter-not-verified",
        ),
        "view_pair": ("conflict-of-interest",),
        "decide_pair": ("conflict-of-interest", "identities-contradict", "pair-already-decided"),
        "view_identity": ("conflict-of-interest",),
        "split_identity": ("conflict-of-interest",),
        "merge_identity": ("conflict-of-interest",),
        "take_receipt": ("receipt-not-signed", "not-found"),
        "record_bounce": ("message-not-accepted", "illegal-transition"),
        "decide_business": ("decision-not-possible", "register-code-taken", "questions-open"),
        "lift_suspension": ("not-suspended", "decision-not-possible"),
        "open_dispute": ("not-found", "already-disputed", "not-to-be-disputed"),
        "appeal": ("dispute-not-open-for-that", "illegal-transition"),
        "claim_settlement": ("not-found", "already-disputed", "not-to-be-disputed"),
        "add_my_evidence": (
            "dispute-not-open-for-that",
            "not-to-be-disputed",
            "rule-broken",
            "file-type-refused",
            "files-unavailable",
        ),
        "read_my_evidence": ("files-unavailable",),
        "say": ("dispute-not-open-for-that", "rule-broken"),
        "answer_dispute": ("dispute-not-open-for-that",),
        "answer_settlement": ("dispute-not-open-for-that", "illegal-transition"),
        "add_dispute_evidence": (
            "dispute-not-open-for-that",
            "rule-broken",
            "file-type-refused",
            "files-unavailable",
        ),
        "read_dispute_evidence": ("files-unavailable",),
        "reply": ("dispute-not-open-for-that", "rule-broken"),
        "say_as_moderator": ("conflict-of-interest", "dispute-not-open-for-that", "rule-broken"),
        "detach": ("already-detached",),
        "ask_for_erasure": ("not-found", "asked-too-often"),
        "make_objection": (
            "not-found",
            "asked-too-often",
            "already-objected",
            "not-to-be-objected",
        ),
        "view_objection": ("conflict-of-interest",),
        "decide_objection": ("conflict-of-interest", "objection-already-decided"),
        "view_detachment": ("conflict-of-interest",),
        "decide_detachment": ("conflict-of-interest", "dispute-already-decided"),
        "view_dispute": ("conflict-of-interest",),
        "decide_dispute": (
            "conflict-of-interest",
            "dispute-already-decided",
            "illegal-transition",
            "statement-to-redact",
        ),
        "start_session": ("too-many-codes",),
        "prove": ("proof-refused", "too-many-codes"),
        "send_document": ("document-not-taken", "file-type-refused", "files-unavailable"),
        "view_document": ("conflict-of-interest",),
        "read_document": ("conflict-of-interest", "files-unavailable"),
        "decide_document": ("conflict-of-interest", "dispute-already-decided", "files-unavailable"),
        "ready": ("not-ready",),
    }
)


def known() -> dict[str, Refusal]:
    """Every refusal of the code by its stable name; of several with one name, the most general."""
    found: dict[str, Refusal] = {}
    waiting: list[Refusal] = [RegistryError]
    for one in waiting:
        waiting += one.__subclasses__()
        if one.__module__.startswith("registry."):
            found.setdefault(one.slug, one)
    return found


def by_status(slugs: Iterable[str]) -> dict[int, list[Refusal]]:
    """The refusals of these names under their status, lowest first, each once."""
    refusals, found = known(), dict[int, list[Refusal]]()
    for one in sorted({refusals[slug] for slug in slugs}, key=lambda one: (one.status, one.slug)):
        found.setdefault(one.status, []).append(one)
    return found


def of_member(*, scoped: bool, verified: bool, test: bool) -> Iterator[str]:
    """What the guard of a member's call refuses."""
    yield from ("unauthenticated", "too-many-at-once")
    if scoped:
        yield "scope-missing"
    if verified:
        yield "business-not-verified"
    if not test:
        yield "test-key"


def of_staff() -> Iterator[str]:
    """What the guard of a staff call refuses."""
    yield from ("unauthenticated", "role-missing", "quota-exceeded", "too-many-at-once")


def of_person(proofs: int) -> Iterator[str]:
    """What the guard of a reported person's call refuses."""
    yield from ("unauthenticated", "quota-exceeded", "too-many-at-once")
    if proofs > 1:
        yield "second-proof-needed"


def of_form(*, reads_values: bool, has_id: bool, idempotent: bool) -> Iterator[str]:
    """What follows from the form of a call: values to read, an id in its path, an Idempotency-Key."""
    if reads_values:
        yield "invalid-values"
    if has_id:
        yield "not-found"
    if idempotent:
        yield from ("idempotency-key-reused", "idempotency-still-running")

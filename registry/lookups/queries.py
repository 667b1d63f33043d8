"""A lookup that can be made: what was sent, in normal form, with its keyed index values."""

import msgspec

from registry.businesses.access import Member
from registry.identities import service as identities
from registry.lookups.wire import LookupRequest
from registry.matching.subject import Subject
from registry.platform.errors import RuleBroken
from registry.platform.faults import Fault
from registry.platform.runtime import Runtime


class LookupInsufficient(RuleBroken):
    """The query could mean anyone."""

    slug, title = "lookup-insufficient", "The query could mean anyone"


class Query(msgspec.Struct, frozen=True):
    """A lookup that can be made: the subject in normal form, its index values, and why it is asked."""

    subject: Subject
    #: Index value -> its kind.
    values: dict[bytes, str]
    request: LookupRequest
    #: Keyed digests of the caller's idempotency key and of the request under it.
    idempotency: bytes | None = None
    fingerprint: bytes | None = None


def read(
    runtime: Runtime,
    member: Member,
    request: LookupRequest,
    *,
    key: str | None = None,
    body: bytes | None = None,
) -> Query:
    """Bring a lookup to normal form; raises `InvalidValues`, or `LookupInsufficient`.

    `body` is what makes the request under `key` the same one, where that is more than this lookup (a batch).
    """
    subject = identities.read(request.subject, country=member.country)
    tokens = identities.asked_tokens(runtime.keyring, subject)
    if not tokens:
        said = "needs a phone, e-mail, tax id, company code or handle, or a name with a birth date or city"
        raise LookupInsufficient(f"The subject {said}.", errors=[Fault("/subject", said)])
    values = {token.value: token.kind for token in tokens}
    if key is None:
        return Query(subject, values, request)
    digest = runtime.keyring.digest("lookup-idempotency", f"{member.business_id}:{key}")
    same = msgspec.json.encode(request) if body is None else body
    return Query(
        subject, values, request, digest, runtime.keyring.digest("fingerprint", same.hex())
    )

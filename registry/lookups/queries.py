"""A lookup that can be made: what was sent, in normal form, with its keyed index values."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from registry.businesses.access import Member
from registry.identities import service as identities
from registry.limits import watch
from registry.lookups.wire import LookupRequest
from registry.matching.fingerprints import STRONG, Token, strong_values
from registry.matching.subject import Subject
from registry.platform.errors import RuleBroken
from registry.platform.faults import Fault
from registry.platform.http import invalid
from registry.platform.keyring import Keyring
from registry.platform.runtime import Runtime


class LookupInsufficient(RuleBroken):
    """The query could mean anyone."""

    slug, title = "lookup-insufficient", "The query could mean anyone"


class Mark(NamedTuple):
    """Something distinct that is asked for, as it is counted: nobody can tell from it what it is.

    It is keyed over the business too, so that what two of them ask for cannot be laid side by side.
    """

    mark: int
    #: What it shares with numbers that differ in their last digits only; nought when there are none like it.
    block: int
    #: The index value by which it is found; None for a name, whose values others share: it counts as unmatched.
    value: bytes | None


class Query(msgspec.Struct, frozen=True):
    """A lookup that can be made: the subject in normal form, its index values, and why it is asked."""

    subject: Subject
    #: Index value -> its kind.
    values: dict[bytes, str]
    request: LookupRequest
    marks: Sequence[Mark]
    #: What could not be read, and was left out.
    ignored: Sequence[Fault] = ()
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
    subject, ignored = identities.read_for_lookup(request.subject, country=member.country)
    tokens = identities.asked_tokens(runtime.keyring, subject)
    if not tokens and ignored:
        raise invalid(ignored)
    if not tokens:
        said = "needs a phone, e-mail, tax id, company code or handle, or a name with a birth date or city"
        raise LookupInsufficient(f"The subject {said}.", errors=[Fault("/subject", said)])
    values = {token.value: token.kind for token in tokens}
    marks = _marks(runtime.keyring, member, subject, tokens)
    if key is None:
        return Query(subject, values, request, marks, ignored)
    digest = runtime.keyring.digest("lookup-idempotency", f"{member.business_id}:{key}")
    same = msgspec.json.encode(request) if body is None else body
    fingerprint = runtime.keyring.digest("fingerprint", same.hex())
    return Query(subject, values, request, marks, ignored, digest, fingerprint)


def _marks(
    keyring: Keyring, member: Member, subject: Subject, tokens: Sequence[Token]
) -> list[Mark]:
    """Each strong identifier; or, asked by name, all that is asked for as one."""
    key, whose = keyring.asked_key, member.business_id.bytes
    if tokens[0].kind not in STRONG:
        together = b"".join(token.value for token in tokens)
        return [Mark(_keyed(key, whose + together), 0, None)]
    marks = []
    for (kind, text), token in zip(dict.fromkeys(strong_values(subject)), tokens, strict=True):
        shared = watch.block_of(kind, text)
        block = 0 if shared is None else _keyed(key, whose + f"{kind}|{shared}".encode())
        marks.append(Mark(_keyed(key, whose + token.value), block, token.value))
    return marks


def _keyed(key: bytes, what: bytes) -> int:
    return int.from_bytes(blake2b(what, digest_size=8, key=key).digest(), signed=True)

"""Idempotency keys: a repeated request gets the first one's answer and changes nothing.

The answer is stored, sealed, in the transaction of the change itself, so there is never one without
the other. Refusals roll back and are not stored.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import msgspec
from sqlalchemy import delete, text

from registry.platform import vault
from registry.platform.errors import Conflict, InvalidValues, RuleBroken
from registry.platform.faults import Fault
from registry.platform.runtime import Session
from registry.platform.tables import StoredAnswer

HEADER = "Idempotency-Key"
LONGEST = 255


class KeyReused(RuleBroken):
    """The key was used before, with another request."""

    slug, title = "idempotency-key-reused", "This Idempotency-Key was used for another request"


class StillRunning(Conflict):
    """The first request under this key has not ended yet."""

    slug, title = (
        "idempotency-still-running",
        "The first request with this Idempotency-Key is still running",
    )


class Answer(msgspec.Struct, frozen=True):
    """What goes back: the body in JSON, its status, and whether it was stored earlier."""

    body: bytes
    status: int
    replayed: bool


def is_required(status: int) -> bool:
    """Whether a call that takes a key needs one: what creates something lasting, and so answers 201, does."""
    return status == 201


def check_key(key: str | None, *, required: bool) -> str | None:
    """The key as it may be used; raises `InvalidValues` that names the header."""
    if key is None and not required:
        return None
    if key is None or not 1 <= len(key) <= LONGEST or not key.isprintable():
        fault = f"{HEADER} must be 1 to {LONGEST} printable characters; a fresh UUID for each new request."
        if key is None:
            fault = f"This call creates something lasting: send {HEADER}, a fresh UUID for each new request."
        raise InvalidValues(fault, errors=[Fault(pointer=f"header:{HEADER}", detail=fault)])
    return key


async def once(
    session: Session,
    caller_id: UUID,
    key: str | None,
    request: bytes,
    status: int,
    run: Callable[[], Awaitable[object]],
) -> Answer:
    """Run `run` under the key, or return the answer stored for it.

    `request` is everything that makes the request what it is (route and body); another one under the
    same key raises `KeyReused`. A request still running under the key raises `StillRunning`.
    """
    if key is None:
        return Answer(msgspec.json.encode(await run()), status, replayed=False)
    digest = session.keyring.digest("idempotency", f"{caller_id}:{key}")
    fingerprint = session.keyring.digest("fingerprint", request.hex())
    place = f"stored_answers.sealed_body:{digest.hex()}"
    locked = await session.scalar(
        text("SELECT pg_try_advisory_xact_lock(:lock)"),
        {"lock": int.from_bytes(digest[:8], signed=True)},
    )
    if not locked:
        raise StillRunning
    stored = await session.get(StoredAnswer, (caller_id, digest))
    if stored is not None and session.real - stored.at > _kept(session):
        await session.delete(stored)
        await session.flush()
        stored = None
    if stored is not None:
        if stored.fingerprint != fingerprint:
            raise KeyReused
        body = vault.unseal(session.keyring.side_key, stored.sealed_body, place)
        return Answer(body, stored.status, replayed=True)
    body = msgspec.json.encode(await run())
    sealed = vault.seal(session.keyring.side_key, body, place)
    session.add(
        StoredAnswer(
            caller_id=caller_id,
            key_digest=digest,
            fingerprint=fingerprint,
            status=status,
            sealed_body=sealed,
            data_keys=vault.opened(session),
            at=session.real,
        )
    )
    return Answer(body, status, replayed=False)


async def sweep(session: Session) -> int:
    """Delete answers that are past their time; returns how many."""
    gone = await session.execute(
        delete(StoredAnswer)
        .where(StoredAnswer.at < session.real - _kept(session))
        .returning(StoredAnswer.at)
    )
    return len(gone.all())


def _kept(session: Session) -> timedelta:
    return timedelta(hours=session.policy.idempotency_hours)

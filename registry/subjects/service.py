"""Proof of who asks: a code to a reported phone or e-mail, then to a second, then a token.

Nothing here tells a stranger whether anybody is reported under an identifier. A start writes one row and answers,
always the same; whether a code is due to anyone is looked at later, by the worker. A code that was never sent
is refused like a wrong one, after the same hash.
"""

import secrets
from uuid import UUID

import msgspec

from registry.audit import service as audit
from registry.identities import service as identities
from registry.limits import rules as limits_rules
from registry.limits import service as limits
from registry.matching import email, phone
from registry.matching.errors import Unreadable
from registry.matching.fingerprints import keyed
from registry.messages import service as messages
from registry.messages.rules import Channel, Template
from registry.platform import passwords, vault
from registry.platform import secrets as keys
from registry.platform.actor import Actor, ActorKind
from registry.platform.errors import NotFound, QuotaExceeded, RuleBroken
from registry.platform.faults import Fault
from registry.platform.http import invalid
from registry.platform.ids import uuid7
from registry.platform.jobs import wake
from registry.platform.runtime import Runtime, Session, transaction
from registry.subjects import documents, rules, store
from registry.subjects.tables import SubjectSession
from registry.subjects.wire import ProofTaken, SessionStart, SessionStarted

#: Where the registry is at home: a phone without a country is read as a local one.
COUNTRY = "UA"
_PLACE = "subject_sessions.sealed_asked"
_CHANNELS = {"phone": Channel.SMS, "email": Channel.MAIL}
#: Compared with when there is no code: it takes as long, and nothing fits it.
_NO_CODE = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IHdhcyBzZW50$H2dXnq0tqoWsnNlxbpiqHhJbzFeoSx7Yv3kxKDl3k9I"


class ProofRefused(RuleBroken):
    """The code is wrong or too old, was tried too often, or was never sent. Which, is not told."""

    slug, title = "proof-refused", "The code is not right or no longer good"


class TooManyCodes(QuotaExceeded):
    """Codes and tries are limited: for an identifier, from an address, and of the registry in all."""

    slug, title = "too-many-codes", "Too many codes were asked for, or tried"


class Identifier(msgspec.Struct, frozen=True):
    """A phone or e-mail in normal form."""

    kind: str
    value: str


async def start(
    runtime: Runtime, command: SessionStart, *, address: str, language: str
) -> SessionStarted:
    """Begin with one identifier. The answer and its time are the same whether it is known or not."""
    given = {"phone": command.phone, "email": command.email}
    named = [kind for kind, text in given.items() if text is not None]
    if len(named) != 1:
        raise invalid([Fault("", "needs either phone or email")])
    asked = _read(named[0], given[named[0]] or "", f"/{named[0]}")
    index = keyed(asked.kind, asked.value, runtime.keyring.index_key)
    await _spend(runtime, index, address)
    async with transaction(runtime) as session:
        key = await vault.create(session, session.keyring, owner=None)
        made = SubjectSession(
            id=uuid7(),
            data_key_id=key.id,
            proven=[],
            language=language,
            code_tries=0,
            created_at=session.now,
        )
        await _ask(session, made, key, asked, index)
        store.add(session, made)
        await session.flush()
        _record(session, made.id, "asked", 1)
        return SessionStarted(session_id=made.id)


async def ask_second(runtime: Runtime, session_id: UUID, text: str, *, address: str) -> ProofTaken:
    """Name a second identifier to prove. Again one answer, whether it is this person's or not."""
    kind = "email" if "@" in text else "phone"
    asked = _read(kind, text, "/identifier")
    index = keyed(asked.kind, asked.value, runtime.keyring.index_key)
    await _spend(runtime, index, address)
    async with transaction(runtime) as session:
        row = await _lock(session, session_id)
        if not row.proven:
            raise ProofRefused("Prove the first identifier with its code, then name the second.")
        key = await vault.fetch(session, session.keyring, row.data_key_id)
        assert key is not None  # noqa: S101 - a session and its key go together
        await _ask(session, row, key, asked, index)
        _record(session, row.id, "asked", len(row.proven) + 1)
        return ProofTaken(token=None, expires_at=None, proofs=row.proofs)


async def prove(runtime: Runtime, session_id: UUID, code: str) -> ProofTaken:
    """Take a code. Each try counts, also one that comes at the same time as another."""
    async with transaction(runtime) as session:
        row = await _lock(session, session_id)
        hashed = row.code_hash if rules.code_is_open(row, session.now) else None
        # Of a code that was never sent as well, or whoever counts the time would know; and never past the last.
        row.code_tries = min(row.code_tries + 1, rules.CODE_TRIES)
    right = await passwords.verify(hashed or _NO_CODE, code)
    if hashed is None or not right:
        raise ProofRefused(
            f"A code is good for {rules.CODE_FOR.seconds // 60} minutes and {rules.CODE_TRIES} tries. Check it, or"
            " begin again."
        )
    async with transaction(runtime) as session:
        row = await _lock(session, session_id)
        if row.code_hash != hashed or row.asked is None:
            raise ProofRefused("This code was used already.")
        row.proven = [*row.proven, row.asked]
        row.asked = row.sealed_asked = row.code_hash = row.code_until = None
        return _issue(session, row)


def _issue(session: Session, row: SubjectSession) -> ProofTaken:
    """A new token for what was proven; the one before is good no longer."""
    token = keys.mint(keys.SUBJECT)
    row.token = keys.digest(session.keyring, token)
    row.token_until = session.now + rules.TOKEN_FOR
    _record(session, row.id, "proven", row.proofs)
    return ProofTaken(token=token, expires_at=row.token_until, proofs=row.proofs)


async def show_document(runtime: Runtime, session_id: UUID, claim: str) -> ProofTaken:
    """Take the claim of an accepted document as second proof, beside the identifier that it was sent for."""
    async with transaction(runtime) as session:
        row = await _lock(session, session_id)
        records = await documents.accepted(session, claim, row.proven[0]) if row.proven else None
        if records is None:
            raise ProofRefused(
                "Prove the identifier that you sent the document for. A document counts once a moderator has accepted"
                f" it, for {rules.DOCUMENT_FOR.days} days."
            )
        row.document_records = records
        return _issue(session, row)


async def end(session: Session, session_id: UUID) -> None:
    """Let a token be good no longer, at its holder's wish."""
    row = await _lock(session, session_id)
    row.token = row.token_until = None
    _record(session, session_id, "signed_out", len(row.proven))


async def send_code(session: Session) -> bool:
    """Send one code that is due, if anybody is reported under its identifier; False when none is due."""
    row = await store.lock_due(session)
    if row is None:
        return False
    row.due_at = None
    key = await vault.fetch(session, session.keyring, row.data_key_id)
    if row.asked is None or row.sealed_asked is None or key is None:
        return True
    asked = key.open(_PLACE, row.sealed_asked, Identifier)
    channel = _CHANNELS[asked.kind]
    usable = messages.usable_channels(session.runtime.settings)
    if channel not in usable or not await _is_theirs(session, row.proven, row.asked):
        return True
    code = f"{secrets.randbelow(10**rules.CODE_DIGITS):0{rules.CODE_DIGITS}d}"
    row.code_hash = await passwords.hash_(code)
    row.code_until = session.now + rules.CODE_FOR
    await messages.enqueue(
        session,
        template=Template.SUBJECT_CODE,
        to=asked.value,
        channel=channel,
        language=row.language,
        values={"code": code},
        about_id=row.id,
        data_key=key,
    )
    return True


async def _is_theirs(session: Session, proven: list[bytes], asked: bytes) -> bool:
    """Whether a report names what is asked, together with something that was proven where there is one."""
    if asked in proven:
        return False
    named = await identities.holders_of(session, [*proven, asked])
    needed = rules.BOTH if proven else 1
    return any(asked in values and len(values) >= needed for values in named.values())


async def _ask(
    session: Session, row: SubjectSession, key: vault.DataKey, asked: Identifier, index: bytes
) -> None:
    row.asked, row.sealed_asked = index, key.seal(_PLACE, asked)
    row.code_hash = row.code_until = None
    row.code_tries, row.due_at = 0, session.now
    await wake(session)


def _record(session: Session, session_id: UUID, what: str, proof: int) -> None:
    """Put on record what a session did: never under which identifier."""
    audit.record(
        session,
        Actor(kind=ActorKind.SUBJECT, id=session_id),
        f"subject.{what}",
        "subject_session",
        session_id,
        details={"proof": proof},
    )


async def _lock(session: Session, session_id: UUID) -> SubjectSession:
    row = await store.lock(session, session_id)
    if row is None:
        raise NotFound
    return row


def _read(kind: str, text: str, pointer: str) -> Identifier:
    """The identifier in normal form; raises `InvalidValues` for what cannot be read."""
    try:
        value = phone.normalise(text, COUNTRY) if kind == "phone" else email.normalise(text)
    except Unreadable as fault:
        raise invalid([Fault(pointer, fault.detail)]) from None
    return Identifier(kind, value)


async def _spend(runtime: Runtime, index: bytes, address: str) -> None:
    """Spend from the budgets of codes: from the address, for the identifier, in all."""
    wait = await limits.take(
        runtime,
        limits_rules.seldom(f"code:from:{address}", *rules.CODES_FROM_ONE),
        limits_rules.seldom(f"code:for:{index.hex()}", *rules.CODES_FOR_ONE),
        limits_rules.seldom("code:all", *rules.CODES_IN_ALL),
    )
    if wait is not None:
        said = f"Nothing was sent. The next one can be asked for in {wait} s."
        raise TooManyCodes(said, retry_after=wait)


async def admit_try(runtime: Runtime, *, address: str) -> None:
    """Spend from the budgets of tries, of codes and of claims alike: from the address, in all."""
    wait = await limits.take(
        runtime,
        limits_rules.seldom(f"try:from:{address}", *rules.TRIES_FROM_ONE),
        limits_rules.seldom("try:all", *rules.TRIES_IN_ALL),
    )
    if wait is not None:
        said = f"Nothing was tried. The next try can be made in {wait} s."
        raise TooManyCodes(said, retry_after=wait)

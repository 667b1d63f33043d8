"""Proof of who asks: a code to a reported phone or e-mail, then to a second, then a token.

Nothing here tells a stranger whether anybody is reported under an identifier. A start writes one row and answers,
always the same. The worker sees to it later, by the same statements for everybody: a code is made and a letter
is queued in any case, as a decoy where none is due. No code is stored: it is derived from a seed, so that trying one
takes no slow hash, and takes as long where none was sent.
"""

import hmac
import secrets
from datetime import timedelta
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
from registry.platform import secrets as keys
from registry.platform import vault
from registry.platform.actor import Actor, ActorKind
from registry.platform.errors import NotFound, QuotaExceeded, RuleBroken
from registry.platform.faults import Fault
from registry.platform.http import invalid
from registry.platform.ids import uuid7
from registry.platform.jobs import wake
from registry.platform.networks import Origin
from registry.platform.runtime import Runtime, Session, transaction
from registry.subjects import documents, rules, store
from registry.subjects.tables import SubjectSession
from registry.subjects.wire import ProofTaken, SessionStart, SessionStarted

#: Where the registry is at home: a phone without a country is read as a local one.
COUNTRY = "UA"
_PLACE = "subject_sessions.sealed_asked"
_CHANNELS = {"phone": Channel.SMS, "email": Channel.MAIL}
_SEED_BYTES = 16
_HOUR = timedelta(hours=1)


class ProofRefused(RuleBroken):
    """The code is wrong or too old, was tried too often, or was never sent. Which, is not told."""

    slug, title = "proof-refused", "The code is not right or no longer good"


class TooManyCodes(QuotaExceeded):
    """Codes and tries are limited: from an address, from a network, and of the registry in all."""

    slug, title = "too-many-codes", "Too many codes were asked for, or tried"


class Identifier(msgspec.Struct, frozen=True):
    """A phone or e-mail in normal form."""

    kind: str
    value: str


async def start(
    runtime: Runtime, command: SessionStart, *, origin: Origin, language: str
) -> SessionStarted:
    """Begin with one identifier. The answer and its time are the same whether it is known or not."""
    given = {"phone": command.phone, "email": command.email}
    named = [kind for kind, text in given.items() if text is not None]
    if len(named) != 1:
        raise invalid([Fault("", "needs either phone or email")])
    asked = _read(named[0], given[named[0]] or "", f"/{named[0]}")
    index = keyed(asked.kind, asked.value, runtime.keyring.index_key)
    await _admit_start(runtime, origin)
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


async def ask_second(
    runtime: Runtime, session_id: UUID, text: str, *, origin: Origin
) -> ProofTaken:
    """Name a second identifier to prove. Again one answer, whether it is this person's or not."""
    kind = "email" if "@" in text else "phone"
    asked = _read(kind, text, "/identifier")
    index = keyed(asked.kind, asked.value, runtime.keyring.index_key)
    await _admit_start(runtime, origin)
    async with transaction(runtime) as session:
        row = await _lock(session, session_id)
        if not row.proven:
            raise ProofRefused("Prove the first identifier with its code, then name the second.")
        _refuse_ended(session, row)
        key = await vault.fetch(session, session.keyring, row.data_key_id)
        assert key is not None  # noqa: S101 - a session and its key go together
        await _ask(session, row, key, asked, index)
        _record(session, row.id, "asked", len(row.proven) + 1)
        return _taken(row, token=None)


async def prove(runtime: Runtime, session_id: UUID, code: str) -> ProofTaken:
    """Take a code; raises `ProofRefused`. Each try counts, also one that comes at the same time as another."""
    async with transaction(runtime) as session:
        row = await _lock(session, session_id)
        _refuse_ended(session, row)
        taken = await _try(session, row, code)
    # The count of a wrong try is committed first.
    if taken is None:
        raise ProofRefused(
            f"A code is good for {rules.CODE_FOR // _HOUR} hours and one proof, and a session for {rules.CODE_TRIES}"
            " tries. Check the newest letter, or begin again."
        )
    return taken


async def _try(session: Session, row: SubjectSession, code: str) -> ProofTaken | None:
    """Compare a code, also where none was sent; None where it proves nothing."""
    asked, tries = row.asked or b"", row.code_tries
    row.code_tries = min(tries + 1, rules.CODE_TRIES)
    sent = await store.find_code(session, asked)
    right = hmac.compare_digest(code, _code(session, asked, sent.seed if sent else b""))
    if not right or sent is None or tries >= rules.CODE_TRIES:
        return None
    # Only the holder of a letter comes as far as this.
    if not rules.is_good(sent, session.now) or not await _is_theirs(session, row.proven, asked):
        return None
    await _admit_proof(session.runtime, asked)
    if not await store.use_code(session, asked, sent):
        return None
    row.proven = [*row.proven, asked]
    row.asked = row.sealed_asked = None
    return _issue(session, row)


def _code(session: Session, asked: bytes, seed: bytes) -> str:
    """The code that a seed makes for a phone or e-mail."""
    drawn = session.keyring.digest("subject-code", f"{asked.hex()} {seed.hex()}")
    return f"{int.from_bytes(drawn) % 10**rules.CODE_DIGITS:0{rules.CODE_DIGITS}d}"


def _issue(session: Session, row: SubjectSession) -> ProofTaken:
    """A new token for what was proven; the one before is good no longer."""
    token = keys.mint(keys.SUBJECT)
    row.token = keys.digest(session.keyring, token)
    row.token_until = session.now + rules.TOKEN_FOR
    _record(session, row.id, "proven", row.proofs)
    return _taken(row, token=token)


def _taken(row: SubjectSession, *, token: str | None) -> ProofTaken:
    """Answer a proof: the token, until when it is good, and the proofs so far, counted up to two."""
    until = row.token_until if token else None
    return ProofTaken(token=token, expires_at=until, proofs=min(row.proofs, rules.BOTH))


def _refuse_ended(session: Session, row: SubjectSession) -> None:
    """Raise `ProofRefused` once the token of this session's proofs is over.

    A proof is good as long as its token. Later the identifier has to be proven again, in a session of its own.
    """
    if row.proven and not rules.is_open(row.token_until, session.now):
        raise ProofRefused("This session is over. Begin again: POST /v1/subject/sessions.")


async def show_document(runtime: Runtime, session_id: UUID, claim: str) -> ProofTaken:
    """Take the claim of an accepted document as second proof, beside the identifier that it was sent for."""
    async with transaction(runtime) as session:
        row = await _lock(session, session_id)
        _refuse_ended(session, row)
        records = await documents.accepted(session, claim, row.proven[0]) if row.proven else None
        if records is None:
            raise ProofRefused(
                "Prove the identifier that you sent the document for. A document counts once a moderator has accepted"
                f" it, for {rules.DOCUMENT_FOR.days} days."
            )
        row.document_records = records
        return _issue(session, row)


async def end(session: Session, session_id: UUID) -> None:
    """End a session at its holder's wish: its token, and all that was proven, named or shown in it."""
    row = await _lock(session, session_id)
    _record(session, session_id, "signed_out", len(row.proven))
    row.token = row.token_until = row.due_at = None
    row.asked = row.sealed_asked = row.document_records = None
    row.proven = []


async def send_code(session: Session) -> bool:
    """See to one start: queue its letter, or a decoy where none is due; False when no start waits.

    A letter is due where somebody is reported, unless one with the same code went out just now or often enough.
    """
    row = await store.lock_due(session)
    if row is None:
        return False
    row.due_at = None
    key = await vault.fetch(session, session.keyring, row.data_key_id)
    if row.asked is None or row.sealed_asked is None or key is None:
        return True
    asked = key.open(_PLACE, row.sealed_asked, Identifier)
    channel = _CHANNELS[asked.kind]
    theirs = await _is_theirs(session, row.proven, row.asked)
    usable = channel in messages.usable_channels(session.runtime.settings)
    code, is_due = await _code_after(session, row.asked, known=theirs and usable)
    await messages.enqueue(
        session,
        template=Template.SUBJECT_CODE,
        to=asked.value,
        channel=channel,
        language=row.language,
        values={"code": code},
        about_id=row.id,
        data_key=key,
        decoy=not is_due,
    )
    return True


async def _code_after(session: Session, asked: bytes, *, known: bool) -> tuple[str, bool]:
    """The code that a start asks for, and whether a letter with it is due."""
    fresh = secrets.token_bytes(_SEED_BYTES)
    before = await store.lock_code(session, asked, fresh)
    after = rules.with_letter(before, fresh, session.now) if known else None
    code = after or before
    await store.put_code(session, asked, code)
    return _code(session, asked, code.seed), after is not None


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


async def _admit_start(runtime: Runtime, origin: Origin) -> None:
    """Spend from the budgets of starts; raises `TooManyCodes`."""
    wait = await limits.admit(runtime, "code", origin, rules.CODES)
    if wait is not None:
        said = f"Nothing was sent. The next one can be asked for in {wait} s."
        raise TooManyCodes(said, retry_after=wait)


async def admit_try(runtime: Runtime, origin: Origin) -> None:
    """Spend from the budgets of tries, of codes and of claims alike; raises `TooManyCodes`."""
    wait = await limits.admit(runtime, "try", origin, rules.TRIES)
    if wait is not None:
        said = f"Nothing was tried. The next try can be made in {wait} s."
        raise TooManyCodes(said, retry_after=wait)


async def _admit_proof(runtime: Runtime, asked: bytes) -> None:
    """Spend from the budget of proofs of one phone or e-mail; raises `TooManyCodes`."""
    budget = limits_rules.seldom(f"proof:{asked.hex()}", *rules.PROOFS_OF_ONE)
    wait = await limits.take(runtime, budget)
    if wait is not None:
        said = (
            f"You have proven this phone or e-mail often today. It can be proven again in {wait} s."
        )
        raise TooManyCodes(said, retry_after=wait)

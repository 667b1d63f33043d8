"""Resolving records into identities, and keeping the standings that lookups read.

`reports` pushes facts in here and takes them back; nothing here reads a report.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from registry.businesses import service as businesses
from registry.businesses.rules import State as BusinessState
from registry.identities import rules, store
from registry.identities.rules import Candidate, FactCodes
from registry.identities.tables import Identifier, Identity, Record
from registry.identities.wire import SubjectDescription
from registry.matching.fingerprints import STRONG, Token, index_values, strong_values
from registry.matching.subject import Subject, parse
from registry.platform import vault
from registry.platform.db import as_system, lock_values
from registry.platform.faults import Fault
from registry.platform.http import invalid
from registry.platform.ids import uuid7
from registry.platform.keyring import Keyring
from registry.platform.runtime import Session
from registry.platform.vault import DataKey

PLACE = "records.sealed"


def read(description: SubjectDescription, *, country: str, pointer: str = "/subject") -> Subject:
    """Bring a description to normal form; raises `InvalidValues` that names every unreadable field."""
    subject, found = parse(description, country=description.country or country)
    if found:
        raise invalid([Fault(pointer + fault.pointer, fault.detail) for fault in found])
    return subject


def tokens(keyring: Keyring, subject: Subject) -> list[Token]:
    """The keyed index values of a subject."""
    return index_values(subject, index_key=keyring.index_key, names_key=keyring.names_key)


async def resolve(session: Session, subject: Subject, data_key: DataKey) -> UUID:
    """Write a record for the subject, in the identity it belongs to; returns the record's id.

    Same strong identifier without contradiction is the same person; a contradiction makes an identity of
    its own that shares the identifier. Writers of the same identifiers wait for one another, so one person
    submitted many times at once becomes one identity.
    """
    found = tokens(session.keyring, subject)
    strong = [token.value for token in found if token.kind in STRONG]
    async with as_system(session):
        await lock_values(session, strong)
        identity_id = rules.choose(subject, await _candidates(session, strong))
        if identity_id is None or not await store.hold_identity(session, identity_id):
            identity_id = uuid7()
            store.add(session, Identity(id=identity_id, created_at=session.now))
            await session.flush()
        record = Record(
            id=uuid7(),
            identity_id=identity_id,
            data_key_id=data_key.id,
            sealed=data_key.seal(PLACE, subject),
            created_at=session.now,
        )
        store.add(session, record)
        await session.flush()
        store.add(session, *_identifiers(session, record.id, found))
    return record.id


def _identifiers(session: Session, record_id: UUID, found: list[Token]) -> list[Identifier]:
    return [
        Identifier(
            record_id=record_id,
            index_value=token.value,
            kind=token.kind,
            key_version=session.keyring.current,
            valid_from=None,
            valid_until=None,
        )
        for token in found
    ]


async def _candidates(session: Session, strong: list[bytes]) -> list[Candidate]:
    if not strong:
        return []
    identities = await store.list_identities_by(session, strong)
    subjects = defaultdict(list)
    for row in await store.list_sealed_records(session, identities):
        key = vault.unwrap(session.keyring, row.data_key_id, row.wrapped, row.kek_version)
        subjects[row.identity_id].append(key.open(PLACE, row.sealed, Subject))
    return [Candidate(identity, tuple(subjects[identity])) for identity in identities]


async def replace(session: Session, record_id: UUID, subject: Subject, data_key: DataKey) -> UUID:
    """Resolve anew what an edited report says of its subject; returns the new record's id.

    Everything that the two steps lock is locked first and in one order, or an edit and a submission about
    the same person would wait for each other.
    """
    strong = {token.value for token in tokens(session.keyring, subject) if token.kind in STRONG}
    async with as_system(session):
        await lock_values(session, strong | set(await store.list_strong(session, record_id)))
        await store.lock_identities(session, record_id, strong)
    await erase(session, record_id)
    return await resolve(session, subject, data_key)


async def subject_of(session: Session, record_id: UUID, data_key: DataKey) -> Subject:
    """What a record holds."""
    async with as_system(session):
        record = await store.get_record(session, record_id)
        return data_key.open(PLACE, record.sealed, Subject)


async def show(
    session: Session, *, report_id: UUID, record_id: UUID, business_id: UUID, codes: FactCodes
) -> None:
    """Let lookups see a report's fact from `codes.since` on; its identity's standing is rewritten."""
    async with as_system(session):
        record = await store.get_record(session, record_id)
        await store.lock_identity(session, record.identity_id)
        await store.put_fact(session, report_id, record_id, business_id, codes)
        await _refresh(session, record.identity_id)


async def hide(session: Session, report_id: UUID) -> None:
    """Show a report's fact no longer, from this transaction on. Hiding twice changes nothing."""
    async with as_system(session):
        record_id = await store.empty_fact(session, report_id, session.now)
        if record_id is None:
            return
        record = await store.get_record(session, record_id)
        await store.lock_identity(session, record.identity_id)
        await _refresh(session, record.identity_id)


async def erase(session: Session, record_id: UUID) -> None:
    """Delete a record with its index values, and its identity when it was the last."""
    async with as_system(session):
        identity_id = await store.delete_record(session, record_id)
        if identity_id is None:
            return
        await store.lock_identity(session, identity_id)
        await _refresh(session, identity_id)
        await store.delete_identity_if_empty(session, identity_id)


async def _refresh(session: Session, identity_id: UUID) -> None:
    facts = await store.list_facts(session, identity_id)
    rows = rules.standing_rows(facts, await store.list_identifiers(session, identity_id))
    await store.replace_standings(session, identity_id, rows)


async def hidden_since(session: Session, report_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Which of these reports are shown no longer, and since when. The rest are still shown."""
    async with as_system(session):
        rows = await store.list_hidden(session, report_ids)
        states = await businesses.states_of(session, {row.business_id for row in rows})
    gone: dict[UUID, datetime] = {}
    for report_id, business_id, codes, since in rows:
        state, state_since, _ = states[business_id]
        if codes is None:
            gone[report_id] = since or session.now
        elif state != BusinessState.VERIFIED:
            gone[report_id] = state_since
        elif datetime.fromisoformat(codes["until"]) <= session.now:
            gone[report_id] = datetime.fromisoformat(codes["until"])
    return gone


def strong_identifiers(subject: Subject) -> list[str]:
    """`kind|normal form` of each strong identifier: what tombstones are keyed over."""
    return [f"{kind}|{value}" for kind, value in strong_values(subject)]

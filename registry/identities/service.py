"""What other slices ask of identities: reading a subject, resolving it, showing and hiding facts.

`reports` pushes facts in here and takes them back; nothing here reads a report.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from types import SimpleNamespace
from uuid import UUID

import msgspec

from registry.businesses import service as businesses
from registry.businesses.rules import State as BusinessState
from registry.identities import standings, store
from registry.identities.neighbours import PLACE, asked_tokens
from registry.identities.resolution import (
    erase,
    follow_identifiers,
    lock_identities_of,
    replace,
    resolve,
)
from registry.identities.rules import FactCodes
from registry.identities.wire import SubjectDescription
from registry.matching.decision import Verdict
from registry.matching.fingerprints import strong_values
from registry.matching.subject import Subject, parse
from registry.platform.db import as_system, lock_values
from registry.platform.errors import NotFound
from registry.platform.faults import Fault
from registry.platform.http import invalid
from registry.platform.runtime import Session
from registry.platform.vault import DataKey

#: Values of one kind that a description may list.
MOST_VALUES = 10

#: Resolution is asked for together with the rest.
__all__ = [
    "PLACE",
    "asked_tokens",
    "attach",
    "detach",
    "detached_of",
    "erase",
    "hidden_since",
    "hide",
    "known_among",
    "links_of",
    "list_detached",
    "read",
    "records_under",
    "replace",
    "resolve",
    "show",
    "strong_identifiers",
    "subject_of",
    "value_faults",
]


def read(description: SubjectDescription, *, country: str, pointer: str = "/subject") -> Subject:
    """Bring a description to normal form; raises `InvalidValues` that names every unreadable field."""
    subject, found = parse(description, country=description.country or country)
    if found:
        raise invalid([Fault(pointer + fault.pointer, fault.detail) for fault in found])
    return subject


def value_faults(body: object, *, country: str) -> list[Fault]:
    """What of the subject in an untyped body could not be read, whatever else is wrong with the body."""
    described = body.get("subject") if isinstance(body, dict) else None
    if not isinstance(described, dict):
        return []
    raw = dict.fromkeys(SubjectDescription.__struct_fields__) | {"kind": "person"}
    for field, value in described.items():
        if field in raw and isinstance(value, str):
            raw[field] = value
        elif field in ("phones", "emails") and isinstance(value, list):
            raw[field] = [one if isinstance(one, str) else "" for one in value[:MOST_VALUES]]
    _, found = parse(SimpleNamespace(**raw | {"handle": None, "handles": None}), country=country)
    return [Fault(f"/subject{fault.pointer}", fault.detail) for fault in found]


async def subject_of(session: Session, record_id: UUID, data_key: DataKey) -> Subject:
    """What a record holds; raises `NotFound` for one that was erased meanwhile."""
    async with as_system(session):
        found = await store.list_sealed(session, records={record_id})
    if not found:
        raise NotFound
    return data_key.open(PLACE, found[0].sealed, Subject)


async def identities_of(session: Session, records: Collection[UUID]) -> dict[UUID, UUID]:
    """Record -> the identity that it belongs to."""
    async with as_system(session):
        return await store.identities_of(session, records)


async def records_beside(session: Session, record_id: UUID) -> list[UUID]:
    """All records of the identity that this record belongs to, itself among them, the oldest first."""
    async with as_system(session):
        known = set((await store.identities_of(session, {record_id})).values())
        return sorted(row.id for row in await store.list_sealed(session, identities=known))


async def records_under(
    session: Session, values: Sequence[bytes], among: Collection[UUID] | None = None
) -> list[UUID]:
    """The records of each identity that is known under all of these index values (one or more).

    Of several values: only records that hold `rules.OWN_PROOFS` of them, or all that they can be proven by. With
    `among`: all records, of identities that have one of these.
    """
    async with as_system(session):
        return await store.list_under(session, values, among)


async def known_among(session: Session, values: Collection[bytes]) -> set[bytes]:
    """Which of these index values are somebody's."""
    async with as_system(session):
        held = await store.list_holders(session, values, 1)
    return {holder.value for holder in held}


class Link(msgspec.Struct, frozen=True):
    """Why two records are held to be of one party."""

    records: frozenset[UUID]
    by_moderator: bool
    #: (field, level) of what agrees or differs; `matching.reasons` has the words.
    evidence: list[tuple[str, str]]
    at: datetime


async def links_of(session: Session, records: Collection[UUID]) -> list[Link]:
    """What holds these records together, pair by pair: the decision that counts of each."""
    async with as_system(session):
        entries = await store.list_decisions(session, records)
    return [
        Link(
            frozenset((entry.one, entry.other)),
            entry.staff_id is not None,
            [(field, level) for field, level, _ in entry.evidence],
            entry.at,
        )
        for entry in entries
        if entry.verdict == Verdict.SAME
    ]


async def detached_of(session: Session, records: Collection[UUID]) -> dict[UUID, dict[bytes, date]]:
    """Record -> index value of an identifier that was detached from it -> since which day."""
    async with as_system(session):
        rows = await store.list_tokens(session, records)
    found: dict[UUID, dict[bytes, date]] = {}
    for row in rows:
        if row.valid_until is not None:
            found.setdefault(row.record_id, {})[row.index_value] = row.valid_until
    return found


async def detach(session: Session, value: bytes, on: date) -> list[UUID]:
    """Let an identifier be nobody's of the present records from that day on; returns the records that held it.

    Lookups by it lead to them no longer, and it brings no further record to them. The records, and what is known of the
    person by other identifiers, stay.
    """
    async with as_system(session):
        await lock_values(session, [value])
        records = await store.end_span(session, value, on)
        await follow_identifiers(session, records)
    return records


async def attach(session: Session, value: bytes, records: Collection[UUID]) -> None:
    """Take a detachment from these records back."""
    async with as_system(session):
        await lock_values(session, [value])
        await follow_identifiers(session, await store.reopen_span(session, value, records))


async def list_detached(session: Session, value: bytes, on: date) -> list[UUID]:
    """The records that an identifier was detached from on that day; an edited report has a new one."""
    async with as_system(session):
        return await store.list_ended(session, value, on)


async def show(
    session: Session, *, report_id: UUID, record_id: UUID, business_id: UUID, codes: FactCodes
) -> None:
    """Let lookups see a report's fact from `codes.since` on; its identity's standing is rewritten."""
    async with as_system(session):
        concerned = await lock_identities_of(session, {record_id})
        await store.put_fact(session, report_id, record_id, business_id, codes)
        for identity_id in concerned:
            await standings.refresh(session, identity_id)


async def hide(session: Session, report_id: UUID) -> None:
    """Show a report's fact no longer, from this transaction on. Hiding twice changes nothing."""
    async with as_system(session):
        record_id = await store.empty_fact(session, report_id, session.now)
        if record_id is None:
            return
        for identity_id in await lock_identities_of(session, {record_id}):
            await standings.refresh(session, identity_id)


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

"""What other slices ask of identities: read a subject, keep it as a record, show and hide facts.

`reports` pushes facts in here and takes them back; nothing here reads a report. A record goes through three stages:

    added       nothing finds it: its report cools off, and is its reporter's alone
    indexed     its person and moderators find it by its phones, e-mails, codes and handles
    published   lookups show its fact, and it is part of an identity
"""

from collections.abc import Collection
from datetime import date, datetime
from types import SimpleNamespace
from uuid import UUID

import msgspec

from registry.businesses import service as businesses
from registry.businesses.rules import State as BusinessState
from registry.identities import standings, store
from registry.identities.neighbours import LOCKED, PLACE, asked_tokens, judge_all, open_records
from registry.identities.resolution import Resolution, follow_identifiers, publish, unpublish
from registry.identities.rules import FactCodes
from registry.identities.wire import SubjectDescription
from registry.matching.decision import Verdict
from registry.matching.fingerprints import strong_tokens, strong_values
from registry.matching.parameters import Parameters
from registry.matching.subject import Subject, parse
from registry.platform.db import as_system, lock_values
from registry.platform.errors import NotFound
from registry.platform.faults import Fault
from registry.platform.http import invalid
from registry.platform.ids import uuid7
from registry.platform.runtime import Session
from registry.platform.vault import DataKey

#: Values of one kind that a description may list.
MOST_VALUES = 10
#: What a lookup does not do without.
_NEEDED = frozenset({"/name", "/birth_date", "/country"})
#: Records that a moderator is shown as neighbours of one, about.
MOST_NEIGHBOURS = 20

__all__ = [
    "PLACE",
    "Resolution",
    "add",
    "add_published",
    "asked_tokens",
    "attach",
    "change",
    "detach",
    "detached_of",
    "erase",
    "hidden_since",
    "hide",
    "holders_of",
    "identity_mates",
    "index",
    "known_among",
    "links_of",
    "list_detached",
    "neighbours_of",
    "publish_due",
    "read",
    "read_for_lookup",
    "show",
    "strong_identifiers",
    "subject_of",
    "unpublish_suspended",
    "value_faults",
]


def read(description: SubjectDescription, *, country: str, pointer: str = "/subject") -> Subject:
    """Bring a description to normal form; raises `InvalidValues` that names every unreadable field."""
    subject, found = parse(description, country=description.country or country)
    if found:
        raise invalid([Fault(pointer + fault.pointer, fault.detail) for fault in found])
    return subject


def read_for_lookup(
    description: SubjectDescription, *, country: str
) -> tuple[Subject, list[Fault]]:
    """Return what of a description can be read, and what a lookup may ignore; raises `InvalidValues` for the rest.

    A lookup goes on without an identifier that cannot be read. Name, birth date and country are needed: without them
    the facts of others could be shown.
    """
    subject, found = parse(description, country=description.country or country)
    told = [Fault("/subject" + fault.pointer, fault.detail) for fault in found]
    if any(fault.pointer in _NEEDED for fault in found):
        raise invalid(told)
    return subject, told


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


async def neighbours_of(session: Session, record_id: UUID) -> set[UUID]:
    """Find the records that the engine links with this one, directly or through others, published or not; and itself.

    For moderators to look at: nothing follows from it. Of neighbours that are published, their whole identity. The
    search ends at `MOST_NEIGHBOURS`.
    """
    async with as_system(session):
        opened = await open_records(session, records=[record_id])
        if not opened:
            return set()
        same, ahead = {member.id: member for member in opened}, list(opened)
        while ahead and len(same) < MOST_NEIGHBOURS:
            mine = ahead.pop(0)
            _, judged = await judge_all(session, mine, session.runtime.parameters, unpublished=True)
            found = [one.member for one in judged if one.verdict is Verdict.SAME]
            ahead += [member for member in found if member.id not in same]
            same |= {member.id: member for member in found}
        identities = {member.identity_id for member in same.values() if member.identity_id}
        beside = await store.list_sealed(session, identities=identities)
    return same.keys() | {row.id for row in beside}


async def holders_of(session: Session, values: Collection[bytes]) -> dict[UUID, set[bytes]]:
    """Find the records that hold any of these index values now: record -> which of them it holds."""
    found: dict[UUID, set[bytes]] = {}
    async with as_system(session):
        for record_id, value in await store.list_contacts_held(session, values):
            found.setdefault(record_id, set()).add(value)
    return found


async def identity_mates(session: Session, records: Collection[UUID]) -> set[UUID]:
    """Answer these records, and all others of the identities that they are part of."""
    async with as_system(session):
        identities = set((await store.identities_of(session, records)).values())
        rows = await store.list_sealed(session, identities=identities) if identities else []
    return {*records, *(row.id for row in rows)}


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
    """Take a detachment from these records back, and publish those again that are published.

    They are compared with what was published meanwhile: it never met them under this identifier.
    """
    async with as_system(session):
        tokens = await store.list_tokens(session, records)
        locked = [token.index_value for token in tokens if token.kind in LOCKED]
        await lock_values(session, {value, *locked})
        restored = await store.reopen_span(session, value, records)
        published = sorted(await store.identities_of(session, restored))
        for record_id in published:
            await unpublish(session, record_id)
        for record_id in published:
            await publish(session, record_id)


async def list_detached(session: Session, value: bytes, on: date) -> list[UUID]:
    """The records that an identifier was detached from on that day; an edited report has a new one."""
    async with as_system(session):
        return await store.list_ended(session, value, on)


async def add(session: Session, subject: Subject, data_key: DataKey) -> UUID:
    """Keep what a report says of its subject as a record that nothing finds yet; returns the record's id."""
    record_id = uuid7()
    row = {
        "id": record_id,
        "data_key_id": data_key.id,
        "sealed": data_key.seal(PLACE, subject),
        "created_at": session.now,
    }
    async with as_system(session):
        await store.add_record(session, row)
    return record_id


async def change(session: Session, record_id: UUID, subject: Subject, data_key: DataKey) -> None:
    """Replace what a record says that is not indexed yet."""
    async with as_system(session):
        await store.seal_anew(session, record_id, data_key.seal(PLACE, subject))


async def index(session: Session, record_id: UUID, subject: Subject) -> None:
    """Let a record be found by its phones, e-mails, codes and handles."""
    async with as_system(session):
        found = strong_tokens(subject, session.keyring.index_key)
        await store.add_identifiers(session, record_id, found)


async def add_published(
    session: Session, subject: Subject, data_key: DataKey, *, using: Parameters | None = None
) -> Resolution:
    """Keep a record, index it and publish it at once: for evaluation and measurement, where there are no reports."""
    record_id = await add(session, subject, data_key)
    await index(session, record_id, subject)
    async with as_system(session):
        return await publish(session, record_id, using=using)


async def show(
    session: Session, *, report_id: UUID, record_id: UUID, business_id: UUID, codes: FactCodes
) -> None:
    """Let lookups see a report's fact from `codes.since` on, and publish its record then."""
    publish_at = codes.since if codes.since > session.now else None
    async with as_system(session):
        await store.put_fact(
            session, report_id, record_id, business_id, codes, publish_at=publish_at
        )
        if publish_at is None:
            await _publish(session, record_id)


async def publish_due(session: Session) -> bool:
    """Publish one record whose fact lookups show from now on; False when none is due.

    Records of a business that is suspended or closed wait until it is verified again.
    """
    due = await store.lock_unpublished(
        session, await businesses.list_gone_since(session, session.now)
    )
    if due is None:
        return False
    report_id, record_id = due
    await store.mark_published(session, report_id)
    await _publish(session, record_id)
    return True


async def unpublish_suspended(session: Session) -> bool:
    """Take one record of a business that is suspended or closed out of its identity; False when none is left.

    Lookups hide its fact from the moment of the suspension on; so its record may join and split nothing.
    """
    gone = await businesses.list_gone_since(session, session.now)
    found = await store.lock_published(session, gone) if gone else None
    if found is None:
        return False
    report_id, record_id = found
    await store.mark_unpublished(session, report_id)
    await unpublish(session, record_id)
    return True


async def _publish(session: Session, record_id: UUID) -> None:
    """Publish a record; one that is published already shows its fact as it is now."""
    identity = (await store.identities_of(session, [record_id])).get(record_id)
    if identity is None:
        await publish(session, record_id)
    else:
        await store.lock_identities(session, [identity])
        for identity_id in (await store.identities_of(session, [record_id])).values():
            await standings.refresh(session, identity_id)


async def hide(session: Session, report_id: UUID) -> None:
    """Show a report's fact no longer, and take its record out of its identity. Hiding twice changes nothing."""
    async with as_system(session):
        record_id = await store.empty_fact(session, report_id, session.now)
        if record_id is not None:
            await unpublish(session, record_id)


async def erase(session: Session, record_id: UUID) -> None:
    """Delete a record with its index values."""
    async with as_system(session):
        await unpublish(session, record_id)
        await store.delete_record(session, record_id)


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

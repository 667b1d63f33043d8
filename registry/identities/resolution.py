"""Who is who: what is held of a record and its neighbours is logged, and identities are derived from the log.

Lives here: `resolve`, which writes a record, the log of decisions, and `divide`, which derives the identities of some
records from that log. Not here: the neighbours and what the evidence says of them (`neighbours`), facts and standings
(`service`), the moderator's side (`review`), resolution of everything anew (`renewal`).

The order of locks is the same everywhere: index values, then identities by their ids.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from registry.identities import rules, standings, store
from registry.identities.neighbours import (
    LOCKED,
    MOST_HOLDERS,
    PLACE,
    Judged,
    Member,
    judge_all,
    open_records,
    tokens,
)
from registry.identities.tables import PairDecision
from registry.matching.comparison import compare, contradicting
from registry.matching.decision import Verdict, judge
from registry.matching.fingerprints import Token
from registry.matching.parameters import Parameters
from registry.matching.partition import partition
from registry.matching.profile import profile
from registry.matching.subject import Subject
from registry.matching.weights import Weighed, weigh
from registry.platform.db import as_system, lock_values
from registry.platform.ids import uuid7
from registry.platform.runtime import Session
from registry.platform.vault import DataKey

#: How many questions, and how many contradictions, a new record may leave in the log.
_MOST_QUESTIONS, _MOST_CONTRADICTIONS = 2, 10
_OPEN = (Verdict.ASK, Verdict.SAME)


@dataclass(frozen=True)
class Resolution:
    """What became of a new record."""

    record_id: UUID
    #: The records that it was compared with.
    neighbours: Sequence[UUID]
    #: The questions that it leaves to a moderator: entries of the log.
    questions: Sequence[UUID]


async def resolve(
    session: Session, subject: Subject, data_key: DataKey, *, using: Parameters | None = None
) -> Resolution:
    """Write a record for the subject, in the identity it belongs to.

    Writers of the same identifiers wait for one another, so one person submitted many times at once
    becomes one identity.
    """
    parameters = using or session.runtime.parameters
    made = profile(subject)
    found = tokens(session.keyring, subject, made)
    record_id = uuid7()
    async with as_system(session):
        search, judged = await judge_all(session, made, found, parameters)
        same = {one.member.id: one for one in judged if one.verdict is Verdict.SAME}
        family = await _hold(session, same, [one.member for one in judged])
        links = [(same[m.id].weighed.total, record_id, m.id) for m in family if m.id in same]
        newcomer = Member(record_id, record_id, made)
        verdicts = await store.list_verdicts(session, [member.id for member in family])
        parties = divided([*family, newcomer], verdicts, links)
        mine = next(party for party in parties if record_id in party)
        told = entries(session, record_id, judged, set(mine), parameters)
        await write(session, record_id, min(mine), subject, data_key, search.kept(), told)
        await settle(session, parties, {member.id: member.identity_id for member in family})
    questions = [one["id"] for one in told if one["due"] is not None]
    return Resolution(record_id, [one.member.id for one in judged], questions)


async def _hold(
    session: Session, linked: Collection[UUID], opened: Sequence[Member]
) -> list[Member]:
    """Lock the identities of these records, and open all of their records that are not open yet, the oldest first."""
    if not linked:
        return []
    where = await store.hold(session, linked)
    known = {member.id: member.profile for member in opened}
    others = await open_records(session, records=where.keys() - known.keys())
    known |= {member.id: member.profile for member in others}
    return [Member(id_, identity, known[id_]) for id_, identity in sorted(where.items())]


async def lock_identities_of(session: Session, records: Collection[UUID]) -> set[UUID]:
    """Lock the identities of these records until the transaction ends; returns their ids."""
    return set((await store.hold(session, records)).values())


def divided(
    members: Sequence[Member],
    verdicts: Iterable[store.Verdict],
    links: Iterable[tuple[float, UUID, UUID]] = (),
    *,
    engine: bool = True,
) -> list[list[UUID]]:
    """Divide records into identities, by what the log says of them (`store.list_verdicts`) and the further links.

    Without `engine`, the engine's own entries of the log do not count.
    """
    if len(members) == 1:
        return [[members[0].id]]
    profiles = {member.id: member.profile for member in members}
    weighed, apart = list(links), list(contradicting(profiles))
    bound: list[tuple[UUID, UUID]] = []
    for one, other, verdict, weight, staff_id in verdicts:
        if staff_id is not None:
            (bound if verdict == Verdict.SAME else apart).append((one, other))
        elif engine and verdict == Verdict.SAME and weight is not None:
            weighed.append((weight, one, other))
    return partition(sorted(profiles), weighed, bound=bound, apart=apart)


async def settle(
    session: Session, parties: Sequence[Sequence[UUID]], where: dict[UUID, UUID]
) -> None:
    """Let records belong to the identities that were derived; standings follow at once.

    `where` is where the records are now; those that it lacks are where they belong.
    """
    moves = {
        min(party): [r for r in party if where.get(r, min(party)) != min(party)]
        for party in parties
    }
    moves = {identity: records for identity, records in moves.items() if records}
    if not moves:
        return
    await store.add_identities(session, list(moves))
    left = {where[record] for records in moves.values() for record in records}
    for identity, records in moves.items():
        await store.move_records(session, identity, records)
    for identity in sorted(left | moves.keys()):
        await standings.refresh(session, identity)
    await store.delete_empty(session, left)


async def divide(session: Session, identities: Collection[UUID]) -> None:
    """Derive anew the identities of all records of these, which are locked already."""
    members = await open_records(session, identities=identities)
    if members:
        verdicts = await store.list_verdicts(session, [member.id for member in members])
        parties = divided(members, verdicts)
        await settle(session, parties, {member.id: member.identity_id for member in members})


async def judge_again(
    session: Session, records: Collection[UUID], concerned: Collection[UUID]
) -> None:
    """Judge anew what is held of these records' pairs, whose identifiers changed, and divide their identities.

    `concerned` are those identities, locked already.
    """
    members = {m.id: m for m in await open_records(session, identities=concerned)}
    parameters, told = session.runtime.parameters, []
    for one, other, verdict, _, staff_id in await store.list_verdicts(session, list(members)):
        if staff_id is not None or {one, other}.isdisjoint(records):
            continue
        comparison = compare(members[one].profile, members[other].profile)
        weighed = weigh(comparison, parameters)
        found = judge(comparison, weighed, parameters)
        if found != verdict:
            version = parameters.version
            told.append(entry(session, (one, other), found, weighed=weighed, parameters=version))
    await store.add_rows(session, PairDecision, told)
    await divide(session, concerned)


async def follow_identifiers(session: Session, records: Collection[UUID]) -> None:
    """Let identities and standings follow what identifiers these records hold now."""
    await judge_again(session, records, await lock_identities_of(session, records))
    for identity_id in set((await store.identities_of(session, records)).values()):
        await standings.refresh(session, identity_id)


def entries(
    session: Session,
    record_id: UUID,
    judged: Sequence[Judged],
    mine: set[UUID],
    parameters: Parameters,
) -> list[dict[str, Any]]:
    """The entries of the log that a record leaves: links, the best questions, contradictions.

    `mine` are the records of its identity, about which nothing is asked.
    """
    ranked = sorted(judged, key=lambda one: -one.weighed.total)
    links = [one for one in ranked if one.verdict is Verdict.SAME]
    against = [one for one in ranked if one.verdict is Verdict.DIFFERENT and one.comparison.shared]
    asked = _questions(ranked, mine)
    told = [*links, *against[:_MOST_CONTRADICTIONS], *(q for q in asked if q not in links)]
    return [
        entry(
            session,
            (record_id, one.member.id),
            one.verdict,
            weighed=one.weighed,
            due=session.now + rules.answer_within(asked[one]) if one in asked else None,
            parameters=parameters.version,
        )
        for one in told
    ]


def entry(
    session: Session,
    pair: tuple[UUID, UUID],
    verdict: Verdict,
    *,
    weighed: Weighed | None = None,
    due: datetime | None = None,
    parameters: str | None = None,
    staff_id: UUID | None = None,
) -> dict[str, Any]:
    """An entry of the log, by the engine under some parameters or by a member of staff."""
    return {
        "id": uuid7(),
        "one": min(pair),
        "other": max(pair),
        "verdict": verdict,
        "due": due,
        "weight": weighed.total if weighed else None,
        "evidence": [list(part) for part in weighed.parts] if weighed else [],
        "parameters": parameters,
        "staff_id": staff_id,
        "at": session.now,
    }


def _questions(ranked: Sequence[Judged], mine: set[UUID]) -> dict[Judged, float]:
    """The best question about each other identity that may be the record's, with what its answer is worth.

    That is the number of pairs of records that a yes would bring together, times its probability.
    """
    known = {one.member.identity_id for one in ranked if one.member.id in mine}
    best: dict[UUID, Judged] = {}
    sizes = Counter(one.member.identity_id for one in ranked)
    for one in ranked:
        if one.verdict in _OPEN and one.member.identity_id not in known:
            best.setdefault(one.member.identity_id, one)
    worth = {one: one.weighed.probability * sizes[identity] for identity, one in best.items()}
    return dict(sorted(worth.items(), key=lambda pair: -pair[1])[:_MOST_QUESTIONS])


async def write(
    session: Session,
    record_id: UUID,
    identity_id: UUID,
    subject: Subject,
    data_key: DataKey,
    found: Sequence[Token],
    told: Sequence[dict[str, Any]] = (),
) -> None:
    """Write a record of an identity, the index values by which it will be found, and the entries that it leaves."""
    record = row_of(session, record_id, identity_id, subject, data_key)
    await store.write_record(session, record, found, told)


def row_of(
    session: Session, record_id: UUID, identity_id: UUID, subject: Subject, data_key: DataKey
) -> dict[str, Any]:
    """The row of a record."""
    return {
        "id": record_id,
        "identity_id": identity_id,
        "data_key_id": data_key.id,
        "sealed": data_key.seal(PLACE, subject),
        "created_at": session.now,
    }


async def replace(
    session: Session, record_id: UUID, subject: Subject, data_key: DataKey
) -> Resolution:
    """Resolve anew what an edited report says of its subject, as a new record.

    Everything that the two steps lock is locked first and in one order, or an edit and a submission about
    the same person would wait for each other. What was detached from the old record is not the new one's either, nor
    that of a later one, should this one not name it.
    """
    held = {token.value for token in tokens(session.keyring, subject) if token.kind in LOCKED}
    async with as_system(session):
        await lock_values(session, held | set(await store.list_strong(session, record_id)))
        holders = await store.list_holders(session, held, MOST_HOLDERS)
        await lock_identities_of(session, {record_id, *(row.record_id for row in holders)})
        lost = await store.list_lost(session, record_id)
    await erase(session, record_id)
    made = await resolve(session, subject, data_key)
    async with as_system(session):
        if lost:
            await store.put_lost(session, made.record_id, lost)
            await follow_identifiers(session, [made.record_id])
    return made


async def erase(session: Session, record_id: UUID) -> None:
    """Delete a record with its index values; what it held together is divided anew."""
    async with as_system(session):
        concerned = await lock_identities_of(session, {record_id})
        await store.delete_record(session, record_id)
        for identity_id in concerned:
            await standings.refresh(session, identity_id)
        await divide(session, concerned)
        await store.delete_empty(session, concerned)

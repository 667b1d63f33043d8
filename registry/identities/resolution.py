"""Who is who: log what the engine holds of a published record and its neighbours, and derive identities from the log.

Only published records are resolved: those whose report lookups show. `publish` makes a record part of an identity,
`unpublish` takes it out, as if it had never been there. A record that is not published joins nothing and splits
nothing.

Lives here: `publish` and `unpublish`, the log of decisions, and `divide`, which derives the identities of some records
from that log. Not here: the neighbours and what the evidence says of them (`neighbours`), facts and standings
(`service`), the moderator's side (`review`), resolution of everything under other parameters (`renewal`).

The order of locks is the same everywhere: index values, then identities by their ids.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from registry.businesses import service as businesses
from registry.identities import rules, standings, store
from registry.identities.neighbours import Judged, Member, judge_all, open_records
from registry.identities.tables import PairDecision
from registry.matching.comparison import compare, contradicting, corroborate
from registry.matching.decision import Verdict, judge
from registry.matching.parameters import Parameters
from registry.matching.partition import partition
from registry.matching.weights import Weighed, weigh
from registry.platform.errors import NotFound
from registry.platform.ids import uuid7
from registry.platform.runtime import Session

#: How many questions, and how many contradictions, a record may leave in the log when it is published.
_MOST_QUESTIONS, _MOST_CONTRADICTIONS = 2, 10
_OPEN = (Verdict.ASK, Verdict.SAME)


@dataclass(frozen=True)
class Resolution:
    """What became of a record when it was published."""

    record_id: UUID
    #: The records that it was compared with.
    neighbours: Sequence[UUID]
    #: The questions that it leaves to a moderator: entries of the log.
    questions: Sequence[UUID]


async def publish(
    session: Session, record_id: UUID, *, using: Parameters | None = None
) -> Resolution:
    """Make a record part of the identity that it belongs to; raises `NotFound` for one that was erased.

    Records of the same identifiers that are published at once wait for one another, so they become one identity.
    """
    parameters = using or session.runtime.parameters
    opened = await open_records(session, records=[record_id])
    if not opened:
        raise NotFound
    (mine,) = opened
    search, judged = await judge_all(session, mine, parameters)
    number = await store.next_publication(session)  # once other publications are waited for
    told = entries(session, record_id, judged, parameters, number)
    await store.publish_record(session, record_id, number, search.named(), told)
    where = await store.hold_linked(session, [record_id])
    parties = await divide(session, where, known=[mine, *(one.member for one in judged)])
    party = _party_of(record_id, parties)
    if len(party) == 1:  # else it moved, or others did, and standings followed
        await standings.refresh(session, record_id)
    asked = questions(session, record_id, judged, party, parameters, number)
    await store.add_rows(session, PairDecision, asked)
    return Resolution(
        record_id, [one.member.id for one in judged], [question["id"] for question in asked]
    )


async def unpublish(session: Session, record_id: UUID) -> None:
    """Take a record out of its identity, and divide the others as if it had never been published.

    A record that is not published stays as it is.
    """
    where = await store.hold_linked(session, [record_id])
    identity = where.pop(record_id, None)
    if identity is None:
        return
    await store.unpublish_record(session, record_id)
    await standings.refresh(session, identity)
    await divide(session, where)
    await store.delete_empty(session, [identity])


def _party_of(record_id: UUID, parties: Sequence[Sequence[UUID]]) -> Sequence[UUID]:
    return next(party for party in parties if record_id in party)


async def divide(
    session: Session, where: dict[UUID, UUID], known: Iterable[Member] = ()
) -> list[list[UUID]]:
    """Derive the identities of these published records from the log, and let standings follow.

    `where` is record -> present identity, all locked (`store.hold_linked`); `known` are records that are open already.
    Returns the parties, each with its oldest record first.
    """
    opened = {member.id: member for member in known if member.id in where}
    for member in await open_records(session, records=where.keys() - opened.keys()):
        opened[member.id] = member
    verdicts = await store.list_verdicts(session, list(opened))
    sources = await sources_of(session, opened) if len(opened) > 1 else {}
    parties = divided(list(opened.values()), verdicts, sources)
    await _settle(session, parties, where)
    return parties


def divided(
    members: Sequence[Member],
    verdicts: Iterable[store.Verdict],
    sources: Mapping[UUID, UUID],
    links: Iterable[tuple[float, UUID, UUID]] = (),
    *,
    engine: bool = True,
) -> list[list[UUID]]:
    """Divide records into identities, by what the log says of them (`store.list_verdicts`) and the further links.

    `sources` as `sources_of` returns them. Without `engine`, the engine's own entries of the log do not count.
    """
    if len(members) == 1:
        return [[members[0].id]]
    profiles = {member.id: member.profile for member in members}
    weighed, apart = list(links), list(contradicting(profiles))
    bound: list[tuple[UUID, UUID]] = []
    for _, one, other, verdict, weight, staff_id in sorted(verdicts):
        if staff_id is not None:
            (bound if verdict == Verdict.SAME else apart).append((one, other))
        elif engine and verdict == Verdict.SAME and weight is not None:
            weighed.append((weight, one, other))

    @cache
    def agree(one: UUID, other: UUID) -> bool:
        return corroborate(profiles[one], profiles[other])

    return partition(sorted(profiles), weighed, agree, sources=sources, bound=bound, apart=apart)


async def sources_of(session: Session, records: Collection[UUID]) -> dict[UUID, UUID]:
    """Return record -> the source of its report: all businesses of one owner are one source."""
    reporters = await store.list_reporters(session, records)
    sources = await businesses.sources_of(session, set(reporters.values()))
    return {record: sources[reporter] for record, reporter in reporters.items()}


async def _settle(
    session: Session, parties: Sequence[Sequence[UUID]], where: dict[UUID, UUID]
) -> None:
    """Let records belong to the identities that were derived; standings follow at once."""
    moves = {min(party): [r for r in party if where[r] != min(party)] for party in parties}
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


async def follow_identifiers(session: Session, records: Collection[UUID]) -> None:
    """Judge again the pairs of these records, whose identifiers changed; identities and standings follow."""
    where = await store.hold_linked(session, records)
    members = {member.id: member for member in await open_records(session, records=where.keys())}
    parameters, told = session.runtime.parameters, []
    number = await store.next_publication(session)
    for _, one, other, verdict, _, staff_id in await store.list_verdicts(session, list(members)):
        if staff_id is not None or {one, other}.isdisjoint(records):
            continue
        comparison = compare(members[one].profile, members[other].profile)
        weighed = weigh(comparison, parameters)
        found = judge(comparison, weighed, parameters)
        if found != verdict:
            told.append(
                entry(
                    session,
                    (one, other),
                    found,
                    weighed=weighed,
                    parameters=parameters.version,
                    publication=number,
                )
            )
    await store.add_rows(session, PairDecision, told)
    await divide(session, where, members.values())
    for identity_id in set((await store.identities_of(session, records)).values()):
        await standings.refresh(session, identity_id)


def entries(
    session: Session,
    record_id: UUID,
    judged: Sequence[Judged],
    parameters: Parameters,
    publication: int,
) -> list[dict[str, Any]]:
    """Answer the entries of the log that a record brings: its links, and the heaviest contradictions."""
    ranked = sorted(judged, key=lambda one: -one.weighed.total)
    links = [one for one in ranked if one.verdict is Verdict.SAME]
    against = [one for one in ranked if one.verdict is Verdict.DIFFERENT and one.comparison.shared]
    return [
        _entry_of(session, record_id, one, parameters, publication)
        for one in (*links, *against[:_MOST_CONTRADICTIONS])
    ]


def questions(
    session: Session,
    record_id: UUID,
    judged: Sequence[Judged],
    party: Collection[UUID],
    parameters: Parameters,
    publication: int,
) -> list[dict[str, Any]]:
    """Answer the entries of the log that ask a moderator whether other identities are the record's own.

    `party` are the records of its identity, about which nothing is asked. Of each other identity that may be its own
    the best question is worth the number of pairs of records that a yes would bring together, times its probability.
    """
    ranked = sorted(judged, key=lambda one: -one.weighed.total)
    mine = set(party)
    known = {one.member.identity_id for one in ranked if one.member.id in mine}
    best: dict[UUID | None, Judged] = {}
    sizes = Counter(one.member.identity_id for one in ranked)
    for one in ranked:
        if one.verdict in _OPEN and one.member.identity_id not in known:
            best.setdefault(one.member.identity_id, one)
    worth = {one: one.weighed.probability * sizes[identity] for identity, one in best.items()}
    asked = sorted(worth.items(), key=lambda pair: -pair[1])[:_MOST_QUESTIONS]
    return [
        _entry_of(
            session,
            record_id,
            one,
            parameters,
            publication,
            due=session.now + rules.answer_within(value),
        )
        for one, value in asked
    ]


def _entry_of(
    session: Session,
    record_id: UUID,
    one: Judged,
    parameters: Parameters,
    publication: int,
    *,
    due: datetime | None = None,
) -> dict[str, Any]:
    return entry(
        session,
        (record_id, one.member.id),
        one.verdict,
        weighed=one.weighed,
        due=due,
        parameters=parameters.version,
        publication=publication,
    )


def entry(
    session: Session,
    pair: tuple[UUID, UUID],
    verdict: Verdict,
    *,
    weighed: Weighed | None = None,
    due: datetime | None = None,
    parameters: str | None = None,
    publication: int | None = None,
    staff_id: UUID | None = None,
) -> dict[str, Any]:
    """Answer an entry of the log, by the engine under some parameters or by a member of staff."""
    return {
        "id": uuid7(),
        "one": min(pair),
        "other": max(pair),
        "verdict": verdict,
        "due": due,
        "weight": weighed.total if weighed else None,
        "evidence": [list(part) for part in weighed.parts] if weighed else [],
        "parameters": parameters,
        "publication": publication,
        "staff_id": staff_id,
        "at": session.now,
    }

"""Resolution anew, of everything, under other parameters: first what would change, then the change.

The preview reads and writes nothing. Both go through the records in order, judge each with its older
neighbours, and divide what hangs together; the change then does so for each party in a transaction of its own,
so that nobody waits for the whole.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from registry.audit import service as audit
from registry.identities import resolution, store
from registry.identities.neighbours import Judged, judge_anew, open_records
from registry.identities.tables import PairDecision
from registry.matching.decision import Verdict
from registry.matching.parameters import Parameters
from registry.platform.actor import CONSOLE
from registry.platform.runtime import Runtime, Session, transaction

BATCH = 200

Pair = tuple[UUID, UUID]


class Renewal(msgspec.Struct, frozen=True, kw_only=True):
    """What resolution anew would change, or has changed."""

    records: int
    #: Pairs of which something else is held now.
    decisions: int
    identities_before: int
    identities_after: int
    #: Identities made of several that were apart, and identities that fell into several.
    merged: int
    divided: int
    #: Questions to moderators that are new.
    questions: int


@dataclass
class _Plan:
    """What the records say under the parameters."""

    records: int = 0
    #: Entries to add to the log, by their pair.
    entries: dict[Pair, dict[str, Any]] = field(default_factory=dict)
    #: The engine's links as they will stand.
    links: dict[Pair, float] = field(default_factory=dict)
    bound: set[Pair] = field(default_factory=set)
    where: dict[UUID, UUID] = field(default_factory=dict)

    def components(self) -> list[list[UUID]]:
        """Records that hang together by what holds now or will."""
        root = {record: record for record in self.where}

        def top(record: UUID) -> UUID:
            while root[record] != record:
                root[record] = root[root[record]]
                record = root[record]
            return record

        founders: dict[UUID, UUID] = {}
        now = [(record, founders.setdefault(i, record)) for record, i in self.where.items()]
        for one, other in [*self.links, *self.bound, *now]:
            if one in root and other in root:
                root[top(one)] = top(other)
        parts: dict[UUID, list[UUID]] = defaultdict(list)
        for record in sorted(root):
            parts[top(record)].append(record)
        return list(parts.values())


async def preview(
    runtime: Runtime, parameters: Parameters, step: Callable[[int], object] = lambda _: None
) -> Renewal:
    """What would change. Reads only."""
    return await _summary(runtime, await _plan(runtime, parameters, step))


async def apply(
    runtime: Runtime, parameters: Parameters, step: Callable[[int], object] = lambda _: None
) -> Renewal:
    """Hold of every pair what the parameters say, and divide the records anew."""
    plan = await _plan(runtime, parameters, step)
    expected = await _summary(runtime, plan)
    by_record = defaultdict(list)
    for (_, other), entry in plan.entries.items():
        by_record[other].append(entry)
    for part in plan.components():
        told = [entry for record in part for entry in by_record[record]]
        if not told:
            continue
        async with transaction(runtime) as session:
            where = await store.hold_linked(session, part)
            kept = [e for e in told if {e["one"], e["other"]} <= where.keys()]
            now = {"at": session.now, "publication": await store.next_publication(session)}
            await store.add_rows(session, PairDecision, [{**e, **now} for e in kept])
            await resolution.divide(session, where)
    async with transaction(runtime) as session:
        details: dict[str, str | int | None] = {
            "parameters": parameters.version,
            "decisions": expected.decisions,
        }
        audit.record(
            session, CONSOLE, "identities.renewed", "deployment", UUID(int=0), details=details
        )
    return expected


async def _summary(runtime: Runtime, plan: _Plan) -> Renewal:
    before = after = merged = torn = 0
    for part in plan.components():
        now = {record: plan.where[record] for record in part}
        parties = await _divided(runtime, plan, part)
        then = {record: party[0] for party in parties for record in party}
        before, after = before + len(set(now.values())), after + len(parties)
        merged, torn = merged + _torn(then, now), torn + _torn(now, then)
    return Renewal(
        records=plan.records,
        decisions=len(plan.entries),
        identities_before=before,
        identities_after=after,
        merged=merged,
        divided=torn,
        questions=sum(entry["due"] is not None for entry in plan.entries.values()),
    )


async def _plan(runtime: Runtime, parameters: Parameters, step: Callable[[int], object]) -> _Plan:
    plan = _Plan()
    async for session, batch in _batches(runtime):
        for member in await open_records(session, records=batch):
            if member.identity_id is None:
                continue  # it was unpublished meanwhile
            plan.where[member.id] = member.identity_id
            judged = await judge_anew(session, member, parameters)
            await _weigh_up(session, plan, member.id, judged, parameters)
        plan.records += len(batch)
        step(len(batch))
    return plan


async def _batches(runtime: Runtime) -> AsyncIterator[tuple[Session, Sequence[UUID]]]:
    last: UUID | None = None
    while True:
        async with transaction(runtime) as session:
            batch = await store.list_records(session, after=last, limit=BATCH)
            if not batch:
                return
            yield session, batch
            last = batch[-1]


async def _weigh_up(
    session: Session,
    plan: _Plan,
    record: UUID,
    judged: Sequence[Judged],
    parameters: Parameters,
) -> None:
    """Compare what is held of a record and its older neighbours with what will be."""
    known = {
        (d.one, d.other): d
        for d in await store.list_decisions(session, [record, *(j.member.id for j in judged)])
        if d.other == record
    }
    plan.bound |= {p for p, d in known.items() if d.staff_id and d.verdict == Verdict.SAME}
    brought = resolution.entries(session, record, judged, parameters, 0)
    asked = resolution.questions(session, record, judged, {record}, parameters, 0)
    for pair, entry in {(e["one"], e["other"]): e for e in [*brought, *asked]}.items():
        held = known.pop(pair, None)
        if entry["verdict"] is Verdict.SAME:
            plan.links[pair] = entry["weight"]
        if held is None or (held.staff_id is None and held.verdict != entry["verdict"]):
            plan.entries[pair] = entry
    for pair, held in known.items():
        # What was held of a pair that is no longer worth an entry holds no more.
        if held.staff_id is None and held.verdict != Verdict.APART:
            plan.entries[pair] = resolution.entry(
                session, pair, Verdict.APART, parameters=parameters.version
            )


async def _divided(runtime: Runtime, plan: _Plan, part: Sequence[UUID]) -> list[list[UUID]]:
    if len(part) == 1:
        return [list(part)]
    wanted = set(part)
    async with transaction(runtime) as session:
        members = await open_records(session, records=part)
        records = [member.id for member in members]
        verdicts = await store.list_verdicts(session, records)
        sources = await resolution.sources_of(session, records)
    links = [(w, *p) for p, w in plan.links.items() if wanted.issuperset(p)]
    return resolution.divided(members, verdicts, sources, links, engine=False)


def _torn(one: dict[UUID, UUID], other: dict[UUID, UUID]) -> int:
    """How many groups of the one partition lie in several of the other."""
    spread: dict[UUID, set[UUID]] = defaultdict(set)
    for record, group in one.items():
        spread[group].add(other[record])
    return sum(len(groups) > 1 for groups in spread.values())

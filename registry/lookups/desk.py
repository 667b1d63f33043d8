"""The desk: everybody who asks in one tick of the event loop is answered by two statements.

The first reads the standings and spends from the budgets for all of them; then each answer is made and sealed; the
second puts them on record. Only when it has committed does any of them leave. What is wrong with one asks nothing of
its neighbours: a standing that cannot be read, a seal that does not open, an idempotency key that another process used
first fail the request that met them.
"""

import asyncio
from base64 import b64decode
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from registry.businesses.access import KeySuspended, Member
from registry.identities import service as identities
from registry.identities.rules import REPLY
from registry.limits import rules as limits_rules
from registry.limits import service as limits
from registry.limits.rules import Budget, Spent
from registry.lookups import rules, store
from registry.lookups.answers import compose
from registry.lookups.queries import Query
from registry.lookups.rules import Fact, Found
from registry.lookups.watching import Watching
from registry.lookups.wire import LookupAnswer
from registry.matching.compare import plain
from registry.matching.subject import Subject
from registry.platform.errors import Unavailable
from registry.platform.idempotency import StillRunning
from registry.platform.runtime import Runtime
from registry.platform.ticks import Ticks
from registry.platform.vault import DataKey

#: Queries in one statement: more would let the first of them wait for the last.
LARGEST = 100
#: Statements under way at a time. Mostly one: what comes meanwhile shares the next, and small ones beside each other
#: cost more than waiting does. Others begin for so many requests, or when one takes so long (seconds): a slow disk, a
#: lock, a lost connection.
LANES = 5
ENOUGH, WAIT = 50, 0.01
REPLAYS = 3

Answered = tuple[list[LookupAnswer], Spent]


class StoredReceipt(msgspec.Struct, frozen=True):
    """What a receipt keeps, sealed under the business's key."""

    #: `LookupAnswer` as it was sent.
    answer: msgspec.Raw
    reference: str
    #: The reports behind `answer.matches[i].reports[j]`.
    reports: list[list[UUID]]


class Asked(NamedTuple):
    """A request: one lookup or a batch of them, of one business."""

    member: Member
    queries: Sequence[Query]


class Desk:
    """Where lookups of one process wait for each other."""

    def __init__(self, runtime: Runtime, forget_keys: Callable[[], None] = lambda: None) -> None:
        self.runtime = runtime
        self._ticks = Ticks(
            self._answer,
            largest=LARGEST,
            lanes=LANES,
            enough=ENOUGH,
            wait=WAIT,
            size=lambda one: len(one.queries),
        )
        self._watching = Watching(runtime, forget_keys)
        #: What lookups under a key take of the connections that all calls share.
        self.replays = asyncio.Semaphore(REPLAYS)

    async def look_up(self, member: Member, queries: Sequence[Query]) -> Answered:
        """Answer as many of the queries as the budget admits, in order; each is on record when this returns.

        Raises `StillRunning` when another request under the same idempotency key commits first.
        """
        return await self._ticks.ask(Asked(member, queries))

    async def _answer(self, asked: Sequence[Asked]) -> list[Answered | Exception]:
        try:
            async with self.runtime.database.lookups.acquire() as connection:
                reading = await _read(self.runtime, connection, asked)
                stopped = await self._heed(connection, asked, reading)
                return await self._keep(connection, asked, reading, stopped)
        except asyncpg.DataError as fault:
            # Something that was to be read is broken, and so nothing was spent: each for itself, then.
            if len(asked) == 1:
                return [fault]
            return [(await self._answer([one]))[0] for one in asked]

    async def _heed(
        self, connection: store.Connection, asked: Sequence[Asked], reading: "_Reading"
    ) -> dict[UUID, KeySuspended]:
        """Notice who asks too much; returns whose lookups stop with these."""
        callers = {one.member.business_id: one.member for one in asked}
        refused = Counter(
            one.member.business_id
            for one, spent in zip(asked, reading.spent, strict=True)
            if spent.admitted < len(one.queries)
        )
        refusals = await limits.refused(connection, refused) if refused else {}
        stopped = {}
        for business_id, caller in callers.items():
            canaries, neighbours = reading.watched[business_id]
            refusal = self._watching.notice(
                caller,
                canaries=canaries,
                neighbours=neighbours,
                refusals=refusals.get(business_id, 0),
            )
            if refusal is not None:
                stopped[business_id] = refusal
        return stopped

    async def _keep(
        self,
        connection: store.Connection,
        asked: Sequence[Asked],
        reading: "_Reading",
        stopped: Mapping[UUID, KeySuspended],
    ) -> list[Answered | Exception]:
        """Make the answers and put them on record."""
        answers: list[Answered | Exception] = []
        kept: list[tuple[int, list[store.Row]]] = []
        for number, (one, spent) in enumerate(zip(asked, reading.spent, strict=True)):
            if one.member.business_id in stopped:
                answers.append(stopped[one.member.business_id])
                continue
            try:
                made = [
                    _make(self.runtime, reading, one.member, query)
                    for query in one.queries[: spent.admitted]
                ]
            except Exception as fault:
                answers.append(fault)
                continue
            answers.append(([answer for answer, _ in made], spent))
            if made:
                kept.append((number, [row for _, row in made]))
        if kept:
            refused = await store.keep(connection, [rows for _, rows in kept])
            for number, code in refused.items():
                answers[kept[number][0]] = _refusal(code)
        return answers


def _refusal(code: str) -> Exception:
    """Why a request is not on record, and so not answered."""
    if code == asyncpg.UniqueViolationError.sqlstate:
        return StillRunning()
    return Unavailable(retry_after=1)


class _Reading:
    """What was read for everybody, and opened as far as somebody needs it."""

    def __init__(
        self,
        runtime: Runtime,
        read: store.Reading,
        spent: list[Spent],
        watched: Mapping[UUID, store.Watched],
    ) -> None:
        self.at, self.spent, self.watched = read.at, spent, watched
        self._runtime, self._read = runtime, read
        self._keys: dict[UUID, DataKey] = {}

    def rules_of(self, business_id: UUID) -> Sequence[rules.Rule]:
        """The rules by which the business's lookups are advised."""
        return store.rules_of(self._read.terms.get(business_id))

    def found(self, query: Query) -> list[Found]:
        """The identities that the query's index values lead to, each once."""
        facts: dict[UUID, dict[str, Fact]] = defaultdict(dict)
        shared: dict[UUID, set[str]] = defaultdict(set)
        crowded: dict[UUID, set[str]] = defaultdict(set)
        for value, kind in query.values.items():
            hits = self._read.hits.get(value, ())
            for hit in hits:
                if hit.fact not in facts[hit.identity]:
                    facts[hit.identity][hit.fact] = msgspec.json.decode(hit.fact, type=Fact)
                if hit.held:
                    shared[hit.identity].add(kind)
            people = {hit.identity for hit in hits}
            sources = {facts[hit.identity][hit.fact].source for hit in hits}
            if kind in rules.CONTACTS and min(len(people), len(sources)) >= rules.CROWD:
                for identity in people:
                    crowded[identity].add(kind)
        return [
            self._identity(query, identity, told.values(), shared[identity], crowded[identity])
            for identity, told in facts.items()
        ]

    def _identity(
        self,
        query: Query,
        identity: UUID,
        told: Iterable[Fact],
        shared: Iterable[str],
        crowded: Iterable[str],
    ) -> Found:
        facts = sorted(told, key=lambda fact: fact.report)
        facts.sort(key=lambda fact: fact.month, reverse=True)
        records = () if plain(query.subject) else dict.fromkeys(fact.record for fact in facts)
        return Found(
            identity=identity,
            facts=tuple(map(self._with_words, facts)),
            records={r: self._subject(r) for r in records if r in self._read.records},
            shared=frozenset(shared),
            crowded=frozenset(crowded),
        )

    def _subject(self, record: UUID) -> Subject:
        sealed = self._read.records[record].sealed
        return self._key(record).open(identities.PLACE, sealed, Subject)

    def _with_words(self, fact: Fact) -> Fact:
        """The fact with the person's own words readable; without them when their report was erased just now."""
        if fact.reply is None:
            return fact
        words = None
        if fact.record in self._read.records:
            sealed = b64decode(fact.reply)
            words = self._key(fact.record).open(f"{REPLY}:{fact.report}", sealed, str)
        return msgspec.structs.replace(fact, reply=words)

    def _key(self, record: UUID) -> DataKey:
        if record not in self._keys:
            self._keys[record] = store.key_of(self._runtime.keyring, self._read.records[record])
        return self._keys[record]


async def _read(runtime: Runtime, connection: store.Connection, asked: Sequence[Asked]) -> _Reading:
    """Read and spend for everybody. Who has one budget spends from it in the order of asking."""
    together: dict[str, list[Asked]] = {}
    for one in asked:
        together.setdefault(one.member.budget.holder, []).append(one)
    budgets: list[tuple[Budget, int]] = [
        (of[0].member.budget, sum(len(one.queries) for one in of)) for of in together.values()
    ]
    businesses = [of[0].member.business_id for of in together.values()]
    calls = [
        store.Call(payer, query)
        for payer, of in enumerate(together.values(), 1)
        for one in of
        for query in one.queries
    ]
    read = await store.ask(connection, businesses, budgets, calls)
    shares = {
        holder: iter(limits_rules.divided(spent, [len(one.queries) for one in of]))
        for (holder, of), spent in zip(together.items(), read.spent, strict=True)
    }
    spent = [next(shares[one.member.budget.holder]) for one in asked]
    return _Reading(runtime, read, spent, dict(zip(businesses, read.watched, strict=True)))


def _make(
    runtime: Runtime, reading: _Reading, member: Member, query: Query
) -> tuple[LookupAnswer, store.Row]:
    """The answer to a query, and what of it goes on record."""
    graded = rules.matches(query.subject, reading.found(query))
    own_rules = reading.rules_of(member.business_id) if graded else ()
    answer = compose(query, reading.at, graded, member.business_id, own_rules)
    return answer, make_row(runtime, member, query, answer, graded)


def make_row(
    runtime: Runtime,
    member: Member,
    query: Query,
    answer: LookupAnswer,
    graded: Sequence[rules.Graded],
) -> store.Row:
    """What of an answer goes on record."""
    reports = [[fact.report for fact in match.facts] for match in graded]
    body = msgspec.json.encode(answer)
    receipt = StoredReceipt(msgspec.Raw(body), query.request.reference, reports)
    return store.Row(
        id=answer.lookup_id,
        business_id=member.business_id,
        key_id=member.key_id,
        at=answer.as_of,
        purpose=query.request.purpose,
        result=answer.result,
        report_ids=[report for of_match in reports for report in of_match],
        sealed=member.data_key.seal(place_of(answer.lookup_id), receipt),
        digest=runtime.keyring.digest("receipt", body.decode()),
        idempotency=query.idempotency,
        fingerprint=query.fingerprint,
    )


def place_of(lookup_id: UUID) -> str:
    """Where a receipt lies, for the vault."""
    return f"lookups.sealed:{lookup_id}"

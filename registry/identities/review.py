"""The moderator's side of identities: questions answered, identities split and merged, and why they are as they are.

Every answer is one more entry of the log of decisions; the identities concerned are then derived anew, and
standings follow in the same transaction. Nothing is ever undone: the next decision counts.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import product
from uuid import UUID

from registry.audit import service as audit
from registry.identities import resolution, store
from registry.identities.neighbours import PLACE, without
from registry.identities.tables import PairDecision
from registry.identities.wire import (
    AgreementView,
    IdentityChange,
    IdentityView,
    LinkView,
    MergeRequest,
    PairCase,
    PairDecisionRequest,
    RecordView,
    SplitRequest,
)
from registry.matching import reasons
from registry.matching.comparison import contradicting
from registry.matching.decision import Verdict
from registry.matching.profile import profile
from registry.matching.subject import Subject
from registry.platform import vault
from registry.platform.errors import Conflict, InvalidValues, NotFound
from registry.platform.faults import Fault
from registry.platform.runtime import Session
from registry.platform.vault import DataKey
from registry.staff.access import Staff, refuse_conflict

#: Record -> (subject as it is compared, its key, its identity).
Shown = dict[UUID, tuple[Subject, DataKey, UUID | None]]


class PairAlreadyDecided(Conflict):
    """Somebody answered first, or the records changed since."""

    slug, title = "pair-already-decided", "The question is answered or gone"


class IdentitiesContradict(Conflict):
    """A yes would bring records together that contradict each other."""

    slug, title = "identities-contradict", "The two identities contradict each other"


async def list_questions(
    session: Session, *, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[tuple[UUID, datetime]]:
    """(id, due) of open questions, earliest due first."""
    return await store.list_questions(session, after=after, limit=limit)


async def about(session: Session, question_id: UUID) -> tuple[float, UUID, UUID]:
    """(weight, record, record) of a question."""
    entry = await _get(session, question_id)
    return entry.weight or 0.0, entry.one, entry.other


async def case(session: Session, moderator: Staff, question_id: UUID) -> PairCase:
    """All that is needed to answer a question: the two records, and all others that a yes would bring together.

    That it was read is audited.
    """
    entry = await _get(session, question_id)
    shown = await _open_identities(session, moderator, entry)
    if not shown.keys() >= {entry.one, entry.other}:
        raise NotFound
    audit.record(session, moderator.actor, "identity.pair_read", "pair", question_id)
    return await _case(session, entry, shown)


async def decide(
    session: Session, moderator: Staff, question_id: UUID, command: PairDecisionRequest
) -> PairCase:
    """Answer a question: one party, or two.

    Raises `PairAlreadyDecided` for the second of two answers, and `IdentitiesContradict` for a yes that would bring
    records together that contradict each other: who holds them to be of one party merges their identities.
    """
    entry = await _get(session, question_id)
    pair = (entry.one, entry.other)
    where = await store.hold_linked(session, pair)
    shown = await _open_identities(session, moderator, entry)
    decided = {d.staff_id for d in await store.list_decisions(session, pair)} - {None}
    if decided or not where.keys() >= set(pair) or command.version != 1:
        raise PairAlreadyDecided(
            "Another moderator answered, or lookups show one of the reports no longer."
        )
    verdict = Verdict(command.decision)
    await _enter(session, moderator, [pair], verdict)
    await resolution.divide(session, where)
    now = await store.identities_of(session, pair)
    if verdict is Verdict.SAME and now[entry.one] != now[entry.other]:
        raise IdentitiesContradict(
            "Records of the one contradict records of the other, or another answer keeps them apart. Compare both"
            " identities whole (GET /v1/moderation/identities/{id}), and merge them if they are of one party."
        )
    key = shown[entry.one][1]
    details: dict[str, str | int | None] = {"decision": command.decision}
    audit.record(
        session,
        moderator.actor,
        "identity.pair_decided",
        "pair",
        question_id,
        details=details,
        reason=(key, command.reason),
    )
    return await _case(session, entry, await _open_identities(session, moderator, entry))


async def _open_identities(session: Session, moderator: Staff, entry: PairDecision) -> Shown:
    """Open the two records of a question, and all of the identities that they are part of."""
    pair = {entry.one, entry.other}
    identities = set((await store.identities_of(session, pair)).values())
    others = await store.list_sealed(session, identities=identities)
    return await _open(session, moderator, pair | {row.id for row in others})


async def view(session: Session, moderator: Staff, identity_id: UUID) -> IdentityView:
    """An identity's records, side by side, and every decision that holds them together or apart."""
    shown = await _open(session, moderator, await _records(session, identity_id))
    audit.record(session, moderator.actor, "identity.read", "identity", identity_id)
    return await _view(session, identity_id, shown)


async def split(
    session: Session, moderator: Staff, identity_id: UUID, command: SplitRequest
) -> IdentityChange:
    """Take records out of an identity: each of them, and each that stays, are of two parties from now on."""
    where = await store.hold_linked(session, await _records(session, identity_id))
    members = _members(where, identity_id)
    leaving = set(command.records)
    if not leaving < members:
        said = "must be some of the identity's records, and not all"
        raise InvalidValues(f"/records: {said}.", errors=[Fault("/records", said)])
    shown = await _open(session, moderator, members)
    await _enter(session, moderator, product(leaving, members - leaving), Verdict.DIFFERENT)
    await resolution.divide(session, where)
    return await _changed(session, moderator, identity_id, "split", shown, command.reason)


async def merge(
    session: Session, moderator: Staff, identity_id: UUID, command: MergeRequest
) -> IdentityChange:
    """Hold two identities to be one party: each record is bound to the oldest of the other identity.

    So they stay together when a report is published no longer. Decisions of moderators, and contradictions, that would
    keep records of the one apart from records of the other count no longer.
    """
    if identity_id == command.identity:
        said = "must be another identity"
        raise InvalidValues(f"/identity: {said}.", errors=[Fault("/identity", said)])
    seen = await _records(session, identity_id) | await _records(session, command.identity)
    where = await store.hold_linked(session, seen)
    ours, theirs = _members(where, identity_id), _members(where, command.identity)
    shown = await _open(session, moderator, ours | theirs)
    pairs = {(one, min(theirs)) for one in ours} | {(min(ours), other) for other in theirs}
    for entry in await store.list_decisions(session, ours | theirs):
        crossing = (entry.one in ours) != (entry.other in ours)
        if crossing and entry.staff_id is not None and entry.verdict == Verdict.DIFFERENT:
            pairs.add((entry.one, entry.other))
    profiles = {record: profile(subject) for record, (subject, _, _) in shown.items()}
    pairs |= {pair for pair in contradicting(profiles) if (pair[0] in ours) != (pair[1] in ours)}
    await _enter(session, moderator, pairs, Verdict.SAME)
    await resolution.divide(session, where)
    return await _changed(session, moderator, identity_id, "merged", shown, command.reason)


async def _get(session: Session, question_id: UUID) -> PairDecision:
    entry = await store.find_decision(session, question_id)
    if entry is None or entry.due is None:
        raise NotFound
    return entry


async def _records(session: Session, identity_id: UUID) -> set[UUID]:
    records = {row.id for row in await store.list_sealed(session, identities={identity_id})}
    if not records:
        raise NotFound
    return records


def _members(where: Mapping[UUID, UUID], identity_id: UUID) -> set[UUID]:
    """Answer the records of an identity that is locked; raises `NotFound` for one that is gone meanwhile."""
    records = {record for record, identity in where.items() if identity == identity_id}
    if not records:
        raise NotFound
    return records


async def _open(session: Session, moderator: Staff, records: Collection[UUID]) -> Shown:
    """Open records for a moderator; raises `ConflictOfInterest` where one is of the moderator's own business."""
    owners = await store.owners_of(session, records)
    await refuse_conflict(session, moderator, owners)
    shown: Shown = {}
    for row in await store.list_sealed(session, records=records):
        key = vault.unwrap(session.keyring, row.data_key_id, row.wrapped, row.kek_version)
        vault.note(session, row.data_key_id)
        subject = without(key.open(PLACE, row.sealed, Subject), row.detached, session.keyring)
        shown[row.id] = (subject, key, row.identity_id)
    return shown


async def _enter(
    session: Session,
    moderator: Staff,
    pairs: Iterable[tuple[UUID, UUID]],
    verdict: Verdict,
) -> None:
    rows = [resolution.entry(session, pair, verdict, staff_id=moderator.id) for pair in pairs]
    await store.add_rows(session, PairDecision, rows)


async def _changed(
    session: Session, moderator: Staff, identity_id: UUID, what: str, shown: Shown, reason: str
) -> IdentityChange:
    audit.record(
        session,
        moderator.actor,
        f"identity.{what}",
        "identity",
        identity_id,
        reason=(shown[min(shown)][1], reason),
    )
    now = await store.identities_of(session, shown)
    return IdentityChange(
        identities=[
            await _view(session, identity, {r: shown[r] for r in shown if now[r] == identity})
            for identity in sorted(set(now.values()))
        ]
    )


async def _case(session: Session, entry: PairDecision, shown: Shown) -> PairCase:
    answers = await store.list_decisions(session, [entry.one, entry.other])
    decided = [Verdict(a.verdict) for a in answers if a.staff_id is not None]
    assert entry.due is not None  # noqa: S101 - it is a question
    return PairCase(
        id=entry.id,
        version=2 if decided else 1,
        due=entry.due,
        decision=decided[0] if decided else None,
        weight=entry.weight or 0.0,
        parameters=entry.parameters or "",
        records=[_record(record, shown[record]) for record in (entry.one, entry.other)],
        others=[
            _record(record, shown[record])
            for record in sorted(shown.keys() - {entry.one, entry.other})
        ],
        evidence=_evidence(entry),
    )


async def _view(session: Session, identity_id: UUID, shown: Shown) -> IdentityView:
    entries = await store.list_decisions(session, shown)
    return IdentityView(
        id=identity_id,
        records=[_record(record, shown[record]) for record in sorted(shown)],
        decisions=[
            LinkView(
                records=[entry.one, entry.other],
                decision=Verdict(entry.verdict),
                by="moderator" if entry.staff_id else "engine",
                at=entry.at,
                weight=entry.weight,
                evidence=_evidence(entry),
            )
            for entry in entries
        ],
    )


def _record(record_id: UUID, shown: tuple[Subject, DataKey, UUID | None]) -> RecordView:
    subject, _, identity_id = shown
    return RecordView(
        id=record_id,
        identity_id=identity_id,
        kind=subject.kind,
        phones=list(subject.phones),
        emails=list(subject.mail_addresses),
        tax_ids=list(subject.tax_ids),
        company_codes=list(subject.company_codes),
        handles=list(subject.handles),
        names=[name for name in (subject.name, *subject.other_names) if name],
        birth_date=subject.birth_date,
        city=subject.city,
        address=subject.address,
    )


def _evidence(entry: PairDecision) -> list[AgreementView]:
    return [
        AgreementView(field=field, level=level, bits=bits, because=reasons.wording(field, level))
        for field, level, bits in entry.evidence
    ]

"""The neighbours of a record: find them by keyed tokens, open them, and judge them one by one.

Lives here: from a subject to its tokens, from tokens to the records worth comparing, and what the evidence says of
each. Not here: what agrees and what it weighs (`matching`), and what follows for identities (`resolution`).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

import msgspec

from registry.identities import store
from registry.matching import blocking, weights
from registry.matching.comparison import Comparison, compare
from registry.matching.decision import Verdict, judge
from registry.matching.fingerprints import (
    STRONG,
    Token,
    index_values,
    keyed,
    strong_tokens,
)
from registry.matching.parameters import Parameters
from registry.matching.profile import Profile, profile
from registry.matching.subject import Subject
from registry.matching.weights import Weighed
from registry.platform import vault
from registry.platform.keyring import Keyring
from registry.platform.runtime import Session

PLACE = "records.sealed"

#: How many holders of a strong identifier are looked at: beyond, it is an office's, or a placeholder.
MOST_HOLDERS = 200
#: How many neighbours are compared, those first that share the most.
_MOST_NEIGHBOURS = 40
#: What a shared token says of a neighbour before anything is opened.
_PROMISE = {
    **dict.fromkeys(STRONG, 8),
    **dict.fromkeys(("name_pair", "name_birth_date", "local_part", "untyped"), 3),
    **dict.fromkeys(("name_city", "city_birth_date"), 2),
}
_PROMISE_OTHER = 1
#: Of records that share one word of a name with many, or a word and the town, hardly one is of the same person: among
#: 150,000 a new one is compared with 12.8 without them, and was with 18.8, and meets its person as often
#: (`bench/writes.py`).
_READ_BELOW = {"name_word": 10, "name_city": 30}
#: Publications wait for one another over tokens that may make their records one person's: strong identifiers, and what
#: a record without one in common is found by.
LOCKED = STRONG | {"name_pair", "name_birth_date"}


def tokens(keyring: Keyring, subject: Subject, made: Profile | None = None) -> list[Token]:
    """The keyed index values of a subject."""
    return index_values(
        subject, index_key=keyring.index_key, names_key=keyring.names_key, made=made
    )


def asked_tokens(keyring: Keyring, subject: Subject) -> list[Token]:
    """What a lookup asks by: the strong identifiers; without one, the name with a birth date or a town.

    With an identifier in hand, likeness of names would only add strangers.
    """
    strong = strong_tokens(subject, keyring.index_key)
    return strong or [token for token in tokens(keyring, subject) if token.kind in blocking.ASKED]


@dataclass(frozen=True)
class Member:
    """A record as it is compared; `identity_id` is None for one that is not published."""

    id: UUID
    identity_id: UUID | None
    subject: Subject
    profile: Profile


@dataclass(frozen=True)
class Search:
    """What the tokens of a record led to."""

    found: Sequence[Token]
    #: How many records hold each, as far as they are counted.
    counts: dict[bytes, int]
    #: How many records there are, about.
    records: int

    @cached_property
    def overfull(self) -> set[bytes]:
        """Tokens that too many hold for them to say anything."""
        return {t.value for t in self.found if self.counts[t.value] >= _most(t.kind)}

    def named(self) -> list[Token]:
        """The tokens of names worth keeping: an overfull one says nothing, and tells a thief which name is common."""
        return [t for t in self.found if t.kind not in STRONG and t.value not in self.overfull]


@dataclass(frozen=True, eq=False)
class Judged:
    """A neighbour, and what is held of it and the new record."""

    member: Member
    comparison: Comparison
    weighed: Weighed
    verdict: Verdict


async def judge_all(
    session: Session, mine: Member, parameters: Parameters, *, unpublished: bool = False
) -> tuple[Search, list[Judged]]:
    """Search by the tokens of a record, and judge each published neighbour, the oldest first.

    Waits for other publications of what makes records one person's. With `unpublished`, waits for nothing, and judges
    neighbours that are not published as well.
    """
    found = tokens(session.keyring, mine.subject, mine.profile)
    locked = [] if unpublished else [token.value for token in found if token.kind in LOCKED]
    search, members = await _search(session, found, locked=locked, unpublished=unpublished)
    others = [member for member in members if member.id != mine.id]
    return search, _judge(session, mine.profile, search, others, parameters)


async def judge_anew(session: Session, member: Member, parameters: Parameters) -> list[Judged]:
    """Judge a published record and each of its older published neighbours, as if it were published last."""
    rows = await store.list_tokens(session, [member.id])
    found = [Token(row.kind, row.index_value) for row in rows]
    search, older = await _search(session, found, before=member.id)
    return _judge(session, member.profile, search, older, parameters)


async def _search(
    session: Session,
    found: Sequence[Token],
    *,
    locked: Sequence[bytes] = (),
    before: UUID | None = None,
    unpublished: bool = False,
) -> tuple[Search, list[Member]]:
    """What the tokens lead to, and the records worth comparing, the most promising first to be chosen."""
    asked = [
        store.Asked(value, _most(kind), _PROMISE.get(kind, _PROMISE_OTHER), _read_below(kind))
        for kind, value in found
    ]
    met = await store.find_neighbours(
        session,
        asked,
        locked=locked,
        most=_MOST_NEIGHBOURS,
        before=before,
        unpublished=unpublished,
    )
    counts = dict(zip((token.value for token in found), met.counts, strict=True))
    return Search(found, counts, met.total), _members(session, met.records)


def _most(kind: str) -> int:
    return MOST_HOLDERS if kind in STRONG else blocking.CAP


def _read_below(kind: str) -> int:
    """Below how many holders of a token they are worth comparing; a strong identifier's always are."""
    return MOST_HOLDERS + 1 if kind in STRONG else _READ_BELOW.get(kind, blocking.CAP)


async def open_records(
    session: Session, *, records: Collection[UUID] = (), identities: Collection[UUID] = ()
) -> list[Member]:
    """These records, and all of these identities, opened, the oldest first."""
    if not records and not identities:
        return []
    rows = await store.list_sealed(session, records=records, identities=identities)
    return _members(session, rows)


def _members(session: Session, rows: Iterable[store.SealedRecord]) -> list[Member]:
    opened = []
    for row in rows:
        subject = _opened(session, row)
        opened.append(Member(row.id, row.identity_id, subject, profile(subject)))
    return sorted(opened, key=lambda member: member.id)


def _opened(session: Session, row: store.SealedRecord) -> Subject:
    key = vault.unwrap(session.keyring, row.data_key_id, row.wrapped, row.kek_version)
    return without(key.open(PLACE, row.sealed, Subject), row.detached, session.keyring)


def without(subject: Subject, detached: Collection[bytes], keyring: Keyring) -> Subject:
    """The subject without the phones and e-mails that are theirs no longer."""
    if not detached:
        return subject

    def kept(kind: str, values: Sequence[str]) -> tuple[str, ...]:
        return tuple(v for v in values if keyed(kind, v, keyring.index_key) not in detached)

    emails = kept("email", subject.emails)
    pairs = zip(subject.emails, subject.mail_addresses, strict=True)
    return msgspec.structs.replace(
        subject,
        phones=kept("phone", subject.phones),
        emails=emails,
        mail_addresses=tuple(address for email, address in pairs if email in emails),
    )


def _judge(
    session: Session,
    made: Profile,
    search: Search,
    members: Sequence[Member],
    parameters: Parameters,
) -> list[Judged]:
    rarity = _rarity(session, made, search, parameters)
    judged = []
    for member in members:
        comparison = compare(made, member.profile)
        common = _common(search, comparison)
        weighed = weights.weigh(comparison, parameters, rarity=rarity, common=common)
        verdict = judge(comparison, weighed, parameters, common)
        judged.append(Judged(member, comparison, weighed, verdict))
    return judged


def _common(search: Search, comparison: Comparison) -> set[str]:
    """Shared identifiers whose values too many hold for them to say anything."""
    if not search.overfull:
        return set()
    kinds = {kind for kind, value in search.found if value in search.overfull}
    clear = {kind for kind, value in search.found if value not in search.overfull}
    names = {"untyped" if field.startswith("other:") else field for field in comparison.shared}
    full = (kinds - clear) & names
    return {f for f in comparison.shared if ("untyped" if f.startswith("other:") else f) in full}


def _rarity(session: Session, made: Profile, search: Search, parameters: Parameters) -> float:
    """How rare the rarest of the surnames is, in bits."""
    key = session.keyring.names_key
    words = [name.surname_skeleton for name in made.names if name.surname_skeleton]
    values = [keyed("name_word", word, key) for word in words]
    if values and search.overfull.issuperset(values):
        return weights.RARITY_BOUNDS[0]  # more than are counted bear it: it is held to be common
    counts = [search.counts.get(value, 0) for value in values]
    return weights.surname_rarity(min(counts), search.records, parameters) if counts else 0.0

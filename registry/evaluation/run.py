"""The resolution of a whole file through the real path: a scratch database, its own keys, every record in order.

Nothing here touches a live table: the scratch database is made beside the live one and dropped at the end,
and its keys are kept nowhere.
"""

import base64
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from registry.evaluation.records import Judged
from registry.identities import review
from registry.identities import service as identities
from registry.identities.wire import PairDecisionRequest
from registry.matching.parameters import Parameters
from registry.platform import migrate, scratch, vault
from registry.platform.actor import CONSOLE
from registry.platform.runtime import Runtime, Session, running, transaction
from registry.platform.settings import from_env
from registry.staff import service as staff
from registry.staff.access import Staff
from registry.staff.rules import Role

#: Records to a transaction: what is measured is resolution, not the disk.
BATCH = 50
#: Ids to a statement: PostgreSQL takes 32,767 values at the most.
IDS_AT_ONCE = 10_000


@dataclass
class Outcome:
    """What became of a file's records."""

    #: record_id -> identity.
    identities: dict[str, UUID] = field(default_factory=dict)
    #: record_id -> records that it was compared with.
    neighbours: dict[str, list[str]] = field(default_factory=dict)
    #: (weight, record_id, record_id) of each question.
    questions: list[tuple[float, str, str]] = field(default_factory=list)
    #: Seconds for each record.
    seconds: list[float] = field(default_factory=list)


@asynccontextmanager
async def beside(url: str) -> AsyncIterator[Runtime]:
    """A runtime on a database of its own beside the given one, migrated, and dropped at the end."""
    name = f"registry_evaluation_{os.urandom(6).hex()}"
    async with scratch.database(url, name) as own:
        await migrate.upgrade(own)
        key = base64.b64encode(os.urandom(32)).decode()
        keys = json.dumps({"current": 1, "masters": {"1": key}})
        with tempfile.TemporaryDirectory(prefix="registry-evaluation-") as folder:
            settings = from_env({}, data_dir=Path(folder), keys=keys)
            async with running(settings, own) as runtime:
                yield runtime


async def resolve(
    runtime: Runtime,
    records: Sequence[Judged],
    *,
    parameters: Parameters,
    truth: Mapping[str, str] | None = None,
    step: Callable[[], object] = lambda: None,
) -> Outcome:
    """Resolve the records in order. With a `truth`, each question is answered from it at once."""
    outcome, names = Outcome(), dict[UUID, str]()
    moderator = await _moderator(runtime) if truth else None
    for start in range(0, len(records), BATCH):
        async with transaction(runtime) as session:
            for record in records[start : start + BATCH]:
                began = time.perf_counter()
                key = await vault.create(session, session.keyring, owner=None)
                made = await identities.add_published(
                    session, record.subject, key, using=parameters
                )
                outcome.seconds.append(time.perf_counter() - began)
                names[made.record_id] = record.record_id
                outcome.neighbours[record.record_id] = [names[n] for n in made.neighbours]
                for question in made.questions:
                    case = await _asked(session, question, outcome, names)
                    if truth and moderator:
                        same = len({truth.get(names[one], names[one]) for one in case}) == 1
                        await _answer(session, moderator, question, same=same)
                step()
    found: dict[UUID, UUID] = {}
    made_ids = list(names)
    async with transaction(runtime) as session:
        for start in range(0, len(made_ids), IDS_AT_ONCE):
            found |= await identities.identities_of(session, made_ids[start : start + IDS_AT_ONCE])
    outcome.identities = {name: found[record] for record, name in names.items()}
    return outcome


async def _moderator(runtime: Runtime) -> Staff:
    async with transaction(runtime) as session:
        staff_id, _ = await staff.add(session, CONSOLE, Role.MODERATOR, "The truth")
        return Staff(staff_id, Role.MODERATOR, None)


async def _asked(
    session: Session, question: UUID, outcome: Outcome, names: Mapping[UUID, str]
) -> tuple[UUID, UUID]:
    weight, one, other = await review.about(session, question)
    outcome.questions.append((weight, names[one], names[other]))
    return one, other


async def _answer(session: Session, moderator: Staff, question: UUID, *, same: bool) -> None:
    said = PairDecisionRequest(
        decision="same" if same else "different", reason="The truth.", version=1
    )
    try:
        async with session.begin_nested():
            await review.decide(session, moderator, question, said)
    except (review.PairAlreadyDecided, review.IdentitiesContradict):
        # The answer to an earlier question has settled this one, or an identity holds records of two.
        return

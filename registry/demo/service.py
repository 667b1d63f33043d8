"""Loading the demonstration data once, and the keys that open it.

The load plays fourteen months through the real services, with the clock moved to each step's moment and
then forward to now. The audit log is its journal: `demo.begun` holds the moment at which it was begun,
every step leaves its entries in its own transaction, and `demo.loaded` ends it. A load that was cut off
makes the same plan again and goes on behind the last entry that was written under a moved clock.

Never load in a process that serves or works: moving the clock moves it for the whole process, and a worker
anywhere would live through the months at once.
"""

import asyncio
import dataclasses
import fcntl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from registry.audit import service as audit
from registry.audit.wire import AuditEntry
from registry.businesses import access as member_access
from registry.businesses import service as businesses
from registry.businesses.access import Member
from registry.businesses.rules import Scope, State
from registry.businesses.wire import KeyRequest
from registry.demo import plan, stage
from registry.demo.businesses import BEGINNING, MEMBERS, roster
from registry.demo.people import (
    EXAMPLE_EMAIL,
    EXAMPLE_NAME,
    EXAMPLE_PHONE,
    EXAMPLE_RELATIVE,
    EXAMPLE_STRANGER,
)
from registry.demo.stage import Stage
from registry.lookups import jobs as lookups_jobs
from registry.messages import jobs as messages_jobs
from registry.platform import clock, secrets
from registry.platform.actor import CONSOLE, Actor, ActorKind
from registry.platform.runtime import Runtime, Session, transaction
from registry.reports import jobs as reports_jobs
from registry.reports import service as reports
from registry.staff import access as staff_access
from registry.staff import service as staff
from registry.staff.access import Staff
from registry.staff.rules import Role

__all__ = [
    "EXAMPLE_EMAIL",
    "EXAMPLE_NAME",
    "EXAMPLE_PHONE",
    "EXAMPLE_RELATIVE",
    "EXAMPLE_STRANGER",
    "NotLoaded",
    "credentials",
    "load",
]

Progress = Callable[[int, int, str], None]

#: The object of the two entries of the journal.
_DEMONSTRATION = UUID("00000000-0000-7000-8000-0000000000de")
_BEGUN, _LOADED = "demo.begun", "demo.loaded"
#: The two members whose keys are handed out.
_MEMBERS = dict(zip(("member_key", "second_member_key"), MEMBERS, strict=True))
_STAFF = {
    "moderator_key": (Role.MODERATOR, "Вартовий Ілля"),
    "second_moderator_key": (Role.MODERATOR, "Слушна Меланія"),
    "operator_key": (Role.OPERATOR, "Порядна Дарина"),
}
#: An entry whose two times lie further apart was written by a load: the last step is half an hour old.
_MOVED = timedelta(minutes=5)
_PAGE = 200
_LOCK_EVERY_S = 0.2


class NotLoaded(Exception):
    """There is no demonstration data yet, or its load was cut off: call `load` first."""


async def load(runtime: Runtime, *, progress: Progress) -> None:
    """Load everything once; `progress` hears (steps done, steps in all, the month that is played).

    Does nothing when it is loaded. Finishes a load that was cut off. Waits for another process that loads
    into the same folder.
    """
    # Letters of invented businesses to invented people are files, whatever mail server is set.
    unmailed = msgspec.structs.replace(runtime.settings, smtp_url="")
    runtime = dataclasses.replace(runtime, settings=unmailed)
    async with _alone(runtime):
        if await _entry(runtime, _LOADED) is not None:
            return
        begun = await _entry(runtime, _BEGUN)
        resumed = begun is not None
        begun = begun or await _begin(runtime)
        scene = _stage(runtime, begun, resumed=resumed)
        position = await _restore(scene) if resumed else begun.clock_at
        await _play(scene, begun, position, progress)
        await _finish(scene, begun)


async def _play(scene: Stage, begun: AuditEntry, position: datetime, progress: Progress) -> None:
    """Do the steps behind `position`, each at its moment."""
    runtime = scene.runtime
    steps = plan.steps(_anchor(begun), runtime.policy)
    origin = await _origin(runtime)
    for done, step in enumerate(steps):
        if step.at > position:
            progress(done, len(steps), f"{step.at:%Y-%m}")
            with clock.shifted(step.at - origin - timedelta(seconds=time.monotonic())):
                await stage.perform(scene, step)
    progress(len(steps), len(steps), f"{_anchor(begun):%Y-%m}")


async def _finish(scene: Stage, begun: AuditEntry) -> None:
    """Let the clock catch up with now, clear away what is too old to be kept, and end the journal."""
    runtime = scene.runtime
    await stage.tick(runtime)
    await stage.deliver(runtime)  # what the last changes of the clock told
    await reports_jobs.withdraw_abandoned(runtime)
    await reports_jobs.sweep(runtime)
    await lookups_jobs.sweep(runtime)
    await messages_jobs.sweep(runtime)
    ids = {key: str(scene.businesses[slug]) for key, slug in _MEMBERS.items()}
    async with transaction(runtime) as session:
        _record(session, _LOADED, begun.details | ids)


async def _begin(runtime: Runtime) -> AuditEntry:
    """Name the staff and begin the journal, at the beginning of the history."""
    async with transaction(runtime) as session:
        anchor = session.now.replace(microsecond=0)
    start = anchor - timedelta(days=BEGINNING, hours=1)
    origin = await _origin(runtime)
    with clock.shifted(start - origin - timedelta(seconds=time.monotonic())):
        async with transaction(runtime) as session:
            details = {"anchor": anchor.isoformat()}
            for key, (role, name) in _STAFF.items():
                staff_id, _ = await staff.add(session, CONSOLE, role, name)
                details[key] = str(staff_id)
            _record(session, _BEGUN, details)
    begun = await _entry(runtime, _BEGUN)
    assert begun is not None  # noqa: S101 - it was written a moment ago
    return begun


def _record(session: Session, action: str, details: Mapping[str, str | int | None]) -> None:
    audit.record(session, CONSOLE, action, "demonstration", _DEMONSTRATION, details=details)


async def _entry(runtime: Runtime, action: str) -> AuditEntry | None:
    async with transaction(runtime) as session:
        found = await audit.list_entries(
            session, before=None, limit=1, object_id=_DEMONSTRATION, action=action
        )
    return found[0] if found else None


def _anchor(begun: AuditEntry) -> datetime:
    return datetime.fromisoformat(str(begun.details["anchor"]))


async def _origin(runtime: Runtime) -> datetime:
    """The database's time at which this process's monotonic clock stood at nought."""
    async with transaction(runtime) as session:
        return session.real - timedelta(seconds=time.monotonic())


def _stage(runtime: Runtime, begun: AuditEntry, *, resumed: bool) -> Stage:
    def named(key: str) -> Staff:
        return Staff(id=UUID(str(begun.details[key])), role=_STAFF[key][0], business_id=None)

    return Stage(
        runtime=runtime,
        operator=named("operator_key"),
        moderators=(named("moderator_key"), named("second_moderator_key")),
        resumed=resumed,
        businesses={},
        members={},
        reports={},
    )


async def _restore(scene: Stage) -> datetime:
    """Find again who joined and what was reported; returns the moment up to which the steps are done."""
    runtime = scene.runtime
    position = await _position(runtime)
    slugs = {trade.sign_up.email: trade.slug for trade in roster(plan.SEED)}
    verified = []
    async with transaction(runtime) as session:
        before = None
        while page := await businesses.list_views(session, state=None, before=before, limit=_PAGE):
            for view in page:
                slug = slugs.get(view.email)
                if slug is not None and slug not in scene.businesses:
                    scene.businesses[slug] = view.id
                    verified += [slug] if view.state is State.VERIFIED else []
            before = page[-1].id
    origin = await _origin(runtime)
    for slug in verified:
        with clock.shifted(position - origin - timedelta(seconds=time.monotonic())):
            await stage.enrol(scene, slug)
        await _find_reports(scene, scene.members[slug])
    return position


async def _position(runtime: Runtime) -> datetime:
    """The registry's time of the newest entry that a load wrote."""
    before = None
    while True:
        async with transaction(runtime) as session:
            page = await audit.list_entries(
                session, before=before, limit=_PAGE, object_id=None, action=None
            )
        for entry in page:
            if entry.at - entry.clock_at > _MOVED:
                return entry.clock_at
        before = page[-1].id


async def _find_reports(scene: Stage, member: Member) -> None:
    """The newest report under each contract reference; what was erased needs no further step."""
    async with transaction(scene.runtime, business_id=member.business_id) as session:
        before = None
        while page := await reports.list_own(
            session, member, state=None, before=before, limit=_PAGE
        ):
            for summary in page:
                content = (await reports.view(session, member, summary.id)).content
                if content is not None:
                    scene.reports.setdefault(content.contract_reference, summary.id)
            before = page[-1].id


@asynccontextmanager
async def _alone(runtime: Runtime) -> AsyncIterator[None]:
    """Let one process at a time load into this folder; the system frees the lock of one that dies."""
    path = runtime.settings.data_dir / "demo.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(_LOCK_EVERY_S)
        yield


async def credentials(runtime: Runtime, previous: Mapping[str, str] | None) -> dict[str, str]:
    """The keys of `demo.json`: those of `previous` that still open what they should, else new ones.

    Raises `NotLoaded`. Keys that are not in `previous` stay good: they may be in another copy of the file.
    """
    loaded = await _entry(runtime, _LOADED)
    if loaded is None:
        raise NotLoaded
    known = previous or {}
    found = {}
    for name in (*_MEMBERS, *_STAFF):
        holder = UUID(str(loaded.details[name]))
        opens, issue = (
            (_opens_member, _member_key) if name in _MEMBERS else (_opens_staff, _staff_key)
        )
        key = known.get(name)
        usable = key is not None and await opens(runtime, key, holder)
        found[name] = key if key is not None and usable else await issue(runtime, holder)
    return found


async def _opens_member(runtime: Runtime, key: str, business_id: UUID) -> bool:
    digest = secrets.digest(runtime.keyring, key)
    member = await member_access.remembered(runtime).get(digest)
    return (
        member is not None
        and member.business_id == business_id
        and member.scopes == frozenset(Scope)
        and not member.test
        and not member.networks
    )


async def _opens_staff(runtime: Runtime, key: str, staff_id: UUID) -> bool:
    digest = secrets.digest(runtime.keyring, key)
    holder = await staff_access.remembered(runtime).get(digest)
    return holder is not None and holder.id == staff_id


async def _member_key(runtime: Runtime, business_id: UUID) -> str:
    actor = Actor(kind=ActorKind.BUSINESS, business_id=business_id)
    async with transaction(runtime, business_id=business_id) as session:
        request = KeyRequest(label="demonstration", scopes=list(Scope))
        return (await businesses.create_key(session, actor, request)).api_key


async def _staff_key(runtime: Runtime, staff_id: UUID) -> str:
    async with transaction(runtime) as session:
        return await staff.issue_key(session, CONSOLE, staff_id)

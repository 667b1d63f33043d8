"""Each promise is really looked at: with a bug planted that breaks it, the same acts end in its breaking.

Each story is short and always the same; without its bug it ends well. `make long` lets the machine find the bugs by
itself as well.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from registry.audit import service as audit
from registry.disputes.tables import Dispute
from registry.identities import service as identities
from registry.messages import transports
from registry.messages.rules import Event
from registry.platform.policy import Policy
from registry.reports import held, lifecycle
from registry.reports import rules as report_rules
from registry.reports import service as reports
from registry.staff import service as staff
from registry.subjects.tables import SubjectSession
from tests.factories.rows import owning
from tests.model.machine import Machine
from tests.model.oracle import DAY, HOUR, Broken, Promise
from tests.model.stages import Stage, Step
from tests.model.world import World

Plant = Callable[[pytest.MonkeyPatch], None]
LONG = "MODEL_EXAMPLES" in os.environ


# --- the bugs ---


def no_days(patch: pytest.MonkeyPatch) -> None:
    """Published is visible as soon as the letter is written."""
    patch.setattr(lifecycle, "_promised", lambda _: timedelta())


def no_letter(patch: pytest.MonkeyPatch) -> None:
    """A letter counts as written that never was."""

    async def say_so(*_: object) -> Event:
        return Event.WRITTEN

    patch.setattr(transports, "_to_file", say_so)


def nothing_is_hidden(patch: pytest.MonkeyPatch) -> None:
    """What was shown once stays in lookups, whatever its state."""

    async def leave(*_: object) -> None:
        return None

    patch.setattr(identities, "hide", leave)


def nobody_works_for_anybody(patch: pytest.MonkeyPatch) -> None:
    """The registry does not know for whom a moderator works."""
    add = staff.add

    async def forget(*args: Any, **more: Any) -> Any:
        return await add(*args, **{**more, "business_id": None})

    patch.setattr(staff, "add", forget)


def nobody_screened(patch: pytest.MonkeyPatch) -> None:
    """The code does not know who screened a report; the database is told not to look (`without_trigger`)."""
    ruled = held.ruled

    async def forget(*args: Any) -> Any:
        return msgspec.structs.replace(await ruled(*args), screeners=frozenset())

    patch.setattr(held, "ruled", forget)


def one_is_two(patch: pytest.MonkeyPatch) -> None:
    """One moderator publishes, and upholds, what was brought back."""
    patch.setattr(report_rules, "APPROVALS_OF_DOUBTFUL", 1)


def one_upholds(patch: pytest.MonkeyPatch) -> None:
    """Two publish what was brought back; one upholds it."""
    ruled = held.ruled

    async def forget(*args: Any) -> Any:
        return msgspec.structs.replace(await ruled(*args), approvals_needed=1)

    patch.setattr(held, "ruled", forget)


def no_tombstones(patch: pytest.MonkeyPatch) -> None:
    """What ended is not known again."""
    patch.setattr(lifecycle, "tombstone_values", lambda *_: [])


def anybody_certifies(patch: pytest.MonkeyPatch) -> None:
    """Whether a reinsertion is certified is not looked at."""
    reinsert = reports.reinsert

    async def careless(session: Any, member: Any, report_id: Any, command: Any) -> Any:
        said = msgspec.structs.replace(command, certification=True)
        return await reinsert(session, member, report_id, said)

    patch.setattr(reports, "reinsert", careless)


def rulings_are_never_late(patch: pytest.MonkeyPatch) -> None:
    """A moderator may take half a year."""
    ends = Policy.ends

    def slow(self: Policy, number: str, since: Any) -> Any:
        later = since + timedelta(days=180) if number == "ruling_days" else since
        return ends(self, number, later)

    patch.setattr(Policy, "ends", slow)


def every_dispute_hides(patch: pytest.MonkeyPatch) -> None:
    """Whoever disputes again hides it again."""
    patch.setattr(Dispute, "hides", property(lambda _: True))


def one_proof_is_two(patch: pytest.MonkeyPatch) -> None:
    """The phone alone opens everything."""
    patch.setattr(SubjectSession, "proofs", property(lambda _: 2))


def silent_publication(patch: pytest.MonkeyPatch) -> None:
    """What the clock does is not put on record."""
    record = audit.record

    def forgetful(session: Any, actor: Any, action: str, *args: Any, **more: Any) -> None:
        if action != "report.notice_ended":
            record(session, actor, action, *args, **more)

    patch.setattr(audit, "record", forgetful)


# --- the stories ---


@dataclass(frozen=True)
class Story:
    """A bug, the promise that it breaks, and acts that show it."""

    promise: Promise
    plant: Plant
    stage: Stage
    steps: tuple[Step, ...]
    #: The table whose own check of conflicts is off meanwhile.
    without_trigger: str | None = None


def _wait(*leaps: timedelta) -> tuple[Step, ...]:
    return tuple(lambda m, leap=leap: m.wait(leap=leap) for leap in leaps)


_PUBLISH: tuple[Step, ...] = (lambda m: m.screen(number=0, who=0, decision="publish"),)
#: The only moderator of no business who agreed publishes what the second reporter brought back.
_ONCE: Step = lambda m: m.screen(number=3, who=0, decision="publish")  # noqa: E731 - a step like the others
STORIES = (
    Story(Promise.NOTICE, no_days, Stage.SCREENING, (*_PUBLISH, *_wait(HOUR))),
    Story(Promise.NOTICE, no_letter, Stage.SCREENING, (*_PUBLISH, *_wait(HOUR, 8 * DAY))),
    Story(
        Promise.CONTESTED,
        nothing_is_hidden,
        Stage.SHOWN,
        (lambda m: m.dispute(number=0, paid=False),),
    ),
    Story(
        Promise.CONFLICT,
        nobody_works_for_anybody,
        Stage.SCREENING,
        (lambda m: m.screen(number=0, who=2, decision="publish"),),
    ),
    Story(
        Promise.CONFLICT,
        nobody_screened,
        Stage.DISPUTED,
        (lambda m: m.rule_(number=3, who=0, ruling="uphold"),),
        without_trigger="dispute_rulings",
    ),
    Story(Promise.TWO, one_is_two, Stage.BROUGHT_BACK, (_ONCE,)),
    Story(
        Promise.TWO,
        one_upholds,
        Stage.SHOWN_AGAIN,
        (
            lambda m: m.dispute(number=3, paid=False),
            lambda m: m.answer(number=3),
            lambda m: m.rule_(number=3, who=2, ruling="uphold"),
        ),
    ),
    Story(
        Promise.CERTIFIED,
        no_tombstones,
        Stage.SHOWN,
        (lambda m: m.take_back(number=0, how="withdraw"), lambda m: m.file_again(number=0)),
    ),
    Story(
        Promise.CERTIFIED,
        anybody_certifies,
        Stage.SHOWN,
        (
            lambda m: m.take_back(number=0, how="withdraw"),
            lambda m: m.bring_back(number=0, certified=False),
        ),
    ),
    Story(
        Promise.CERTIFIED,
        nothing_is_hidden,
        Stage.SHOWN,
        (lambda m: m.take_back(number=0, how="withdraw"),),
    ),
    Story(
        Promise.BOUNDED,
        rulings_are_never_late,
        Stage.DISPUTED,
        _wait(15 * DAY, 31 * DAY, 31 * DAY, 31 * DAY),
    ),
    Story(
        Promise.BOUNDED,
        every_dispute_hides,
        Stage.UPHELD,
        (*_wait(31 * DAY), lambda m: m.dispute(number=0, paid=False)),
    ),
    Story(
        Promise.BOUNDED,
        one_proof_is_two,
        Stage.SHOWN,
        (lambda m: m.attack(number=0, proofs="phone"),),
    ),
    Story(
        Promise.AUDITED,
        silent_publication,
        Stage.SCREENING,
        (*_PUBLISH, *_wait(HOUR, 8 * DAY)),
    ),
)
NAMES = [f"{story.promise}-{story.plant.__name__}" for story in STORIES]


@contextmanager
def planted(world: World, story: Story, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """The bug, for so long."""
    with patch.context() as undone:
        story.plant(undone)
        world.run(timedelta(), _trigger(world, story.without_trigger, "DISABLE"))
        try:
            yield
        finally:
            world.run(timedelta(), _trigger(world, story.without_trigger, "ENABLE"))


async def _trigger(world: World, table: str | None, what: str) -> None:
    if table is not None:
        async with owning(world.registry.runtime) as connection:
            await connection.execute(f"ALTER TABLE {table} {what} TRIGGER refuse_conflict")
            await connection.execute("COMMIT")


def play(story: Story) -> None:
    """The story, with a look after each act."""
    machine = Machine()
    try:
        machine.begin(stage=story.stage)
        machine.look()
        for step in story.steps:
            step(machine)
            machine.look()
    finally:
        machine.teardown()


@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_a_planted_bug_is_caught(
    world: World, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    with planted(world, story, monkeypatch), pytest.raises(Broken) as broken:
        play(story)
    assert broken.value.promise is story.promise
    play(story)


def test_every_promise_has_its_bug() -> None:
    assert {story.promise for story in STORIES} == set(Promise)


@pytest.mark.skipif(not LONG, reason="`make long` looks for the bugs at random")
@pytest.mark.parametrize("story", STORIES, ids=NAMES)
def test_the_machine_finds_it_by_itself(
    world: World, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    searching = settings(
        max_examples=200,
        stateful_step_count=40,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    with planted(world, story, monkeypatch), pytest.raises(Broken):
        run_state_machine_as_test(Machine, settings=searching)

"""Each promise is really looked at: with a bug planted that breaks it, the same acts end in its breaking.

Each story is short and always the same; without its bug it ends well. `make long` lets the machine find the bugs by
itself as well.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.factories.rows import owning
from tests.model.machine import Machine
from tests.model.oracle import Broken, Promise
from tests.model.stories import STORIES, Story
from tests.model.world import World

LONG = "MODEL_EXAMPLES" in os.environ
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

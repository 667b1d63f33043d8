"""One registry for all examples of a module."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from tests.conftest import cloned
from tests.model.machine import Machine
from tests.model.world import World, opened


@pytest.fixture(scope="module")
def world(
    server_url: str, template_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """The registry that the machine runs in, on a loop of its own: Hypothesis does not wait."""
    folder = tmp_path_factory.mktemp("model") / "var"
    stack = AsyncExitStack()

    async def open_() -> World:
        url = await stack.enter_async_context(cloned(server_url, template_url))
        return World(runner, *await stack.enter_async_context(opened(url, folder)))

    with asyncio.Runner() as runner:
        Machine.world = runner.run(open_())
        yield Machine.world
        runner.run(stack.aclose())

"""A published report, its reporter and its person."""

from typing import Any

import pytest

from tests.disputes.people import SUBJECT, Person, arrived
from tests.factories.registry import Registry, Shop


@pytest.fixture
async def reporter(sandbox: Registry) -> Shop:
    return await sandbox.shop()


@pytest.fixture
async def report(sandbox: Registry, reporter: Shop) -> dict[str, Any]:
    return await sandbox.published(reporter, subject=SUBJECT)


@pytest.fixture
async def person(sandbox: Registry, report: dict[str, Any]) -> Person:
    return await arrived(sandbox)

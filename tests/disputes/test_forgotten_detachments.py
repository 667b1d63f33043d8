"""What is kept of a detachment goes: the address after the letter, the rest with the report or after twelve months."""

import pytest

from registry.disputes import jobs
from registry.platform import clock
from tests.disputes.people import SUBJECT
from tests.disputes.test_detachments import DAY, decided, holder, say
from tests.factories import rows
from tests.factories.registry import Registry


@pytest.fixture
async def reported(sandbox: Registry) -> None:
    """Somebody whose report is shown."""
    await sandbox.published(await sandbox.shop(), subject=SUBJECT)


async def test_the_address_of_whoever_said_so_goes_after_the_letter(
    sandbox: Registry, reported: None
) -> None:
    await say(sandbox, await holder(sandbox))
    assert await jobs.sweep_detachments(sandbox.runtime) == 0
    await decided(sandbox, "confirm")
    await sandbox.work()
    said = (
        "SELECT sealed_contacts, (SELECT count(*) FROM messages WHERE about_id = detachments.id) AS letters,"
        " (SELECT count(*) FROM data_keys WHERE id = data_key_id) AS keys FROM detachments"
    )
    assert await rows.select(sandbox.runtime, said) == [
        {"sealed_contacts": None, "letters": 1, "keys": 1}
    ]
    with clock.shifted(29 * DAY):
        assert await jobs.sweep_detachments(sandbox.runtime) == 0
    with clock.shifted(31 * DAY):
        assert await jobs.sweep_detachments(sandbox.runtime) == 1
    assert await rows.select(sandbox.runtime, said) == [
        {"sealed_contacts": None, "letters": 0, "keys": 0}
    ]


async def test_nothing_of_a_number_outlives_the_erased_report_and_the_twelve_months(
    sandbox: Registry, reported: None
) -> None:
    """Whoever said so is forgotten with the last report; a decision, when it bars nothing any more."""
    counted = (
        "SELECT count(*) AS rows, (SELECT count(*) FROM data_keys WHERE id IN"
        " (SELECT data_key_id FROM detachments)) AS keys FROM detachments"
    )
    await say(sandbox, await holder(sandbox))
    assert await jobs.sweep_detachments(sandbox.runtime) == 0
    keys = await rows.count(sandbox.runtime, "data_keys")
    async with sandbox.after(400 * DAY):  # its retention is over, and it is erased
        assert await jobs.sweep_detachments(sandbox.runtime) == 1
        assert await rows.select(sandbox.runtime, counted) == [{"rows": 0, "keys": 0}]
        assert await rows.count(sandbox.runtime, "data_keys") == keys - 2, (
            "the report's own as well"
        )


async def test_a_decision_is_kept_as_long_as_it_bars(sandbox: Registry, reported: None) -> None:
    await say(sandbox, await holder(sandbox))
    await decided(sandbox, "restore")
    with clock.shifted(300 * DAY):
        await jobs.sweep_detachments(sandbox.runtime)
        assert await rows.count(sandbox.runtime, "detachments") == 1
    with clock.shifted(370 * DAY):
        await jobs.sweep_detachments(sandbox.runtime)
        assert await rows.count(sandbox.runtime, "detachments") == 0

"""A load that is cut off is finished by the next start; and a load works under every policy."""

import asyncio
from pathlib import Path

import pytest

from registry.businesses import access as member_access
from registry.demo import service, stage
from registry.identities.wire import SubjectDescription
from registry.lookups import queries
from registry.lookups import service as lookups
from registry.lookups.desk import Desk
from registry.lookups.wire import LookupRequest, Purpose
from registry.platform import clock, secrets
from registry.platform.runtime import Runtime
from registry.reports.rules import State
from tests.conftest import cloned
from tests.demo.loading import (
    counted,
    expected_states,
    made_small,
    opened,
    rows,
    unheard,
    using,
)


class CutOff(Exception):
    """The process is killed."""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    made_small(monkeypatch)


async def cut_off_at(running: Runtime, share: float) -> None:
    """Begin or resume a load, and end it between two steps when that share of them is done."""

    def told(done: int, total: int, month: str) -> None:
        if done >= share * total:
            raise CutOff

    with pytest.raises(CutOff):
        await service.load(running, progress=told)


async def result_for(running: Runtime, phone: str) -> str:
    """What the README's lookup answers."""
    key = (await service.credentials(running, None))["member_key"]
    member = await member_access.remembered(running).get(secrets.digest(running.keyring, key))
    assert member is not None
    subject = SubjectDescription(phone=phone)
    request = LookupRequest(subject=subject, purpose=Purpose.ORDER, reference="order-1")
    asked = queries.read(running, member, request)
    return str((await lookups.look_up(Desk(running), member, [asked]))[0][0].result)


async def test_it_is_finished_after_every_interruption(
    running: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    await cut_off_at(running, 0.03)
    await cut_off_at(running, 0.5)
    whole = stage._attach

    async def broken(*_: object) -> None:
        raise CutOff

    monkeypatch.setattr(stage, "_attach", broken)
    with pytest.raises(CutOff):
        await service.load(running, progress=unheard)
    assert not clock.offset()
    with pytest.raises(service.NotLoaded):
        await service.credentials(running, None)
    monkeypatch.setattr(stage, "_attach", whole)
    await cut_off_at(running, 1)
    await service.load(running, progress=unheard)
    assert await counted(running, "reports", "state") == expected_states()
    assert sum((await counted(running, "businesses", "state")).values()) == 13
    assert await result_for(running, service.EXAMPLE_PHONE) == "record"


async def test_what_is_no_longer_possible_is_passed_over(
    server_url: str, template_url: str, tmp_path: Path
) -> None:
    """Between two starts the policy is changed: the plan is another one, the history is still ended."""
    async with cloned(server_url, template_url) as url:
        async with using(url, tmp_path, "eu-strict") as strict:
            await cut_off_at(strict, 0.8)
        async with using(url, tmp_path, "sandbox") as eased:
            await service.load(eased, progress=unheard)
            assert await result_for(eased, service.EXAMPLE_PHONE) == "record"
            assert await service.credentials(eased, None)


async def test_every_state_under_the_strict_policy(
    server_url: str, template_url: str, tmp_path: Path
) -> None:
    async with opened(server_url, template_url, tmp_path, "eu-strict") as running:
        await service.load(running, progress=unheard)
        assert await counted(running, "reports", "state") == expected_states()
        assert await result_for(running, service.EXAMPLE_PHONE) == "record"


async def test_without_waiting_times_nothing_rests_in_them_and_two_load_once(
    server_url: str, template_url: str, tmp_path: Path
) -> None:
    """Nor does a mail server that is set get letters: nobody at the invented addresses asked for any."""
    refusing = {"smtp_url": "smtp://127.0.0.1:1"}
    async with opened(server_url, template_url, tmp_path, "sandbox", **refusing) as running:
        both = (service.load(running, progress=unheard) for _ in range(2))
        await asyncio.gather(*both)
        states = await counted(running, "reports", "state")
        assert set(states) == set(map(str, State)) - {"submitted", "notice"}
        assert sum(states.values()) == sum(expected_states().values())
        assert (
            len(await rows(running, "SELECT 1 FROM audit_entries WHERE action = 'demo.loaded'"))
            == 1
        )
        assert await result_for(running, service.EXAMPLE_PHONE) == "record"
        assert set(await counted(running, "messages", "transport")) == {"files"}

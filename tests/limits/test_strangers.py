"""Callers without a key are limited as well: sign-ups, codes and tries, from an address, from a network, in all."""

import itertools
from collections.abc import Awaitable, Callable
from uuid import uuid4

import httpx
import pytest

from registry.businesses import rules as businesses
from registry.limits.rules import Allowance
from registry.subjects import rules as subjects
from tests.factories import rows
from tests.factories.registry import Registry, problem

SESSIONS = "/v1/subject/sessions"
FEW = Allowance(address=(30, 3), network=(50, 5), assured=(1, 1), shared=(50, 4))
ONE, SAME_ADDRESS, SAME_NETWORK = "2001:db8:7:1::5", "2001:db8:7:1:ffff::9", "2001:db8:7:2::5"
OTHERS = ("2001:db8:8:1::5", "192.0.2.7")
_numbers = itertools.count(1000)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three from an address, five from a network; each network is assured of one, and all share four more."""
    monkeypatch.setattr(businesses, "SIGN_UPS", FEW)
    monkeypatch.setattr(subjects, "CODES", FEW)
    monkeypatch.setattr(subjects, "TRIES", FEW)


async def sign_up(registry: Registry) -> httpx.Response:
    return await registry.sign_up()


async def start(registry: Registry) -> httpx.Response:
    return await registry.http.post(SESSIONS, json={"phone": f"+38050555{next(_numbers)}"})


async def guess(registry: Registry) -> httpx.Response:
    return await registry.http.post(f"{SESSIONS}/{uuid4()}/proof", json={"code": "1234567890"})


async def claim(registry: Registry) -> httpx.Response:
    return await registry.http.post(f"{SESSIONS}/{uuid4()}/proof", json={"document": "a" * 43})


@pytest.mark.parametrize(
    ("call", "admitted", "refusal"),
    [
        (sign_up, 201, "too-many-sign-ups"),
        (start, 202, "too-many-codes"),
        (guess, 404, "too-many-codes"),
        (claim, 404, "too-many-codes"),
    ],
)
async def test_limits(
    registry: Registry,
    call: Callable[[Registry], Awaitable[httpx.Response]],
    admitted: int,
    refusal: str,
) -> None:
    async def statuses(address: str, calls: int) -> list[int]:
        answers = [await call(registry.called_from(address)) for _ in range(calls)]
        for answer in answers:
            if answer.status_code == 429:
                assert problem(answer) == (429, refusal)
                assert 0 < int(answer.headers["retry-after"]) <= 3_600
        return [answer.status_code for answer in answers]

    assert await statuses(ONE, 5) == [admitted] * 3 + [429] * 2
    assert await statuses(SAME_ADDRESS, 1) == [429]
    assert await statuses(SAME_NETWORK, 3) == [admitted] * 2 + [429]
    # What all share is spent by now: each further network has what it is assured of.
    for address in OTHERS:
        assert await statuses(address, 3) == [admitted, 429, 429]


async def test_what_cannot_be_read_costs_nothing(registry: Registry) -> None:
    one = registry.called_from(ONE)
    for _ in range(4):
        assert (await one.sign_up(register_code="1")).status_code == 400
        assert (await one.sign_up(website="shop.example")).status_code == 400
        assert (await one.http.post(SESSIONS, json={"phone": "x"})).status_code == 400
    assert (await one.sign_up()).status_code == 201
    assert (await start(one)).status_code == 202


async def test_addresses_are_not_kept(registry: Registry) -> None:
    one = registry.called_from("192.0.2.77")
    await one.sign_up()
    await start(one)
    names = [row["name"] for row in await rows.select(registry.runtime, "SELECT name FROM buckets")]
    assert len([name for name in names if ":address:" in name or ":network:" in name]) == 12
    assert not any("192.0.2" in name for name in names)

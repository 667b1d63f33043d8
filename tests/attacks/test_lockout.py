"""An attacker who knows a number and would keep its holder out, or have the registry pay for letters to it.

With one address, with a crowd of them, and from behind the address that the person's own carrier gives to thousands.
"""

import itertools
from collections.abc import Iterator
from datetime import timedelta

import pytest

from registry.limits.rules import Allowance
from registry.platform import clock
from registry.subjects import rules
from tests.attacks.strangers import reported
from tests.disputes.people import Person
from tests.factories.registry import Registry, Shop, problem
from tests.subjects.test_proofs import SESSIONS, WRONG, code_to, prove

CARRIER, HOME = "198.51.100.7", "203.0.113.9"


@pytest.fixture(scope="module")
async def shop(shared_sandbox: Registry) -> Shop:
    return await shared_sandbox.shop()


def crowd() -> Iterator[str]:
    """Addresses, each of another network."""
    return (f"10.{high}.{low}.1" for high in itertools.count() for low in range(256))


async def begin(registry: Registry, **asked: str) -> str:
    """A session that was begun; whether the worker has seen to it is not waited for."""
    begun = await registry.http.post(SESSIONS, json=asked)
    assert begun.status_code == 202, begun.text
    session_id: str = begun.json()["session_id"]
    return session_id


async def opens(registry: Registry, victim: dict[str, str]) -> bool:
    """Whether the person gets to their file, by the newest letters that they have."""
    session_id = await begin(registry, phone=victim["phone"])
    await registry.work()
    first = await prove(registry, session_id, code=code_to(registry, victim["phone"]) or WRONG)
    if first.status_code != 200:
        return False
    await prove(registry, session_id, identifier=victim["email"])
    await registry.work()
    second = await prove(registry, session_id, code=code_to(registry, victim["email"]) or WRONG)
    if second.status_code != 200:
        return False
    token = {"Authorization": f"Bearer {second.json()['token']}"}
    return bool((await Person(registry.http, token).file())["reports"])


def letters_to(registry: Registry, address: str) -> int:
    return sum(letter["to"] == address for letter in registry.letters())


async def harass(registry: Registry, victim: dict[str, str], *, starts: int) -> None:
    """So many starts for the victim's phone and e-mail, each with every wrong try that it has."""
    for _ in range(starts):
        for kind in ("phone", "email"):
            session_id = await begin(registry, **{kind: victim[kind]})
            await registry.work()
            for _ in range(rules.CODE_TRIES):
                assert (await prove(registry, session_id, code=WRONG)).status_code == 422


async def test_one_address_locks_nobody_out(shared_sandbox: Registry, shop: Shop) -> None:
    """Neither by starts nor by wrong tries; and it has two letters sent, however often it asks."""
    victim = await reported(shared_sandbox, shop)
    before = letters_to(shared_sandbox, victim["phone"])
    await harass(shared_sandbox.called_from("192.0.2.1"), victim, starts=15)
    assert letters_to(shared_sandbox, victim["phone"]) == before + 1
    assert await opens(shared_sandbox.called_from(HOME), victim)


async def test_a_session_that_was_begun_before_is_as_good_as_one_begun_after(
    shared_sandbox: Registry, shop: Shop
) -> None:
    """The person has begun and waits for the letter, when the stranger begins, and tries."""
    victim = await reported(shared_sandbox, shop)
    mine = await begin(shared_sandbox, phone=victim["phone"])
    await harass(shared_sandbox.called_from("192.0.2.2"), victim, starts=3)
    code = code_to(shared_sandbox, victim["phone"]) or ""
    assert (await prove(shared_sandbox, mine, code=code)).status_code == 200


async def besiege(registry: Registry, victim: dict[str, str], minutes: int) -> None:
    """Every twenty minutes another network asks for the number, for so long."""
    for at, address in zip(range(0, minutes, 20), crowd(), strict=False):
        with clock.shifted(timedelta(minutes=at)):
            await begin(registry.called_from(address), phone=victim["phone"])
            await registry.work()


async def test_a_crowd_has_twelve_letters_a_day_sent_to_one_number(sandbox: Registry) -> None:
    victim = await reported(sandbox, await sandbox.shop())
    await sandbox.work()
    before = letters_to(sandbox, victim["phone"])
    await besiege(sandbox, victim, 24 * 60)
    assert 6 <= letters_to(sandbox, victim["phone"]) - before <= 12


@pytest.mark.parametrize("minutes", [1, 239, 241, 700])
async def test_at_any_time_the_last_letter_is_good(sandbox: Registry, minutes: int) -> None:
    """Also when the crowd has just had both letters of a code sent."""
    victim = await reported(sandbox, await sandbox.shop())
    await besiege(sandbox, victim, minutes)
    with clock.shifted(timedelta(minutes=minutes)):
        assert await opens(sandbox.called_from(HOME), victim)


async def test_who_deleted_the_letters_waits_for_four_hours_at_most(sandbox: Registry) -> None:
    victim = await reported(sandbox, await sandbox.shop())
    for passed in (timedelta(), rules.LETTER_AFTER):
        with clock.shifted(passed):
            await harass(sandbox.called_from("192.0.2.4"), victim, starts=1)
    for path in sandbox.runtime.settings.outbox_dir.glob("*.json"):
        path.unlink()
    with clock.shifted(rules.LETTER_AFTER + rules.CODE_FOR):
        assert await opens(sandbox.called_from(HOME), victim)


async def test_a_crowd_that_spends_what_all_share_locks_no_other_network_out(
    sandbox: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each network is assured of some: the crowd can spend its own, and what is shared."""
    few = Allowance(address=(60, 60), network=(60, 60), assured=(10, 10), shared=(20, 20))
    monkeypatch.setattr(rules, "CODES", few)
    monkeypatch.setattr(rules, "TRIES", few)
    victim = await reported(sandbox, await sandbox.shop())
    statuses = []
    for address in itertools.islice(crowd(), 3):
        there = sandbox.called_from(address)
        for _ in range(25):
            begun = await there.http.post(SESSIONS, json={"phone": victim["phone"]})
            elsewhere = f"{SESSIONS}/{begun.json().get('session_id', victim['phone'])}/proof"
            statuses.append(begun.status_code)
            if begun.status_code == 202:
                tried = await there.http.post(elsewhere, json={"code": WRONG})
                statuses.append(tried.status_code)
    assert statuses.count(429) > 20, "what is shared is spent"
    assert await opens(sandbox.called_from(HOME), victim)


async def test_behind_one_address_with_the_attacker_the_next_call_fits_in_seconds(
    shared_sandbox: Registry, shop: Shop
) -> None:
    """Who shares an address with an attacker is slowed, not locked out; the letter is good from anywhere else."""
    victim = await reported(shared_sandbox, shop)
    asked = {"phone": victim["phone"]}
    attacker, neighbour = [shared_sandbox.called_from(CARRIER) for _ in range(2)]
    statuses = {
        (await attacker.http.post(SESSIONS, json=asked)).status_code
        for _ in range(rules.CODES.address[1] + 5)
    }
    assert statuses == {202, 429}
    refused = await neighbour.http.post(SESSIONS, json=asked)
    assert problem(refused) == (429, "too-many-codes")
    assert int(refused.headers["Retry-After"]) <= 12
    await shared_sandbox.work()
    assert await opens(shared_sandbox.called_from(HOME), victim)


async def test_a_carriers_address_serves_hundreds_an_hour(
    shared_sandbox: Registry, shop: Shop
) -> None:
    people = [await reported(shared_sandbox, shop) for _ in range(3)]
    carrier = shared_sandbox.called_from("198.51.100.8")
    for number in range(200):
        await begin(carrier, phone=f"+38050556{number:04d}")
    for victim in people:
        assert await opens(carrier, victim)

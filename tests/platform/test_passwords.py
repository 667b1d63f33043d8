"""Slow hashes: argon2id, memory-hard, off the event loop."""

import asyncio

import pytest
from argon2 import PasswordHasher

from registry.platform import passwords


async def test_a_secret_belongs_to_its_own_hash() -> None:
    encoded = await passwords.hash_("Вірний пароль")
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.verify(encoded, "Вірний пароль")
    for other in ("вірний пароль", "", "Вірний пароль "):
        assert not await passwords.verify(encoded, other)


async def test_the_same_secret_hashes_differently_each_time() -> None:
    assert await passwords.hash_("12345678") != await passwords.hash_("12345678")


@pytest.mark.parametrize("encoded", ["", "x", "$argon2id$", "$2b$12$abc", "$argon2id$v=19$m=1$x$y"])
async def test_what_is_no_hash_belongs_to_nothing(encoded: str) -> None:
    assert not await passwords.verify(encoded, "x")


async def test_older_parameters_are_noticed() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash("x")
    assert passwords.outdated(weak)
    assert not passwords.outdated(await passwords.hash_("x"))
    assert await passwords.verify(weak, "x")


async def test_hashing_holds_up_nothing_else() -> None:
    """Twenty hashes at once wait for one another in their own threads; the loop goes on meanwhile."""
    work = asyncio.gather(*(passwords.hash_("x") for _ in range(20)))
    ticks = 0
    while not work.done():
        await asyncio.sleep(0.001)
        ticks += 1
    await work
    # Run on the loop itself, they would leave it one turn or two.
    assert ticks > 20

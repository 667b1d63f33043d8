"""Slow hashes for what people choose or type: passwords and the codes of sign-ups, with argon2id.

A hash takes about 25 ms and 19 MiB (RFC 9106's second recommendation, lowered to OWASP's minimum), so it
runs in a pool of two threads: signing in cannot starve lookups.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")


async def hash_(secret: str) -> str:
    """The encoded argon2id hash of a password or code."""
    return await asyncio.get_running_loop().run_in_executor(_pool, _hasher.hash, secret)


async def verify(encoded: str, secret: str) -> bool:
    """Whether the secret belongs to the hash."""
    try:
        return await asyncio.get_running_loop().run_in_executor(
            _pool, _hasher.verify, encoded, secret
        )
    except (VerificationError, InvalidHashError):
        return False


def outdated(encoded: str) -> bool:
    """Whether the hash was made with other parameters and should be made anew at the next sign-in."""
    return _hasher.check_needs_rehash(encoded)

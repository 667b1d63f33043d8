"""UUIDv7: sorted by the time they were made."""

import time
from itertools import pairwise
from uuid import RFC_4122

from registry.platform.ids import uuid7


def test_version_and_variant() -> None:
    for _ in range(1000):
        made = uuid7()
        assert (made.version, made.variant) == (7, RFC_4122)


def test_the_time_is_in_front() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    after = time.time_ns() // 1_000_000
    assert before <= made.int >> 80 <= after


def test_made_later_sorts_later() -> None:
    """Also within a millisecond, so that the entries of one transaction keep their order."""
    made = [uuid7() for _ in range(5000)]
    assert len(set(made)) == 5000
    turned = sum(a > b for a, b in pairwise(made))
    # Only what falls into one quarter of a microsecond may stand in any order.
    assert turned < 50

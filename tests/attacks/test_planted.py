"""The list of bugs to plant names attacks that there are; what comes of planting them, `pytest --planted` shows."""

from pathlib import Path

import pytest

from tests.attacks.bugs import BUGS, Bug


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_each_bug_names_an_attack(bug: Bug) -> None:
    file, _, function = bug.test.partition("::")
    assert f"def {function}(" in (Path(__file__).parent / file).read_text(encoding="utf-8")

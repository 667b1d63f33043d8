"""Attacks on a registry with a control taken away: with `--planted` they must fail, each under its own bug.

`bugs.py` is the list. A bug that its attack does not notice makes the run fail: the attack is not the test of that
control that it says it is.
"""

from collections.abc import Iterator

import pytest

from tests.attacks.bugs import BUGS, Bug

#: An attack that is noticed fails by what it asserts. Anything else is a fault of the bug's planting.
NOTICED = (AssertionError, pytest.fail.Exception)


@pytest.fixture(autouse=True)
def planted(request: pytest.FixtureRequest) -> Iterator[Bug | None]:
    """The bug that is planted for this test, if any."""
    bug: Bug | None = getattr(request, "param", None)
    with pytest.MonkeyPatch.context() as patch:
        if bug is not None:
            bug.plant(patch)
        yield bug


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each attack of the list its bugs."""
    if not metafunc.config.getoption("planted"):
        return
    noticed = pytest.mark.xfail(strict=True, raises=NOTICED, reason="a bug is planted")
    name = f"{metafunc.definition.path.name}::{metafunc.function.__name__}"
    bugs = [pytest.param(bug, marks=noticed, id=bug.name) for bug in BUGS if bug.test == name]
    if bugs:
        metafunc.parametrize("planted", bugs, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests under which nothing is planted, and the cases that do not notice."""
    if not config.getoption("planted"):
        return
    wanted = [item for item in items if _notices(item)]
    left = {bug for bug in BUGS if not any(_bug_of(item) is bug for item in wanted)}
    missing = [bug.name for bug in left if any(_file(bug) == item.path.name for item in items)]
    if missing:
        raise pytest.UsageError(f"no test notices {', '.join(missing)}; see {__file__}")
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = wanted


def _bug_of(item: pytest.Item) -> Bug | None:
    call = getattr(item, "callspec", None)
    found: Bug | None = None if call is None else call.params.get("planted")
    return found


def _notices(item: pytest.Item) -> bool:
    bug = _bug_of(item)
    return bug is not None and bug.case in item.name


def _file(bug: Bug) -> str:
    return bug.test.partition("::")[0]

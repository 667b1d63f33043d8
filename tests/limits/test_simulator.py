"""The simulator of attackers (`bench/limits.py`) on a small world: it goes by the server's rules, and bounds hold."""

import argparse
import importlib.util
import random
from pathlib import Path
from types import ModuleType

import pytest

from registry.limits import watch
from registry.limits.watch import Signal

FILE = Path(__file__).parents[2] / "bench" / "limits.py"
OPTIONS = argparse.Namespace(seed=1, plan="free", canaries=500)


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    """The command as a module, in a world of a tenth of the size."""
    spec = importlib.util.spec_from_file_location("bench_limits", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    vars(module).update(SPACE=1_000_000, PEOPLE=100_000)
    return module


@pytest.fixture(scope="module")
def world(bench: ModuleType) -> object:
    return bench.World(random.Random(1))


def test_budgets_alone_hold_the_bound(bench: ModuleType, world: object) -> None:
    """A full bucket and 30 days' refill of strangers for each business, and not one more."""
    gang = bench.attack(world, OPTIONS, "random", ())
    for one in gang:
        assert not one.stopped
        assert one.queries - len(one.revealed) <= 200 * (bench.DAYS + 1)


@pytest.mark.parametrize("strategy", ["sequential", "random", "mixed"])
def test_detection_stops_each_strategy_early(
    bench: ModuleType, world: object, strategy: str
) -> None:
    for run in range(5):
        one = bench.early(world, OPTIONS, strategy, f"test {run}", Signal)
        assert one.stopped
        assert one.queries < bench.FIRST


def test_honest_shops_go_on(bench: ModuleType, world: object) -> None:
    assert not any(bench.honest(world, OPTIONS, f"shop {n}").stopped for n in range(5))


def test_it_asks_the_server_rules(
    bench: ModuleType, world: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the rule taken out of the server, nobody is stopped in the simulator either."""
    monkeypatch.setattr(watch, "stops", lambda _: [])
    assert not bench.early(world, OPTIONS, "sequential", "test", Signal).stopped

"""The import contracts of pyproject.toml: kept by the code, and broken by what they are against.

The planted violations run on a copy of the tree of files, empty but for the one that is wrong.
"""

import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture import tree

_LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

#: Slices whose SQL is everyone's foundation: `platform` lends its tables' base to all.
_OPEN = {"platform"}


def lint_imports(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter in a folder that has a pyproject.toml and a `registry/`."""
    command = [sys.executable, "-c", _LINT, "--no-cache", "--no-logo", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def skeleton(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """The tree of `registry/` with empty files, and whatever is planted in it."""

    def plant(planted: dict[str, str]) -> Path:
        (tmp_path / "pyproject.toml").write_text(tree.read("pyproject.toml"))
        for path, source in {**dict.fromkeys(tree.python_files("registry"), ""), **planted}.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(source)
        return tmp_path

    return plant


def test_every_contract_is_kept() -> None:
    done = lint_imports(tree.ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_empty_tree_breaks_nothing(skeleton: Callable[[dict[str, str]], Path]) -> None:
    done = lint_imports(skeleton({}))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("contract", "planted"),
    [
        pytest.param(
            "order", {"registry/platform/stray.py": "import registry.reports.service"}, id="uphill"
        ),
        pytest.param(
            "order", {"registry/limits/stray.py": "import registry.messages"}, id="sideways"
        ),
        pytest.param("order", {"registry/stray/__init__.py": ""}, id="unplaced"),
        pytest.param(
            "slice", {"registry/reports/store.py": "import registry.reports.service"}, id="upstairs"
        ),
        pytest.param(
            "slice",
            {
                "registry/reports/rules.py": "import registry.reports.stray",
                "registry/reports/stray.py": "import registry.reports.store",
            },
            id="upstairs-through-another-file",
        ),
        pytest.param(
            "slice",
            {"registry/reports/wire.py": "import registry.reports.tables"},
            id="wire-tables",
        ),
        pytest.param("pure", {"registry/matching/stray.py": "import asyncio"}, id="matching"),
        pytest.param(
            "pure", {"registry/reports/rules.py": "from registry.platform import db"}, id="rules"
        ),
        pytest.param(
            "private-identities",
            {"registry/lookups/service.py": "from registry.identities import store"},
            id="foreign-sql",
        ),
    ],
)
def test_a_planted_import_breaks_its_contract(
    skeleton: Callable[[dict[str, str]], Path], contract: str, planted: dict[str, str]
) -> None:
    done = lint_imports(skeleton(planted), "--contract", contract)
    assert done.returncode == 1
    assert "0 kept, 1 broken" in done.stdout, done.stdout + done.stderr


def test_metadata_alone_may_gather_foreign_tables(
    skeleton: Callable[[dict[str, str]], Path],
) -> None:
    planted = {"registry/metadata.py": "from registry.identities import tables"}
    done = lint_imports(skeleton(planted), "--contract", "private-identities")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_sql_of_every_slice_is_private() -> None:
    contracts = tomllib.loads(tree.read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    private = {
        contract["id"]: set(contract["protected_modules"])
        for contract in contracts
        if contract["type"] == "protected"
    }
    present: dict[str, set[str]] = {}
    for name in set(tree.slices()) - _OPEN:
        for part in ("store", "tables"):
            module = f"registry/{name}/{part}"
            if {f"{module}.py", f"{module}/__init__.py"} & set(tree.files()):
                present.setdefault(f"private-{name}", set()).add(module.replace("/", "."))
    assert private == present

"""Every command teaches, none does nothing, and asking for help loads nothing heavy."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from registry.cli import GROUPS, root, words
from registry.identities.wire import SubjectDescription
from registry.lookups.rules import Advice, Result
from registry.reports.rules import SHOWN, Category, EvidenceGrade
from tests.cli.processes import environment, run

HEAVY = {"alembic", "asyncpg", "httpx", "litestar", "msgspec", "rich.progress", "sqlalchemy"}


def commands(group: click.Group, *above: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *above, name)
        else:
            yield (*above, name), command


COMMANDS = dict(commands(root))


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_has_an_example_and_exit_codes(path: tuple[str, ...]) -> None:
    text = COMMANDS[path].help or ""
    assert f"registry {' '.join(path)}" in text
    assert "Exit codes: 0 " in text
    undocumented = [
        option.name
        for option in COMMANDS[path].params
        if isinstance(option, click.Option) and not option.hidden and not option.help
    ]
    assert not undocumented


def test_every_command_stands_in_a_panel() -> None:
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(root.commands)


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, registry.cli; print(*sorted(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment()
    ).stdout.split()
    assert not HEAVY & set(loaded)


def test_help_and_version_answer() -> None:
    assert "lookup" in run("--help").out
    assert run("--version").out.startswith("registry ")
    assert run("nonsense").code == 2


def test_every_code_of_an_answer_has_words_in_both_other_languages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fields = {"phone", "email", "tax_id", "company_code", "handle", "name", "birth_date", "city"}
    assert fields <= set(SubjectDescription.__struct_fields__)
    codes = {*Category, *EvidenceGrade, *Advice, *Result, *SHOWN, *fields}
    codes |= {"same", "transliteration", "partial", "differs", "exact", "strong", "grade_possible"}
    for language in ("uk", "ru"):
        monkeypatch.setenv("LC_ALL", language)
        assert [code for code in codes if words.word(code) == code.replace("_", " ")] in (
            [],
            ["email"],
        )


def test_the_languages_have_the_same_keys() -> None:
    texts = words._texts()
    assert set(texts["uk"]) == set(texts["ru"])
    assert set(texts["en"]) <= set(texts["uk"])

"""Where the deployment's files are, what they may name, and the checkers that a machine may lack."""

import os
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
import yaml

from registry.cli import root
from registry.platform.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
DOCS = ROOT / "docs"
#: Read by the commands that talk to a server, not by a server.
CLIENT_SIDE = {"REGISTRY_URL", "REGISTRY_API_KEY"}
SETTINGS = {f"REGISTRY_{field.name.upper()}" for field in msgspec.structs.fields(Settings)}
#: libpq's own, which asyncpg reads as well.
PASSED_ON = {"PGSSLMODE", "PGSSLROOTCERT"}

#: Programs that must be there, separated by blanks; see `.ci/run`.
REQUIRED = os.environ.get("TEST_NEEDS", "").split()

# Servers lie where an ordinary user's PATH does not look.
os.environ["PATH"] = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def documents(path: str) -> list[Any]:
    """The YAML documents of a file."""
    return list(yaml.safe_load_all(read(path)))


def needs(checker: str) -> pytest.MarkDecorator:
    """Skip a test where a program is missing, unless TEST_NEEDS names it: then the test runs, and fails."""
    missing = shutil.which(checker) is None and checker not in REQUIRED
    return pytest.mark.skipif(missing, reason=f"{checker} is not installed on this machine")


def version() -> str:
    found = re.search(r'^version = "(.+)"$', read("pyproject.toml"), re.MULTILINE)
    assert found
    return found[1]


def understood(arguments: list[str]) -> None:
    """Let click read a command line of `registry`, without running it; raises what it finds wrong."""
    command: click.Command = root
    name, rest = "registry", list(arguments)
    while isinstance(command, click.Group):
        name = rest.pop(0)
        found = command.commands.get(name)
        assert found is not None, f"there is no command `registry {name}`"
        command = found
    command.make_context(name, rest)


def command_lines(text: str) -> Iterator[list[str]]:
    """The lines of a text's code blocks that call `registry`, with their continuations."""
    for block in re.findall(r"```(?:sh|bash|console)\n(.*?)```", text, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            called = re.findall(r"(?:^|[\s/])registry (?=[a-z])([^|>#]*)", line)
            if called and not line.lstrip().startswith(("#", "systemctl ")):
                # `exec registry registry ...`: the first is the name of a container.
                yield shlex.split(called[-1].removeprefix("registry "))

"""Each rule on the files it is for, and on a planted violation and an innocent neighbour of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import pytest

from tests.architecture import checks, tree
from tests.architecture.checks import Finding


@dataclass(frozen=True)
class Rule:
    """A check, the files it is for, what it must find and what it must let pass."""

    check: Callable[[str], Iterator[Finding]]
    applies: Callable[[PurePosixPath], bool]
    violations: tuple[str, ...]
    innocent: tuple[str, ...]

    def __str__(self) -> str:
        return self.check.__name__


def _registry(path: PurePosixPath) -> bool:
    return path.parts[0] == "registry"


def _pure(path: PurePosixPath) -> bool:
    return _registry(path) and (path.parts[1] == "matching" or path.name == "rules.py")


def _above_sql(path: PurePosixPath) -> bool:
    """Where no SQL belongs: not in `store.py` (or a folder of that name), nor below the slices."""
    at_home = {"platform", "store", "store.py", "tables.py", "metadata.py"}
    return _registry(path) and not at_home & set(path.parts[1:])


def _tables(path: PurePosixPath) -> bool:
    return _registry(path) and path.name == "tables.py" and path.parts[1] != "platform"


RULES = (
    Rule(
        checks.commits,
        lambda path: _registry(path) and path.parts[1] != "platform",
        ("async def f(session):\n    await session.commit()",),
        ("transaction.rollback()", "commit()"),
    ),
    Rule(
        checks.personal_logs,
        _registry,
        (
            "log.info('seen', phone=1)",
            "logger.warning(f'seen {person.email}')",
            "self._log.error('%s', row['tax_id'])",
            "log.bind(who=str(subject)).info('seen')",
            "structlog.contextvars.bind_contextvars(key=1)",
            "log.info('seen', text=report.statement.strip())",
        ),
        (
            "log.info('seen', count=len(phones), fault=type(fault).__name__)",
            "log.info('key revoked', key_id=key.id)",
            "log.error('failed', job=job.name)",
            "answer.info(phone=1)",
        ),
    ),
    Rule(
        checks.impure,
        _pure,
        (
            "import datetime\ndatetime.datetime.now()",
            "from datetime import datetime\ndatetime.utcnow()",
            "from datetime import date\ndate.today()",
            "import time",
            "from time import time",
            "from uuid import uuid4",
            "import uuid\nuuid.uuid4()",
            "import random",
            "from secrets import token_hex",
            "import os\nos.urandom(3)",
        ),
        (
            "from uuid import UUID",
            "from datetime import date, time, timedelta\nnow = date(2026, 1, 1) + timedelta(1)",
            "from registry.matching import phone",
        ),
    ),
    Rule(
        checks.type_checking,
        lambda path: _registry(path) and path.name == "routes.py",
        (
            "from typing import TYPE_CHECKING",
            "import typing\nif typing.TYPE_CHECKING:\n    import decimal",
        ),
        ("from typing import Annotated",),
    ),
    Rule(
        checks.statements,
        _above_sql,
        (
            "from sqlalchemy import select\nselect(x)",
            "from sqlalchemy import text as raw\nraw('now()')",
            "import sqlalchemy as sa\nsa.update(x)",
            "from sqlalchemy.dialects.postgresql import insert\ninsert(x)",
            "connection.fetch('SELECT id FROM reports')",
            "connection.execute('''\n  delete from reports''')",
        ),
        (
            "people.update(x)",
            "from registry.platform import text\ntext(x)",
            "def f():\n    'Select a file from the list; insert into it.'",
        ),
    ),
    Rule(
        checks.table_statements,
        _tables,
        ("from sqlalchemy import select\nselect(x)",),
        ("from sqlalchemy import Index, text\nIndex('i', postgresql_where=text('a IS NULL'))",),
    ),
    Rule(
        checks.charter,
        lambda path: path.parts[0] != "tests" or path.name != "__init__.py",
        ("import os\n'late'", ""),
        ("'''What lives here.'''\nimport os",),
    ),
    Rule(
        checks.enum_lines,
        _registry,
        (
            "class State(StrEnum):\n    #: Here.\n    A = 'a'\n    B = 'b'",
            "class State(enum.IntEnum):\n    # Not the mark.\n    A = 1",
        ),
        (
            "class State(StrEnum):\n    'Doc.'\n    #: Here.\n    A = 'a'\n    B = 'b'  #: There.",
            "class State(StrEnum):\n    _ignore_ = ()\n    def f(self):\n        x = 1",
            "class Plain:\n    A = 1",
        ),
    ),
    Rule(
        checks.class_names,
        _registry,
        ("class ReportService:\n    pass", "class KeyRepository(Base):\n    pass"),
        ("class ServiceLevel:\n    pass",),
    ),
    Rule(
        checks.silenced,
        lambda path: True,
        (
            "x = 1  # type: ignore",
            "x = 1  # type: ignore[misc]",
            "x = 1  # noqa",
            "x = 1  # noqa: S101",
            "x = 1  # noqa: the linter is wrong here",
        ),
        (
            "x = 1  # type: ignore[misc]  # the stub lacks the overload",
            "x = 1  # noqa: S101 - the function returns one row",
            "x = 1  # noqa: S101, S102  # both are meant here",
            "x = '# noqa'",
        ),
    ),
)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_the_repository_keeps_the_rule(rule: Rule) -> None:
    found = [
        f"{path}:{line} {what}"
        for path in tree.python_files()
        if rule.applies(PurePosixPath(path))
        for line, what in rule.check(tree.read(path))
    ]
    assert not found, "\n".join([rule.check.__doc__ or "", *found])


@pytest.mark.parametrize(
    ("rule", "source"),
    [pytest.param(rule, source, id=str(rule)) for rule in RULES for source in rule.violations],
)
def test_a_planted_violation_is_found(rule: Rule, source: str) -> None:
    assert list(rule.check(source))


@pytest.mark.parametrize(
    ("rule", "source"),
    [pytest.param(rule, source, id=str(rule)) for rule in RULES for source in rule.innocent],
)
def test_an_innocent_neighbour_passes(rule: Rule, source: str) -> None:
    assert not list(rule.check(source))


@pytest.mark.parametrize(
    ("check", "path", "expected"),
    [
        (checks.impure, "registry/reports/rules.py", True),
        (checks.impure, "registry/matching/phone.py", True),
        (checks.impure, "registry/reports/service.py", False),
        (checks.commits, "registry/reports/store.py", True),
        (checks.commits, "registry/platform/runtime.py", False),
        (checks.statements, "registry/reports/service.py", True),
        (checks.statements, "registry/cli/lookup.py", True),
        (checks.statements, "registry/reports/store.py", False),
        (checks.statements, "registry/lookups/store/answers.py", False),
        (checks.statements, "migrations/versions/0001_start.py", False),
        (checks.type_checking, "registry/staff/routes.py", True),
    ],
)
def test_a_rule_is_for_the_files_it_names(
    check: Callable[[str], Iterator[Finding]], path: str, *, expected: bool
) -> None:
    rule = next(rule for rule in RULES if rule.check is check)
    assert rule.applies(PurePosixPath(path)) is expected


#: Names that say nothing of what is inside. `schemas/` at the root is no Python module.
VAGUE = {"common", "helper", "helpers", "schemas", "util", "utils"}


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = [
        path for path in tree.python_files() if VAGUE & set(path.removesuffix(".py").split("/"))
    ]
    assert not vague

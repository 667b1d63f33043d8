"""The rules of ARCHITECTURE.md that can be read off the source text, as functions over that text.

A check takes a file's source and yields what is wrong with it, by line. Which files a check is for,
and the planted violation that proves it, stand in `test_rules.py`. What import-linter or ruff can
say is said there, not here.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator

Finding = tuple[int, str]

#: What a log may never be given: a person's data, a secret, or a text that may hold either.
PERSONAL = frozenset(
    """
    address addresses api_key birth_date body contract_reference email emails full_name handle
    handles identifier identifiers key name names note password phone phones query recipient
    reference secret statement subject subjects tax_id tax_ids token
    """.split()
)

#: Of the names that a log may be given, those that are ours.
_OURS = {"job.name"}

_LOGGER = re.compile(r"_?log(ger)?$", re.IGNORECASE)
_LOG_CALLS = set("bind critical debug error exception fatal info log msg new warn warning".split())
_CONTEXT_CALLS = {"bind_contextvars", "bound_contextvars"}
_HARMLESS_CALLS = {"bool", "len", "type"}

_CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
_IMPURE_MODULES = {"random", "secrets", "time"}
_IMPURE_NAMES = {"getrandbits", "token_bytes", "urandom", "uuid1", "uuid4", "uuid7"}

_STATEMENTS = {"delete", "insert", "select", "text", "update"}
_ENDINGS = tuple(f".{name}" for name in _STATEMENTS)
_SQL = re.compile(
    r"\s*(?:select\s.+\sfrom\s|insert\s+into\s|update\s+\w+\s+set\s|delete\s+from\s)", re.DOTALL
)

_REASONED = re.compile(
    r"#\s*(?:type: ignore\[[\w, -]+\]|noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)*)\s*(?:#|-)\s*\w.{4,}"
)
_SILENCED = re.compile(r"#\s*(?:type:\s*ignore|noqa)\b", re.IGNORECASE)


def commits(source: str) -> Iterator[Finding]:
    """Only `platform` ends a transaction."""
    for node in _calls(source):
        if isinstance(node.func, ast.Attribute) and node.func.attr == "commit":
            yield node.lineno, "commits; platform's transaction does that"


def personal_logs(source: str) -> Iterator[Finding]:
    """No argument of a log call is, or is named like, a personal field."""
    for node in _calls(source):
        if not _is_log_call(node.func):
            continue
        named = [keyword.arg for keyword in node.keywords if keyword.arg]
        values = [*node.args, *(keyword.value for keyword in node.keywords)]
        for word in [*named, *(word for value in values for word in _logged(value))]:
            if word in PERSONAL:
                yield node.lineno, f"logs `{word}`"


def impure(source: str) -> Iterator[Finding]:
    """Pure code gets `now` as an argument, and throws no dice."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            if _dotted(node).endswith(tuple(_CLOCKS)):
                yield node.lineno, "reads a clock; `now` is an argument"
            elif node.attr in _IMPURE_NAMES:
                yield node.lineno, f"`{node.attr}` gives another answer each time"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for name in _imported(node):
                if name.split(".")[0] in _IMPURE_MODULES or name.split(".")[-1] in _IMPURE_NAMES:
                    yield node.lineno, f"imports `{name}`"


def type_checking(source: str) -> Iterator[Finding]:
    """Litestar reads a handler's annotations when it runs."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name | ast.alias | ast.Attribute):
            name = getattr(node, "id", getattr(node, "name", getattr(node, "attr", "")))
            if name == "TYPE_CHECKING":
                yield node.lineno, "hides imports from the running handler"


def statements(source: str) -> Iterator[Finding]:
    """SQL is written in `store.py`."""
    tree = ast.parse(source)
    local = {
        alias.asname or alias.name: alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sqlalchemy")
        for alias in node.names
    }
    packages = {
        alias.asname or alias.name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name.split(".")[0] == "sqlalchemy"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            func = node.func
            if isinstance(func, ast.Name) and local.get(func.id) in _STATEMENTS:
                yield node.lineno, f"writes SQL: {local[func.id]}"
            elif _dotted(func).split(".")[0] in packages and _dotted(func).endswith(_ENDINGS):
                yield node.lineno, f"writes SQL: {_dotted(func).split('.')[-1]}"
        elif isinstance(node, ast.Constant) and _is_sql(node.value):
            yield node.lineno, "holds an SQL statement as text"


def table_statements(source: str) -> Iterator[Finding]:
    """Tables may hold SQL text for a partial index or a default, but no statement."""
    yield from (found for found in statements(source) if found[1] != "writes SQL: text")


def charter(source: str) -> Iterator[Finding]:
    """A module opens by saying what lives in it."""
    if not ast.get_docstring(ast.parse(source)):
        yield 1, "has no docstring"


def enum_lines(source: str) -> Iterator[Finding]:
    """Each member of an enum has its `#:` line, above it or behind it."""
    comments = {
        token.start[0]: token.string for token in _tokens(source) if token.type == tokenize.COMMENT
    }
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ClassDef) or not any(map(_is_enum, node.bases)):
            continue
        for member in node.body:
            if not isinstance(member, ast.Assign) or ast.unparse(member.targets[0])[0] == "_":
                continue
            near = (comments.get(line, "") for line in (member.lineno - 1, member.end_lineno or 0))
            if not any(comment.startswith("#:") for comment in near):
                yield member.lineno, f"`{ast.unparse(member.targets[0])}` has no `#:` line"


def class_names(source: str) -> Iterator[Finding]:
    """Services are modules of functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and re.search(
            r"(Service|Manager|Repository)$", node.name
        ):
            yield node.lineno, f"`{node.name}` is a class where a module of functions would do"


def silenced(source: str) -> Iterator[Finding]:
    """A silenced checker is named, and the reason stands behind it."""
    for token in _tokens(source):
        if token.type != tokenize.COMMENT or _REASONED.search(token.string):
            continue
        if _SILENCED.search(token.string):
            yield token.start[0], f"gives no rule or no reason: {token.string}"


def _tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    return tokenize.generate_tokens(io.StringIO(source).readline)


def _calls(source: str) -> Iterator[ast.Call]:
    return (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    prefix = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
    return [f"{prefix}{alias.name}" for alias in node.names]


def _is_enum(base: ast.expr) -> bool:
    return _dotted(base).split(".")[-1] in {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"}


def _is_sql(value: object) -> bool:
    """In capitals or in small letters throughout: `Select a file from ...` is a sentence."""
    return isinstance(value, str) and any(map(_SQL.match, (value, value.swapcase())))


def _is_log_call(func: ast.expr) -> bool:
    name = _dotted(func).split(".")
    if name[-1] in _CONTEXT_CALLS:
        return True
    return len(name) > 1 and name[-1] in _LOG_CALLS and bool(_LOGGER.match(name[-2]))


def _logged(node: ast.AST) -> Iterator[str]:
    """The names of the values that an expression shows: of `report.statement` only the last one."""
    if isinstance(node, ast.Attribute):
        yield node.attr if _dotted(node) not in _OURS else _dotted(node)
    elif isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Subscript):
        yield from _logged(node.value)
        if isinstance(node.slice, ast.Constant):
            yield str(node.slice.value)
    elif isinstance(node, ast.Call):
        if _dotted(node.func) not in _HARMLESS_CALLS:
            if isinstance(node.func, ast.Attribute):
                yield from _logged(node.func.value)
            for argument in [*node.args, *(keyword.value for keyword in node.keywords)]:
                yield from _logged(argument)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _logged(child)

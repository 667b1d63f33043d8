"""How large a thing is: the sizes that `test_size.py` holds against their budgets.

Each measure takes source text, so that it can be tried on text made up for the purpose.
"""

import ast
from collections.abc import Collection, Iterator, Mapping


def file_lines(source: str) -> int:
    """Lines of a file, blank ones and comments included."""
    return len(source.splitlines())


def function_lines(source: str) -> dict[str, int]:
    """Lines of each function from `def` to its end, without its docstring, which is documentation."""
    return {
        f"{node.name}:{node.lineno}": _span(node) - _docstring_lines(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def foreign_slices(path: str, source: str, slices: Collection[str]) -> set[str]:
    """The slices other than its own that a file of `registry/` imports, late imports included."""
    own = path.split("/")[1]
    imported = {name.split(".")[1] for name in _imports(ast.walk(ast.parse(source))) if "." in name}
    return (imported & set(slices)) - {own}


def deepest_import(sources: Mapping[str, str]) -> list[str]:
    """The deepest stack of modules, each running the import of the next, that any first import makes.

    `sources` maps module names to their text. A module that was imported before runs no more, and
    what stands inside a function does not run at import: this is the stack that Python builds.
    Raises `ValueError` when modules import each other in a circle.
    """
    edges = {name: _eager(name, source, sources.keys()) for name, source in sources.items()}
    deepest: list[str] = []

    def enter(name: str, above: list[str], done: set[str]) -> None:
        nonlocal deepest
        stack = [*above, name]
        if name in above:
            raise ValueError(" -> ".join(stack[above.index(name) :]))
        if name in done:
            return
        deepest = max(deepest, stack, key=len)
        for other in edges[name]:
            enter(other, stack, done)
        done.add(name)

    for name in sources:
        enter(name, [], set())
    return deepest


def module_name(path: str) -> str:
    """The dotted name of the module in a file."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _span(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _docstring_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return _span(node.body[0]) if ast.get_docstring(node) is not None else 0


def _imports(nodes: Iterator[ast.AST]) -> Iterator[str]:
    """Names that may be modules: of `from a.b import c` both `a.b` and `a.b.c`."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _eager(name: str, source: str, modules: Collection[str]) -> list[str]:
    """The modules that run because this one is imported, in order; the packages around it ran before."""
    found: dict[str, None] = {}
    for imported in _imports(_at_import(ast.parse(source))):
        parts = imported.split(".")
        found |= dict.fromkeys(".".join(parts[:end]) for end in range(1, len(parts) + 1))
    return [other for other in found if other in modules and not f"{name}.".startswith(f"{other}.")]


def _at_import(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when the module does: not function bodies, nor what only checkers read."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from _at_import(child)

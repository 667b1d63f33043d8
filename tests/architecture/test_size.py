"""The budgets of ARCHITECTURE.md: how large a file, a function and a web of imports may grow."""

import statistics

import pytest

from tests.architecture import measures, tree

#: Lines of a file and of a function, foreign slices of a file, imports inside one another.
BUDGETS = {"file": 400, "function": 50, "slices": 7, "depth": 12}
#: The median file of `registry/`, package markers aside: neither crumbs nor lumps.
MEDIAN = range(60, 161)

#: (measure, path) -> (its limit, why). Each is named in ARCHITECTURE.md with its reason, and goes
#: when it is no longer needed.
EXCEPTIONS: dict[tuple[str, str], tuple[int, str]] = {
    ("slices", "registry/metadata.py"): (14, "it gathers the tables of every slice"),
    ("depth", "registry"): (
        16,
        "disputes lie one layer above reports, which write their letters, and the names one below all",
    ),
    ("slices", "registry/app.py"): (12, "it lists the routes of every slice"),
    ("slices", "registry/worker.py"): (12, "it lists the jobs of every slice"),
    ("file", "migrations/versions/0001_tables.py"): (450, "it makes every table, as generated"),
}

SOURCES = {measures.module_name(path): tree.read(path) for path in tree.python_files("registry")}
DEEPEST = measures.deepest_import(SOURCES)


def measure(path: str) -> dict[str, int]:
    """The sizes of one file, by the budget that they count against."""
    source = tree.read(path)
    sizes = {"file": measures.file_lines(source)}
    if path.startswith(("registry/", "bench/", "plugins/")):
        sizes["function"] = max(measures.function_lines(source).values(), default=0)
    if path.startswith("registry/"):
        sizes["slices"] = len(measures.foreign_slices(path, source, tree.slices()))
    return sizes


SIZES = {
    **{(kind, path): size for path in tree.python_files() for kind, size in measure(path).items()},
    ("depth", "registry"): len(DEEPEST),
}


@pytest.mark.parametrize("kind", BUDGETS)
def test_nothing_is_over_its_budget(kind: str) -> None:
    over = {
        path: size
        for (of, path), size in SIZES.items()
        if of == kind and size > EXCEPTIONS.get((of, path), (BUDGETS[of], ""))[0]
    }
    assert not over, f"{kind}: at most {BUDGETS[kind]}; the deepest import: {' -> '.join(DEEPEST)}"


@pytest.mark.parametrize("exception", EXCEPTIONS, ids="-".join)
def test_an_exception_is_needed_and_written_down(exception: tuple[str, str]) -> None:
    kind, path = exception
    limit, reason = EXCEPTIONS[exception]
    assert SIZES.get(exception, 0) > BUDGETS[kind], "no longer needed"
    assert limit > BUDGETS[kind]
    assert reason
    assert path in tree.read("ARCHITECTURE.md"), "not named in ARCHITECTURE.md"


def test_the_median_file_is_a_page_or_two() -> None:
    lines = [
        size
        for (kind, path), size in SIZES.items()
        if kind == "file" and path.startswith("registry/") and not path.endswith("__init__.py")
    ]
    assert round(statistics.median(lines)) in MEDIAN


def test_a_long_file_is_measured() -> None:
    assert measures.file_lines("# line\n\n" * 201) == 402


def test_a_long_function_is_measured_without_its_docstring() -> None:
    body = '    """One\n    two.\n    """\n' + "    x = 1\n" * 51
    source = f"class A:\n  async def f():\n{body}"
    assert measures.function_lines(source) == {"f:2": 52}


def test_foreign_slices_are_counted_once_each_and_late_imports_too() -> None:
    source = (
        "import registry.audit.service\n"
        "from registry import matching\n"
        "from registry.reports import rules\n"
        "def f():\n    from registry.audit import wire\n    import registry.app\n"
    )
    found = measures.foreign_slices(
        "registry/reports/service.py", source, ["audit", "matching", "reports", "staff"]
    )
    assert found == {"audit", "matching"}


def test_the_deepest_import_is_the_stack_that_python_builds() -> None:
    sources = {
        "a": "from b import c\ndef f():\n    import d",
        "b": "",
        "b.c": "try:\n    import e\nexcept ImportError:\n    pass",
        "d": "import a",
        "e": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import d",
    }
    assert measures.deepest_import(sources) == ["d", "a", "b.c", "e"]


def test_what_was_imported_before_does_not_run_again() -> None:
    sources = {"a": "import c\nimport b", "b": "import c", "c": "import d", "d": ""}
    assert measures.deepest_import(sources) == ["a", "c", "d"]
    assert measures.deepest_import({**sources, "a": "import b"}) == ["a", "b", "c", "d"]


def test_a_circle_of_imports_is_an_error() -> None:
    with pytest.raises(ValueError, match="a -> b -> a"):
        measures.deepest_import({"a": "import b", "b": "import a"})

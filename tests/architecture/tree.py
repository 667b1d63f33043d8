"""What files the repository has: the one place that walks it for the tests of this folder."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: Folders that are made by tools, not by us. `var` is data.
_MADE = {"build", "dist", "node_modules", "var", "__pycache__"}

#: Of the hidden folders, those that belong to the repository.
_OURS = {".ci"}


@cache
def files() -> tuple[str, ...]:
    """Every file of the repository, as a path from its root."""
    return tuple(sorted(_walk(ROOT)))


def python_files(*folders: str) -> list[str]:
    """The Python files below these folders (all of them when none is named)."""
    return [
        path
        for path in files()
        if path.endswith(".py") and (not folders or path.split("/")[0] in folders)
    ]


@cache
def read(path: str) -> str:
    """The text of a file; a file that is not text reads as empty."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def slices() -> list[str]:
    """The folders of `registry/`."""
    return sorted({path.split("/")[1] for path in python_files("registry") if path.count("/") > 1})


def _walk(folder: Path) -> Iterator[str]:
    for entry in folder.iterdir():
        if entry.is_symlink():
            continue
        if entry.is_file():
            yield entry.relative_to(ROOT).as_posix()
        elif entry.name not in _MADE and (not entry.name.startswith(".") or entry.name in _OURS):
            yield from _walk(entry)

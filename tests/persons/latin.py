"""Cyrillic into Latin by the systems that people meet: passports of both countries, GOST, BGN/PCGN, SMS, neighbours'.

The tables stand in data/latin.txt.
"""

from functools import cache
from pathlib import Path
from random import Random

_TABLES = Path(__file__).with_name("data") / "latin.txt"

#: What is met, and how often in a hundred.
_SHARES = {
    "uk": {"kmu55": 44, "passport2007": 14, "bgn": 8, "gost": 3, "sms": 18, "sms4": 5, "polish": 5, "german": 3},
    "ru": {
        "icao": 26, "gost52535": 10, "mvd1997": 20, "bgn": 10, "gost779": 3, "sms": 19, "sms4": 5,
        "french": 4, "german": 3,
    },
}  # fmt: skip


@cache
def _systems() -> dict[tuple[str, str], dict[str, tuple[str, str]]]:
    systems: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
    first: dict[str, dict[str, tuple[str, str]]] = {}
    for line in _TABLES.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        tongue, system, letters = line.split(";")
        table = dict(first.get(tongue, {}))
        for item in letters.split():
            letter, _, latin = item.partition("=")
            start, _, inside = latin.replace("·", "'").partition("/")
            table[letter] = start, inside or start
        first.setdefault(tongue, table)
        systems[tongue, system] = table
    return systems


def systems(tongue: str) -> list[str]:
    return list(_SHARES[tongue])


def draw_system(tongue: str, rng: Random) -> str:
    shares = _SHARES[tongue]
    return rng.choices(list(shares), weights=list(shares.values()))[0]


@cache
def _word(word: str, tongue: str, system: str) -> str:
    table = _systems()[tongue, system]
    low, at, out = word.lower(), 0, ""
    while at < len(low):
        size = 2 if low[at : at + 2] in table else 1
        start, inside = table.get(low[at : at + size], (low[at], low[at]))
        out += inside if at else start
        at += size
    return out[:1].upper() + out[1:] if word[:1].isupper() else out


def latin(text: str, tongue: str, system: str) -> str:
    """A text in Latin letters; capitals stand where they stood."""
    words = (
        "-".join(_word(part, tongue, system) for part in word.split("-")) for word in text.split()
    )
    return " ".join(words)

"""Reading records to be judged: one JSON object a line, values as people write them.

Below submission: a record needs no strong identifier, a value that cannot be read is left out and counted,
and a key that is not known is compared as an untyped identifier.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec

from registry.matching import company, names
from registry.matching.errors import Unreadable
from registry.matching.subject import Subject, parse

COUNTRY = "UA"
_SINGLE = ("tax_id", "company_code", "birth_date", "city", "address", "country")
_LISTS = {"phone": "phones", "email": "emails", "handle": "handles"}
_KNOWN = {*_SINGLE, *_LISTS, *_LISTS.values(), "kind", "name", "names", "record_id", "cluster_id"}
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
#: "17 листопада 1976 р.", "5 марта 1980", "17 Nov 1976": the first letters tell the month.
_IN_WORDS = re.compile(r"(\d{1,2})\s+([^\W\d_]{3,})\.?,?\s+(\d{4})(?:\s*[^\W\d_]+\.?)?")
_MONTHS = (
    *(("січ", "янв", "jan"), ("лют", "фев", "feb"), ("бер", "мар", "mar"), ("кві", "апр", "apr")),
    *(("тра", "май", "мая", "may"), ("чер", "июн", "jun"), ("лип", "июл", "jul")),
    *(("сер", "авг", "aug"), ("вер", "сен", "sep"), ("жов", "окт", "oct"), ("лис", "ноя", "nov")),
    ("гру", "дек", "dec"),
)
_MONTH = {begin: number for number, begins in enumerate(_MONTHS, 1) for begin in begins}
_DAY_FIRST = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})")
#: A year of two digits is of this century up to here: who does business is grown up.
_YOUNGEST = 8
#: What is written before a number, and what a shop notes beside a name.
_BEFORE_NUMBER = re.compile(r"^(?:тел|моб|tel|mob|phone)[.: ]*", re.IGNORECASE)
_NOTE = re.compile(r"\([^)]*\)|[!?]+|(?<!\S)\d+(?!\S)")
#: What keyboards and telephones make of letters: Дар*я for Дар'я, Sav4uk for Savchuk.
_BETWEEN = r"(?<=[^\W\d_]){}(?=[^\W\d_])"
_TYPED = ((re.compile(_BETWEEN.format(r"\*")), "'"), (re.compile(_BETWEEN.format("4")), "ch"))
_LONGEST = 100


class BadRecord(ValueError):
    """A line that holds no record; the message names the line and what is wrong."""


class Judged(msgspec.Struct, frozen=True):
    """A record to be judged."""

    record_id: str
    #: Whose it is in truth; None where the file does not say.
    cluster_id: str | None
    subject: Subject


def read(path: Path, dropped: Counter[str]) -> Iterator[Judged]:
    """Yield the file's records in order; `dropped` counts the values that could not be read, by field."""
    seen: set[str] = set()
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                body = msgspec.json.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as fault:
                raise BadRecord(f"line {number}: {fault}") from None
            if not isinstance(body, dict) or body.get("record_id") in (None, ""):
                raise BadRecord(f'line {number}: must be an object with a "record_id"')
            record = _record(body, dropped)
            if record.record_id in seen:
                raise BadRecord(f"line {number}: record_id {record.record_id!r} is there twice")
            seen.add(record.record_id)
            yield record


def _record(body: dict[str, Any], dropped: Counter[str]) -> Judged:
    raw = SimpleNamespace(
        kind="company" if body.get("kind") == "company" else "person",
        phone=None,
        email=None,
        handle=None,
        phones=[_BEFORE_NUMBER.sub("", text) for text in _texts(body, "phone", "phones")],
        emails=_texts(body, "email", "emails"),
        handles=list(_handles(body, dropped)),
        name=None,
        **{key: next(iter(_texts(body, key)), None) for key in _SINGLE},
    )
    if raw.birth_date:
        raw.birth_date = _date(raw.birth_date)
    subject, faults = parse(raw, country=raw.country or COUNTRY)
    dropped.update(fault.pointer.split("/")[1] for fault in faults)
    named = _names(body, raw.kind, dropped)
    subject = msgspec.structs.replace(
        subject,
        name=next(iter(named), None),
        other_names=tuple(named[1:]),
        untyped=tuple(_untyped(body)),
    )
    cluster = body.get("cluster_id")
    return Judged(str(body["record_id"]), None if cluster is None else str(cluster), subject)


def _texts(body: dict[str, Any], *keys: str) -> list[str]:
    """The values under these keys, whether alone or in a list, as texts."""
    given = [body.get(key) for key in keys]
    flat = [one for value in given for one in (value if isinstance(value, list) else [value])]
    plain = [
        str(one).strip() for one in flat if one is not None and not isinstance(one, dict | list)
    ]
    return [text for text in plain if text]


def _names(body: dict[str, Any], kind: str, dropped: Counter[str]) -> list[str]:
    tidy = company.normalise if kind == "company" else names.normalise
    found: list[str] = []
    for text in _texts(body, "name", "names"):
        try:
            found.append(tidy(_NOTE.sub(" ", text) if kind == "company" else _typed(text)))
        except Unreadable:
            dropped["name"] += 1
    return found


def _typed(name: str) -> str:
    """A person's name without a shop's notes, and with letters for what stands in their place."""
    name = _NOTE.sub(" ", name)
    for written, meant in _TYPED:
        name = written.sub(meant, name)
    return name


def _handles(body: dict[str, Any], dropped: Counter[str]) -> Iterator[SimpleNamespace]:
    for key in ("handle", "handles"):
        value = body.get(key)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict) and one.get("network") and one.get("name"):
                yield SimpleNamespace(network=str(one["network"]), name=str(one["name"]))
            elif isinstance(one, str) and one.strip():
                network, _, name = one.rpartition(":")
                yield SimpleNamespace(network=network or "telegram", name=name)
            elif one is not None:
                dropped[key] += 1


def _date(text: str) -> str:
    """A date as shops and data sets write it, brought to a way that subjects are read from."""
    if compact := _COMPACT.fullmatch(text):
        return "-".join(compact.groups())
    if (spoken := _IN_WORDS.fullmatch(text)) and (named := _MONTH.get(spoken[2][:3].casefold())):
        return f"{spoken[1]}.{named}.{spoken[3]}"
    if written := _DAY_FIRST.fullmatch(text):
        day, month, year = written.groups()
        century = "" if len(year) == 4 else "20" if int(year) <= _YOUNGEST else "19"
        return f"{day}.{month}.{century}{year}"
    return text


def _untyped(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for key in body:
        if key not in _KNOWN:
            for text in _texts(body, key):
                yield key, " ".join(text.casefold().split())[:_LONGEST]

"""The naive method, measured: exact union by normalised phone, e-mail, tax id and company code, closed transitively.

Its normaliser is simple on purpose, and its own: a yardstick that shared the engine's code would shrink with it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.persons.writing import Record

_YANDEX = {"ya.ru", "yandex.ua", "yandex.com"}


@dataclass(frozen=True, slots=True)
class Figures:
    """Pairwise quality, and what the file is made of."""

    records: int
    clusters: int
    precision: float
    recall: float
    reach: float
    scripts: dict[str, float]
    fields: dict[str, float]

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def _values(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def phone_key(text: str) -> str:
    """The national number: its last ten digits in Russia, nine in Ukraine."""
    digits = re.sub(r"\D", "", text).removeprefix("00")
    if len(digits) == 11 and digits[0] in "78" and not digits.startswith("80"):
        return "7" + digits[1:]
    if len(digits) == 10 and digits[0] != "0":
        return "7" + digits
    return "380" + digits[-9:]


def mail_key(text: str) -> str:
    local, _, domain = text.strip().lower().partition("@")
    if domain in {"gmail.com", "googlemail.com"}:
        return local.partition("+")[0].replace(".", "") + "@gmail.com"
    return f"{local}@{'yandex.ru' if domain in _YANDEX else domain}"


def keys(record: Record) -> Iterator[str]:
    for text in _values(record.get("phone")):
        yield "phone " + phone_key(text)
    for text in _values(record.get("email")):
        yield "mail " + mail_key(text)
    for name in ("tax_id", "company_code"):
        if name in record:
            yield f"{name} {record[name]}"


def unite(keys_of: Iterable[Iterable[str]]) -> list[int]:
    """For each item the number of its set: two items with a common key are in one."""
    parent: list[int] = []
    first: dict[str, int] = {}

    def root(at: int) -> int:
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    for number, found in enumerate(keys_of):
        parent.append(number)
        for key in found:
            parent[root(number)] = root(first.setdefault(key, number))
    return [root(at) for at in range(len(parent))]


def naive(records: Iterable[Record]) -> list[int]:
    """For each record the number of the set that the naive method puts it in."""
    return unite(keys(record) for record in records)


def _told(record: Record) -> Iterator[str]:
    """What could be compared with another record of the same party, were every spelling understood."""
    party = record["cluster_id"]
    yield from (f"{party} {key}" for key in keys(record))
    if "birth_date" in record:
        yield f"{party} birth date"
    if "handle" in record:
        yield f"{party} handle"
    if "city" in record and len(record.get("name", "").split()) > 1:
        yield f"{party} name and city"


def reach(records: list[Record]) -> float:
    """The recall of one who errs never and reads everything, but does not trust a name alone."""
    return quality([record["cluster_id"] for record in records], unite(map(_told, records)))[1]


def _pairs(counts: Iterable[int]) -> int:
    return sum(count * (count - 1) // 2 for count in counts)


def quality(truth: list[str], found: list[Any]) -> tuple[float, float]:
    """Pairwise precision and recall."""
    right = _pairs(Counter(zip(truth, found, strict=True)).values())
    claimed, real = _pairs(Counter(found).values()), _pairs(Counter(truth).values())
    return right / claimed if claimed else 1.0, right / real if real else 1.0


def script(name: str) -> str:
    """uk and ru where a letter of only one of them shows it."""
    low = name.lower()
    if not any(letter >= "\u0400" for letter in low):
        return "latin"
    if any(letter in low for letter in "іїєґ"):
        return "uk"
    return "ru" if any(letter in low for letter in "ыэёъ") else "either"


def figures(records: list[Record]) -> Figures:
    truth = [record["cluster_id"] for record in records]
    precision, recall = quality(truth, naive(records))
    scripts = Counter(script(record["name"]) for record in records if "name" in record)
    fields = Counter(field for record in records for field in record)
    total = len(records)
    return Figures(
        total,
        len(set(truth)),
        precision,
        recall,
        reach(records),
        {name: round(n / scripts.total(), 3) for name, n in sorted(scripts.items())},
        {name: round(n / total, 3) for name, n in fields.most_common()},
    )

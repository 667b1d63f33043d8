"""The whole file of records: groups are drawn until there are enough, then everything is laid in the order of time."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random

from tests.persons import shops, world, writing
from tests.persons.levels import LEVELS, Level
from tests.persons.people import DAYS, Company
from tests.persons.shops import Shop
from tests.persons.writing import Record

#: Records a party has: most have one or two, a serial offender twelve.
_TAIL = (470, 250, 105, 62, 38, 24, 15, 11, 8, 6, 5, 6)
_FIRST_DAY = date(2024, 5, 1)


def _of_party(
    party: world.Party, chosen: list[Shop], level: Level, rng: Random
) -> list[tuple[int, Record]]:
    most = party.most_records
    number = rng.choices(range(1, most + 1), weights=_TAIL[:most])[0]
    found = []
    for _ in range(number):
        day, shop = rng.randrange(DAYS), rng.choice(chosen)
        if isinstance(party, Company):
            found.append((day, writing.of_company(party, day, shop, level, rng)))
        else:
            found.append((day, writing.of_person(party, day, shop, level, rng)))
    return found


def generate(seed: int, count: int, difficulty: str, *, dated: bool = False) -> Iterator[Record]:
    """`count` records with their truth; `dated` adds the day of the incident."""
    rng, level = Random(f"{difficulty}:{seed}"), LEVELS[difficulty]
    chosen = shops.shops(count, rng)
    drawn: list[tuple[int, int, Record]] = []
    taken: set[str] = set()
    cluster = 0
    while len(drawn) < count:
        for party in world.told_apart(world.group(rng, level), taken, rng):
            cluster += 1
            drawn += [(day, cluster, told) for day, told in _of_party(party, chosen, level, rng)]
    del drawn[count:]
    rng.shuffle(drawn)
    drawn.sort(key=lambda item: item[0])
    for number, (day, cluster, told) in enumerate(drawn, 1):
        record = {"record_id": f"r{number:06d}", "cluster_id": f"c{cluster:06d}", **told}
        if dated:
            record["incident_date"] = (_FIRST_DAY + timedelta(days=day)).isoformat()
        yield record


def write(records: Iterator[Record], out: Path) -> None:
    """JSON lines."""
    with out.open("w", encoding="utf-8", newline="\n") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def read(path: Path) -> Iterator[Record]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)

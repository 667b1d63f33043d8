"""Runs in the bench's own environment: what OpenSanctions' logic-v2 makes of pairs of names.

Reads a JSON list of [left, right] from standard input; writes {"scores", "seconds", "version"}. The entities are made
before the clock starts, as our names are prepared.
"""

import json
import sys
import time
from importlib.metadata import version

from followthemoney import ValueEntity, model
from nomenklatura.matching.logic_v2.model import LogicV2

PERSON = model.get("Person")


def entity(number: int, name: str) -> ValueEntity:
    """A person who has nothing but a name."""
    made = ValueEntity(PERSON, {"id": str(number)})
    made.add("name", name)
    return made


def main() -> None:
    """The command."""
    pairs = json.load(sys.stdin)
    made = [(entity(2 * n, a), entity(2 * n + 1, b)) for n, (a, b) in enumerate(pairs)]
    config = LogicV2.default_config()
    LogicV2.compare(*made[0], config)
    began = time.perf_counter()
    scores = [LogicV2.compare(left, right, config).score for left, right in made]
    seconds = time.perf_counter() - began
    json.dump(
        {"scores": scores, "seconds": seconds, "version": version("nomenklatura")}, sys.stdout
    )


if __name__ == "__main__":
    main()

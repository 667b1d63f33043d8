"""Parameters that moderators' answers have taught.

Lives here: from the log of decisions to parameters. Nothing is changed by learning: an operator looks at what the
new parameters would change (`renewal.preview`) before they hold.
"""

from collections import defaultdict

import msgspec

from registry.identities import store
from registry.matching import estimation
from registry.matching.comparison import Evidence
from registry.matching.decision import Verdict
from registry.matching.estimation import Pattern
from registry.matching.parameters import Parameters
from registry.platform.runtime import Runtime, transaction


async def learn(runtime: Runtime, version: str) -> tuple[Parameters, int]:
    """The present parameters as the answers move them, and how many answers there are.

    Each answer is about a pair whose levels the engine laid down when it asked. The prior stays: questions are no
    fair sample of pairs, so they say nothing of how many pairs are of one person.
    """
    counts: dict[Pattern, list[int]] = defaultdict(lambda: [0, 0])
    async with transaction(runtime) as session:
        answers = await store.list_answers(session)
    for verdict, levels in answers:
        pattern = tuple(Evidence(field, level) for field, level, _ in levels)
        counts[pattern][verdict == Verdict.SAME] += 1
    present = runtime.parameters
    taught = {pattern: (no, yes) for pattern, (no, yes) in counts.items()}
    _, moved = estimation.labelled(taught, around=(present.prior, present.weights))
    weights = {
        field: {**present.weights.get(field, {}), **moved.get(field, {})}
        for field in sorted({*present.weights, *moved})
    }
    source = f"{present.source}; {len(answers)} answers of moderators"
    made = msgspec.structs.replace(present, version=version, source=source, weights=weights)
    return made, len(answers)

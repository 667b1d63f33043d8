"""How far things have come when an example begins, so that it is not spent on what always comes first.

Each step is one of the machine's own acts, so the oracle knows of it. A `number` that three divides picks of all
reports, in the order in which they were filed; any other, of those for which the act makes sense.
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from tests.model.oracle import DAY, HOUR

Step = Callable[[Any], None]


class Stage(StrEnum):
    """Where an example begins."""

    #: Nothing has happened.
    NOTHING = "nothing"
    #: Each reporter has filed a report that waits for a moderator.
    SCREENING = "screening"
    #: Both are published, and the person was told of them.
    NOTICE = "notice"
    #: Both are published, and the post brings nobody a word of either.
    UNWRITTEN = "unwritten"
    #: Lookups show both.
    SHOWN = "shown"
    #: The person disputes both, and both reporters have answered.
    DISPUTED = "disputed"
    #: Both were upheld.
    UPHELD = "upheld"
    #: The person objects to both.
    OBJECTED = "objected"
    #: The number has a new holder, who was told of both.
    DETACHED = "detached"
    #: The number has a new holder, and the post brought nobody a word of either.
    UNTOLD = "untold"
    #: The number had a new holder when both were shown, and lookups show one more that names it.
    NAMED_AGAIN = "named_again"
    #: Somebody said so while lookups showed both, and a moderator took it back.
    RESTORED = "restored"
    #: A moderator took it back where nobody could be told so far.
    RESTORED_UNTOLD = "restored_untold"
    #: Both were taken back, brought back with certification, and wait for two moderators.
    BROUGHT_BACK = "brought_back"
    #: Two moderators published what the second reporter brought back, and lookups show it.
    SHOWN_AGAIN = "shown_again"


_SCREENING: list[Step] = [
    lambda m: m.file(reporter=0),
    lambda m: m.file(reporter=1),
    lambda m: m.wait(leap=25 * HOUR),
]
_NOTICE: list[Step] = [
    *_SCREENING,
    lambda m: m.screen(number=0, who=0, decision="publish"),
    lambda m: m.screen(number=3, who=0, decision="publish"),
    lambda m: m.wait(leap=HOUR),
]
_UNWRITTEN: list[Step] = [
    *_SCREENING,
    lambda m: m.post(works=False),
    lambda m: m.screen(number=0, who=0, decision="publish"),
    lambda m: m.screen(number=3, who=0, decision="publish"),
]
_SHOWN: list[Step] = [*_NOTICE, lambda m: m.wait(leap=8 * DAY)]
_DISPUTED: list[Step] = [
    *_SHOWN,
    lambda m: m.dispute(number=0, paid=False),
    lambda m: m.dispute(number=3, paid=False),
    lambda m: m.answer(number=0),
    lambda m: m.answer(number=3),
]
_UPHELD: list[Step] = [
    *_DISPUTED,
    lambda m: m.rule_(number=0, who=1, ruling="uphold"),
    lambda m: m.rule_(number=3, who=1, ruling="uphold"),
]
_OBJECTED: list[Step] = [
    *_SHOWN,
    lambda m: m.object_(number=0),
    lambda m: m.object_(number=3),
]
_DETACHED: list[Step] = [*_NOTICE, lambda m: m.detach()]
_UNTOLD: list[Step] = [*_UNWRITTEN, lambda m: m.detach()]
_NAMED_AGAIN: list[Step] = [
    *_SHOWN,
    lambda m: m.detach(),
    lambda m: m.file(reporter=1),
    lambda m: m.wait(leap=25 * HOUR),
    lambda m: m.screen(number=1, who=0, decision="publish"),
    lambda m: m.wait(leap=HOUR),
    lambda m: m.wait(leap=8 * DAY),
]
_RESTORED: list[Step] = [
    *_SHOWN,
    lambda m: m.detach(),
    lambda m: m.look_at_detachment(who=0, decision="restore"),
]
_RESTORED_UNTOLD: list[Step] = [
    *_UNTOLD,
    lambda m: m.wait(leap=11 * DAY),
    lambda m: m.look_at_detachment(who=0, decision="restore"),
]
_BROUGHT_BACK: list[Step] = [
    *_SHOWN,
    lambda m: m.take_back(number=0, how="withdraw"),
    lambda m: m.take_back(number=3, how="withdraw"),
    lambda m: m.bring_back(number=4, certified=True),
    lambda m: m.bring_back(number=1, certified=True),
    lambda m: m.wait(leap=25 * HOUR),
]
_SHOWN_AGAIN: list[Step] = [
    *_BROUGHT_BACK,
    lambda m: m.screen(number=3, who=0, decision="publish"),
    lambda m: m.screen(number=3, who=1, decision="publish"),
    lambda m: m.wait(leap=HOUR),
    lambda m: m.wait(leap=8 * DAY),
]
SO_FAR: dict[Stage, list[Step]] = {
    Stage.NOTHING: [],
    Stage.SCREENING: _SCREENING,
    Stage.NOTICE: _NOTICE,
    Stage.UNWRITTEN: _UNWRITTEN,
    Stage.SHOWN: _SHOWN,
    Stage.DISPUTED: _DISPUTED,
    Stage.UPHELD: _UPHELD,
    Stage.OBJECTED: _OBJECTED,
    Stage.DETACHED: _DETACHED,
    Stage.UNTOLD: _UNTOLD,
    Stage.NAMED_AGAIN: _NAMED_AGAIN,
    Stage.RESTORED: _RESTORED,
    Stage.RESTORED_UNTOLD: _RESTORED_UNTOLD,
    Stage.BROUGHT_BACK: _BROUGHT_BACK,
    Stage.SHOWN_AGAIN: _SHOWN_AGAIN,
}

"""Stories: a bug, and the acts that show it. Without the bug each ends well."""

from dataclasses import dataclass
from datetime import timedelta

from tests.model import bugs
from tests.model.oracle import DAY, HOUR, Promise
from tests.model.stages import SO_FAR, Stage, Step


@dataclass(frozen=True)
class Story:
    """A bug, the promise that it breaks, and acts that show it."""

    promise: Promise
    plant: bugs.Plant
    stage: Stage
    steps: tuple[Step, ...]
    #: The table whose own check of conflicts is off meanwhile.
    without_trigger: str | None = None


def _wait(*leaps: timedelta) -> tuple[Step, ...]:
    return tuple(lambda m, leap=leap: m.wait(leap=leap) for leap in leaps)


_PUBLISH: tuple[Step, ...] = (lambda m: m.screen(number=0, who=0, decision="publish"),)
#: The only moderator of no business who agreed publishes what the second reporter brought back.
_ONCE: Step = lambda m: m.screen(number=3, who=0, decision="publish")  # noqa: E731 - a step like the others
_KEEP: tuple[Step, ...] = (lambda m: m.weigh(number=0, who=1, decision="refuse"),)
_RESTORE: Step = lambda m: m.look_at_detachment(who=0, decision="restore")  # noqa: E731 - as above
STORIES = (
    Story(Promise.NOTICE, bugs.no_days, Stage.SCREENING, (*_PUBLISH, *_wait(HOUR))),
    Story(Promise.NOTICE, bugs.no_letter, Stage.SCREENING, (*_PUBLISH, *_wait(HOUR, 8 * DAY))),
    Story(
        Promise.IN_TIME,
        bugs.half_the_time_to_tell,
        Stage.SCREENING,
        (lambda m: m.post(works=False), *_PUBLISH, *_wait(8 * DAY)),
    ),
    Story(
        Promise.CONTESTED,
        bugs.nothing_is_hidden,
        Stage.SHOWN,
        (lambda m: m.dispute(number=0, paid=False),),
    ),
    Story(
        Promise.CONFLICT,
        bugs.nobody_works_for_anybody,
        Stage.SCREENING,
        (lambda m: m.screen(number=0, who=2, decision="publish"),),
    ),
    Story(
        Promise.CONFLICT,
        bugs.nobody_screened,
        Stage.DISPUTED,
        (lambda m: m.rule_(number=3, who=0, ruling="uphold"),),
        without_trigger="dispute_rulings",
    ),
    Story(Promise.TWO, bugs.one_is_two, Stage.BROUGHT_BACK, (_ONCE,)),
    Story(
        Promise.TWO,
        bugs.one_upholds,
        Stage.SHOWN_AGAIN,
        (
            lambda m: m.dispute(number=3, paid=False),
            lambda m: m.answer(number=3),
            lambda m: m.rule_(number=3, who=2, ruling="uphold"),
        ),
    ),
    Story(
        Promise.CERTIFIED,
        bugs.no_tombstones,
        Stage.SHOWN,
        (lambda m: m.take_back(number=0, how="withdraw"), lambda m: m.file_again(number=0)),
    ),
    Story(
        Promise.CERTIFIED,
        bugs.anybody_certifies,
        Stage.SHOWN,
        (
            lambda m: m.take_back(number=0, how="withdraw"),
            lambda m: m.bring_back(number=0, certified=False),
        ),
    ),
    Story(
        Promise.CERTIFIED,
        bugs.nothing_is_hidden,
        Stage.SHOWN,
        (lambda m: m.take_back(number=0, how="withdraw"),),
    ),
    Story(
        Promise.BOUNDED,
        bugs.rulings_are_never_late,
        Stage.DISPUTED,
        _wait(15 * DAY, 31 * DAY, 31 * DAY, 31 * DAY),
    ),
    Story(
        Promise.BOUNDED,
        bugs.every_dispute_hides,
        Stage.UPHELD,
        (*_wait(31 * DAY), lambda m: m.dispute(number=0, paid=False)),
    ),
    Story(
        Promise.BOUNDED,
        bugs.one_proof_is_two,
        Stage.SHOWN,
        (lambda m: m.attack(number=0, proofs="phone"),),
    ),
    Story(
        Promise.AUDITED,
        bugs.silent_publication,
        Stage.SCREENING,
        (*_PUBLISH, *_wait(HOUR, 8 * DAY)),
    ),
    Story(
        Promise.RESTRICTED,
        bugs.nothing_is_hidden,
        Stage.SHOWN,
        (lambda m: m.object_(number=0),),
    ),
    Story(
        Promise.RESTRICTED,
        bugs.only_hidden,
        Stage.NOTICE,
        (lambda m: m.object_(number=0), *_wait(8 * DAY)),
    ),
    Story(
        Promise.BOUNDED,
        bugs.every_objection_hides,
        Stage.OBJECTED,
        (*_KEEP, lambda m: m.object_(number=0)),
    ),
    Story(Promise.BOUNDED, bugs.objections_are_never_over, Stage.OBJECTED, _KEEP),
    Story(
        Promise.CONFLICT,
        bugs.nobody_screened,
        Stage.OBJECTED,
        (lambda m: m.weigh(number=0, who=0, decision="refuse"),),
        without_trigger="subject_requests",
    ),
    Story(Promise.DETACHED, bugs.nothing_is_detached, Stage.SHOWN, (lambda m: m.detach(),)),
    Story(
        Promise.DETACHED,
        bugs.nothing_is_attached_again,
        Stage.SHOWN,
        (lambda m: m.detach(), _RESTORE),
    ),
    Story(
        Promise.CONFLICT,
        bugs.nobody_works_for_anybody,
        Stage.DETACHED,
        (lambda m: m.look_at_detachment(who=2, decision="confirm"),),
    ),
    Story(
        Promise.NOTICE,
        bugs.whoever_read_it_was_told,
        Stage.NOTICE,
        (*_wait(3 * DAY), lambda m: m.detach(), *_wait(3 * DAY, 25 * HOUR)),
    ),
    Story(Promise.DETACHED, bugs.whoever_names_it_finds_all, Stage.NAMED_AGAIN, ()),
    Story(
        Promise.IN_TIME,
        bugs.nothing_waits_for_the_moderator,
        Stage.UNTOLD,
        _wait(11 * DAY, 8 * DAY),
    ),
    Story(
        Promise.BOUNDED,
        bugs.whoever_held_it_was_not_told,
        Stage.RESTORED_UNTOLD,
        _wait(8 * DAY),
    ),
    Story(
        Promise.IN_TIME,
        bugs.what_is_confirmed_waits,
        Stage.UNTOLD,
        (
            *_wait(15 * DAY),
            lambda m: m.look_at_detachment(who=0, decision="confirm"),
            *_wait(HOUR),
        ),
    ),
    Story(
        Promise.UNTOUCHED,
        bugs.what_is_withdrawn_stays_joined,
        Stage.SHOWN,
        (lambda m: m.take_back(number=0, how="withdraw"),),
    ),
    Story(
        Promise.UNTOUCHED,
        bugs.what_is_left_is_not_divided,
        Stage.SHOWN,
        (lambda m: m.take_back(number=0, how="settle"),),
    ),
    Story(
        Promise.UNTOUCHED,
        bugs.what_is_screened_joins,
        Stage.NOTHING,
        (lambda m: m.lie(about="both"), *_wait(25 * HOUR), *SO_FAR[Stage.SHOWN]),
    ),
    Story(
        Promise.SILENT,
        bugs.letters_follow_the_number,
        Stage.DISPUTED,
        (
            lambda m: m.detach(),
            lambda m: m.rule_(number=3, who=1, ruling="uphold"),
            *_wait(HOUR),
        ),
    ),
)

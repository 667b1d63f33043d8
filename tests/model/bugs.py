"""Bugs to plant, one for each way to break a promise that the machine's acts can come upon."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from registry.audit import service as audit
from registry.disputes.tables import Dispute
from registry.erasure import store as erasure_store
from registry.identities import resolution, standings
from registry.identities import rules as identity_rules
from registry.identities import service as identities
from registry.identities import store as identity_store
from registry.messages import transports
from registry.messages.rules import Event
from registry.platform.db import as_system
from registry.platform.policy import Policy
from registry.reports import file_access, held, lifecycle, rulings
from registry.reports import rules as report_rules
from registry.reports import service as reports
from registry.staff import service as staff
from registry.subjects.tables import SubjectSession

Plant = Callable[[pytest.MonkeyPatch], None]


def no_days(patch: pytest.MonkeyPatch) -> None:
    """Published is visible as soon as the letter is written."""
    patch.setattr(lifecycle, "_promised", lambda _: timedelta())


def no_letter(patch: pytest.MonkeyPatch) -> None:
    """A letter counts as written that never was."""

    async def say_so(*_: object) -> Event:
        return Event.WRITTEN

    patch.setattr(transports, "_to_file", say_so)


def nothing_is_hidden(patch: pytest.MonkeyPatch) -> None:
    """What was shown once stays in lookups, whatever its state."""

    async def leave(*_: object) -> None:
        return None

    patch.setattr(identities, "hide", leave)


def nobody_works_for_anybody(patch: pytest.MonkeyPatch) -> None:
    """The registry does not know for whom a moderator works."""
    add = staff.add

    async def forget(*args: Any, **more: Any) -> Any:
        return await add(*args, **{**more, "business_id": None})

    patch.setattr(staff, "add", forget)


def nobody_screened(patch: pytest.MonkeyPatch) -> None:
    """The code does not know who screened a report; the database is told not to look (`without_trigger`)."""
    ruled = held.ruled

    async def forget(*args: Any) -> Any:
        return msgspec.structs.replace(await ruled(*args), screeners=frozenset())

    patch.setattr(held, "ruled", forget)


def one_is_two(patch: pytest.MonkeyPatch) -> None:
    """One moderator publishes, and upholds, what was brought back."""
    patch.setattr(report_rules, "APPROVALS_OF_DOUBTFUL", 1)


def one_upholds(patch: pytest.MonkeyPatch) -> None:
    """Two publish what was brought back; one upholds it."""
    ruled = held.ruled

    async def forget(*args: Any) -> Any:
        return msgspec.structs.replace(await ruled(*args), approvals_needed=1)

    patch.setattr(held, "ruled", forget)


def no_tombstones(patch: pytest.MonkeyPatch) -> None:
    """What ended is not known again."""
    patch.setattr(lifecycle, "tombstone_values", lambda *_: [])


def anybody_certifies(patch: pytest.MonkeyPatch) -> None:
    """Whether a reinsertion is certified is not looked at."""
    reinsert = reports.reinsert

    async def careless(session: Any, member: Any, report_id: Any, command: Any) -> Any:
        said = msgspec.structs.replace(command, certification=True)
        return await reinsert(session, member, report_id, said)

    patch.setattr(reports, "reinsert", careless)


def rulings_are_never_late(patch: pytest.MonkeyPatch) -> None:
    """A moderator may take half a year."""
    ends = Policy.ends

    def slow(self: Policy, number: str, since: Any) -> Any:
        later = since + timedelta(days=180) if number == "ruling_days" else since
        return ends(self, number, later)

    patch.setattr(Policy, "ends", slow)


def half_the_time_to_tell(patch: pytest.MonkeyPatch) -> None:
    """Whoever is not told within a week never is."""
    ends = Policy.ends

    def hasty(self: Policy, number: str, since: Any) -> Any:
        return ends(self, "notice_days" if number == "notice_attempt_days" else number, since)

    patch.setattr(Policy, "ends", hasty)


def every_dispute_hides(patch: pytest.MonkeyPatch) -> None:
    """Whoever disputes again hides it again."""
    patch.setattr(Dispute, "hides", property(lambda _: True))


def one_proof_is_two(patch: pytest.MonkeyPatch) -> None:
    """The phone alone opens everything."""
    patch.setattr(SubjectSession, "proofs", property(lambda _: 2))
    patch.setattr(file_access, "CONTACTS", 1)


def silent_publication(patch: pytest.MonkeyPatch) -> None:
    """What the clock does is not put on record."""
    record = audit.record

    def forgetful(session: Any, actor: Any, action: str, *args: Any, **more: Any) -> None:
        if action != "report.notice_ended":
            record(session, actor, action, *args, **more)

    patch.setattr(audit, "record", forgetful)


def only_hidden(patch: pytest.MonkeyPatch) -> None:
    """An objection hides a report, and keeps nothing from showing it again."""

    async def hide(session: Any, _: Any, report_id: Any) -> None:
        await identities.hide(session, report_id)

    patch.setattr(rulings, "restrict", hide)


def every_objection_hides(patch: pytest.MonkeyPatch) -> None:
    """That it was objected to before is forgotten."""

    async def forget(*_: object) -> list[Any]:
        return []

    patch.setattr(erasure_store, "list_of_report", forget)


def objections_are_never_over(patch: pytest.MonkeyPatch) -> None:
    """What an objection hid stays hidden when it is refused."""

    async def leave(*_: object) -> None:
        return None

    patch.setattr(rulings, "lift", leave)


def nothing_is_detached(patch: pytest.MonkeyPatch) -> None:
    """That a number has a new holder is put on record, and the number still leads to the old one."""

    async def leave(session: Any, value: bytes, _: object) -> list[Any]:
        return list(await identities.holders_of(session, [value]))

    patch.setattr(identities, "detach", leave)


def nothing_is_attached_again(patch: pytest.MonkeyPatch) -> None:
    """What a moderator takes back stays as it is."""

    async def leave(*_: object) -> None:
        return None

    patch.setattr(identities, "attach", leave)


def whoever_names_it_finds_all(patch: pytest.MonkeyPatch) -> None:
    """A later report of the number and the address brings the others back to the number."""
    standing_rows = identity_rules.standing_rows

    def forget(facts: Any, identifiers: Any, *more: Any) -> Any:
        return standing_rows(facts, [one for one in identifiers if one.held], *more)

    patch.setattr(identity_rules, "standing_rows", forget)


def whoever_read_it_was_told(patch: pytest.MonkeyPatch) -> None:
    """A notice counts that the new holder of the number read."""

    async def leave(*_: object) -> None:
        return None

    patch.setattr(rulings, "doubt_notice", leave)


def nothing_waits_for_the_moderator(patch: pytest.MonkeyPatch) -> None:
    """A report ends because its only number was detached, and nobody has looked."""
    due = report_rules.due

    def hasty(state: Any, **given: Any) -> Any:
        return due(state, **{**given, "held": False})

    patch.setattr(report_rules, "due", hasty)


def whoever_held_it_was_not_told(patch: pytest.MonkeyPatch) -> None:
    """The number is its own again, and the time to tell somebody was over meanwhile."""
    settle = rulings.settle_notice

    async def forget(*args: Any, **more: Any) -> None:
        await settle(*args, **{**more, "anew": False})

    patch.setattr(rulings, "settle_notice", forget)


def what_is_confirmed_waits(patch: pytest.MonkeyPatch) -> None:
    """A moderator has looked, and the report waits on."""

    async def leave(*_: object, **__: object) -> None:
        return None

    patch.setattr(rulings, "settle_notice", leave)


def letters_follow_the_number(patch: pytest.MonkeyPatch) -> None:
    """Whoever once proved a number is written to there, whoever has it now."""

    async def all_of_them(_: object, __: object, contacts: Any) -> Any:
        return contacts

    patch.setattr(held, "reachable", all_of_them)


def what_is_withdrawn_stays_joined(patch: pytest.MonkeyPatch) -> None:
    """The facts of a report that ended are hidden, and its record still holds others together."""

    async def refresh(session: Any, record_id: Any) -> None:
        for identity in (await identity_store.identities_of(session, [record_id])).values():
            await standings.refresh(session, identity)

    patch.setattr(identities, "unpublish", refresh)


def what_is_left_is_not_divided(patch: pytest.MonkeyPatch) -> None:
    """A record leaves its identity, and the others stay as it had joined them."""

    async def unpublish(session: Any, record_id: Any) -> None:
        where = await identity_store.hold_linked(session, [record_id])
        if record_id in where:
            await identity_store.unpublish_record(session, record_id)
            await standings.refresh(session, where[record_id])

    patch.setattr(identities, "unpublish", unpublish)


def what_is_screened_joins(patch: pytest.MonkeyPatch) -> None:
    """A report takes part as soon as a moderator may read it, whatever becomes of it."""
    index = identities.index

    async def index_and_publish(session: Any, record_id: Any, subject: Any) -> None:
        await index(session, record_id, subject)
        async with as_system(session):
            await resolution.publish(session, record_id)

    patch.setattr(identities, "index", index_and_publish)

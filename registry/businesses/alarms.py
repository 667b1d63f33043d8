"""Alarms: what was noticed of a business that asks too much, who is told, and when its lookups stop.

What counts mean is `limits.watch`; here an alarm is kept, audited, and told by letter to the operator and the business;
a suspension, and its end, also by an event to the business's programs.
A stop suspends every key of the business for lookups, those that it makes later too: one counts what a business does,
so another of its keys must not go on where one was stopped. All else that it may do it still may. An operator lifts it.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tomllib import loads
from uuid import UUID

import msgspec
import structlog

from registry.audit import service as audit
from registry.businesses import store
from registry.businesses.profile import key_of as data_key_of
from registry.businesses.profile import opened, write_to
from registry.businesses.rules import State
from registry.businesses.tables import Alarm, Business
from registry.businesses.wire import AlarmView, Lifting, Suspension
from registry.limits import service as limits
from registry.limits.watch import Signal
from registry.messages import operator
from registry.messages import service as messages
from registry.messages.rules import Template
from registry.platform import metrics
from registry.platform.actor import SYSTEM, Actor
from registry.platform.errors import Conflict
from registry.platform.ids import uuid7
from registry.platform.runtime import Session
from registry.webhooks import service as webhooks
from registry.webhooks.wire import BusinessLifted, BusinessSuspended, Noticed

log = structlog.get_logger("registry.alarms")


class NotSuspended(Conflict):
    """There is nothing to lift."""

    slug, title = "not-suspended", "This business's lookups are not suspended"


class DecisionNotPossible(Conflict):
    """The business's state does not allow the decision, or it changed meanwhile."""

    slug, title = "decision-not-possible", "This decision is not possible now"


def check_version(business: Business, version: int) -> None:
    """Raise `DecisionNotPossible` where the business is not what an operator read of it."""
    if version != business.version:
        raise DecisionNotPossible(
            "The business changed since you read it. Read it again, then decide."
        )


async def raise_(
    session: Session,
    business_id: UUID,
    key_id: UUID,
    noticed: Mapping[Signal, int],
    *,
    stops: bool,
) -> bool:
    """Keep what was noticed with its counts, and suspend the business's lookups if it `stops`; True when that is new.

    A suspension that stands already is left as it is; what does not stop is told once a day.
    """
    business = await store.lock(session, business_id)
    if business.lookups_suspended_at is not None:
        return False
    known = set() if stops else await store.list_signals_of_today(session, business_id)
    if not (fresh := {signal: noticed[signal] for signal in noticed if signal not in known}):
        return False
    if stops:
        business.lookups_suspended_at = session.real
        business.lookups_suspended_for = next(iter(fresh))
        business.version += 1
    for signal, count in fresh.items():
        alarm = Alarm(
            id=uuid7(),
            business_id=business_id,
            key_id=key_id,
            signal=signal,
            count=count,
            suspended=stops,
            at=session.real,
        )
        store.add(session, alarm)
        await session.flush()
        audit.record(
            session,
            SYSTEM,
            "business.lookups_suspended" if stops else "business.alarm",
            "business",
            business_id,
            business_id=business_id,
            details={"signal": signal, "count": count, "key": str(key_id)},
        )
        metrics.alarm(signal, suspended=stops)
        log.warning("alarm", business_id=str(business_id), signal=signal, count=count, stops=stops)
    await _tell(session, business, fresh, stops=stops)
    if stops:
        noticed_first = Noticed(reason=next(iter(fresh)))
        event = BusinessSuspended(timestamp=session.now, data=noticed_first)
        await webhooks.publish(session, business_id, event)
    return stops


async def lift(session: Session, actor: Actor, business_id: UUID, command: Lifting) -> None:
    """Let a business look up again, and start its counts again; raises `NotSuspended`, `DecisionNotPossible`."""
    # Before the business is locked: a lookup under way holds what is counted, and waits for the business.
    await limits.count_anew(session, business_id)
    business = await store.lock(session, business_id)
    suspension = suspension_of(business)
    if suspension is None:
        raise NotSuspended("Its keys may look up already.")
    check_version(business, command.version)
    business.lookups_suspended_at = business.lookups_suspended_for = None
    business.version += 1
    audit.record(
        session,
        actor,
        "business.lookups_restored",
        "business",
        business_id,
        business_id=business_id,
        reason=(await data_key_of(session, business), command.reason),
    )
    await _write_to(session, business, Template.LOOKUPS_RESTORED, {})
    lifted = BusinessLifted(timestamp=session.now, data=Noticed(reason=suspension.signal))
    await webhooks.publish(session, business_id, lifted)


async def list_views(session: Session, *, before: UUID | None, limit: int) -> list[AlarmView]:
    """Alarms for an operator, newest first."""
    return [
        AlarmView(
            id=row.id,
            business_id=row.business_id,
            name=opened(business, await data_key_of(session, business)).name,
            key_id=row.key_id,
            signal=Signal(row.signal),
            count=row.count,
            suspended=row.suspended,
            at=row.at,
        )
        for row, business in await store.list_alarms(session, before=before, limit=limit)
    ]


def suspension_of(business: Business) -> Suspension | None:
    """Since when and why the business's lookups are suspended."""
    since, why = business.lookups_suspended_at, business.lookups_suspended_for
    return None if since is None or why is None else Suspension(since=since, signal=Signal(why))


@cache
def said(signal: Signal, language: str) -> str:
    """A signal in words that a business understands."""
    text = (Path(__file__).parent / "signals.toml").read_text(encoding="utf-8")
    return msgspec.convert(loads(text), dict[Signal, dict[str, str]])[signal][language]


async def _tell(
    session: Session, business: Business, noticed: Mapping[Signal, int], *, stops: bool
) -> None:
    """Write to the business, and to the operator."""
    await _write_to(
        session,
        business,
        Template.LOOKUPS_SUSPENDED if stops else Template.LOOKUPS_NOTICED,
        noticed,
    )
    key = await data_key_of(session, business)
    values = {
        "business_name": opened(business, key).name,
        "business_id": str(business.id),
        "noticed": _words(noticed, operator.language(session)),
    }
    template = Template.OPERATOR_SUSPENDED if stops else Template.OPERATOR_NOTICED
    await operator.tell(session, template, values, about_id=business.id, data_key=key)


async def _write_to(
    session: Session, business: Business, template: Template, noticed: Mapping[Signal, int]
) -> None:
    if State(business.state) is not State.CLOSED:
        values = {"noticed": _words(noticed, messages.language_of(business.country))}
        await write_to(session, business.id, template, values, about_id=business.id)


def _words(noticed: Mapping[Signal, int], language: str) -> str:
    return "\n".join(f"- {said(signal, language)} ({count})" for signal, count in noticed.items())

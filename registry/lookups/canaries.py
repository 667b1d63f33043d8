"""Canaries: phones and addresses that are nobody's, laid out by the operator where lists are gathered.

A canary is no identity: it has no record, no report and no standing, so it stands in no figure and no file, and a
lookup of it answers that nobody is known. All that is kept is its index value and a label that says where it was laid.
"""

import secrets
from collections.abc import Sequence

from registry.audit import service as audit
from registry.identities import service as identities
from registry.identities.wire import SubjectDescription
from registry.limits import service as limits
from registry.matching import phone
from registry.matching.errors import Unreadable
from registry.platform.actor import Actor
from registry.platform.errors import InvalidValues, NotFound, RuleBroken
from registry.platform.faults import Fault
from registry.platform.http import invalid
from registry.platform.ids import uuid7
from registry.platform.runtime import Session

#: Tries for each number that is drawn.
_TRIES = 200


async def plant(
    session: Session, actor: Actor, lines: Sequence[str], label: str, *, country: str
) -> int:
    """Make each phone or e-mail a canary; returns how many are new. `country` is whose habits phones are read by.

    Raises `InvalidValues` that names, as `/2` for the second, what cannot be read and what somebody is reported under.
    """
    values: dict[bytes, int] = {}
    faults = []
    for number, line in enumerate(lines, 1):
        mail = "@" in line
        described = SubjectDescription(email=line) if mail else SubjectDescription(phone=line)
        try:
            subject = identities.read(described, country=country, pointer=f"/{number}")
        except InvalidValues as fault:
            faults += [Fault(f"/{number}", one.detail) for one in fault.errors]
            continue
        (token,) = identities.asked_tokens(session.keyring, subject)
        values[token.value] = number
    said = "somebody is reported under it, so it is no canary"
    known = await identities.known_among(session, values)
    faults += [Fault(f"/{number}", said) for value, number in values.items() if value in known]
    if faults:
        raise invalid(faults)
    added = await limits.plant(session, list(values), label) if values else 0
    _record(session, actor, "canaries.planted", label, added)
    return added


async def withdraw(session: Session, actor: Actor, label: str) -> int:
    """Let the canaries of a label be canaries no more; returns how many there were. Raises `NotFound` for none."""
    gone = await limits.withdraw(session, label)
    if not gone:
        raise NotFound(f"There are no canaries under the label {label!r}.")
    _record(session, actor, "canaries.withdrawn", label, gone)
    return gone


def _record(session: Session, actor: Actor, action: str, label: str, count: int) -> None:
    details = {"label": label, "count": str(count)}
    audit.record(session, actor, action, "canaries", uuid7(), details=details)


def draw(count: int, pattern: str) -> list[str]:
    """So many different numbers of a pattern in E.164, as `+38039xxxxxxx`: each x becomes a digit.

    Whether a number that is drawn is nobody's only the operator knows, who knows whose the pattern is. Raises
    `RuleBroken` when there are not so many that can be read as a number.
    """
    drawn: dict[str, None] = {}
    for _ in range(count * _TRIES):
        if len(drawn) == count:
            return list(drawn)
        number = "".join(str(secrets.randbelow(10)) if one == "x" else one for one in pattern)
        try:
            drawn[phone.normalise(number, "UA")] = None
        except Unreadable:
            continue
    raise RuleBroken(f"There are not {count} numbers like {pattern}.")

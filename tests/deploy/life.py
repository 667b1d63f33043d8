"""The made parts of docs/life-of-a-report.md: the diagram and the tables, from the code's own tables.

`python -m tests.deploy.life` writes them anew; a test holds the file against them.
"""

from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from registry.platform import policy
from registry.platform.policy import Policy
from registry.reports import rules
from registry.reports.rules import Event, State
from tests.deploy import places

PATH = places.DOCS / "life-of-a-report.md"
PROFILES = ("ua", "eu-strict", "sandbox")
CLOCK, REPORTER, MODERATOR, PERSON, RULING = "clock", "reporter", "moderator", "person", "ruling"
ACTORS = MappingProxyType(
    {
        Event.EDIT: REPORTER,
        Event.COOLED_OFF: CLOCK,
        Event.WITHDRAW: REPORTER,
        Event.SETTLE: REPORTER,
        Event.PUBLISH: MODERATOR,
        Event.REQUEST_INFO: MODERATOR,
        Event.REJECT: MODERATOR,
        Event.INFO_GIVEN: REPORTER,
        Event.INFO_OVERDUE: CLOCK,
        Event.NOTICE_ENDED: CLOCK,
        Event.UNDELIVERABLE: CLOCK,
        Event.CONTEST: PERSON,
        Event.UPHOLD: RULING,
        Event.AMEND: RULING,
        Event.REMOVE: RULING,
        Event.REPORTER_SILENT: CLOCK,
        Event.EXPIRE: CLOCK,
        Event.ERASE: CLOCK,
    }
)
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
_NEVER = _SINCE + timedelta(days=10_000)


def diagram() -> str:
    """The transition table as a Mermaid state diagram; events between the same two states share an arrow."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for (before, event), after in rules.TRANSITIONS.items():
        arrows.setdefault((before, after), []).append(event)
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {State.SUBMITTED}"]
    lines += [
        f"    {before} --> {after}: {', '.join(events)}"
        for (before, after), events in arrows.items()
    ]
    return "\n".join([*lines, f"    {State.ERASED} --> [*]", "```"])


def leaving() -> str:
    """State by state: whether lookups show it, and what leads out of it, by whom."""
    rows = ["| state | in lookups | leaves by |", "|---|---|---|"]
    for state in State:
        ways = [
            f"{ACTORS[event]}: `{event}` → `{after}`"
            for (before, event), after in rules.TRANSITIONS.items()
            if before is state
        ]
        shown = "the facts" if state in rules.SHOWN else "nothing"
        rows.append(f"| `{state}` | {shown} | {'; '.join(ways) or 'nothing: the end'} |")
    return "\n".join(rows)


def deadlines() -> str:
    """What the clock brings in each state, and after how long, in each profile."""
    rows = [
        f"| state | the clock brings | {' | '.join(f'`{name}`' for name in PROFILES)} |",
        "|---|---|---|---|---|",
    ]
    loaded = [policy.load(name) for name in PROFILES]
    for state in State:
        cases = (False, True) if state is State.NOTICE else (False,)
        for told in cases:
            found = [_due(state, one, told=told) for one in loaded]
            if found[0] is not None:
                event = f"`{found[0][0]}`" + (", once the person was told" if told else "")
                times = " | ".join(one[1] for one in found if one)
                rows.append(f"| `{state}` | {event} | {times} |")
    return "\n".join(rows)


def _due(state: State, profile: Policy, *, told: bool) -> tuple[Event, str] | None:
    change = rules.due(
        state,
        since=_SINCE,
        ends=profile.ends,
        told_until=profile.ends("notice_days", _SINCE) if told else None,
        retention_until=_NEVER,
    )
    if change is None:
        return None
    event, at = change
    return event, "the category's retention" if at == _NEVER else _spoken(at - _SINCE)


def _spoken(period: timedelta) -> str:
    if not period:
        return "at once"
    return f"{period.days} days" if period.days > 1 else f"{period // timedelta(hours=1)} hours"


def retention() -> str:
    """Months by category, in each profile."""
    loaded = [policy.load(name) for name in PROFILES]
    rows = [f"| category | {' | '.join(f'`{name}`' for name in PROFILES)} |", "|---|---|---|---|"]
    for category in rules.Category:
        months = " | ".join(str(one.retention_months[category]) for one in loaded)
        rows.append(f"| `{category}` | {months} |")
    return "\n".join(rows)


MADE = MappingProxyType(
    {"diagram": diagram, "leaving": leaving, "deadlines": deadlines, "retention": retention}
)


def current(text: str) -> str:
    """The text with its made parts as they are now."""
    for name, make in MADE.items():
        begin, end = f"<!-- made: {name} -->\n", f"\n<!-- end: {name} -->"
        head, _, rest = text.partition(begin)
        _, found, tail = rest.partition(end)
        if not found:
            raise ValueError(f"the marks of {name} are missing")
        text = f"{head}{begin}{make()}{end}{tail}"
    return text


if __name__ == "__main__":
    PATH.write_text(current(PATH.read_text(encoding="utf-8")), encoding="utf-8")

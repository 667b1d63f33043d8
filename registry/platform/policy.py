"""The policy: every number that law or the community sets, as data in named profiles.

A profile is a TOML file beside this module; each number carries its legal source or reason, and
`docs/policy.md` is the explanation for people. Deadlines are stored with the policy's version, so
that a later profile never changes a clock that already runs.
"""

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from registry.deadlines import Calendar
from registry.platform.settings import SettingsError

FOLDER = Path(__file__).parent / "policies"


class Plan(msgspec.Struct, frozen=True):
    """A business's budgets: lookups a minute and a day, distinct unmatched identifiers a day, and reports."""

    minute: int
    day: int
    unmatched: int
    reports_day: int
    #: Within 30 days.
    reports_month: int

    def cut(self, percent: int) -> "Plan":
        """The plan with so much of each budget of lookups, and never less than one."""
        cut = {name: getattr(self, name) for name in ("minute", "day", "unmatched")}
        return msgspec.structs.replace(
            self, **{name: max(1, number * percent // 100) for name, number in cut.items()}
        )


class Days(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose days count."""

    #: An IANA time zone: where a day ends.
    zone: str
    #: Whose public holidays, by the codes of the library `holidays`.
    holidays: str
    #: Numbers that are a person's term: it ends with its last day, or with the next working day.
    terms: tuple[str, ...]


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One profile. `sources` gives each number's legal source or reason, by the number's own name."""

    name: str
    version: str
    cooling_off_hours: int
    info_days: int
    notice_days: int
    notice_attempt_days: int
    reinsertion_notice_business_days: int
    bounce_hours: int
    answer_days: int
    ruling_days: int
    ruling_extension_days: int
    appeal_days: int
    objection_days: int
    detachment_days: int
    detachment_again_months: int
    correction_months: int
    file_names_businesses: bool
    erase_after_days: int
    backup_days: int
    business_gone_days: int
    conduct_days: int
    conduct_least_decided: int
    conduct_overturned_percent: int
    probation_budget_percent: int
    retaliation_days: int
    pile_on_days: int
    pile_on_reports: int
    newcomer_reports: int
    newcomer_undecided: int
    incident_max_months: int
    minimum_age_years: int
    receipt_months: int
    outbox_days: int
    idempotency_hours: int
    days: Days
    retention_months: dict[str, int]
    plans: dict[str, Plan]
    sources: dict[str, str]

    @property
    def calendar(self) -> Calendar:
        """The days of the country where the registry is at home."""
        return Calendar(self.days.zone, self.days.holidays)

    def ends(self, number: str, since: datetime) -> datetime:
        """When the period of a number that began at `since` is over; how it is counted, its name and `days` say."""
        length: int = getattr(self, number)
        if number.endswith("_hours"):
            return since + timedelta(hours=length)
        if number.endswith("_business_days"):
            return self.calendar.business_days(since, length)
        if number in self.days.terms:
            return self.calendar.term(since, length)
        return since + timedelta(days=length)

    @property
    def stamp(self) -> str:
        """Name and version, stored with every deadline."""
        return f"{self.name}@{self.version}"


def load(name: str) -> Policy:
    """Load a profile by its name; raises `SettingsError` that lists the profiles there are."""
    known = sorted(path.stem for path in FOLDER.glob("*.toml"))
    if name not in known:
        raise SettingsError(f"REGISTRY_POLICY={name!r} is no profile. Known: {', '.join(known)}.")
    return msgspec.convert(_read(name), Policy)


def _read(name: str) -> dict[str, Any]:
    body = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    if "extends" not in body:
        return body
    merged = _read(body.pop("extends"))
    for key, value in body.items():
        merged[key] = {**merged[key], **value} if isinstance(value, dict) else value
    return merged

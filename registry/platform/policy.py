"""The policy: every number that law or the community sets, as data in named profiles.

A profile is a TOML file beside this module; each number carries its legal source or reason, and
`docs/policy.md` is the explanation for people. Deadlines are stored with the policy's version, so
that a later profile never changes a clock that already runs.
"""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec

from registry.platform.settings import SettingsError

FOLDER = Path(__file__).parent / "policies"


class Plan(msgspec.Struct, frozen=True):
    """Lookups a minute, a day, and distinct unmatched identifiers a day; per business and per key."""

    minute: int
    day: int
    unmatched: int


class Policy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One profile. `sources` gives each number's legal source or reason, by the number's own name."""

    name: str
    version: str
    cooling_off_hours: int
    info_days: int
    notice_days: int
    notice_attempt_days: int
    bounce_hours: int
    answer_days: int
    ruling_days: int
    ruling_extension_days: int
    appeal_days: int
    objection_days: int
    correction_months: int
    file_names_businesses: bool
    erase_after_days: int
    backup_days: int
    business_gone_days: int
    incident_max_months: int
    minimum_age_years: int
    receipt_months: int
    outbox_days: int
    idempotency_hours: int
    retention_months: dict[str, int]
    plans: dict[str, Plan]
    sources: dict[str, str]

    @property
    def cooling_off(self) -> timedelta:
        """How long a report rests before it is screened."""
        return timedelta(hours=self.cooling_off_hours)

    @property
    def notice(self) -> timedelta:
        """How long a person has between the notice and the report's visibility."""
        return timedelta(days=self.notice_days)

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

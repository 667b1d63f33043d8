"""The policy profiles: each number is the one that was decided, and has its source."""

import tomllib
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from registry.platform import policy
from registry.platform.settings import SettingsError
from registry.reports.rules import SCREENING_DAYS, Category

PROFILES = sorted(path.stem for path in policy.FOLDER.glob("*.toml"))
#: The domain's numbers; a change here is a decision, not a correction.
UA: dict[str, object] = {
    "cooling_off_hours": 24,
    "info_days": 10,
    "notice_days": 7,
    "notice_attempt_days": 14,
    "reinsertion_notice_business_days": 5,
    "bounce_hours": 48,
    "answer_days": 10,
    "ruling_days": 30,
    "ruling_extension_days": 15,
    "appeal_days": 14,
    "objection_days": 30,
    "detachment_days": 30,
    "detachment_again_months": 12,
    "correction_months": 6,
    "file_names_businesses": False,
    "erase_after_days": 30,
    "backup_days": 35,
    "business_gone_days": 90,
    "conduct_days": 365,
    "conduct_least_decided": 5,
    "conduct_overturned_percent": 20,
    "probation_budget_percent": 50,
    "retaliation_days": 30,
    "pile_on_days": 14,
    "pile_on_reports": 3,
    "newcomer_reports": 10,
    "newcomer_undecided": 3,
    "incident_max_months": 12,
    "minimum_age_years": 18,
    "receipt_months": 12,
    "outbox_days": 30,
    "idempotency_hours": 24,
    "retention_months.parcel_refused": 12,
    "retention_months.no_show": 12,
    "retention_months.payment_overdue": 36,
    "retention_months.payment_refused": 36,
    "retention_months.chargeback_abuse": 36,
    "retention_months.return_abuse": 24,
    "retention_months.scope_abuse": 24,
    "retention_months.abusive_conduct": 24,
    "plans.free.minute": 30,
    "plans.free.day": 500,
    "plans.free.unmatched": 200,
    "plans.free.reports_day": 10,
    "plans.free.reports_month": 60,
    "plans.pro.minute": 300,
    "plans.pro.day": 10_000,
    "plans.pro.unmatched": 5_000,
    "plans.pro.reports_day": 50,
    "plans.pro.reports_month": 500,
    "plans.partner.minute": 1_200,
    "plans.partner.day": 100_000,
    "plans.partner.unmatched": 50_000,
    "plans.partner.reports_day": 300,
    "plans.partner.reports_month": 5_000,
    "days.zone": "Europe/Kyiv",
    "days.holidays": "UA",
    "days.terms": ("appeal_days",),
}
DIFFERENT: dict[str, dict[str, object]] = {
    "ua": {},
    "eu-strict": {
        "notice_days": 28,
        "file_names_businesses": True,
        "days.zone": "Europe/Lisbon",
        "days.holidays": "XECB",
    },
    "sandbox": {"cooling_off_hours": 0, "notice_days": 0},
}


def numbers(body: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Every number of a profile by its name (`retention_months.no_show`, `plans.free.day`), and whose days count."""
    for name, value in body.items():
        if isinstance(value, dict):
            yield from numbers(value, f"{prefix}{name}.")
        elif isinstance(value, int) or prefix == "days.":
            yield f"{prefix}{name}", value


def of(profile: str) -> dict[str, object]:
    return dict(numbers(msgspec.to_builtins(policy.load(profile))))


def written(profile: str) -> dict[str, Any]:
    """What the profile's own file says."""
    text = (policy.FOLDER / f"{profile}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def test_every_profile_is_known_here() -> None:
    assert set(PROFILES) == set(DIFFERENT)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_numbers_are_those_that_were_decided(profile: str) -> None:
    assert of(profile) == UA | DIFFERENT[profile]


@pytest.mark.parametrize("profile", PROFILES)
def test_every_number_has_a_source_and_every_source_a_number(profile: str) -> None:
    sources = policy.load(profile).sources
    assert sources.keys() == of(profile).keys()
    for name, sentence in sources.items():
        assert len(sentence.split()) >= 6, f"{name}: no sentence"
        assert sentence.endswith("."), name


@pytest.mark.parametrize("profile", PROFILES)
def test_a_number_of_its_own_has_a_source_of_its_own(profile: str) -> None:
    assert dict(numbers(written(profile))).keys() <= written(profile)["sources"].keys()


@pytest.mark.parametrize("profile", PROFILES)
def test_a_profile_is_stamped_with_its_name(profile: str) -> None:
    loaded = policy.load(profile)
    assert loaded.stamp == f"{profile}@{loaded.version}"


@pytest.mark.parametrize("profile", PROFILES)
def test_every_category_has_its_retention(profile: str) -> None:
    assert policy.load(profile).retention_months.keys() == set(Category)


def test_the_person_is_told_within_the_legal_month() -> None:
    """Cooling off, screening as meant, and every attempt together: GDPR art. 14(3)(a)."""
    for profile in PROFILES:
        loaded = policy.load(profile)
        assert loaded.cooling_off_hours / 24 + SCREENING_DAYS + loaded.notice_attempt_days < 28


def test_an_unknown_profile_is_refused_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match="eu-strict, sandbox, ua"):
        policy.load("../ua")

"""The plan is pure: the same for a seed, a moment and a policy, in order, and within the rules."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from registry.deadlines import months_after
from registry.demo import casting, people, plan, service
from registry.demo.businesses import BEGINNING
from registry.demo.plan import Case, Step
from registry.demo.timetable import Act
from registry.identities.wire import SubjectDescription
from registry.matching.subject import parse
from registry.platform import policy
from registry.reports import rules
from registry.reports.rules import Category

ANCHOR = datetime(2026, 11, 22, 3, 17, tzinfo=UTC)
#: Under every policy, and ended on days at which calendars are awkward.
HISTORIES = {
    "ua": ANCHOR,
    "eu-strict": datetime(2028, 2, 29, 0, 0, 1, tzinfo=UTC),
    "sandbox": datetime(2029, 3, 1, 23, 59, tzinfo=UTC),
}


@pytest.fixture(params=HISTORIES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def steps(name: str) -> list[Step]:
    return plan.steps(HISTORIES[name], policy.load(name))


def cases(steps: list[Step]) -> list[Case]:
    """Every report of the plan, once."""
    return [step.case for step in steps if step.case and step.act is Act.SUBMIT]


def test_it_is_the_same_again(name: str, steps: list[Step]) -> None:
    assert plan.steps(HISTORIES[name], policy.load(name)) == steps


def test_it_goes_forward_and_ends_before_the_load(name: str, steps: list[Step]) -> None:
    anchor = HISTORIES[name]
    assert all(later.at - earlier.at >= plan.APART for earlier, later in pairwise(steps))
    assert steps[0].at == anchor - timedelta(days=BEGINNING)
    assert steps[-1].at < anchor - service._MOVED, (
        "a resumed load could not tell it from the present"
    )


def test_a_few_hundred_reports_of_every_category(steps: list[Step]) -> None:
    written = cases(steps)
    assert 280 <= len(written) <= 320
    counted = Counter(case.submission.category for case in written)
    assert set(counted) == set(Category)
    assert min(counted.values()) >= 10
    references = [case.submission.contract_reference for case in written]
    assert len(set(references)) == len(references)


def test_every_report_may_be_submitted(steps: list[Step]) -> None:
    for step in steps:
        if step.act in (Act.SUBMIT, Act.REINSERT) and step.case:
            content, day = step.case.submission, step.at.date()
            assert months_after(day, -12) <= content.incident_date < day
            assert content.amount or content.category not in rules.NEEDS_AMOUNT
            assert content.contacts or content.category not in rules.NEEDS_CONTACTS
            assert all(contact.at <= step.at for contact in content.contacts)
            assert content.subject.phone or content.subject.email


def test_nobody_outside_the_permitted_ranges_is_named(steps: list[Step]) -> None:
    subjects: list[SubjectDescription] = [case.submission.subject for case in cases(steps)]
    subjects += [query.subject for step in steps for query in step.queries]
    for subject in subjects:
        if subject.phone:
            assert re.search(r"50555[0-9]{4}$", re.sub(r"\D", "", subject.phone))
        if subject.email:
            assert re.search(r"@example\.(com|org|net)$|\.example$", subject.email.lower())


def test_repeat_offenders_are_reported_by_several_businesses(steps: list[Step]) -> None:
    reporters: dict[str, set[str]] = {}
    for step in steps:
        if (
            step.act is Act.SUBMIT
            and step.case
            and step.trade
            and step.case.submission.subject.phone
        ):
            last = re.sub(r"\D", "", step.case.submission.subject.phone)[-4:]
            reporters.setdefault(last, set()).add(step.trade.slug)
    assert sum(len(several) > 1 for several in reporters.values()) >= 24


def test_a_ruling_is_not_the_screeners(steps: list[Step]) -> None:
    by = {(step.case.number, step.act): step.by for step in steps if step.case}
    ruled = [(number, act) for number, act in by if act in (Act.UPHOLD, Act.AMEND, Act.REMOVE)]
    assert ruled
    assert all(by[number, act] != by[number, Act.PUBLISH] for number, act in ruled)


def test_whoever_reported_the_example_wrote_him_otherwise_and_with_his_mail(
    steps: list[Step],
) -> None:
    parsed = [
        (c.submission.subject, parse(c.submission.subject, country="UA")[0]) for c in cases(steps)
    ]
    ours = [sent for sent, read in parsed if people.EXAMPLE_NUMBER in read.phones]
    assert len(ours) == len(casting.EXAMPLES)
    assert all(sent.phone != people.EXAMPLE_PHONE for sent in ours)
    assert all(sent.email and sent.email != people.EXAMPLE_EMAIL for sent in ours)
    assert all(sent.name and sent.name != people.EXAMPLE_NAME for sent in ours)

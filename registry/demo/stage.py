"""Doing the steps of the plan: each through the service that a member, a moderator or the clock would use.

Lives here: one function an act, run under a clock that stands at the step's moment. Not here: which steps
there are (`plan`), the clock and how far a load came (`service`). Each step leaves its mark in the audit
log in one transaction, or none: that is what makes a load resumable.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from uuid import UUID

import msgspec
import structlog

from registry.businesses import access as member_access
from registry.businesses import service as businesses
from registry.businesses import verification
from registry.businesses.access import Member
from registry.businesses.rules import Scope
from registry.businesses.rules import Verdict as BusinessVerdict
from registry.businesses.wire import BusinessDecision, KeyRequest
from registry.demo import papers, stories
from registry.demo.businesses import Trade
from registry.demo.plan import Case, Step
from registry.demo.timetable import Act
from registry.limits import rules as limits_rules
from registry.lookups import queries as lookup_queries
from registry.lookups import service as lookups
from registry.lookups import terms
from registry.lookups.desk import Desk
from registry.lookups.rules import Advice
from registry.lookups.wire import TermRule, TermsChange
from registry.messages import jobs as messages_jobs
from registry.platform import secrets
from registry.platform.actor import Actor, ActorKind
from registry.platform.errors import NotFound, RegistryError
from registry.platform.runtime import Runtime, Session, transaction
from registry.reports import evidence, rulings, screening
from registry.reports import jobs as reports_jobs
from registry.reports import service as reports
from registry.reports.rules import ReasonCode, Verdict
from registry.reports.wire import Reinsertion, ReportChange, ReportDecision
from registry.staff.access import Staff

SUBJECT = Actor(kind=ActorKind.SUBJECT)
_CODE = re.compile(r"\b[0-9]{8}\b")
_OWN_TERMS = TermsChange(
    rules=[
        TermRule(advice=Advice.PREPAY_FULL, categories=["no_show", "chargeback_abuse"]),
        TermRule(advice=Advice.CONTACT_LOG, categories=["abusive_conduct"], within_months=24),
        TermRule(advice=Advice.DECLINE_POLITELY, at_least=3),
    ]
)

log = structlog.get_logger("registry.demo")


class Stage(msgspec.Struct):
    """Who is there: filled as the steps are done, or read back when a load is resumed."""

    #: The process's own, except that its letters never leave the machine.
    runtime: Runtime
    operator: Staff
    moderators: tuple[Staff, Staff]
    #: After an interruption the world may have moved on: a step that is no longer possible is passed over.
    resumed: bool
    businesses: dict[str, UUID]
    members: dict[str, Member]
    #: The newest report under each contract reference.
    reports: dict[str, UUID]


async def perform(stage: Stage, step: Step) -> None:
    """Do one step; the clock stands at its moment."""
    try:
        await _DEEDS[step.act](stage, step)
    except RegistryError as refusal:
        if not stage.resumed:
            raise
        log.warning("step_passed_over", act=step.act, because=refusal.slug)


async def tick(runtime: Runtime) -> None:
    """What the workers would have done by now: the post, the proofs of notice, the clock's changes."""
    if await deliver(runtime):
        while await reports_jobs.take_proofs(runtime):
            pass
    await reports_jobs.advance_due(runtime)


async def deliver(runtime: Runtime) -> bool:
    """Send all that is written; returns whether there was anything."""
    found = False
    while await messages_jobs.deliver(runtime):
        found = True
    return found


async def enrol(stage: Stage, slug: str) -> None:
    """Give a verified business a key with every scope, under which its later steps are done.

    Its past lookups spend from a budget apart, so that nobody starts with a spent one.
    """
    runtime, business_id = stage.runtime, stage.businesses[slug]
    async with transaction(runtime, business_id=business_id) as session:
        request = KeyRequest(label="office", scopes=list(Scope))
        created = await businesses.create_key(session, _business(business_id), request)
    digest = secrets.digest(runtime.keyring, created.api_key)
    member = await member_access.remembered(runtime).get(digest)
    assert member is not None  # noqa: S101 - the key was made a moment ago
    most = runtime.policy.plans["partner"]
    holder = f"demonstration:{business_id}"
    budget = limits_rules.lookups(holder, most.minute, most.day, most.unmatched)
    stage.members[slug] = msgspec.structs.replace(member, budget=budget)


def _business(business_id: UUID) -> Actor:
    return Actor(kind=ActorKind.BUSINESS, business_id=business_id)


def _trade(step: Step) -> Trade:
    assert step.trade is not None  # noqa: S101 - every step but a tick has one
    return step.trade


def _member(stage: Stage, step: Step) -> Member:
    try:
        return stage.members[_trade(step).slug]
    except KeyError:
        raise NotFound from None


def _case(step: Step) -> Case:
    assert step.case is not None  # noqa: S101 - every step with a report has one
    return step.case


def _report(stage: Stage, step: Step) -> UUID:
    try:
        return stage.reports[_case(step).submission.contract_reference]
    except KeyError:
        raise NotFound from None


async def _join(stage: Stage, step: Step) -> None:
    trade = _trade(step)
    async with transaction(stage.runtime) as session:
        joined = await businesses.sign_up(session, trade.sign_up, plan=trade.plan)
    stage.businesses[trade.slug] = joined.id


async def _prove(stage: Stage, step: Step) -> None:
    trade = _trade(step)
    await deliver(stage.runtime)
    outbox = stage.runtime.settings.outbox_dir
    code = await asyncio.to_thread(_code_sent_to, outbox, trade.sign_up.email)
    business_id = stage.businesses[trade.slug]
    async with transaction(stage.runtime) as session:
        proven = await businesses.prove_email(session, _business(business_id), business_id, code)
    if not proven:
        raise businesses.CodeRefused


def _code_sent_to(outbox: Path, address: str) -> str:
    """The code in the newest letter to that address; empty when there is none."""
    letters = (msgspec.json.decode(path.read_bytes()) for path in outbox.glob("*.json"))
    ours = sorted((letter["at"], letter["text"]) for letter in letters if letter["to"] == address)
    codes = [code for _, text in ours for code in _CODE.findall(text)]
    return codes[-1] if codes else ""


_OPERATORS = {
    Act.VERIFY: (BusinessVerdict.VERIFY, stories.VERIFIED),
    Act.REFUSE: (BusinessVerdict.REFUSE, stories.REFUSED),
    Act.SUSPEND: (BusinessVerdict.SUSPEND, stories.SUSPENDED),
}


async def _decide_business(stage: Stage, step: Step) -> None:
    slug = _trade(step).slug
    decision, reason = _OPERATORS[step.act]
    business_id = stage.businesses[slug]
    async with transaction(stage.runtime) as session:
        version = (await businesses.view(session, business_id)).version
        command = BusinessDecision(decision=decision, reason=reason, version=version)
        await verification.decide(session, stage.operator.actor, business_id, command)
    if step.act is Act.VERIFY:
        await enrol(stage, slug)


async def _set_terms(stage: Stage, step: Step) -> None:
    member = _member(stage, step)
    async with transaction(stage.runtime, business_id=member.business_id) as session:
        await terms.put(session, member, _OWN_TERMS)


async def _look_up(stage: Stage, step: Step) -> None:
    member = _member(stage, step)
    queries = [lookup_queries.read(stage.runtime, member, asked) for asked in step.queries]
    await lookups.look_up(Desk(stage.runtime), member, queries)


async def _submit(stage: Stage, step: Step) -> None:
    member, case = _member(stage, step), _case(step)
    async with transaction(stage.runtime, business_id=member.business_id) as session:
        view = await reports.submit(session, member, case.submission)
        await _attach(session, member, view.id, case, case.files)
    stage.reports[case.submission.contract_reference] = view.id


async def _reinsert(stage: Stage, step: Step) -> None:
    member, case = _member(stage, step), _case(step)
    command = Reinsertion(certification=True, reason=stories.REINSERTED, report=case.submission)
    ended = _report(stage, step)
    async with transaction(stage.runtime, business_id=member.business_id) as session:
        view = await reports.reinsert(session, member, ended, command)
        await _attach(session, member, view.id, case, case.files + 1)
    stage.reports[case.submission.contract_reference] = view.id


async def _attach(
    session: Session, member: Member, report_id: UUID, case: Case, count: int
) -> None:
    for number in range(1, count + 1):
        if number % 2:
            name = f"{case.submission.contract_reference}.pdf"
            title = f"Contract {case.submission.contract_reference}, page {number} (invented)"
            content = papers.pdf([title, f"Incident: {case.submission.incident_date:%d.%m.%Y}"])
        else:
            name, content = "photo.png", papers.png(Random(case.number))
        await evidence.add(session, member, report_id, name, content)


async def _change(stage: Stage, step: Step) -> None:
    """Edit while cooling off, or answer a moderator: with a file where one was asked for."""
    member, case, report_id = _member(stage, step), _case(step), _report(stage, step)
    async with transaction(stage.runtime, business_id=member.business_id) as session:
        if step.act is Act.ANSWER and case.files == 0:
            await _attach(session, member, report_id, case, 1)
        else:
            change = ReportChange(statement=case.clarified)
            await reports.edit(session, member, report_id, change)


async def _end(stage: Stage, step: Step) -> None:
    member, report_id = _member(stage, step), _report(stage, step)
    async with transaction(stage.runtime, business_id=member.business_id) as session:
        if step.act is Act.SETTLE:
            await reports.settle(session, member, report_id, stories.SETTLED)
        else:
            await reports.withdraw(session, member, report_id, stories.WITHDRAWN)


async def _decide(stage: Stage, step: Step) -> None:
    case, report_id = _case(step), _report(stage, step)
    async with transaction(stage.runtime) as session:
        moderator = stage.moderators[step.by]
        await rulings.catch_up(session, report_id)
        version = (await screening.case(session, moderator, report_id)).report.version
        decision, code, reason = _verdict(step.act, case)
        said = ReportDecision(decision=decision, reason_code=code, reason=reason, version=version)
        await screening.decide(session, moderator, report_id, said)


def _verdict(act: Act, case: Case) -> tuple[Verdict, ReasonCode, str]:
    if act is Act.PUBLISH:
        return Verdict.PUBLISH, ReasonCode.PROOF_STANDARD_MET, stories.PUBLISHED
    if act is Act.ASK:
        code = ReasonCode.UNCLEAR if case.files else ReasonCode.EVIDENCE_MISSING
        return Verdict.REQUEST_INFO, code, stories.UNCLEAR if case.files else stories.MISSING
    codes = sorted(stories.REJECTED)
    name = codes[case.number % len(codes)]
    return Verdict.REJECT, ReasonCode(name), stories.REJECTED[name]


async def _contest(stage: Stage, step: Step) -> None:
    async with transaction(stage.runtime) as session:
        await rulings.suspend(session, SUBJECT, _report(stage, step))


_RULINGS = {
    Act.UPHOLD: (rulings.restore, stories.UPHELD),
    Act.AMEND: (rulings.amend, stories.AMENDED),
    Act.REMOVE: (rulings.remove, stories.REMOVED),
}


async def _rule(stage: Stage, step: Step) -> None:
    ruling, reason = _RULINGS[step.act]
    async with transaction(stage.runtime) as session:
        await ruling(session, stage.moderators[step.by].actor, _report(stage, step), reason)


async def _tick(stage: Stage, _: Step) -> None:
    await tick(stage.runtime)


_DEEDS: dict[Act, Callable[[Stage, Step], Awaitable[None]]] = {
    Act.JOIN: _join,
    Act.PROVE: _prove,
    Act.VERIFY: _decide_business,
    Act.REFUSE: _decide_business,
    Act.SUSPEND: _decide_business,
    Act.SET_TERMS: _set_terms,
    Act.LOOK_UP: _look_up,
    Act.SUBMIT: _submit,
    Act.REINSERT: _reinsert,
    Act.EDIT: _change,
    Act.ANSWER: _change,
    Act.WITHDRAW: _end,
    Act.SETTLE: _end,
    Act.PUBLISH: _decide,
    Act.ASK: _decide,
    Act.REJECT: _decide,
    Act.CONTEST: _contest,
    Act.UPHOLD: _rule,
    Act.AMEND: _rule,
    Act.REMOVE: _rule,
    Act.TICK: _tick,
}

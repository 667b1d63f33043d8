"""The machine: a person, two reporters, three moderators, an attacker and the clock, in any order.

What each is answered is told to the oracle; after every step a business looks the person up, and the oracle says
whether that is what it may see.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from registry.platform import clock
from registry.staff.rules import Role
from tests.factories.registry import PDF, Shop, submission
from tests.model.oracle import DAY, HOUR, Broken, Case, Dispute, Promise
from tests.model.stages import SO_FAR, Stage
from tests.model.world import World, somebody

MINUTE = timedelta(minutes=1)
#: What the clock may leap over. The minute keeps every deadline clear of the moment it is looked at.
LEAPS = [HOUR, 25 * HOUR, 3 * DAY, 8 * DAY, 11 * DAY, 15 * DAY, 31 * DAY]
SHOWN = {"active", "upheld", "amended"}
PAPER = {"reason": "Looked at every document."}
WORDS = {"statement": "As I know it."}

any_case = st.integers(0, 5)
any_moderator = st.integers(0, 2)


class Machine(RuleBasedStateMachine):
    """One example."""

    world: ClassVar[World]

    @initialize(stage=st.sampled_from(Stage))
    def begin(self, stage: Stage) -> None:
        """Two businesses, one of which has a moderator among its people, somebody to report, and what was so far."""
        self.offset, self.passed, self.steps = timedelta(), timedelta(), 0
        self.cases: list[Case] = []
        self.subject = somebody()
        self.run(self._begin())
        for step in SO_FAR[stage]:
            step(self)

    async def _begin(self) -> None:
        registry = self.world.registry
        self.reporters: list[Shop] = [await registry.shop() for _ in range(2)]
        insider = await registry.staff_key(Role.MODERATOR, business_id=self.reporters[0].id)
        self.moderators = [*self.world.moderators, insider]

    def teardown(self) -> None:
        """Nothing of it is due any more, and the post works."""
        self.world.let_post(work=True)
        if hasattr(self, "moderators"):
            self.run(self.world.retire([shop.id for shop in self.reporters]))

    # --- help ---

    def run(self, work: Any) -> Any:
        """Something done at the machine's time."""
        return self.world.run(self.offset, work)

    @property
    def now(self) -> datetime:
        """The machine's time."""
        return datetime.now(UTC) + self.offset

    def pick(self, number: int, likely: Callable[[Case], object] = lambda _: True) -> Case:
        """One of the reports there are: mostly one for which the act makes sense."""
        found = [case for case in self.cases if likely(case)] if number % 3 else []
        among = found or self.cases
        return among[number % len(among)]

    def rarely(self) -> bool:
        """Every fourth step: acts that seldom lead anywhere leave room for the others."""
        return self.steps % 4 == 0

    def as_person(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """A call of the person with both proofs."""

        async def call() -> httpx.Response:
            return await self.world.call(await self.world.token(**self.subject), method, path, body)

        answer: httpx.Response = self.run(call())
        return answer

    def as_reporter(self, case: Case, method: str, path: str, body: Any = None) -> httpx.Response:
        """A call of whoever filed the report."""
        key = self.reporters[case.reporter].key
        answer: httpx.Response = self.run(self.world.call(key, method, path, body))
        return answer

    def as_moderator(self, who: int, path: str, body: Any) -> httpx.Response:
        """A decision of a moderator."""
        key = self.moderators[who]
        answer: httpx.Response = self.run(
            self.world.call(key, "POST", f"/v1/moderation/{path}/decision", {**body, **PAPER})
        )
        return answer

    def conflicted(self, case: Case, who: int) -> bool:
        """Whether a moderator works for the reporter."""
        return who == 2 and case.reporter == 0

    # --- the reporters ---

    def _taken_in(self, reporter: int, body: dict[str, Any], answer: httpx.Response) -> Case:
        incident = datetime.fromisoformat(body["incident_date"]).replace(tzinfo=UTC)
        case = Case(
            id=answer.json()["id"],
            reporter=reporter,
            matter=body["contract_reference"],
            filed_at=self.now,
            retention_until=incident.replace(year=incident.year + 1),
        )
        self.cases.append(case)
        key = self.reporters[reporter].key
        path = f"/v1/reports/{case.id}/evidence"
        assert self.run(self.world.attach(key, path, PDF)).status_code == 201
        return case

    def _body(self, matter: str | None = None) -> dict[str, Any]:
        with clock.shifted(self.offset):
            body = submission(subject=self.subject)
        return body if matter is None else {**body, "contract_reference": matter}

    @precondition(lambda self: sum(not case.ended for case in self.cases) < 3)
    @rule(reporter=st.integers(0, 1))
    def file(self, reporter: int) -> None:
        """A reporter files something new."""
        body = self._body()
        key = self.reporters[reporter].key
        answer = self.run(self.world.call(key, "POST", "/v1/reports", body))
        assert answer.status_code == 201, answer.text
        self._taken_in(reporter, body, answer)

    @precondition(lambda self: len(self.cases) < 8 and any(one.ended for one in self.cases))
    @rule(number=any_case)
    def file_again(self, number: int) -> None:
        """A reporter files a matter that ended, as if it were new."""
        case = self.pick(number, lambda one: one.ended)
        if case.ended is None:
            return
        buried = any(
            one.buried(self.now)
            for one in self.cases
            if (one.reporter, one.matter) == (case.reporter, case.matter)
        )
        body = self._body(case.matter)
        answer = self.as_reporter(case, "POST", "/v1/reports", body)
        if answer.status_code == 201:
            if buried:
                raise Broken(Promise.CERTIFIED, "an ended matter was taken in as new")
            self._taken_in(case.reporter, body, answer)
        assert answer.status_code == (409 if buried else 201), answer.text

    @precondition(lambda self: len(self.cases) < 8 and any(one.ended for one in self.cases))
    @rule(number=any_case, certified=st.booleans())
    def bring_back(self, number: int, certified: bool) -> None:
        """A reporter brings an ended report back, and certifies it or does not."""
        case = self.pick(number, lambda one: one.ended)
        body = self._body(case.matter)
        sent = {**PAPER, "certification": certified, "report": body}
        path = f"/v1/reports/{case.id}/reinsertion"
        answer = self.as_reporter(case, "POST", path, sent)
        if answer.status_code == 201:
            if not certified:
                raise Broken(Promise.CERTIFIED, "an ended report came back without certification")
            back = self._taken_in(case.reporter, body, answer)
            back.brought_back = True

    @precondition(lambda self: self.cases and self.rarely())
    @rule(number=any_case)
    def edit(self, number: int) -> None:
        """A reporter changes what the report says."""
        case = self.pick(number)
        words = {"statement": f"Told otherwise at {self.now}."}
        answer = self.as_reporter(case, "PATCH", f"/v1/reports/{case.id}", words)
        if answer.status_code == 200:
            if case.published_at is not None:
                raise Broken(Promise.NOTICE, "what the person was told of was altered")
            case.agreed.clear()
            case.asked_at = None

    @precondition(lambda self: self.cases and self.rarely())
    @rule(number=any_case, how=st.sampled_from(["withdraw", "settle"]))
    def take_back(self, number: int, how: str) -> None:
        """A reporter takes a report back, or says that it is paid."""
        case = self.pick(number)
        answer = self.as_reporter(case, "POST", f"/v1/reports/{case.id}/{how}", PAPER)
        if answer.status_code == 200:
            case.end(how, self.now)

    @precondition(lambda self: any(case.contest for case in self.cases))
    @rule(number=any_case)
    def answer(self, number: int) -> None:
        """A reporter answers a dispute."""
        case = self.pick(number, lambda one: one.contest)
        if case.contest is None:
            return
        path = f"/v1/disputes/{case.contest.id}/response"
        if self.as_reporter(case, "POST", path, WORDS).status_code == 200:
            case.contest.answered = True

    # --- the moderators ---

    @precondition(lambda self: any(case.published_at is None for case in self.cases))
    @rule(
        number=any_case,
        who=any_moderator,
        decision=st.sampled_from(["publish", "publish", "publish", "request_info", "reject"]),
    )
    def screen(self, number: int, who: int, decision: str) -> None:
        """A moderator decides on a report."""
        case = self.pick(number, lambda one: one.published_at is None and not one.ended)
        codes = {
            "publish": "proof_standard_met",
            "request_info": "unclear",
            "reject": "no_evidence",
        }
        body = {"decision": decision, "reason_code": codes[decision]}
        answer = self.as_moderator(who, f"reports/{case.id}", body)
        if answer.status_code != 200:
            return
        if self.conflicted(case, who):
            raise Broken(Promise.CONFLICT, "a moderator screened their own business's report")
        case.screeners.add(who)
        if decision == "reject":
            case.end("rejected", self.now)
        elif decision == "request_info":
            case.asked_at = self.now
            case.agreed.clear()
        else:
            case.agreed.add(who)
            if answer.json()["report"]["state"] == "notice":
                if len(case.agreed) < case.needs:
                    raise Broken(Promise.TWO, "one moderator published what needs two")
                case.published_at = self.now

    @precondition(lambda self: any(case.contest for case in self.cases))
    @rule(number=any_case, who=any_moderator, ruling=st.sampled_from(["uphold", "amend", "remove"]))
    def rule_(self, number: int, who: int, ruling: str) -> None:
        """A moderator rules on a dispute."""
        case = self.pick(number, lambda one: one.contest)
        contest = case.contest
        if contest is None:
            return
        codes = {"uphold": "evidence_confirms", "amend": "partly_wrong", "remove": "not_proven"}
        body: dict[str, Any] = {"decision": ruling, "reason_code": codes[ruling]}
        if ruling == "amend":
            body["changes"] = {"amount": {"amount": 40_000, "currency": "UAH"}}
        answer = self.as_moderator(who, f"disputes/{contest.id}", body)
        if answer.status_code != 200:
            return
        if self.conflicted(case, who) or who in case.screeners | contest.rulers:
            raise Broken(Promise.CONFLICT, "a conflicted moderator ruled")
        contest.rulers.add(who)
        if ruling == "remove":
            case.end("removed", self.now)
        else:
            contest.agreed.add((who, ruling))
            if answer.json()["dispute"]["ruling"] is None:
                return
            if sum(said == ruling for _, said in contest.agreed) < case.needs:
                raise Broken(Promise.TWO, "one moderator kept what needs two")
        contest.open = contest.overdue = False

    # --- the person ---

    @precondition(lambda self: self.cases)
    @rule(number=any_case, paid=st.booleans())
    def dispute(self, number: int, paid: bool) -> None:
        """The person disputes a report, or says that it is paid."""
        case = self.pick(number, lambda one: one.published_at and not one.ended)
        body = {"report_id": case.id, **WORDS}
        path = "/v1/subject/settlements" if paid else "/v1/disputes"
        answer = self.as_person("POST", path, body if paid else {**body, "ground": "inaccurate"})
        if not (case.ended or case.disputes or case.doubtful(self.now)) and case.published_at:
            assert answer.status_code == 201, "whoever is told may dispute"
        if answer.status_code != 201:
            return
        assert case.published_at is not None
        assert case.ended is None
        view = answer.json()
        first = not case.disputes
        made = Dispute(view["id"], hides=first, paid=paid, opened_at=self.now, open=first)
        case.told_at = case.told_at or self.now
        case.disputes.insert(0, made)

    @precondition(lambda self: any(case.disputes for case in self.cases))
    @rule(number=any_case)
    def add_evidence(self, number: int) -> None:
        """The person adds a file to their last dispute; what was refused as nothing new is taken up."""
        case = self.pick(number, lambda one: one.disputes and not one.ended)
        if not case.disputes:
            return
        last = case.disputes[0]
        path = f"/v1/subject/disputes/{last.id}/evidence"

        async def send() -> httpx.Response:
            return await self.world.attach(await self.world.token(**self.subject), path, PDF)

        if self.run(send()).status_code == 201:
            last.evidence = True
            if not last.open:
                last.open, last.answered, last.opened_at = True, False, self.now

    @precondition(lambda self: any(case.disputes for case in self.cases))
    @rule(number=any_case)
    def appeal(self, number: int) -> None:
        """The person appeals the last ruling."""
        case = self.pick(number, lambda one: one.disputes and not one.ended)
        if not case.disputes:
            return
        last = case.disputes[0]
        answer = self.as_person("POST", f"/v1/disputes/{last.id}/appeal", WORDS)
        if answer.status_code == 200:
            assert last.appealed_at is None, "there is one appeal"
            last.appealed_at, last.open, last.answered = self.now, True, True
            last.agreed.clear()

    # --- the attacker, the post and the clock ---

    @precondition(lambda self: self.cases)
    @rule(
        number=any_case,
        proofs=st.sampled_from(["phone", "stranger", "neighbour", "reporter", "none"]),
    )
    def attack(self, number: int, proofs: str) -> None:
        """Somebody who may not disputes, withdraws or answers; nothing comes of it."""
        case = self.pick(number, lambda one: one.published_at and not one.ended)

        async def call() -> httpx.Response:
            other = somebody()
            tokens = {
                "none": self.world.asker.key,
                "phone": await self.world.token(phone=self.subject["phone"]),
                "stranger": await self.world.token(**other),
                "reporter": self.reporters[case.reporter].key,
                "neighbour": self.reporters[1 - case.reporter].key,
            }
            if proofs == "neighbour":
                path = f"/v1/reports/{case.id}/withdraw"
                return await self.world.call(tokens[proofs], "POST", path, PAPER)
            body = {"report_id": case.id, "ground": "not_me", **WORDS}
            return await self.world.call(tokens[proofs], "POST", "/v1/disputes", body)

        answer = self.run(call())
        if answer.is_success:
            raise Broken(Promise.BOUNDED, f"whoever has {proofs} acted as another")
        assert answer.status_code in (401, 403, 404), answer.text

    @precondition(lambda self: self.cases and self.rarely())
    @rule(works=st.booleans())
    def post(self, works: bool) -> None:
        """Letters cannot be written, or can be again."""
        self.world.let_post(work=works)

    @precondition(lambda self: self.cases)
    @rule(leap=st.sampled_from(LEAPS))
    def wait(self, leap: timedelta) -> None:
        """Time passes, and the worker works."""
        self.offset += leap + MINUTE
        self.passed += leap + MINUTE
        self.run(self.world.registry.work())
        for case in self.cases:
            if case.published_at is not None and case.told_at is None and case.ended is None:
                case.told_at = self.run(self.world.told_at(case.id))
            case.tick(self.now)

    # --- what a business sees ---

    @invariant()
    def look(self) -> None:
        """After every step: what a lookup shows is what it may, and the audit log says how it came to that."""
        if not getattr(self, "cases", None):
            return
        self.steps += 1
        self.run(self._look())

    async def _look(self) -> None:
        visible = await self.world.shown(email=self.subject["email"])
        if visible - {case.id for case in self.cases}:
            raise Broken(Promise.CERTIFIED, "something was shown that nobody filed")
        for case in self.cases:
            contest = case.contest
            overdue = contest is not None and await self._says_overdue(contest)
            case.seen(visible=case.id in visible, overdue=overdue, now=self.now, passed=self.passed)
            if case.id in visible and await self.world.audited_state(case.id) not in SHOWN:
                raise Broken(Promise.AUDITED, f"report {case.id} is shown, and nothing says why")
        self.passed = timedelta()

    async def _says_overdue(self, contest: Dispute) -> bool:
        token = await self.world.token(**self.subject)
        view = await self.world.call(token, "GET", f"/v1/subject/disputes/{contest.id}")
        return view.status_code == 200 and view.json()["state"] == "overdue"

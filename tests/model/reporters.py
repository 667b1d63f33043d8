"""What reporters do: they file, edit, take back, bring back and answer."""

from datetime import UTC, datetime
from typing import Any

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from registry.platform import clock
from tests.factories.registry import PDF, submission
from tests.model.oracle import Broken, Case, Promise
from tests.model.setting import PAPER, WORDS, Setting, any_case


class Reporters(Setting):
    """Two businesses that report the same person."""

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
    @rule(number=any_case, what=st.sampled_from(["statement", "subject"]))
    def edit(self, number: int, what: str) -> None:
        """A reporter changes what the report says, of what happened or of the person."""
        case = self.pick(number)
        words: dict[str, Any] = {"statement": f"Told otherwise at {self.now}."}
        if what == "subject":
            words = {"subject": {**self.subject, "city": f"City {self.steps}"}}
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

    @precondition(lambda self: len(self.lies) < 3 and self.rarely())
    @rule(about=st.sampled_from(["both", "another name", "the number"]))
    def lie(self, about: str) -> None:
        """A verified business reports the person without a reason: together with a stranger, or by another name."""
        number = {"phone": self.subject["phone"]}
        subject = {
            "both": {**number, "emails": [self.subject["email"], self.stranger["email"]]},
            "another name": {**number, "name": "Вигаданий Мирон", "birth_date": "1980-05-06"},
            "the number": number,
        }[about]
        with clock.shifted(self.offset):
            body = submission(subject=subject)
        answer = self.run(self.world.call(self.liar.key, "POST", "/v1/reports", body))
        assert answer.status_code == 201, answer.text
        self.lies.append(answer.json()["id"])

    @precondition(lambda self: self.lies)
    @rule()
    def take_the_lie_back(self) -> None:
        """The business withdraws it before a moderator published it, whatever state it is in."""
        path = f"/v1/reports/{self.lies.pop()}/withdraw"
        assert self.run(self.world.call(self.liar.key, "POST", path, PAPER)).status_code == 200

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

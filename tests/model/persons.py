"""What is done against a report: by its person, by whoever has the number now, and by whoever may not."""

from datetime import timedelta

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.factories.registry import PDF
from tests.model.oracle import DAY, Broken, Detachment, Dispute, Objection, Promise
from tests.model.setting import PAPER, WORDS, Setting, any_case
from tests.model.world import somebody

YEAR = timedelta(days=365)


class Persons(Setting):
    """The reported person, the new holder of the number, and an attacker."""

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
            return await self.world.attach(await self.token(), path, PDF)

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

    @precondition(lambda self: self.cases)
    @rule(number=any_case)
    def object_(self, number: int) -> None:
        """The person objects to a report, true or not."""
        case = self.pick(number, lambda one: one.published_at and not one.ended)
        body = {"report_id": case.id, **WORDS}
        answer = self.as_person("POST", "/v1/subject/objections", body)
        if answer.status_code != 201:
            heard = case.objection or len(case.objections) > 1 or case.doubtful(self.now)
            assert heard or case.ended or not case.published_at, "whoever is told may object"
            return
        assert case.published_at is not None
        assert case.ended is None
        first = not case.objections
        case.objections.insert(0, Objection(answer.json()["id"], hides=first, made_at=self.now))

    # --- whoever has the number, and whoever has nothing ---

    @precondition(lambda self: self.cases and self.rarely())
    @rule()
    def detach(self) -> None:
        """Whoever holds the phone says that it was somebody else's, and proves nothing more."""

        async def call() -> httpx.Response:
            token = await self.world.token({"phone": self.subject["phone"]})
            body = {"ground": "number_changed_owner"}
            return await self.world.call(token, "POST", "/v1/subject/detachments", body)

        answer, last = self.run(call()), self.detachment
        if answer.status_code == 409:
            assert last is not None
            later = self.now >= last.said_at + DAY
            assert not (last.confirmed and later), "a moderator agreed: it is another matter"
            assert self.now < last.said_at + YEAR + 2 * DAY, answer.text
            return
        assert answer.status_code == 201, answer.text
        again = last is None or last.confirmed or self.now > last.said_at + YEAR
        assert again, "once in twelve months"
        self.detachment = Detachment(answer.json()["id"], self.now)
        for case in self.cases:
            if case.detached is None:
                case.detach(self.detachment, self.now)

    @precondition(lambda self: self.cases)
    @rule(
        number=any_case,
        proofs=st.sampled_from(["phone", "stranger", "neighbour", "reporter", "none"]),
    )
    def attack(self, number: int, proofs: str) -> None:
        """Somebody who may not disputes, objects or withdraws; nothing comes of it."""
        case = self.pick(number, lambda one: one.published_at and not one.ended)

        async def call() -> httpx.Response:
            other = somebody()
            tokens = {
                "none": self.world.asker.key,
                "phone": await self.world.token({"phone": self.subject["phone"]}),
                "stranger": await self.world.token(other),
                "reporter": self.reporters[case.reporter].key,
                "neighbour": self.reporters[1 - case.reporter].key,
            }
            if proofs == "neighbour":
                path = f"/v1/reports/{case.id}/withdraw"
                return await self.world.call(tokens[proofs], "POST", path, PAPER)
            body = {"report_id": case.id, **WORDS}
            if number % 2:
                return await self.world.call(tokens[proofs], "POST", "/v1/subject/objections", body)
            dispute = {**body, "ground": "not_me"}
            return await self.world.call(tokens[proofs], "POST", "/v1/disputes", dispute)

        answer = self.run(call())
        if answer.is_success:
            raise Broken(Promise.BOUNDED, f"whoever has {proofs} acted as another")
        assert answer.status_code in (401, 403, 404), answer.text

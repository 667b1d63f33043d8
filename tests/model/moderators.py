"""What moderators do: they screen, rule, weigh, and look at detachments. The third works for the first reporter."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.model.oracle import Broken, Promise
from tests.model.setting import Setting, any_case, any_moderator


class Moderators(Setting):
    """Three moderators."""

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
                case.publish(self.now)

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

    @precondition(lambda self: any(case.objection for case in self.cases))
    @rule(number=any_case, who=any_moderator, decision=st.sampled_from(["grant", "refuse"]))
    def weigh(self, number: int, who: int, decision: str) -> None:
        """A moderator decides on an objection."""
        case = self.pick(number, lambda one: one.objection)
        objection = case.objection
        if objection is None:
            return
        codes = {"grant": "rights_prevail", "refuse": "interests_prevail"}
        body = {"decision": decision, "reason_code": codes[decision]}
        answer = self.as_moderator(who, f"objections/{objection.id}", body)
        if answer.status_code != 200:
            return
        if self.conflicted(case, who) or who in case.screeners | case.weighers:
            raise Broken(Promise.CONFLICT, "a conflicted moderator weighed an objection")
        case.weighers.add(who)
        objection.open = False
        if decision == "grant":
            case.end("erased", self.now)

    @precondition(lambda self: self.detachment is not None and self.detachment.open)
    @rule(who=any_moderator, decision=st.sampled_from(["restore", "confirm"]))
    def look_at_detachment(self, who: int, decision: str) -> None:
        """A moderator confirms that the number has a new holder, or takes that back."""
        said = self.detachment
        assert said is not None
        concerned = [case for case in self.cases if case.detached is said]
        conflicted = any(self.conflicted(case, who) for case in concerned if not case.ended)
        answer = self.as_moderator(who, f"detachments/{said.id}", {"decision": decision})
        if answer.status_code != 200:
            assert who == 2, answer.text
            return
        if conflicted:
            raise Broken(Promise.CONFLICT, "a moderator decided whose report a number finds")
        said.open, said.confirmed = False, decision == "confirm"
        for case in concerned if decision == "restore" else ():
            case.attach(self.now)
        # What was held may be due by now.
        self.catch_up()

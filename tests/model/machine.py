"""The machine: persons, two reporters, three moderators, the post and the clock, in any order.

What each is answered is told to the oracle; after every step a business looks the person up, and the oracle says
whether that is what it may see.
"""

import dataclasses
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from registry.matching.fingerprints import keyed
from tests.model.moderators import Moderators
from tests.model.oracle import DAY, HOUR, Broken, Case, Dispute, Look, Promise
from tests.model.persons import Persons
from tests.model.reporters import Reporters

MINUTE = timedelta(minutes=1)
#: What the clock may leap over. The minute keeps every deadline clear of the moment it is looked at.
LEAPS = [HOUR, 25 * HOUR, 3 * DAY, 8 * DAY, 11 * DAY, 15 * DAY, 31 * DAY]
SHOWN = {"active", "upheld", "amended"}


class Machine(Reporters, Moderators, Persons):
    """All of them, the post and the clock."""

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
        self.catch_up()

    # --- what a business sees ---

    @invariant()
    def look(self) -> None:
        """After every step: what a lookup shows is what it may, and the audit log says how it came to that."""
        if not getattr(self, "cases", None):
            return
        self.steps += 1
        self.run(self._look())

    async def _look(self) -> None:
        by_mail, by_phone = await self.world.shown(email=self.subject["email"]), None
        if self.detachment is not None:
            by_phone = await self.world.shown(phone=self.subject["phone"])
        if (by_mail | (by_phone or set())) - {case.id for case in self.cases}:
            raise Broken(Promise.CERTIFIED, "something was shown that nobody filed")
        look = Look(self.now, self.passed, by_mail, by_phone)
        for case in self.cases:
            overdue = case.contest is not None and await self._says_overdue(case.contest)
            rejected = await self._says_rejected(case)
            case.seen(dataclasses.replace(look, overdue=overdue, rejected=rejected))
            if case.id in by_mail and await self.world.audited_state(case.id) not in SHOWN:
                raise Broken(Promise.AUDITED, f"report {case.id} is shown, and nothing says why")
        self.passed = timedelta()
        keyring = self.world.registry.runtime.keyring
        people = [*self.subject.items(), *self.stranger.items()]
        values = [keyed(kind, value, keyring.index_key) for kind, value in people]
        kept, alone = await self.world.standings(values)
        if kept != alone:
            raise Broken(Promise.UNTOUCHED, "a report that is not shown decides who is one person")

    async def _says_overdue(self, contest: Dispute) -> bool:
        view = await self.world.call(
            await self.token(), "GET", f"/v1/subject/disputes/{contest.id}"
        )
        return view.status_code == 200 and view.json()["state"] == "overdue"

    async def _says_rejected(self, case: Case) -> bool | None:
        """Of what nobody was told, whether the registry turned it down; None where it may be otherwise."""
        untold = case.published_at is not None and case.told_at is None
        if not untold or case.ended not in (None, "rejected") or case.doubtful(self.now):
            return None
        key = self.reporters[case.reporter].key
        view = await self.world.call(key, "GET", f"/v1/reports/{case.id}")
        return view.json()["state"] in ("rejected", "erased")

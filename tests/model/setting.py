"""Where an example takes place: its businesses, its person, its time, and how each of them is called."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize

from registry.staff.rules import Role
from tests.factories.registry import Shop
from tests.model.oracle import Case, Detachment
from tests.model.stages import SO_FAR, Stage
from tests.model.world import World, somebody

PAPER = {"reason": "Looked at every document."}
WORDS = {"statement": "As I know it."}

any_case = st.integers(0, 5)
any_moderator = st.integers(0, 2)


class Setting(RuleBasedStateMachine):
    """One example, and what its actors act with."""

    world: ClassVar[World]

    @initialize(stage=st.sampled_from(Stage))
    def begin(self, stage: Stage) -> None:
        """Two businesses, one of which has a moderator among its people, somebody to report, and what was so far."""
        self.offset, self.passed, self.steps = timedelta(), timedelta(), 0
        self.cases: list[Case] = []
        #: The last time that somebody said that the number has a new holder.
        self.detachment: Detachment | None = None
        self.subject, self.stranger = somebody(), somebody()
        self.run(self._begin())
        for step in SO_FAR[stage]:
            step(self)

    async def _begin(self) -> None:
        registry = self.world.registry
        self.reporters: list[Shop] = [await registry.shop() for _ in range(2)]
        self.liar = await registry.shop()
        self.lies: list[str] = []
        insider = await registry.staff_key(Role.MODERATOR, business_id=self.reporters[0].id)
        self.moderators = [*self.world.moderators, insider]

    def teardown(self) -> None:
        """Nothing of it is due any more, and the post works."""
        self.world.let_post(work=True)
        if hasattr(self, "moderators"):
            self.run(self.world.retire([shop.id for shop in (*self.reporters, self.liar)]))

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

    async def token(self) -> str:
        """The person's: for both proofs, and, once the number may lead nowhere, for the address and a document."""
        if self.detachment is None:
            return await self.world.token(self.subject)
        return await self.world.token({"email": self.subject["email"]}, document=True)

    def as_person(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """A call of the person."""

        async def call() -> httpx.Response:
            return await self.world.call(await self.token(), method, path, body)

        answer: httpx.Response = self.run(call())
        return answer

    def as_reporter(self, case: Case, method: str, path: str, body: Any = None) -> httpx.Response:
        """A call of whoever filed the report."""
        key = self.reporters[case.reporter].key
        answer: httpx.Response = self.run(self.world.call(key, method, path, body))
        return answer

    def as_moderator(self, who: int, path: str, body: Any) -> httpx.Response:
        """A decision of a moderator."""
        key, place = self.moderators[who], f"/v1/moderation/{path}/decision"
        version = self.run(self.world.registry.version(place))
        said = {**body, **PAPER, "version": version}
        answer: httpx.Response = self.run(self.world.call(key, "POST", place, said))
        return answer

    def catch_up(self) -> None:
        """The worker works: what is due happens, and letters are written."""
        self.run(self.world.registry.work())
        for case in self.cases:
            untold = case.noticed_at is not None and case.told_at is None and case.ended is None
            if untold or case.detached:
                case.read(self.run(self.world.letters(case.id)), self.subject["phone"])
            case.tick(self.now)

    def conflicted(self, case: Case, who: int) -> bool:
        """Whether a moderator works for the reporter."""
        return who == 2 and case.reporter == 0

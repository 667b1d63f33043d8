"""What moderators answer moves the weights, as far as the answers go; what they were not asked about stays."""

from typing import Any

from registry.identities import learning
from registry.staff.rules import Role
from tests.factories.registry import Registry

#: Two of one name and birth date who share no number: a question.
NAMED = {"name": "Мельниченко Остап", "birth_date": "1990-01-02"}


async def _answer(registry: Registry, decision: str) -> None:
    queue = (await registry.as_staff(Role.MODERATOR, "GET", "/v1/moderation/queue")).json()
    (item,) = [item for item in queue["items"] if item["kind"] == "pair"]
    said = {"decision": decision, "reason": "Known to both shops."}
    path = f"/v1/moderation/pairs/{item['id']}/decision"
    answered = await registry.as_staff(Role.MODERATOR, "POST", path, said)
    assert answered.status_code == 200, answered.text


async def _ask(registry: Registry, *subjects: dict[str, Any]) -> None:
    for subject in subjects:
        await registry.published(await registry.shop(), subject=subject)


async def test_without_answers_nothing_is_learnt(sandbox: Registry) -> None:
    await _ask(sandbox, {"phone": "+380505550140", **NAMED}, {"phone": "+380505550941", **NAMED})
    learnt, answers = await learning.learn(sandbox.runtime, "2")
    assert answers == 0
    assert learnt.weights == sandbox.runtime.parameters.weights
    assert learnt.prior == sandbox.runtime.parameters.prior


async def test_an_answer_moves_what_it_was_about_its_own_way(sandbox: Registry) -> None:
    await _ask(sandbox, {"phone": "+380505550140", **NAMED}, {"phone": "+380505550941", **NAMED})
    before = sandbox.runtime.parameters
    await _answer(sandbox, "different")
    no, answers = await learning.learn(sandbox.runtime, "2")
    assert (answers, no.version, no.prior) == (1, "2", before.prior)
    for field in ("birth_date", "given", "surname"):
        assert no.weights[field]["same"] < before.weights[field]["same"], field
    assert no.weights["email"] == before.weights["email"], "it was not asked about"
    assert "1 answers of moderators" in no.source

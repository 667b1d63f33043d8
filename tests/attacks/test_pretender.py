"""A stranger who signs up under a company's public register code, or to learn who is a member."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.exc import IntegrityError

from registry.businesses import verification
from registry.staff.rules import Role
from tests.attacks.traces import traced
from tests.factories import rows
from tests.factories.registry import Registry, edrpou, problem

CODE, OTHER = edrpou(4_440_001), edrpou(4_440_002)
MAIL = "office@pretended.example"
CONFIDENTIAL = "The director came with a passport."


async def _decide(registry: Registry, business_id: UUID, **said: Any) -> httpx.Response:
    path = f"/v1/operations/businesses/{business_id}/decision"
    body = {"decision": "verify", "reason": CONFIDENTIAL, **said}
    return await registry.as_staff(Role.OPERATOR, "POST", path, body)


async def test_a_claim_does_not_keep_the_real_company_out(registry: Registry) -> None:
    """The code is public: the first claim to it reserves nothing, and is not verified any more afterwards."""
    first = await registry.newcomer(register_code=CODE)
    real = await registry.newcomer(register_code=f"EDRPOU {CODE[:4]} {CODE[4:]}")
    await registry.decide_business(real.id, "verify")
    assert problem(await _decide(registry, first.id)) == (409, "register-code-taken")
    await registry.decide_business(real.id, "suspend")
    assert problem(await _decide(registry, first.id)) == (409, "register-code-taken")
    await registry.decide_business(real.id, "verify")
    await registry.decide_business(real.id, "close")
    await registry.decide_business(first.id, "verify")


#: The steps by which an operator brings a business to where it is.
STANDINGS: dict[str, tuple[str, ...]] = {
    "a claimant": (),
    "a member": ("verify",),
    "suspended": ("verify", "suspend"),
    "refused": ("refuse",),
}


async def test_signing_up_does_not_tell_who_is_a_member(registry: Registry) -> None:
    """Whether the code or the address is a member's, claimed, refused or unknown: the same answer by the same work."""
    asked = [{"register_code": edrpou(4_440_200)}]
    for place, steps in enumerate(STANDINGS.values()):
        own = {"register_code": edrpou(4_440_100 + place), "email": f"office@n{place}.example"}
        shop = await registry.newcomer(**own)
        for step in steps:
            await registry.decide_business(shop.id, step)
        asked += [{name: value} for name, value in own.items()]
    answers = []
    for changes in asked:
        body = {"register_code": OTHER, "beneficial_owners": ["Тестенко Ромуальд"], **changes}
        with traced(registry) as seen:
            answer = await registry.sign_up(**body)
        said = answer.json()
        fields = (said.pop("state"), set(said))
        answers.append((answer.status_code, sorted(answer.headers), fields, seen))
    assert answers[0][0] == 201
    assert all(answer == answers[0] for answer in answers)


async def test_the_operator_sees_all_claims_beside_each_other(registry: Registry) -> None:
    """And says of each what becomes of it; the refused one reads its own reason and nothing of the real company."""
    liar = await registry.newcomer(register_code=CODE, email=MAIL)
    late = await registry.newcomer(register_code=CODE, name="Пізній заявник")
    other = await registry.newcomer(register_code=OTHER)
    real = await registry.newcomer(register_code=CODE)
    listed = (await registry.as_staff(Role.OPERATOR, "GET", "/v1/operations/businesses")).json()
    contested = {one["id"] for one in listed["items"] if one["contested"]}
    assert contested == {str(one.id) for one in (liar, late, real)}
    case = await registry.business_case(real.id)
    assert [one["id"] for one in case["claims"]] == [str(liar.id), str(late.id)]
    assert case["claims"][0]["email"] == MAIL
    assert str(other.id) not in str(case)
    reason = {"reason": "Not shown to be yours."}
    for claims in (
        {},
        {"refuse": [str(liar.id)], **reason},
        {"refuse": [str(liar.id), str(other.id)], "leave_others": True, **reason},
        {"refuse": [str(liar.id)], "leave_others": True},
    ):
        refused = await _decide(registry, real.id, claims=claims)
        assert problem(refused) == (422, "questions-open"), claims
    assert (await rows.row(registry.runtime, "businesses", real.id))["state"] == "pending"
    said = {"refuse": [str(liar.id)], "leave_others": True, **reason}
    assert (await _decide(registry, real.id, claims=said)).json()["state"] == "verified"
    states = [
        (await rows.row(registry.runtime, "businesses", one.id))["state"] for one in (liar, late)
    ]
    assert states == ["refused", "pending"]
    assert (await rows.actions(registry.runtime, liar.id))[-1] == "business.refused"
    await registry.work()
    letters = [one["text"] for one in registry.letters() if one["to"] == MAIL]
    assert any(reason["reason"] in text for text in letters)
    assert not any(CONFIDENTIAL in text for text in letters)


async def test_a_claim_that_came_after_the_case_was_read_is_not_passed_over(
    registry: Registry,
) -> None:
    real = await registry.newcomer(register_code=CODE)
    version = (await registry.business_case(real.id))["business"]["version"]
    for _ in range(2):
        await registry.newcomer(register_code=CODE)
    answer = await _decide(registry, real.id, version=version)
    assert problem(answer) == (422, "questions-open")


async def test_a_flood_of_claims_keeps_nobody_from_being_verified(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case shows the member and the proven ones before the flood, and one word leaves all of it."""
    monkeypatch.setattr(verification, "MOST_CLAIMS", 3)
    for _ in range(6):
        await registry.newcomer(register_code=CODE)
    real = await registry.newcomer(register_code=CODE)
    proven = await registry.newcomer(register_code=CODE)
    said = "UPDATE businesses SET email_proven_at = now() WHERE id = :id"
    await rows.write(registry.runtime, said, id=proven.id)
    claims = (await registry.business_case(real.id))["claims"]
    assert (len(claims), claims[0]["id"]) == (3, str(proven.id))
    await registry.decide_business(real.id, "verify")
    claims = (await registry.business_case(proven.id))["claims"]
    assert (len(claims), claims[0]["id"]) == (3, str(real.id))


async def test_of_two_that_are_verified_at_once_one_is(registry: Registry) -> None:
    shops = [await registry.newcomer(register_code=CODE) for _ in range(2)]
    said = {"claims": {"leave_others": True}, "version": 1}
    answers = await asyncio.gather(*(_decide(registry, one.id, **said) for one in shops))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    with pytest.raises(IntegrityError, match="uq_businesses_register_code_index"):
        await rows.write(registry.runtime, "UPDATE businesses SET state = 'verified'")

"""A member's own terms: what it laid down for such facts is what it is advised, in its order and no more."""

from typing import Any

import pytest

from registry.lookups.rules import Advice
from tests.factories import rows
from tests.factories.registry import Registry, Shop, query

PHONE = {"phone": "+380505550170"}
RULE = {"advice": "prepay_half", "categories": [], "at_least": 1, "within_months": None}


@pytest.fixture(scope="module")
async def shop(shared_sandbox: Registry) -> Shop:
    """Asks about somebody with two refused parcels and a no-show."""
    reporter = await shared_sandbox.shop()
    for category in ("parcel_refused", "parcel_refused", "no_show"):
        await shared_sandbox.published(reporter, subject=PHONE, category=category)
    return await shared_sandbox.shop(plan="partner")


async def _put(shop: Shop, *rules: Any) -> Any:
    return await shop.call("PUT", "/v1/terms", {"rules": list(rules)})


async def test_the_defaults_hold_until_ones_own_are_set(shared_sandbox: Registry) -> None:
    shop = await shared_sandbox.shop()
    first = (await shop.call("GET", "/v1/terms")).json()
    assert first["default"] is True
    assert {rule["advice"] for rule in first["rules"]} == set(Advice) - {"decline_politely"}
    put = await _put(shop, {"advice": "contact_log"})
    own = {"rules": [{**RULE, "advice": "contact_log"}], "default": False}
    assert (put.status_code, put.json()) == (200, own)
    assert (await shop.call("GET", "/v1/terms")).json() == own
    # The defaults can be put back word for word, as one's own.
    assert (await _put(shop, *first["rules"])).json() == {**first, "default": False}
    entries = await rows.actions(shared_sandbox.runtime, shop.id)
    assert entries.count("terms.set") == 2


@pytest.mark.parametrize(
    ("rules", "advice"),
    [
        ([], []),
        (
            [{"advice": "decline_politely"}],
            [("decline_politely", "1 no_show and 2 parcel_refused")],
        ),
        (
            [{"advice": "milestones", "categories": ["no_show"]}],
            [("milestones", "1 no_show")],
        ),
        ([{"advice": "milestones", "categories": ["scope_abuse"]}], []),
        ([{"advice": "prepay_full", "categories": ["parcel_refused"], "at_least": 3}], []),
        (
            [{"advice": "prepay_full", "at_least": 3, "within_months": 2}],
            [("prepay_full", "1 no_show and 2 parcel_refused within 2 months")],
        ),
        (
            [
                {"advice": "contact_log"},
                {"advice": "prepay_half", "categories": ["no_show"]},
                {"advice": "contact_log", "categories": ["no_show"]},
            ],
            [("contact_log", "1 no_show and 2 parcel_refused"), ("prepay_half", "1 no_show")],
        ),
    ],
)
async def test_ones_own_rules_are_applied(
    shop: Shop, rules: list[dict[str, Any]], advice: list[tuple[str, str]]
) -> None:
    assert (await _put(shop, *rules)).status_code == 200
    answer = await shop.look_up(**PHONE)
    assert [(one["advice"], one["because"]) for one in answer["terms"]] == advice
    # Whatever the terms say, the facts are told and a person decides.
    assert (answer["result"], answer["human_review_required"]) == ("record", True)


@pytest.mark.parametrize(
    ("rule", "pointer"),
    [
        ({"advice": "refuse"}, "/rules/0/advice"),
        ({"advice": "prepay_half", "categories": ["theft"]}, "/rules/0/categories/0"),
        ({"advice": "prepay_half", "categories": ["no_show", "x"]}, "/rules/0/categories/1"),
        ({"advice": "prepay_half", "at_least": 0}, "/rules/0/at_least"),
        ({"advice": "prepay_half", "at_least": 101}, "/rules/0/at_least"),
        ({"advice": "prepay_half", "within_months": 0}, "/rules/0/within_months"),
        ({"advice": "prepay_half", "within_months": 121}, "/rules/0/within_months"),
        ({"advice": "prepay_half", "within_months": 1.5}, "/rules/0/within_months"),
        ({"advice": "prepay_half", "wording": "Pay!"}, "/rules/0/wording"),
        ({}, "/rules/0/advice"),
    ],
)
async def test_what_is_no_rule_changes_none(shop: Shop, rule: dict[str, Any], pointer: str) -> None:
    before = (await shop.call("GET", "/v1/terms")).json()
    answer = await _put(shop, rule)
    assert answer.status_code == 400
    assert pointer in {fault["pointer"] for fault in answer.json()["errors"]}
    assert (await shop.call("GET", "/v1/terms")).json() == before


async def test_fifty_rules_and_no_more(shop: Shop) -> None:
    assert (await _put(shop, *[RULE] * 50)).status_code == 200
    assert (await _put(shop, *[RULE] * 51)).status_code == 400


async def test_terms_are_ones_own(shared_sandbox: Registry, shop: Shop) -> None:
    await _put(shop, {"advice": "decline_politely"})
    other = await shared_sandbox.shop()
    answer = await other.call("POST", "/v1/lookups", query(**PHONE))
    assert "decline_politely" not in [one["advice"] for one in answer.json()["terms"]]
    assert (await other.call("GET", "/v1/terms")).json()["default"] is True

"""An owner of several businesses who wants to count as several sources, written otherwise each time."""

from datetime import date
from typing import Any

import pytest

from registry.staff.rules import Role
from tests.factories import rows
from tests.factories.registry import Registry, Shop, edrpou, person_name, problem, rnokpp

OWNER = "Ткачук Анна Іванівна"
SUBJECT = {"phone": "+380505550181", "name": "Лисенко Віра"}


async def _sources(registry: Registry, *shops: Shop) -> int:
    found = [await rows.row(registry.runtime, "businesses", shop.id) for shop in shops]
    return len({row["source_id"] for row in found})


@pytest.fixture
async def shop(sandbox: Registry) -> Shop:
    return await sandbox.shop(beneficial_owners=[OWNER])


@pytest.mark.parametrize("form", ["text", "object"])
async def test_no_owner_is_told_apart_by_a_number(shared: Registry, form: str) -> None:
    name = "Ткачук Анна Іванівна 2"
    refused = await shared.sign_up(
        beneficial_owners=[OWNER, name if form == "text" else {"name": name}]
    )
    place = "/beneficial_owners/1" + ("" if form == "text" else "/name")
    assert problem(refused) == (400, "invalid-values")
    assert [one["pointer"] for one in refused.json()["errors"]] == [place]


@pytest.mark.parametrize(
    "written",
    [
        "анна  ІВАНІВНА ткачук",
        "Tkachuk Anna Ivanivna",
        "Tкaчyк Aннa Івaнівнa",  # Latin letters among Cyrillic ones
        "Ткачук, Анна Іванівна",
        "Тка\u00adчук Анна Іванівна",  # a soft hyphen
        "Ткачук\u200b \u2060Анна Іванівна \ufeff",
    ],
)
async def test_one_name_in_any_writing_is_one_source(
    sandbox: Registry, shop: Shop, written: str
) -> None:
    """By rule, without a question; and lookups count the two as one."""
    sister = await sandbox.newcomer(beneficial_owners=[written])
    (match,) = (await sandbox.business_case(sister.id))["owners"]
    assert (match["id"], match["likeness"], match["same"]) == (str(shop.id), "equal", True)
    sister = await sandbox.shop(beneficial_owners=[written])
    for one in (shop, sister):
        await sandbox.published(one, subject=SUBJECT)
    (found,) = (await (await sandbox.shop()).look_up(**SUBJECT))["matches"]
    assert (len(found["reports"]), found["independent_sources"]) == (2, 1)


@pytest.mark.parametrize(
    "near",
    ["Ткачук Анна", "Ткачук А. І.", "Ткачук Ганна Іванівна", "Ткачук Аня", "Ткчаук Анна Іванівна"],
)
@pytest.mark.parametrize("same", [True, False])
async def test_near_names_are_a_question_that_must_be_answered(
    sandbox: Registry, shop: Shop, near: str, same: bool
) -> None:
    sister = await sandbox.newcomer(beneficial_owners=[near])
    (match,) = (await sandbox.business_case(sister.id))["owners"]
    assert (match["id"], match["likeness"], match["same"]) == (str(shop.id), "near", None)
    assert match["beneficial_owners"] == [OWNER]
    path = f"/v1/operations/businesses/{sister.id}/decision"
    silent = {"decision": "verify", "reason": "Seen."}
    refused = await sandbox.as_staff(Role.OPERATOR, "POST", path, silent)
    assert problem(refused) == (422, "questions-open")
    assert [one["pointer"] for one in refused.json()["errors"]] == ["/owners"]
    await sandbox.decide_business(sister.id, "verify", same=[str(shop.id)] if same else [])
    assert await _sources(sandbox, shop, sister) == (1 if same else 2)
    said = "business.owner_same" if same else "business.owner_different"
    assert said in await rows.actions(sandbox.runtime, sister.id)
    # It is asked of neither again.
    for one in (shop, sister):
        assert [m["same"] for m in (await sandbox.business_case(one.id))["owners"]] == [same]


@pytest.mark.parametrize(
    "other",
    ["Ткачук Анна Петрівна", "Ткачук Олексій Іванович", "Мельник Анна Іванівна", "Шульга Роман"],
)
async def test_other_people_are_no_question(sandbox: Registry, shop: Shop, other: str) -> None:
    stranger = await sandbox.shop(beneficial_owners=[other])
    assert (await sandbox.business_case(stranger.id))["owners"] == []
    assert await _sources(sandbox, shop, stranger) == 2


_TRADER = rnokpp(date(1979, 4, 3), 4441)
_FIRM = edrpou(4_441_001)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # A sole trader's code is the tax id of the owner of a company.
        (
            {"name": "ФОП Шевчук Роман", "register_code": _TRADER, "beneficial_owners": []},
            {"beneficial_owners": [{"name": "R. Shewczuk", "tax_id": f"UA {_TRADER}"}]},
        ),
        # A sole trader is the owner, also where the form leaves it out.
        (
            {"name": "ФОП Шевчук Роман Ігорович", "beneficial_owners": []},
            {"beneficial_owners": ["Shevchuk Roman Ihorovych"]},
        ),
        # A company that owns the other.
        (
            {"register_code": _FIRM},
            {"beneficial_owners": [{"name": "Засновник", "tax_id": _FIRM}]},
        ),
        # Two companies of a third.
        (
            {"beneficial_owners": [{"name": "Холдинг Перший", "tax_id": edrpou(4_441_002)}]},
            {"beneficial_owners": [{"name": "Second Holding", "tax_id": edrpou(4_441_002)}]},
        ),
    ],
)
async def test_a_code_in_common_is_one_source(
    sandbox: Registry, one: dict[str, Any], other: dict[str, Any]
) -> None:
    shops = [await sandbox.shop(**one), await sandbox.shop(**other)]
    assert await _sources(sandbox, *shops) == 1


@pytest.mark.parametrize("unknown", ["-", "n/a", "0000000000", "немає"])
async def test_a_code_that_is_none_is_nobodys(sandbox: Registry, unknown: str) -> None:
    """What two strangers write in place of a code that they do not know makes them no sisters."""
    named = [person_name(number) for number in (4_441_101, 4_441_102)]
    owned = [[{"name": name, "tax_id": unknown}] for name in named]
    shops = [await sandbox.shop(beneficial_owners=one) for one in owned]
    assert await _sources(sandbox, *shops) == 2


async def test_businesses_of_an_earlier_version_are_found_once_the_worker_has_run(
    sandbox: Registry, shop: Shop
) -> None:
    """Their index values were of whole names; the words are added from what they said."""
    said = "DELETE FROM business_owners WHERE business_id = :id AND NOT certain"
    await rows.write(sandbox.runtime, said, id=shop.id)
    await rows.write(
        sandbox.runtime, "UPDATE businesses SET owners_indexed = false WHERE id = :id", id=shop.id
    )
    sister = await sandbox.newcomer(beneficial_owners=["Tkachuk Anna Ivanivna"])
    assert (await sandbox.business_case(sister.id))["owners"] == []
    await sandbox.work()
    (match,) = (await sandbox.business_case(sister.id))["owners"]
    assert match["likeness"] == "equal"

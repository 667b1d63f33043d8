"""What must never be in a lookup's answer: who reported, in whose words, with what, or any identifier not sent."""

from datetime import date
from typing import Any

import pytest

from tests.factories.registry import Registry, Shop, query, rnokpp

TAX = rnokpp(date(1979, 5, 6), 321)
PLANTED = {
    "phones": ["+380505550150", "+380505550151"],
    "emails": ["planted.mail@hidden.example"],
    "tax_id": TAX,
    "handle": {"network": "telegram", "name": "@planted_handle"},
    "name": "Захарченко Планктон Вікторович",
    "birth_date": "1979-05-06",
    "city": "Жмеринка",
    "address": "вул. Прихована, 77",
}
WORDS = {
    "statement": "Planted statement of the reporter.",
    "contract_reference": "planted-contract-77",
    "settlement_attempts": "Planted attempts to settle.",
    "contacts": [
        {"at": "2026-03-04T05:06:07Z", "channel": "planted-channel", "summary": "Planted talk."}
    ],
    "amount": {"amount": 123_457, "currency": "UAH"},
}
#: Spellings of everything that stands behind the fact.
SECRETS = [
    "505550150",
    "505550151",
    "planted",
    "Planted",
    "hidden.example",
    TAX,
    "Захарченко",
    "Планктон",
    "Вікторович",
    "1979",
    "Жмеринка",
    "Прихована",
    "123457",
    "1234.57",
    "Дуже Таємна",
    "secret-shop.example",
]


@pytest.fixture(scope="module")
async def asker(shared_sandbox: Registry) -> tuple[Shop, Shop, dict[str, Any]]:
    reporter = await shared_sandbox.shop(
        name="ТОВ «Дуже Таємна»", email="office@secret-shop.example"
    )
    report = await shared_sandbox.published(reporter, subject=PLANTED, **WORDS)
    await reporter.attach(report["id"], name="planted-file.pdf")
    return await shared_sandbox.shop(plan="partner"), reporter, report


QUERIES: list[tuple[dict[str, Any], set[str]]] = [
    ({"phone": "+380505550150"}, {"505550150"}),
    ({"email": "planted.mail@hidden.example"}, {"planted", "hidden.example"}),
    ({"tax_id": TAX}, {TAX}),
    ({"phone": "0505550151", "name": "Інша Людина"}, {"505550151"}),
    ({"name": "Захарченко Планктон", "city": "Жмеринка"}, {"Захарченко", "Планктон", "Жмеринка"}),
]


@pytest.mark.parametrize(("subject", "sent"), QUERIES)
async def test_nothing_behind_the_fact_is_told(
    asker: tuple[Shop, Shop, dict[str, Any]], subject: dict[str, Any], sent: set[str]
) -> None:
    """In the answer, its headers, the receipt, and the answer of a batch; not even what was sent comes back."""
    shop, reporter, report = asker
    single = await shop.call("POST", "/v1/lookups", query(**subject))
    assert single.json()["result"] in ("record", "possible")
    receipt = await shop.call("GET", f"/v1/lookups/{single.json()['lookup_id']}")
    batch = await shop.call("POST", "/v1/lookups/batch", {"queries": {"a": query(**subject)}})
    for answer in (single, receipt, batch):
        told = answer.text + str(answer.headers)
        hidden = [*SECRETS, str(reporter.id), report["id"], report["evidence"][0]["id"]]
        assert [word for word in hidden if word in told] == []
    assert sent <= set(SECRETS)


async def test_the_reporter_is_told_no_more(asker: tuple[Shop, Shop, dict[str, Any]]) -> None:
    """Not even of their own report: a lookup is a lookup."""
    _, reporter, _ = asker
    answer = await reporter.call("POST", "/v1/lookups", query(phone="+380505550150"))
    assert answer.json()["matches"][0]["reports"][0]["own"] is True
    assert [word for word in SECRETS if word in answer.text] == []


async def test_an_unshown_report_tells_nothing_at_all(
    shared_sandbox: Registry, asker: tuple[Shop, Shop, dict[str, Any]]
) -> None:
    """A report in screening, or withdrawn, answers exactly as a stranger does."""
    shop, reporter, _ = asker
    subject = {"phone": "+380505550152", "name": "Мовчан Тарас"}
    report = await reporter.report(subject=subject)

    def plain(answer: dict[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in answer.items() if k not in ("lookup_id", "as_of")}

    stranger = plain(await shop.look_up(phone="+380505550159"))
    assert plain(await shop.look_up(**subject)) == stranger
    await reporter.call("POST", f"/v1/reports/{report['id']}/withdraw", {"reason": "Mistake."})
    assert plain(await shop.look_up(**subject)) == stranger


async def test_a_refusal_repeats_nothing(asker: tuple[Shop, Shop, dict[str, Any]]) -> None:
    shop, _, _ = asker
    body = query(phone="planted-50555", email="planted@", tax_id="7777777", name="Ім\u202eя")
    body["subject"]["planted_field"] = "planted value"
    answer = await shop.call("POST", "/v1/lookups", body)
    assert answer.status_code == 400
    for value in ("planted-50555", "planted@", "7777777", "planted value"):
        assert value not in answer.text

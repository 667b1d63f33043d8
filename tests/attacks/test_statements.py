"""A person who puts into their statement what others must not read, and a moderator who puts words into it."""

from typing import Any

import pytest

from registry.staff.rules import Role
from tests.disputes.people import MAIL, PHONE, SUBJECT, Person, answered, arrived, rule
from tests.factories import rows
from tests.factories.registry import Registry, Shop, problem

REPORTER: dict[str, Any] = {
    "name": "ТОВ «Соняшник»",
    "beneficial_owners": ["Кравець Іван Петрович"],
}
NUMBER = "+380 50 555 01 88"
NAMING = (
    f"Соняшник бреше. Дзвоніть їхньому Кравцю: {NUMBER}, або @soniashnyk, boss@soniashnyk.example."
)
REDACTED = "▇▇▇ бреше. Дзвоніть їхньому ▇▇▇: ▇▇▇, або ▇▇▇, ▇▇▇."
SECRETS = ("Соняшник", "Кравц", NUMBER, "soniashnyk")


async def disputed(
    registry: Registry, statement: str = NAMING
) -> tuple[Shop, Person, dict[str, Any]]:
    """A report of the business above, disputed in these words and answered."""
    shop = await registry.shop(**REPORTER)
    report = await registry.published(shop, subject=SUBJECT)
    person = await arrived(registry)
    dispute = await person.dispute(report["id"], statement=statement)
    await answered(shop, dispute["id"])
    return shop, person, dispute


async def case(registry: Registry, dispute_id: str) -> dict[str, Any]:
    """The moderator's case."""
    path = f"/v1/moderation/disputes/{dispute_id}"
    answer = await registry.as_staff(Role.MODERATOR, "GET", path, number=1)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def words_in_lookup(asker: Shop) -> list[str | None]:
    """The person's words as another business reads them."""
    answer = await asker.look_up(phone=PHONE, name=SUBJECT["name"])
    receipt = (await asker.call("GET", f"/v1/lookups/{answer['lookup_id']}")).json()
    assert receipt["matches"] == answer["matches"]
    return [one["statement"] for match in answer["matches"] for one in match["reports"]]


@pytest.mark.parametrize("path", ["/v1/disputes", "/v1/subject/settlements"])
async def test_a_statement_is_bounded_when_it_is_sent(sandbox: Registry, path: str) -> None:
    """In words and in characters, and the answer says how many there are."""
    report = await sandbox.published(await sandbox.shop(), subject=SUBJECT)
    person = await arrived(sandbox)
    for statement, said in (
        ("x" * 4000, "at most 800 characters, and has 4000"),
        ("x" * 801, "at most 800 characters, and has 801"),
        ("слово " * 101, "at most 100 words, and has 101"),
        ("a\u200b " * 101, "at most 100 words, and has 101"),
    ):
        body = {"report_id": report["id"], "statement": statement}
        ground = {"ground": "inaccurate"} if path == "/v1/disputes" else {}
        refused = await person.call("POST", path, body | ground)
        assert problem(refused) == (400, "invalid-values")
        (fault,) = refused.json()["errors"]
        assert fault["pointer"] == "/statement"
        assert said in fault["detail"]
    assert await rows.count(sandbox.runtime, "disputes") == 0
    assert (await person.dispute(report["id"], statement="слово " * 100))["state"]


async def test_no_ruling_shows_who_reported_nor_how_to_reach_anybody(sandbox: Registry) -> None:
    """Refused with the list; with each part left out it is shown so, and nowhere otherwise."""
    shop, _, dispute = await disputed(sandbox)
    offered = (await case(sandbox, dispute["id"]))["statement"]
    assert offered["text"] == NAMING
    assert [(one["kind"], one["text"]) for one in offered["mentions"]] == [
        ("name", "Соняшник"),
        ("name", "Кравцю"),
        ("phone", NUMBER),
        ("handle", "@soniashnyk"),
        ("email", "boss@soniashnyk.example"),
    ]
    amend = {"changes": {"amount": {"amount": 40000, "currency": "UAH"}}}
    half = {"statement": NAMING.replace("Соняшник", "▇▇▇")}
    for decision, code, more, left in (
        ("uphold", "evidence_confirms", {}, 5),
        ("amend", "partly_wrong", amend, 5),
        ("uphold", "evidence_confirms", half, 4),
    ):
        refused = await rule(sandbox, dispute["id"], decision, code, **more)
        assert problem(refused) == (422, "statement-to-redact"), refused.text
        assert len(refused.json()["errors"]) == left
        assert not any(secret in refused.text for secret in SECRETS), "it repeats no value"
    assert await rows.count(sandbox.runtime, "dispute_rulings") == 0
    ruled = await rule(sandbox, dispute["id"], "uphold", "evidence_confirms", statement=REDACTED)
    assert ruled.status_code == 200, ruled.text
    asker = await sandbox.shop()
    assert await words_in_lookup(asker) == [REDACTED]
    assert await words_in_lookup(shop) == [REDACTED]


async def test_the_person_sees_what_is_shown_of_their_words_and_why(sandbox: Registry) -> None:
    _, person, dispute = await disputed(sandbox)
    ruled = await rule(sandbox, dispute["id"], "uphold", "evidence_confirms", statement=REDACTED)
    assert ruled.status_code == 200, ruled.text
    (held,) = (await person.file())["reports"]
    assert held["reply"] == REDACTED
    assert "▇▇▇" in held["reply_note"]
    page = await sandbox.http.get(
        "/v1/subject/file", headers={**person.token, "Accept": "text/html"}
    )
    assert REDACTED in page.text
    assert held["reply_note"] in page.text
    assert (await person.read(dispute["id"]))["statement"] == NAMING, "their own words are kept"
    await sandbox.work()
    told = [one for one in sandbox.letters() if "залишено" in one["subject"]]
    assert {one["to"] for one in told} >= {MAIL}
    assert all(REDACTED in one["text"] for one in told if one["to"] != PHONE)


async def test_a_clean_statement_is_shown_as_it_is_and_in_one_paragraph(sandbox: Registry) -> None:
    said = "I paid order 4711.\n\n\nThe receipt of 05.11.2026 is for 1250 UAH."
    _, person, dispute = await disputed(sandbox, said)
    assert (await case(sandbox, dispute["id"]))["statement"]["mentions"] == []
    assert (await rule(sandbox, dispute["id"], "uphold", "evidence_confirms")).status_code == 200
    assert await words_in_lookup(await sandbox.shop()) == [" ".join(said.split())]
    (held,) = (await person.file())["reports"]
    assert held["reply_note"] is None


@pytest.mark.parametrize(
    "statement",
    [
        "I never paid.",
        "I ▇▇▇ pay.",
        "I did not pay. Really.",
        "Really, I did not pay.",
        "▇▇▇ and I did not pay.",
        "I did not ▇▇▇ pay.",
        "I did not pay.▇▇▇",
        "I did pay.",
        "I did not not pay.",
        "▇ did not pay.",
    ],
)
async def test_nobody_puts_words_into_a_mouth(sandbox: Registry, statement: str) -> None:
    _, _, dispute = await disputed(sandbox, "I did not pay.")
    allowed = statement == "I ▇▇▇ pay."
    ruled = await rule(sandbox, dispute["id"], "uphold", "evidence_confirms", statement=statement)
    assert (ruled.status_code == 200) == allowed, ruled.text
    if not allowed:
        assert problem(ruled) == (400, "invalid-values")
        assert ruled.json()["errors"][0]["pointer"] == "/statement"


async def test_where_two_decide_both_show_the_same_words(sandbox: Registry) -> None:
    """One who leaves out less does not have the other's voice; what the first would show, the second reads."""
    _, _, dispute = await disputed(sandbox, "Я не платила Олені, бо борту не було.")
    await rows.write(
        sandbox.runtime, "UPDATE reports SET approvals_needed = 2 WHERE state = 'contested'"
    )
    hidden = "Я не платила ▇▇▇, бо борту не було."
    first = await rule(sandbox, dispute["id"], "uphold", "evidence_confirms", statement=hidden)
    (proposed,) = first.json()["proposed"]
    assert (proposed["ruling"], proposed["statement"]) == ("uphold", hidden)
    second = await rule(sandbox, dispute["id"], "uphold", "evidence_confirms", 2)
    assert second.json()["dispute"]["state"] == "in_review"
    third = await rule(sandbox, dispute["id"], "uphold", "evidence_confirms", 3, statement=hidden)
    assert third.json()["dispute"]["state"] == "decided"
    assert await words_in_lookup(await sandbox.shop()) == [hidden]


async def test_what_is_removed_shows_no_words(sandbox: Registry) -> None:
    """It takes no redaction, and is not held up by what the statement names."""
    _, _, dispute = await disputed(sandbox)
    refused = await rule(sandbox, dispute["id"], "remove", "not_proven", statement=REDACTED)
    assert problem(refused) == (400, "invalid-values")
    assert (await rule(sandbox, dispute["id"], "remove", "not_proven")).status_code == 200


async def test_an_appeal_is_redacted_like_the_first_ruling(sandbox: Registry) -> None:
    _, person, dispute = await disputed(sandbox)
    await rule(sandbox, dispute["id"], "uphold", "evidence_confirms", statement=REDACTED)
    appeal = {"statement": "Look again."}
    path = f"/v1/disputes/{dispute['id']}/appeal"
    assert (await person.call("POST", path, appeal)).status_code == 200
    refused = await rule(sandbox, dispute["id"], "uphold", "evidence_confirms", 2)
    assert problem(refused) == (422, "statement-to-redact")
    assert await words_in_lookup(await sandbox.shop()) == []
    ruled = await rule(sandbox, dispute["id"], "uphold", "evidence_confirms", 2, statement=REDACTED)
    assert ruled.status_code == 200, ruled.text
    assert await words_in_lookup(await sandbox.shop()) == [REDACTED]
    await sandbox.work()
    final = [one for one in sandbox.letters() if "скаргою" in one["subject"]]
    assert any(REDACTED in one["text"] for one in final)

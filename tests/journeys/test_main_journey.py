"""The main job over HTTP: sign up, verify, report, publish, tell the person, look up, withdraw."""

from datetime import date

import pytest

from registry.staff.rules import Role
from tests.factories.registry import Registry, Shop, rnokpp

PHONE_FORMS = ("+380505550188", "050 555-01-88", "380505550188", "8 (050) 555 01 88", "505550188")
EMAIL_FORMS = (
    "o.shevchenko@gmail.com",
    "O.Shevchenko+shop@GMAIL.com",
    "oshevchenko@googlemail.com",
)
TAX_ID = rnokpp(date(1987, 3, 12), 4711)
SUBJECT = {
    "phone": "050 555 01 88",
    "email": "O.Shevchenko+parcels@gmail.com",
    "tax_id": TAX_ID,
    "name": "Шевченко Олександр Петрович",
    "city": "Київ",
}


async def _visible(sandbox: Registry) -> tuple[Shop, Shop, str]:
    reporter, asker = await sandbox.shop(), await sandbox.shop()
    report = await sandbox.published(reporter, subject=SUBJECT)
    assert report["state"] == "active"
    return reporter, asker, report["id"]


async def test_a_stranger_becomes_a_member_and_reports(sandbox: Registry) -> None:
    """From sign-up to a hit by every identifier in every way of writing, and away again on withdrawal."""
    joined = await sandbox.sign_up()
    assert joined.status_code == 201
    assert joined.json()["state"] == "pending"
    reporter, asker, report_id = await _visible(sandbox)
    ways = [{"phone": form} for form in PHONE_FORMS] + [{"email": form} for form in EMAIL_FORMS]
    for subject in [*ways, {"tax_id": TAX_ID}]:
        answer = await asker.look_up(**subject)
        assert answer["result"] == "record", subject
        (match,) = answer["matches"]
        assert match["reports"][0]["category"] == "parcel_refused"
        assert match["reports"][0]["own"] is False
        assert match["independent_sources"] == 1
        assert [advice["advice"] for advice in answer["terms"]] == ["prepay_full"]
        assert answer["human_review_required"] is True
    assert (await reporter.look_up(phone=PHONE_FORMS[0]))["matches"][0]["reports"][0]["own"] is True

    before = await asker.look_up(phone=PHONE_FORMS[0])
    withdrawn = await reporter.call(
        "POST", f"/v1/reports/{report_id}/withdraw", {"reason": "Paid in full."}
    )
    assert withdrawn.json()["state"] == "withdrawn"
    assert (await asker.look_up(phone=PHONE_FORMS[0]))["result"] == "no_record"
    receipt = (await asker.call("GET", f"/v1/lookups/{before['lookup_id']}")).json()
    (gone,) = receipt["matches"][0]["reports"]
    assert gone["state"] == "no_longer_shown"
    assert set(gone) == {"state", "since"}

    audit = await sandbox.as_staff(Role.OPERATOR, "GET", "/v1/operations/audit?limit=100")
    actions = {entry["action"] for entry in audit.json()["items"]}
    assert actions >= {
        "business.signed_up",
        "business.verified",
        "key.created",
        "report.submitted",
        "report.evidence_added",
        "report.publish",
        "report.notice_proven",
        "report.notice_ended",
        "report.withdraw",
        "lookup.answered",
    }


async def test_strangers_and_relatives(sandbox: Registry) -> None:
    """A stranger's phone finds nothing; the right phone with a relative's name is possible, without facts."""
    _, asker, _ = await _visible(sandbox)
    stranger = await asker.look_up(phone="+380505550199")
    assert (stranger["result"], stranger["matches"], stranger["terms"]) == ("no_record", [], [])
    assert stranger["human_review_required"] is False

    relative = await asker.look_up(phone=PHONE_FORMS[0], name="Шевченко Марія")
    assert relative["result"] == "possible"
    (match,) = relative["matches"]
    assert match["grade"] == "possible"
    assert match["reports"] == []
    assert match["independent_sources"] is None
    assert [advice["advice"] for advice in relative["terms"]] == ["manual_review"]

    same = await asker.look_up(phone=PHONE_FORMS[0], name="Oleksandr Shevchenko")
    assert same["matches"][0]["grade"] == "exact"
    likeness = await asker.look_up(name="Шевченко Олександр", city="Киев")
    assert likeness["result"] == "possible"


@pytest.mark.parametrize("subject", [{"name": "Шевченко Олександр"}, {"city": "Київ"}, {}])
async def test_a_query_that_could_be_anyone(sandbox: Registry, subject: dict[str, str]) -> None:
    """Neither an identifier nor a name with birth date or city: 422, nothing spent."""
    asker = await sandbox.shop()
    body = {"subject": subject, "purpose": "order", "reference": "1"}
    answer = await asker.call("POST", "/v1/lookups", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/subject"
    assert answer.headers["X-RateLimit-Remaining"] == "30"

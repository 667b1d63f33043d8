"""`registry dispute`: by hand, until the person's own page opens."""

import time
from uuid import uuid4

import httpx

from tests.cli.conftest import Member
from tests.factories.registry import PDF, edrpou, submission


def published(member: Member) -> str:
    """A report that lookups show, of a business of its own; its id."""
    business = member.operate(
        *(
            "business",
            "add",
            "ТОВ «Друга»",
            "--country",
            "UA",
            "--register-code",
            edrpou(2_100_020),
        ),
        *("--email", "office@second.example", "--verify", "--reason", "extract seen", "--json"),
    ).json["id"]
    made = member.operate("key", "create", business, "--scope", "report", "--json")
    key = {"Authorization": f"Bearer {made.json['api_key']}"}
    named = member.operate(
        "staff", "add", "--role", "moderator", "--name", "Тест Персонал", "--json"
    )
    staff = {"Authorization": f"Bearer {named.json['staff_key']}"}
    decision = {
        "decision": "publish",
        "reason_code": "proof_standard_met",
        "reason": "Looked at it.",
    }
    with httpx.Client(base_url=member.server.url, timeout=30) as http:
        body = submission(subject={"phone": "+380505550133"})
        lasting = {**key, "Idempotency-Key": str(uuid4())}
        report_id = str(http.post("/v1/reports", json=body, headers=lasting).json()["id"])
        path = f"/v1/reports/{report_id}"
        http.post(
            f"{path}/evidence",
            files={"file": ("a.pdf", PDF)},
            headers={**key, "Idempotency-Key": str(uuid4())},
        )
        case = f"/v1/moderation/reports/{report_id}"
        version = http.get(case, headers=staff).json()["report"]["version"]
        said = {**decision, "version": version}
        decided = http.post(f"{case}/decision", json=said, headers=staff)
        assert decided.status_code == 200, decided.text
        for _ in range(100):
            if http.get(path, headers=key).json()["state"] == "active":
                return report_id
            time.sleep(0.1)
    raise AssertionError("the worker did not tell the person within ten seconds")


def test_a_dispute_that_came_by_letter(member: Member) -> None:
    """Opened: hidden at once. Ruled: ended, or shown again. A wrong step is refused in one line."""
    report_id = published(member)
    phone = ("lookup", "--phone", "+380505550133", "--exit-code")
    assert member.call(*phone).code == 10
    opened = member.operate(
        "dispute", "open", report_id, "--reason", "Paid, receipt shown.", "--json"
    )
    assert opened.json == {"id": report_id, "state": "contested"}
    assert member.call(*phone).code == 0
    upheld = member.operate(
        "dispute", "rule", report_id, "uphold", "--reason", "It is true.", "--json"
    )
    assert upheld.json["state"] == "upheld"
    assert member.call(*phone).code == 10
    again = member.operate("dispute", "rule", report_id, "remove", "--reason", "No.")
    assert again.code == 2
    assert "upheld" in again.err


def test_a_report_that_is_not_there(member: Member) -> None:
    """An id that is no report's is refused in one line."""
    nobody = "01932f0c-0000-7000-8000-000000000000"
    ended = member.operate("dispute", "open", nobody, "--reason", "Not me.")
    assert ended.code == 2
    assert "nothing with this id" in ended.err

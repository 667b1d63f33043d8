"""`registry report` against a real server: files, standard input, repeats, and what goes wrong."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Member
from tests.factories.registry import PDF


def submission(reference: str, **changes: Any) -> str:
    day = datetime.now(UTC) - timedelta(days=20)
    body = {
        "subject": {"phone": "0505553344", "name": "Ткаченко Оксана"},
        "category": "parcel_refused",
        "incident_date": f"{day:%Y-%m-%d}",
        "contract_reference": reference,
        "amount": {"amount": 125000, "currency": "UAH"},
        "statement": "Did not collect within seven days.",
        "settlement_attempts": "Two calls, no answer.",
    }
    return json.dumps(body | changes)


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    path = tmp_path / "invoice.pdf"
    path.write_bytes(PDF)
    return path


def test_a_report_and_its_evidence_arrive_once_however_often_they_are_sent(
    member: Member, tmp_path: Path, evidence: Path
) -> None:
    path = tmp_path / "report.json"
    path.write_text("\ufeff" + submission("cli-1"), encoding="utf-8")
    ends = [
        member.call("report", "--file", path, "--evidence", evidence, "--json") for _ in range(2)
    ]
    assert [end.code for end in ends] == [0, 0], ends[0].err
    first, second = (end.json for end in ends)
    assert first["evidence"] == second["evidence"]
    assert first["report"]["id"] == second["report"]["id"]
    # What stands now, the evidence counted, and not the old answer.
    assert second["report"]["version"] == first["report"]["version"] + 1
    assert first["evidence"][0]["media_type"] == "application/pdf"
    shown = member.call("report", "--file", path, "--evidence", evidence)
    assert shown.code == 0
    assert first["report"]["id"] in shown.out
    assert "sent before" in shown.out
    assert "invoice.pdf" in shown.out


def test_it_reads_standard_input_and_speaks_the_readers_language(member: Member) -> None:
    ended = member.call("report", "--file", "-", stdin=submission("cli-2"), LC_ALL="uk_UA.UTF-8")
    assert ended.code == 0, ended.err
    assert "Звернення прийнято" in ended.out


def test_each_fault_is_shown_with_its_place(member: Member) -> None:
    body = submission("cli-3", subject={"phone": "05"}, amount=None, colour="red")
    ended = member.call("report", "--file", "-", stdin=body)
    assert (ended.code, ended.out) == (2, "")
    assert "/colour" in ended.err


def test_a_file_that_is_not_taken_leaves_the_report(member: Member, tmp_path: Path) -> None:
    path = tmp_path / "notes.pdf"
    path.write_text("no pdf")
    arguments = ("report", "--file", "-", "--evidence", path)
    ended = member.call(*arguments, "--json", stdin=submission("cli-4"))
    assert (ended.code, ended.json["problem"]["status"]) == (2, 415)
    assert ended.json["report"]["id"]
    path.write_bytes(PDF)
    again = member.call(*arguments, "--json", stdin=submission("cli-4"))
    assert (again.code, again.json["report"]["id"]) == (0, ended.json["report"]["id"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"subject": {}, ', "line 1, column 17"),
        ("[1]", "one JSON object"),
        ("", "line 1, column 1"),
    ],
)
def test_what_is_no_report_is_not_sent(content: str, said: str, member: Member) -> None:
    ended = member.call("report", "--file", "-", stdin=content, REGISTRY_URL="http://127.0.0.1:1")
    assert (ended.code, said in ended.err) == (2, True), ended.err


def test_a_key_without_the_scope_is_not_authorised(member: Member) -> None:
    ended = member.call("report", "--file", "-", stdin=submission("cli-5"), key=member.test_key)
    assert ended.code == 3

"""The integration guide's examples, run as a reader would: against a served registry, with their own keys."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.cli.conftest import Member, member
from tests.deploy import places
from tests.factories.registry import PDF

__all__ = ["member"]  # a fixture of theirs that serves here too

GUIDE = places.read("docs/integration.md")
PYTHON = "\n".join(re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL))
LOOKUP, REPORT, EVIDENCE = re.findall(r"```sh\n(curl.*?)```", GUIDE, re.DOTALL)


def run(command: list[str], member: Member, key: str, folder: Path, **more: str) -> str:
    known = {"REGISTRY_URL": member.server.url, "REGISTRY_API_KEY": key, **more}
    done = subprocess.run(
        command,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **known},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def shell(block: str, member: Member, key: str, folder: Path, **more: str) -> Any:
    return json.loads(run(["sh", "-euc", block], member, key, folder, **more))


def months_later(month: str, later: int) -> str:
    year, number = map(int, month.split("-"))
    year, number = divmod(year * 12 + number - 1 + later, 12)
    return f"{year:04d}-{number + 1:02d}"


def months_between(start: str, end: str) -> int:
    """Whole months between the months of two ISO 8601 times."""
    (y0, m0), (y1, m1) = (map(int, one.split("-")[:2]) for one in (start, end))
    return (y1 - y0) * 12 + m1 - m0


@places.needs("curl")
def test_the_first_lookup_answers_as_shown(member: Member, tmp_path: Path) -> None:
    """The sandbox's facts are a fixed number of months old, so the shown months move with the day."""
    answer = shell(LOOKUP, member, member.test_key, tmp_path)
    shown = json.loads(re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)[0])
    later = months_between(shown["as_of"], answer["as_of"])
    for match in shown["matches"]:
        match["last_incident"] = months_later(match["last_incident"], later)
        for fact in match["reports"]:
            fact["month"] = months_later(fact["month"], later)
    for body in (answer, shown):
        for advice in body["terms"]:
            del advice["wording"]
        del body["lookup_id"], body["as_of"]
    assert answer == shown


@places.needs("curl")
@places.needs("openssl")
def test_the_first_report_and_its_evidence_are_taken(member: Member, tmp_path: Path) -> None:
    lately = datetime.now(UTC) - timedelta(days=20)
    block = re.sub(r"2026-11-0[23]", f"{lately:%Y-%m-%d}", REPORT)
    report = shell(block, member, member.live_key, tmp_path)
    assert {"id", "state", "due", "visible_from"} <= report.keys()
    assert report["content"]["contract_reference"] == "order-4711"
    (tmp_path / "delivery-note.pdf").write_bytes(PDF)
    file = shell(EVIDENCE, member, member.live_key, tmp_path, REPORT_ID=report["id"])
    assert file["sha256"] == hashlib.sha256(PDF).hexdigest()


def test_the_python_runs_from_top_to_bottom(member: Member, tmp_path: Path) -> None:
    out = run([sys.executable, "-W", "error", "-c", PYTHON], member, member.test_key, tmp_path)
    lines = out.splitlines()
    assert lines[0] == "exact 2 ['payment_overdue', 'payment_overdue', 'no_show']"
    assert "prepay_half because 1 no_show and 2 payment_overdue" in lines
    assert lines[-4:-1] == [
        "row-1 record",
        "row-2 record",
        "row-3 urn:registry:problem:invalid-values",
    ]
    assert lines[-1] == "record"


@pytest.mark.parametrize(
    ("phone", "refused"),
    [("12", "invalid-values"), ("+380505550109", "quota-exceeded")],
)
def test_the_python_stops_where_trying_again_cannot_help(
    member: Member, tmp_path: Path, phone: str, refused: str
) -> None:
    setup = PYTHON.partition("answer = look_up(")[0]
    tried = f"""
try:
    call("/v1/lookups", {{"subject": {{"phone": "{phone}"}}, "purpose": "order", "reference": "o-1"}}, patience=5)
except Refused as refused:
    print(refused.problem["type"])
"""
    out = run([sys.executable, "-c", setup + tried], member, member.test_key, tmp_path)
    assert out.strip() == f"urn:registry:problem:{refused}"


def test_the_python_takes_an_event_and_no_forged_one() -> None:
    """Against the library that signs; whatever is changed of it is refused."""
    known: dict[str, Any] = {}
    (block,) = [
        one for one in re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL) if "def event_of" in one
    ]
    exec(block, known)
    secret = "whsec_" + base64.b64encode(bytes(range(32))).decode()
    now, body = datetime.now(UTC), b'{"type": "webhook.test"}'

    def headers(at: datetime) -> dict[str, str]:
        mac = Webhook(secret).sign("one", at, body.decode())
        return {
            "webhook-id": "one",
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": f"v1,AAAA {mac}",
        }

    event_of, good = known["event_of"], headers(now)
    assert event_of(good, body, secret) == {"type": "webhook.test"}
    old = headers(now - timedelta(minutes=6))
    for forged in (
        (good, body + b" ", secret),
        ({**good, "webhook-id": "two"}, body, secret),
        (old, body, secret),
        (good, body, "whsec_" + base64.b64encode(bytes(32)).decode()),
    ):
        with pytest.raises(ValueError, match=r"signed|old"):
            event_of(*forged)

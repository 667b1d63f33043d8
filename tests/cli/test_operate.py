"""Commands on the database: what they do, what they print, and how they refuse."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest

from registry.cli import serve
from tests.cli.conftest import Member
from tests.cli.processes import Ended, folder, run
from tests.factories.registry import edrpou

VERIFIED = ("--verify", "--reason", "seen")
UNKNOWN = "01932f0c-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def added(member: Member) -> str:
    """A business that waits to be verified."""
    return str(add(member, edrpou(2_100_000)).json["id"])


def add(member: Member, code: str, *more: str) -> Ended:
    country = ("--country", "ua", "--register-code", code)
    return member.operate(
        "business", "add", "Друга", *country, "--email", "a@second.example", "--json", *more
    )


def test_a_business_is_added_verified_suspended_and_listed(member: Member, added: str) -> None:
    for action, state in (("verify", "verified"), ("suspend", "suspended")):
        version = member.operate("business", "case", added, "--json").json["business"]["version"]
        said = ("--reason", "looked at", "--json", "--version")
        stale = member.operate("business", action, added, *said, str(version + 1))
        assert (stale.code, stale.out) == (2, "")
        done = member.operate("business", action, added, *said, str(version))
        assert (done.code, done.json["state"]) == (0, state)
    listed = member.operate("business", "list", "--state", "suspended", "--json").json["items"]
    assert [one["id"] for one in listed] == [added]
    table = member.operate("business", "list")
    assert added in table.out
    assert "Друга" in table.out


def test_a_case_asks_and_a_verification_answers(member: Member) -> None:
    """Two claims to one code, and a third business whose owner may be theirs."""
    code, owner = edrpou(2_100_010), ("--owner", "Гаразд Онисим Юхимович")
    near = add(member, edrpou(2_100_011), "--owner", "Гаразд Онисим", *VERIFIED).json["id"]
    first, second = (add(member, code, *owner).json["id"] for _ in range(2))
    asked = member.operate("business", "case", first)
    assert asked.code == 0
    assert all(id_ in asked.out for id_ in (second, near))
    assert "code contested" in member.operate("business", "list", "--state", "pending").out
    said = ("business", "verify", first, "--reason", "seen", "--version", "1")
    answers = ("--refuse-claim", second, "--claims-reason", "Not yours.", "--same-owner", near)
    refused = member.operate(*said)
    assert refused.code == 2
    assert "/claims" in refused.err
    assert "/owners" in refused.err
    assert member.operate(*said, *answers).code == 0
    again = member.operate("business", "case", second, "--json").json
    assert again["business"]["state"] == "refused"
    assert [one["same"] for one in again["owners"]] == [None, True]


def test_every_fault_of_a_business_is_told(member: Member) -> None:
    refused = member.operate(
        *("business", "add", "X", "--country", "UA", "--register-code", "1"),
        *("--email", "nonsense", "--website", "shop.example"),
    )
    assert (refused.code, refused.out) == (2, "")
    assert all(name in refused.err for name in ("/register_code", "/email", "/website"))
    assert "nonsense" not in refused.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("business", "verify", UNKNOWN, "--reason", "x", "--version", "1"),
        ("key", "revoke", UNKNOWN),
    ],
    ids=" ".join,
)
def test_an_unknown_id_is_refused_in_one_line(member: Member, arguments: tuple[str, ...]) -> None:
    refused = member.operate(*arguments)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == "registry: There is nothing with this id.\n"


def test_a_key_is_shown_once_listed_by_its_beginning_and_revoked(member: Member) -> None:
    made = member.operate(
        *("key", "create", member.business_id, "--scope", "lookup"),
        *("--label", "CRM", "--expires-days", "30", "--json"),
    )
    key, secret = made.json["key"], made.json["api_key"]
    assert key["scopes"] == ["lookup"]
    assert date.fromisoformat(key["expires_at"][:10]) > date.fromisoformat(key["created_at"][:10])
    listed = member.operate("key", "list", member.business_id)
    assert key["id"] in listed.out
    assert key["hint"] in listed.out
    assert secret not in listed.out + listed.err
    revoked = member.operate("key", "revoke", key["id"], "--json")
    assert (revoked.code, bool(revoked.json["revoked_at"])) == (0, True)
    assert member.call("lookup", "--phone", "0505550101", key=secret).code == 3


def test_a_key_for_people_to_read_stands_on_a_line_of_its_own(member: Member) -> None:
    made = member.operate("staff", "add", "--role", "operator", "--name", "Олег Мороз")
    keys = [line for line in made.out.splitlines() if line.startswith("  bcr_staff_")]
    assert (made.code, len(keys)) == (0, 1)
    assert "shown this once" in made.out


def test_a_member_of_staff_loses_every_key(member: Member) -> None:
    staff_id = member.operate(
        *("staff", "add", "--role", "moderator", "--name", "Ірина"),
        *("--business", member.business_id, "--json"),
    ).json["id"]
    assert member.operate("staff", "revoke", staff_id, "--json").json["revoked"] == 1


def test_a_test_key_takes_no_live_scope(member: Member) -> None:
    refused = member.operate("key", "create", member.business_id, "--scope", "report", "--test")
    assert (refused.code, "/scopes" in refused.err) == (2, True)


def test_verification_without_its_reason_is_refused(member: Member) -> None:
    assert add(member, edrpou(2_100_001), "--verify").code == 2
    assert add(member, edrpou(2_100_001), "--plan", "gold").code == 2


def test_what_the_console_does_is_in_the_audit_log(member: Member, added: str) -> None:
    operator = member.operate("staff", "add", "--role", "operator", "--name", "Аудит", "--json")
    answer = httpx.get(
        f"{member.server.url}/v1/operations/audit",
        headers={"Authorization": f"Bearer {operator.json['staff_key']}"},
    )
    kinds = {entry["action"]: entry["actor_kind"] for entry in answer.json()["items"]}
    assert kinds["staff.added"] == "console"


def test_a_journal_is_replayed_and_what_it_does_not_know_stays(member: Member) -> None:
    """Told of reports that this database never had, as after a move."""
    entry = member.server.data_dir / "erasures" / "01" / "01932f0c000070008000000000000000"
    entry.parent.mkdir(parents=True, exist_ok=True)
    entry.write_bytes(b"{}")
    told = member.operate("erasure", "replay", "--json")
    assert (told.code, told.json) == (0, {"entries": 1, "erased": 0})
    read = member.operate("erasure", "replay")
    assert (read.code, "Erased again" in read.out) == (0, True)


# --- without a server -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def alone() -> Iterator[Path]:
    with folder() as data_dir:
        yield data_dir


def test_migrate_applies_what_is_missing_and_then_nothing(alone: Path) -> None:
    first = run("migrate", "--json", "--data-dir", alone)
    assert (first.code, first.json["applied"][0]) == (0, "0001")
    again = run("migrate", "--data-dir", alone)
    assert (again.code, again.out) == (0, "Nothing to do: the database is current.\n")


def test_keys_of_another_database_are_refused(alone: Path) -> None:
    assert run("business", "list", "--data-dir", alone).code == 0
    other = {"current": 1, "masters": {"1": "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="}}
    refused = run("business", "list", "--data-dir", alone, REGISTRY_KEYS=json.dumps(other))
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "do not belong to this database" in refused.err


def test_a_business_moves_to_another_plan(member: Member, added: str) -> None:
    moved = member.operate("business", "plan", added, "pro", "--json")
    assert (moved.code, moved.json["plan"]) == (0, "pro")
    assert member.operate("business", "plan", added, "gold").code == 2


def test_forwarded_addresses_are_believed_from_named_proxies_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert serve._config(1).proxy_headers is False
    monkeypatch.setenv("REGISTRY_TRUSTED_PROXIES", "10.0.0.0/8")
    config = serve._config(1)
    assert (config.proxy_headers, config.forwarded_allow_ips) == (True, "10.0.0.0/8")


def test_canaries_are_drawn_planted_listed_and_withdrawn(member: Member, tmp_path: Path) -> None:
    """What is drawn can be planted; faults are named by line; the numbers themselves are never shown again."""
    drawn = run("canary", "draw", "3", "+38039210xxxx")
    assert (drawn.code, len(drawn.out.split())) == (0, 3)
    decoys = tmp_path / "decoys.txt"
    decoys.write_text(drawn.out, encoding="utf-8")
    planted = member.operate("canary", "plant", str(decoys), "--label", "autumn", "--json")
    assert (planted.code, planted.json) == (0, {"label": "autumn", "added": 3, "known": 0})
    decoys.write_text("+380392101111\n12\n", encoding="utf-8")
    refused = member.operate("canary", "plant", str(decoys), "--label", "autumn")
    assert (refused.code, "/2" in refused.err) == (2, True)
    (one,) = member.operate("canary", "list", "--json").json["items"]
    assert (one["label"], one["laid"], one["met"]) == ("autumn", 3, 0)
    listed = member.operate("canary", "list")
    assert "autumn" in listed.out
    assert not any(number in listed.out for number in drawn.out.split())
    gone = member.operate("canary", "withdraw", "autumn", "--json")
    assert (gone.code, gone.json["withdrawn"]) == (0, 3)
    assert member.operate("canary", "withdraw", "autumn").code == 2
    assert run("canary", "draw", "30", "+38039210111x").code == 2


def test_there_is_nothing_to_lift_and_no_alarm(member: Member, added: str) -> None:
    refused = member.operate("business", "lift", added, "--reason", "looked at", "--version", "1")
    assert (refused.code, "already" in refused.err) == (2, True)
    assert member.operate("business", "alarms", "--json").json == {"items": []}

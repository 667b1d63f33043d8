"""`registry lookup` against a real server: exit codes, the answer's looks, and its languages."""

import pytest

from tests.cli.conftest import Member

#: Sandbox clients of a test key: three facts of two sources, a stranger's name, a spent budget.
RECORD, POSSIBLE, SPENT = "050 555 01 02", "050 555 01 03", "050 555 01 09"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(("--phone", RECORD), 10, id="record"),
        pytest.param(("--phone", POSSIBLE), 11, id="possible"),
        pytest.param(("--phone", "050 555 77 66"), 0, id="no record"),
        pytest.param(("--phone", SPENT), 4, id="budget spent"),
        pytest.param(("--phone", "05"), 2, id="unreadable phone"),
        pytest.param(("--name", "Петро"), 2, id="could mean anyone"),
        pytest.param((), 2, id="nobody"),
        pytest.param(("--handle", "telegram"), 2, id="half a handle"),
        pytest.param(("--phone", RECORD, "--key", "bcr_live_wrong"), 3, id="wrong key"),
        pytest.param(("--phone", RECORD, "--key", "a b"), 2, id="no key at all"),
        pytest.param(("--phone", RECORD, "--url", "nowhere"), 2, id="no address"),
        pytest.param(
            ("--phone", RECORD, "--url", "http://127.0.0.1:1", "--retries", "0"), 5, id="no server"
        ),
    ],
)
def test_the_exit_code_tells_the_result(
    member: Member, arguments: tuple[str, ...], code: int
) -> None:
    ended = member.call("lookup", "--exit-code", *arguments, key=member.test_key)
    assert ended.code == code, ended.err
    assert "Traceback" not in ended.err


def test_without_a_key_it_says_where_to_get_one(member: Member) -> None:
    ended = member.call("lookup", "--phone", RECORD, REGISTRY_API_KEY="")
    assert (ended.code, "--demo" in ended.err) == (2, True)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"LC_ALL": "uk_UA.UTF-8"}, ["Є записи", "прострочена оплата", "половина наперед"]),
        ({"LANG": "ru_RU.UTF-8"}, ["Есть записи", "просроченная оплата", "половина вперёд"]),
        ({"LC_ALL": "uk", "LANG": "ru"}, ["Є записи"]),
        ({"LANG": "de_DE.UTF-8"}, ["Record found", "payment overdue", "half in advance"]),
    ],
    ids=str,
)
def test_the_answer_speaks_the_readers_language(
    member: Member, variables: dict[str, str], words: list[str]
) -> None:
    ended = member.call("lookup", "--phone", RECORD, key=member.test_key, **variables)
    assert all(word in ended.out for word in words)


def test_the_answer_shows_facts_sources_terms_and_receipt(member: Member) -> None:
    found = member.call("lookup", "--phone", RECORD, "--json", key=member.test_key).json
    shown = member.call("lookup", "--phone", RECORD, key=member.test_key).out
    match = found["matches"][0]
    assert all(fact["month"] in shown for fact in match["reports"])
    assert "phone: same" in shown
    assert all(term["because"] in shown for term in found["terms"])
    assert found["terms"][0]["wording"]["en"][:40] in shown
    assert "Receipt " in shown


def test_every_field_is_sent(member: Member) -> None:
    ended = member.call(
        *("lookup", "--company", "--company-code", "14360571", "--name", "X", "--country", "ua"),
        *("--handle", "myspace:x", "--email", "a", "--email", "b", "--json"),
    )
    pointers = {fault["pointer"] for fault in ended.json["errors"]}
    assert ended.code == 2
    assert {
        "/subject/company_code",
        "/subject/handles/0/network",
        "/subject/emails/0",
        "/subject/emails/1",
    } <= pointers


def test_a_handle_may_be_a_link(member: Member) -> None:
    found = member.call("lookup", "--handle", "https://t.me/nobody_we_know?start=1", "--json")
    assert (found.code, found.json["result"]) == (0, "no_record")


@pytest.mark.parametrize("link", ["https://shop.example/olha", "https://instagram.com/p/C1x/"])
def test_a_link_to_no_person_is_refused(member: Member, link: str) -> None:
    ended = member.call("lookup", "--handle", link)
    assert ended.code == 2
    assert "page" in ended.err


def test_each_fault_is_shown_with_its_place(member: Member) -> None:
    ended = member.call("lookup", "--phone", "05", "--email", "foo")
    assert (ended.code, ended.out) == (2, "")
    assert "/subject/phone" in ended.err
    assert "/subject/email" in ended.err


def test_a_proxy_for_the_world_outside_is_not_asked_for_this_machine(member: Member) -> None:
    ended = member.call("lookup", "--phone", "0505557766", HTTP_PROXY="http://127.0.0.1:1")
    assert ended.code == 0


def test_a_key_over_plain_http_is_warned_about() -> None:
    from tests.cli.processes import run

    ended = run(
        *("lookup", "--phone", "1", "--key", "k", "--retries", "0"),
        *("--url", "http://registry.invalid"),
    )
    assert (ended.code, "https://" in ended.err) == (5, True)

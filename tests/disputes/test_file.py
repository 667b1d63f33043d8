"""The person's file: complete, in both forms and three languages, and nobody's but theirs."""

import base64
import hashlib
import html
import re
from enum import StrEnum
from typing import Any

import httpx
import pytest

from registry.disputes import file_page
from registry.disputes import rules as disputes
from registry.erasure import rules as erasure
from registry.lookups.wire import Purpose
from registry.messages import rules as messages
from registry.messages.rules import Language
from registry.reports import money
from registry.reports import rules as reports
from tests.contract.test_pages import Page
from tests.contract.validate import check_answer
from tests.disputes.people import (
    MAIL,
    PHONE,
    SUBJECT,
    Person,
    answered,
    arrived,
    rule,
    shown,
)
from tests.erasure.asking import GROUNDS, ask, objected, weigh
from tests.factories.registry import Registry, Shop, problem
from tests.subjects.test_proofs import code_to, prove, start

FILE = "/v1/subject/file"
#: What a text of the file may be chosen by.
WORDS: list[tuple[str, type[StrEnum]]] = [
    ("state", reports.State),
    ("category", reports.Category),
    ("purpose", Purpose),
    ("ground", disputes.Ground),
    ("dispute", disputes.State),
    ("ruling", disputes.Ruling),
    ("reason", disputes.ReasonCode),
    ("side", disputes.Side),
    ("channel", messages.Channel),
    ("letter", messages.State),
    ("request", erasure.Kind),
    ("request_state", erasure.State),
    ("code", erasure.Code),
    ("remedy", erasure.Remedy),
]


async def page(person: Person, language: str, accept: str = "text/html") -> httpx.Response:
    headers = {**person.token, "Accept": accept, "Accept-Language": language}
    return await person.http.get(FILE, headers=headers)


@pytest.mark.parametrize("language", Language)
async def test_the_page_says_everything_that_the_json_says(
    sandbox: Registry, reporter: Shop, report: dict[str, Any], person: Person, language: str
) -> None:
    """After a whole dispute: nothing of the words, the identifiers, the letters and who was shown is left out."""
    other = await sandbox.published(await sandbox.shop(), subject=SUBJECT)
    await shown(await sandbox.shop())
    dispute = await person.dispute(report["id"], statement="First line.\nSecond <b>line</b>.")
    await answered(reporter, dispute["id"])
    await person.say(dispute["id"], "Is the slip readable?")
    await rule(sandbox, dispute["id"], "uphold", "evidence_confirms")
    await sandbox.work()

    found = (await page(person, language, "application/json")).json()
    assert found["language"] == language
    assert {one["id"] for one in found["reports"]} == {report["id"], other["id"]}
    assert all(one["same_person"][0]["by"] == "rules" for one in found["reports"])
    assert all(one["same_person"][0]["because"] for one in found["reports"])
    assert {letter["to"] for letter in found["letters"]} == {PHONE, MAIL}
    assert len(found["information"]) == 9

    answer = await page(person, language)
    await check_answer(answer)
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-language"] == language
    text = re.sub(r"\s+", " ", answer.text)
    assert f'<html lang="{language}">' in text
    escaped = "Second &lt;b&gt;line&lt;/b&gt;."
    assert escaped in text
    told = [PHONE, MAIL, SUBJECT["name"], "First line.", "The carrier&#39;s slip", report["id"]]
    told += [other["id"], "Is the slip readable?", "The receipt shows it."]
    told += [str(part["title"]) for part in found["information"]]
    for one in found["reports"]:
        told += [one["statement"], one["contract_reference"], one["settlement_attempts"]]
    for value in told:
        assert value in text, value
    assert "$" not in text
    assert "None" not in text


@pytest.mark.parametrize("language", Language)
async def test_the_page_says_what_was_asked_and_what_became_of_it(
    sandbox: Registry, report: dict[str, Any], person: Person, language: Language
) -> None:
    """An objection hides the report and the page says so; it is refused, with a reason; an erasure is, by rule."""
    words = file_page.texts(language)
    objection = await objected(person, report["id"])
    text = html.unescape((await page(person, language)).text)
    assert words["page"]["restricted"] in text
    assert f"{words['request_state']['pending']}.</span> {words['page']['hidden']}" in text

    assert (await weigh(sandbox, objection["id"])).status_code == 200
    assert (await ask(person, report["id"])).status_code == 201
    text = html.unescape((await page(person, language)).text)
    assert words["page"]["restricted"] not in text
    told = [objection["id"], GROUNDS, "zasiv: weighed", *words["request"].values()]
    told += [words["code"]["interests_prevail"], words["code"]["still_needed"]]
    told += words["remedy"].values()
    for value in told:
        assert value in text, value


async def test_a_browser_gets_the_page_and_a_program_the_json(person: Person) -> None:
    browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    kinds = {
        browser: "text/html",
        "*/*": "application/json",
        "application/json": "application/json",
        "application/vnd.msgpack": "application/vnd.msgpack",
        "application/json, text/html;q=0.5": "application/json",
    }
    for accept, kind in kinds.items():
        answer = await page(person, "uk", accept)
        assert answer.headers["content-type"].startswith(kind), accept
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["vary"] == "Accept, Accept-Language"


async def test_without_a_language_it_is_the_sessions(person: Person) -> None:
    answer = await page(person, "de-DE,fr;q=0.8")
    assert answer.headers["content-language"] == "uk"


async def test_the_page_may_do_nothing_and_loads_nothing(person: Person) -> None:
    answer = await page(person, "en")
    read = Page(answer.text)
    assert not read.open
    assert read.loads == []
    assert read.handlers == []
    assert not read.tags & {"script", "iframe", "object", "embed", "img", "link", "form", "base"}
    assert len(set(read.ids)) == len(read.ids)
    assert {link[1:] for link in read.links} <= set(read.ids)
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy


async def test_hostile_words_stay_words(
    sandbox: Registry, report: dict[str, Any], person: Person
) -> None:
    hostile = "</p><script>alert(1)</script><img src=x onerror=alert(1)>"
    await person.dispute(report["id"], statement=hostile)
    text = (await page(person, "en")).text
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;alert(1)" in text


async def test_a_detached_number_stands_as_detached(sandbox: Registry, reporter: Shop) -> None:
    """Its new holder has it detached by one proof; the person reads since when."""
    recycled = "+380505550178"
    described = {"phones": [PHONE, recycled], "email": MAIL, "name": SUBJECT["name"]}
    await sandbox.published(reporter, subject=described)
    session_id = await start(sandbox, phone=recycled)
    proof = await prove(sandbox, session_id, code=code_to(sandbox, recycled) or "")
    holder = Person(sandbox.http, {"Authorization": f"Bearer {proof.json()['token']}"})
    said = {"ground": "number_changed_owner"}
    assert (await holder.call("POST", "/v1/subject/detachments", said)).status_code == 201
    person = await arrived(sandbox)
    found = await person.file()
    (one,) = found["reports"]
    assert one["detached"] == [{"value": recycled, "since": found["as_of"][:10]}]
    assert one["identifiers"]["phones"] == [PHONE, recycled]
    assert "No longer counted as yours" in (await page(person, "en")).text


async def test_one_proof_reads_no_page(sandbox: Registry, report: dict[str, Any]) -> None:
    answer = await sandbox.http.get(FILE, headers={"Accept": "text/html"})
    assert problem(answer) == (401, "unauthenticated")


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(("table", "codes"), WORDS)
def test_every_code_has_its_words(table: str, codes: type[StrEnum], language: Language) -> None:
    assert set(file_page.texts(language)[table]) == set(codes)


@pytest.mark.parametrize("language", Language)
def test_every_deadline_has_its_words(language: Language) -> None:
    """What the clock can bring to a report or a dispute."""
    ours = {"cooled_off", "info_overdue", "notice_ended", "undeliverable", "reporter_silent"}
    ours |= {"expire", "erase"}
    assert ours <= set(reports.Event)
    theirs = {"told", "refused", "unanswered", "passed_on", "confirmed", "late", "close"}
    assert theirs | {"taken_up"} <= set(disputes.Event)
    assert set(file_page.texts(language)["due"]) == ours | theirs | {"taken_up"}


def test_the_languages_say_the_same_things() -> None:
    def keys(value: Any, at: str = "") -> set[str]:
        if isinstance(value, dict):
            return {key for k, v in value.items() for key in keys(v, f"{at}.{k}")}
        if isinstance(value, list):
            return {key for i, v in enumerate(value) for key in keys(v, f"{at}.{i}")}
        return {at + "".join(sorted(re.findall(r"\$\w+", value)))}

    first, *others = [keys(file_page.texts(language)) for language in Language]
    assert all(other == first for other in others)


@pytest.mark.parametrize("language", Language)
def test_a_language_uses_its_own_letters(language: Language) -> None:
    words = (file_page.FOLDER / f"{language}.toml").read_text(encoding="utf-8")
    has_uk, has_ru = bool(set(words) & set("іїєґ")), bool(set(words) & set("ыэъё"))
    assert (has_uk, has_ru) == {"uk": (True, False), "ru": (False, True), "en": (False, False)}[
        language
    ]


def test_amounts_are_written_as_people_write_them() -> None:
    assert money.in_major(125000, "UAH") == "1,250.00"
    assert money.in_major(999, "JPY") == "999"
    assert money.in_major(1, "KWD") == "0.001"

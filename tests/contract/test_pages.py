"""The pages as they are served: whole, readable without a script, and loading nothing from anywhere."""

import base64
import hashlib
import re
from datetime import timedelta
from html.parser import HTMLParser

import httpx
import pytest

from registry import contract as published
from registry.platform.documents import pages
from registry.platform.documents.prose import coloured, inline, prose
from registry.subjects import rules as subjects
from tests.contract.validate import check_answer, contract
from tests.factories.registry import Registry

PAGES = ("/docs", "/docs/you", "/docs/figures")
#: Elements that HTML closes by itself.
VOID = {"meta", "link", "br", "hr", "img", "input"}


class Page(HTMLParser):
    """What a page holds: ids, links, elements; and whether they are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name == "href" and tag == "a":
                self.links.append(value or "")
            if name in ("src", "srcset", "action", "data") or (name == "href" and tag != "a"):
                self.loads.append(value or "")
            if name.startswith("on") or name == "style":
                self.handlers.append(name)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
async def page(shared: Registry, request: pytest.FixtureRequest) -> httpx.Response:
    """The page of the test's parameter."""
    return await shared.http.get(request.param)


def _both(of: str = "page") -> pytest.MarkDecorator:
    return pytest.mark.parametrize(of, PAGES, indirect=True)


@_both()
async def test_a_page_loads_nothing_from_anywhere(page: httpx.Response) -> None:
    read = Page(page.text)
    assert page.status_code == 200
    assert not read.open
    assert read.loads == []
    assert not read.tags & {"script", "iframe", "object", "embed", "img", "link", "form", "base"}
    assert read.handlers == []
    style = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)
    assert len(style) == 1
    assert not re.search(r"url\(|@import|expression\(", style[0])
    outside = [link for link in read.links if not link.startswith(("#", "/", "mailto:"))]
    assert outside == []


@_both()
async def test_a_page_may_do_nothing_else_either(page: httpx.Response) -> None:
    style = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert f"style-src 'sha256-{digest}'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"


@_both()
async def test_links_within_a_page_lead_somewhere(page: httpx.Response) -> None:
    read = Page(page.text)
    assert len(set(read.ids)) == len(read.ids)
    within = {link[1:] for link in read.links if link.startswith("#")}
    assert within <= set(read.ids)


async def test_the_page_shows_every_call_and_every_type(shared: Registry) -> None:
    text = (await shared.http.get("/docs")).text
    ids = set(Page(text).ids)
    for path, methods in contract()["paths"].items():
        assert path in text
        for operation in methods.values():
            assert operation["operationId"].replace("_", "-") in ids
    assert {"key", "first-lookup", "first-report", "about-errors", "about-limits"} <= ids
    assert shared.runtime.settings.public_url in text
    assert shared.runtime.policy.stamp in text


async def test_the_contract_is_served_as_committed(shared: Registry) -> None:
    answer = await shared.http.get("/openapi.json")
    await check_answer(answer)
    assert answer.content == published.OPENAPI.read_bytes()
    assert answer.headers["content-type"].startswith("application/json")


async def test_the_page_for_people_speaks_three_languages(shared: Registry) -> None:
    answer = await shared.http.get("/docs/you")
    await check_answer(answer)
    assert [name for name in Page(answer.text).ids if len(name) == 2] == ["uk", "ru", "en"]
    assert answer.text.count(f"mailto:{shared.runtime.settings.mail_from}") == 3
    assert answer.text.count(shared.runtime.settings.operator_name) >= 3


async def test_the_page_for_people_tells_this_deployments_numbers(shared: Registry) -> None:
    text = (await shared.http.get("/docs/you")).text
    policy = shared.runtime.policy
    assert "$" not in text
    assert f"within {policy.appeal_days} days" in text
    assert f"{policy.answer_days} днів на відповідь" in text
    assert timedelta(hours=pages.CODE_HOURS) == subjects.CODE_FOR
    assert f"good for {pages.CODE_HOURS} hours" in text


def test_words_are_escaped() -> None:
    hostile = '<script>"&'
    assert "<script" not in prose(f"{hostile}\n\n- {hostile}\n\n## {hostile}\n\n`{hostile}`")
    assert "<script" not in inline(hostile)
    assert "<script" not in coloured(f'{{"{hostile}": 1}}')


def test_the_little_markdown_that_descriptions_use() -> None:
    assert prose("One\nline.\n\nTwo `code`.") == "<p>One line.</p>\n<p>Two <code>code</code>.</p>"
    assert prose("- one - two\n- **three**\n  more") == (
        "<ul><li>one - two</li><li><strong>three</strong> more</li></ul>"
    )
    assert prose("## Title") == "<h3>Title</h3>"


def test_json_is_coloured() -> None:
    assert coloured('{"a": [1, "b", null]}') == (
        '{<span class="key">&#34;a&#34;</span>: [<span class="digit">1</span>, '
        '<span class="text">&#34;b&#34;</span>, <span class="word">null</span>]}'
    )

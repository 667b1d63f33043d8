"""Words and values as HTML: the little Markdown that descriptions use, and coloured JSON.

Everything is escaped here. Known: paragraphs, `##` headings, `-` lists, `code` and **strong**; no links and
no HTML, which descriptions have no use for.
"""

import json
import re
from collections.abc import Iterator

from markupsafe import Markup, escape

_INLINE = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*")
_TOKEN = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*"(?=\s*:))|(?P<text>"(?:[^"\\]|\\.)*")'
    r"|(?P<digit>-?\d+(?:\.\d+)?)|(?P<word>\b(?:true|false|null)\b)"
)


def prose(text: str) -> Markup:
    """A description as HTML blocks."""
    return Markup("\n").join(_block(block) for block in re.split(r"\n\s*\n", text.strip()))


def inline(text: str) -> Markup:
    """A short text with `code` and **strong**, without a block around it."""
    return Markup("").join(_spans(text))


def _block(block: str) -> Markup:
    lines = block.strip().splitlines()
    if lines and lines[0].startswith("## "):
        return Markup("<h3>{}</h3>").format(inline(lines[0][3:]))
    if lines and lines[0].startswith("- "):
        items = "\n".join(lines)[2:].split("\n- ")
        rows = Markup("").join(
            Markup("<li>{}</li>").format(inline(" ".join(item.split()))) for item in items
        )
        return Markup("<ul>{}</ul>").format(rows)
    return Markup("<p>{}</p>").format(inline(" ".join(lines)))


def _spans(text: str) -> Iterator[Markup]:
    end = 0
    for found in _INLINE.finditer(text):
        yield escape(text[end : found.start()])
        code, strong = found.groups()
        yield (
            Markup("<code>{}</code>").format(code)
            if code
            else Markup("<strong>{}</strong>").format(strong)
        )
        end = found.end()
    yield escape(text[end:])


def plain_json(value: object) -> str:
    """A value as readable JSON."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def coloured(text: str) -> Markup:
    """JSON text with its names and values marked, for the style sheet to colour."""
    parts, end = [], 0
    for found in _TOKEN.finditer(text):
        parts += [
            escape(text[end : found.start()]),
            Markup('<span class="{}">{}</span>').format(found.lastgroup, found.group()),
        ]
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])

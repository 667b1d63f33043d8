r"""Text from outside: which documents are taken, how they are cleaned, and the types of fields.

Here live the check of every JSON body against harmful characters and against what decoders pass
over (names given twice, deep nesting, numbers that are none), which also drops the characters that
nobody sees (`characters`); MessagePack read as JSON; and the text types that every slice uses.
Rules of one field (a phone, a code) live with it.

The patterns are read by Python (`re.search`, by msgspec) and by every client that reads our schema
(ECMA-262): so no `\A` or `\Z`, and `$(?!\n)`, for Python's `$` also matches before a last newline.
They run in linear time on any input.
"""

import codecs
import json
import math
import re
import struct
from collections.abc import Iterator
from itertools import islice
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from registry.platform.characters import BLANK, NEVER, SUSPECT, drop_unseen, harm
from registry.platform.errors import InvalidValues, Malformed
from registry.platform.faults import NAME_SHOWN, SAYS, Fault, step

#: What ends a line or jumps in it; LINE SEPARATOR and PARAGRAPH SEPARATOR count.
_BREAKS: Final = r"\t\n\r\u2028\u2029"


def line(most: int) -> Meta:
    """Constrain a `str` to one line of 1 to `most` characters that is not blank."""
    return _meta(
        most, NEVER + _BREAKS, "must be one line of text, not blank, without control characters"
    )


def paragraph(most: int) -> Meta:
    """Constrain a `str` to 1 to `most` characters, line breaks allowed, that is not blank."""
    return _meta(most, NEVER, "must be text, not blank, without control characters")


def _meta(most: int, never: str, says: str) -> Meta:
    pattern = f"^(?=[{BLANK}]*[^{BLANK}])[^{never}]*$(?!\\n)"
    return Meta(min_length=1, max_length=most, pattern=pattern, extra={SAYS: says})


#: One line: a name, a title, a reason.
Line = Annotated[str, line(200)]
#: A short line: a label, a reference, a code of the caller's own.
Label = Annotated[str, line(64)]
#: Free text of a few sentences, which others than its reader are shown.
Passage = Annotated[str, paragraph(800)]
#: Free text of several lines: a statement, a summary.
Paragraph = Annotated[str, paragraph(4000)]


# --- documents ------------------------------------------------------------------------------------

#: How deep lists and objects may stand in each other.
DEPTH: Final = 32
#: Digits of one number, all told.
DIGITS: Final = 20
#: Commas, brackets and quotes of one body: bounds the work of checking it.
MARKS: Final = 100_000
FAULTS: Final = 50

_TOO_DEEP: Final = f"Lists and objects may stand {DEPTH} deep in each other, not deeper."
_NO_NUMBER: Final = "is NaN or infinite, which JSON does not have"
_TOO_MANY: Final = "The body holds too many values."
_BRACKETS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[\]{}]', re.DOTALL)
#: Whatever may be wrong in a text that a JSON decoder takes, a name given twice apart. Seldom found
#: in honest bodies; where it is found, the slow way tells.
_SUSPECT: Final = re.compile(
    rf"[{SUSPECT}]"
    r"|\\[bf]|\\u(?:00[0189aA]|007[fF]|034[fF]|061[cC]|11[56]|17[bB]|180|20(?:0[b-fB-F]|2[a-eA-E]|6)"
    r"|2800|3164|[dD][89a-fA-F]|[fF][eEfF])"
    r"|[0-9][0-9.eE+-]{20}"
    r"|[0-9][eE]\+?[0-9]{3}"
)


#: Beginnings of UTF-16: with its mark, or an opening bracket or brace of two bytes.
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"{\0", b"\0{", b"[\0", b"\0[")


class _Suspect(Exception):
    """The fast way met something that only the slow way can place."""


class _Pairs(list[tuple[str, Any]]):
    """An object with its names as they came, twice if need be."""


class _Refused(str):
    """Stands where a value stood that is not taken: says why."""

    __slots__ = ()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Suspect
    return found


def _constant(_: str) -> Any:
    raise _Suspect


def _number(literal: str) -> object:
    if sum(map(str.isdigit, literal)) > DIGITS:
        return _Refused(f"has more than {DIGITS} digits")
    return None if math.isfinite(float(literal)) else _Refused("is out of range")


_FAST: Final = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_constant)
_SLOW: Final = json.JSONDecoder(
    object_pairs_hook=_Pairs,
    parse_int=_number,
    parse_float=_number,
    parse_constant=lambda _: _Refused(_NO_NUMBER),
)


def clean_json(body: bytes) -> bytes:
    """Return a JSON body without the characters that nobody sees: the same object where it has none.

    Refuses what is not JSON, and JSON that decoders read differently or cannot keep: raises
    `Malformed` with the byte, or `InvalidValues` with the pointer of every fault. A byte order mark before it is
    dropped.
    """
    body = body.removeprefix(codecs.BOM_UTF8)
    if body.startswith(_UTF_16):
        raise Malformed("The body is UTF-16: send it in UTF-8.")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Malformed(f"The body is not UTF-8 at byte {error.start}.") from None
    opened = body.count(b"[") + body.count(b"{")
    if opened + body.count(b",") + body.count(b'"') > MARKS:
        raise Malformed(_TOO_MANY)
    if opened > DEPTH:
        _check_depth(body)
    try:
        if _sound(text):
            return body
        _refuse(list(islice(_document(_SLOW.decode(text), ""), FAULTS)))
    except json.JSONDecodeError as error:
        byte = len(text[: error.pos].encode())
        what = error.msg.removesuffix(" at").removesuffix(": ").lower()
        raise Malformed(f"The body is not JSON at byte {byte}: {what}.") from None
    value = json.loads(text)
    kept = as_seen(value)
    return body if kept == value else json.dumps(kept, ensure_ascii=False).encode()


def _sound(text: str) -> bool:
    """Whether a look at the whole finds nothing that only the slow way can place."""
    if _SUSPECT.search(text) is not None:
        return False
    try:
        _FAST.decode(text)
    except _Suspect:
        return False
    return True


def as_seen(value: Any) -> Any:
    """Return a JSON value with every text in it as a reader sees it, names too."""
    if isinstance(value, str):
        return drop_unseen(value)
    if isinstance(value, list):
        return [as_seen(item) for item in value]
    if isinstance(value, dict):
        return {drop_unseen(name): as_seen(item) for name, item in value.items()}
    return value


def _check_depth(body: bytes) -> None:
    depth = 0
    for found in _BRACKETS.finditer(body):
        mark = found.group()
        if mark in b"[{":
            depth += 1
        elif mark in b"]}":
            depth -= 1
        if depth > DEPTH:
            raise Malformed(f"{_TOO_DEEP} See byte {found.start()}.")


def _refuse(found: list[Fault]) -> None:
    if found:
        told = "; ".join(f"{fault.pointer or 'the body'}: {fault.detail}" for fault in found[:3])
        raise InvalidValues(told, errors=found)


def _document(value: object, at: str) -> Iterator[Fault]:
    """Yield the faults of a document decoded the slow way."""
    if isinstance(value, _Refused):
        yield Fault(at, str(value))
    elif isinstance(value, str):
        if what := harm(value):
            yield Fault(at, what)
    elif isinstance(value, _Pairs):
        seen: set[str] = set()
        for name, item in value:
            if what := harm(name):
                yield Fault(at, f"a name in it {what}")
            name = drop_unseen(name)
            yield from _twice(name, seen, at)
            yield from _document(item, at + step(name))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _document(item, f"{at}/{index}")


def _twice(name: str, seen: set[str], at: str) -> Iterator[Fault]:
    if name in seen and len(name) <= NAME_SHOWN:
        yield Fault(at + step(name), "is given more than once")
    elif name in seen:
        yield Fault(at, f"a name of {len(name)} characters is given more than once")
    seen.add(name)


def json_from_messagepack(body: bytes) -> bytes:
    """Return as JSON a MessagePack body that holds nothing JSON does not have; cleaned like JSON.

    Raises like `clean_json`. Refused besides: bytes and extensions (timestamps too), names that are
    not text, NaN and infinities. msgspec takes the last of names given twice, so they are looked
    for in the bytes.
    """
    scan = _Scan(body)
    try:
        value = msgspec.msgpack.decode(body)
        scan.value("", 0)
    except UnicodeDecodeError:
        raise Malformed("The body holds text that is not UTF-8.") from None
    except RecursionError:
        raise Malformed(_TOO_DEEP) from None
    except msgspec.MsgspecError:
        raise Malformed("The body is not MessagePack.") from None
    _refuse(scan.found)
    return clean_json(msgspec.json.encode(value))


#: First byte -> what follows, the width of its length, and its length when that is fixed.
_MESSAGEPACK: Final[dict[int, tuple[str, int, int]]] = {
    **dict.fromkeys((0xC0, 0xC2, 0xC3), ("scalar", 0, 0)),
    **{0xC4 + power: ("bytes", 1 << power, 0) for power in range(3)},
    **{0xC7 + power: ("an extension", 1 << power, 1) for power in range(3)},
    0xCA: ("float", 0, 4),
    0xCB: ("float", 0, 8),
    **{0xCC + power: ("scalar", 0, 1 << power) for power in range(4)},
    **{0xD0 + power: ("scalar", 0, 1 << power) for power in range(4)},
    **{0xD4 + power: ("an extension", 0, 1 + (1 << power)) for power in range(5)},
    **{0xD9 + power: ("text", 1 << power, 0) for power in range(3)},
    **{0xDC + power: ("list", 2 << power, 0) for power in range(2)},
    **{0xDE + power: ("map", 2 << power, 0) for power in range(2)},
}


class _Scan:
    """One walk over the bytes of a MessagePack document that msgspec has found to be whole."""

    def __init__(self, body: bytes) -> None:
        self.body, self.at, self.values = body, 0, 0
        self.found: list[Fault] = []

    def head(self) -> tuple[str, int]:
        """Read what comes next and its length: in bytes, or items, or pairs."""
        first = self.body[self.at]
        self.at += 1
        self.values += 1
        if self.values > MARKS // 4:
            raise Malformed(_TOO_MANY)
        if first < 0x80 or first >= 0xE0:
            return "scalar", 0
        if first < 0xC0:
            kind = "map" if first < 0x90 else "list" if first < 0xA0 else "text"
            return kind, first & (0x1F if kind == "text" else 0x0F)
        kind, width, fixed = _MESSAGEPACK[first]
        length = int.from_bytes(self.body[self.at : self.at + width])
        self.at += width
        return kind, length + fixed

    def value(self, pointer: str, depth: int) -> str | None:
        """Walk one value and all below it; return it when it is text, as a name has to be."""
        kind, length = self.head()
        if kind in ("list", "map"):
            if depth == DEPTH:
                raise Malformed(f"{_TOO_DEEP} See byte {self.at - 1}.")
            names: set[str] = set()
            for index in range(length):
                place = self.name(pointer, names, depth) if kind == "map" else f"/{index}"
                self.value(pointer + place, depth + 1)
            return None
        raw = self.body[self.at : self.at + length]
        self.at += length
        if kind == "float" and not math.isfinite(
            struct.unpack("!f" if length == 4 else "!d", raw)[0]
        ):
            self._tell(Fault(pointer, _NO_NUMBER))
        elif kind in ("bytes", "an extension"):
            self._tell(Fault(pointer, f"is {kind}, which JSON does not have"))
        return raw.decode() if kind == "text" else None

    def name(self, pointer: str, seen: set[str], depth: int) -> str:
        """Read the name of a pair; return its step of the pointer."""
        name = self.value(pointer, depth + 1)
        if name is None:
            self._tell(Fault(pointer, "a name in it is not text"))
            return "/?"
        for fault in _twice(name, seen, pointer):
            self._tell(fault)
        return step(name)

    def _tell(self, fault: Fault) -> None:
        if len(self.found) < FAULTS:
            self.found.append(fault)

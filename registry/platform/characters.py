r"""Characters of text from outside that nobody sees: some are refused, the rest are dropped.

1. Refused: controls, overrides of direction that change how the text reads, halves of surrogate pairs, tags and
   annotations. They make a text read differently from how it is stored, or carry a second text inside it.
2. Dropped: soft hyphens, zero-width spaces, marks of direction, byte order marks, word joiners, fillers, variation
   selectors. Pasting brings them, as from a phone's contacts. Without them every limit counts what a reader sees, and
   two texts that look alike are alike.
3. Kept: joiners and selectors of emoji, directly after an emoji or a letter of a script that joins letters (Arabic,
   Indic and others).

`text` applies this to every string of every JSON body, so a new field needs nothing of its own.
"""

import re
from typing import Final

#: Inside of a character class, read by Python and by ECMA-262 alike, therefore without characters above U+FFFF.
NEVER: Final = (
    r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
    r"\u202e"
    r"\ufff9-\ufffb"
    r"\ud800-\udfff"
)
#: Tags, and what is reserved next to them. The two dialects have no common way of writing them.
_TAGS: Final = r"\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"

#: Unicode's default-ignorable characters, except for those above and the joiners; and the blank Braille pattern.
_UNSEEN: Final = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202d\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufff8"
)
_UNSEEN_ABOVE: Final = r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0100-\U000e01ef"
_JOINERS: Final = r"\u200c\u200d"
_SELECTORS: Final = r"\ufe0e\ufe0f"
#: Letters of joining scripts, and emoji: what a joiner or a selector may follow.
_JOINED: Final = (
    r"\u0620-\u08ff\u0900-\u109f\u1780-\u17b3\u17b6-\u17dd\u1820-\u18aa"
    r"\u2190-\u27ff\u2900-\u2bff\U0001f000-\U0001faff"
)

#: What leaves no mark on paper. A text of these alone is blank. For patterns of both dialects.
BLANK: Final = rf"\s{_UNSEEN}{_JOINERS}{_SELECTORS}"
#: What `harm` or `drop_unseen` may have to do with, for one look at a whole body.
SUSPECT: Final = rf"{NEVER}{_TAGS}{_UNSEEN}{_UNSEEN_ABOVE}{_JOINERS}{_SELECTORS}"

_RIGHT_TO_LEFT: Final = re.compile(r"[\u0590-\u061b\u061d-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_OVERRIDE: Final = re.compile(r"\u202d")
_HARMFUL: Final = re.compile(f"[{NEVER}{_TAGS}]")
_DROPPED: Final = re.compile(
    f"[{_UNSEEN}{_UNSEEN_ABOVE}]"
    f"|(?<![{_JOINED}])[{_SELECTORS}]"
    rf"|(?<![{_JOINED}])(?<![{_JOINED}][{_SELECTORS}])[{_JOINERS}]"
)


def harm(text: str) -> str | None:
    """Say what is wrong with the first harmful character of `text`, or None when there is none.

    The left-to-right override is harmful only where there is something to turn round.
    """
    found = _HARMFUL.search(text)
    if found is None and _RIGHT_TO_LEFT.search(text):
        found = _OVERRIDE.search(text)
    if found is None:
        return None
    code = ord(found.group())
    if 0xD800 <= code <= 0xDFFF:
        return "holds half of a surrogate pair"
    if code == 0:
        return "holds a NUL character"
    if code < 0xA0:
        kind = "control character"
    elif code < 0xFFF9:
        kind = "character that changes the direction of text"
    else:
        kind = "character that hides text"
    return f"holds a {kind} (U+{code:04X})"


def drop_unseen(text: str) -> str:
    """Return `text` without the characters that nobody sees. It is not trimmed, and may be empty."""
    return _DROPPED.sub("", text)

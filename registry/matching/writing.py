"""What any value written by a person may hold, before its own rules are asked.

Here are the characters that nobody sees, and the tidying of blanks and apostrophes. Pasting brings zero-width blanks,
marks of direction and line breaks: a value means the same without them, so they are dropped. Other control characters
are refused, and so is the override that turns text around: who wrote it saw another value.
"""

import re
import unicodedata

from registry.matching.errors import Unreadable

_BREAKS = re.compile("[\t\n\r\u2028\u2029]+")
#: Every blank that is not the plain space: no-break, thin, ideographic and the rest of class Zs.
_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")

#: Unicode's format characters and variation selectors, which nobody sees, but for the right-to-left override.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202d\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0]"
)

#: What people type for an apostrophe. Replaced before NFKC, which would split U+00B4 in two.
_APOSTROPHES = re.compile("[`´‘’‚‛ʹʺʻʼʽʾʿˈˊˋ′‵＇՚Ꞌꞌ]")

#: What people type for a hyphen.
_HYPHENS = re.compile("[‐‑‒–—―−﹘﹣－]")


def visible(text: str, what: str, longest: int) -> str:
    """Return the text with plain single blanks, trimmed, without characters that nobody sees.

    `what` names the field in the refusal ("The phone number"). Raises `Unreadable` for an empty or overlong text and
    for control, unassigned and private characters; tabs and line breaks are blanks.
    """
    if not text.isascii():
        text = _UNSEEN.sub("", _BLANKS.sub(" ", text))
    if not text.isprintable():
        text = _BREAKS.sub(" ", text)
    if len(text) > longest:
        raise Unreadable(f"{what} is too long: at most {longest} characters.")
    if not text.isprintable():
        raise Unreadable(f"{what} has control characters.")
    text = " ".join(text.split())
    if not text:
        raise Unreadable(f"{what} is empty.")
    return text


def plain(text: str, what: str, longest: int) -> str:
    """Answer the text in NFKC with one kind of apostrophe and hyphen, tidy as `visible` leaves it."""
    text = visible(text, what, longest)
    if text.isascii():
        return text.replace("`", "'")
    text = unicodedata.normalize("NFKC", unify(text))
    # Compatibility forms can unfold into blanks, apostrophes and many letters.
    return unify(visible(text, what, longest))


def unify(text: str) -> str:
    """Answer the text with `'` for every apostrophe and `-` for every hyphen."""
    return _HYPHENS.sub("-", _APOSTROPHES.sub("'", text))

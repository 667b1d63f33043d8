"""What any value written by a person may hold, before its own rules are asked.

Lives here: the refusal of invisible characters, and the tidying of blanks and apostrophes. Not here:
the rules of a kind of value. Control, bidirectional and other invisible characters are refused and
not dropped: they make two different values look alike on a moderator's screen.
"""

import re
import unicodedata

from registry.matching.errors import Unreadable

#: Every blank that is not the plain space: no-break, thin, ideographic and the rest of class Zs.
_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")

#: What people type for an apostrophe. Replaced before NFKC, which would split U+00B4 in two.
_APOSTROPHES = re.compile("[`´‘’‚‛ʹʺʻʼʽʾʿˈˊˋ′‵＇՚Ꞌꞌ]")

#: What people type for a hyphen.
_HYPHENS = re.compile("[‐‑‒–—―−﹘﹣－]")


def visible(text: str, what: str, longest: int) -> str:
    """Answer the text with plain single blanks, trimmed; refuse invisible characters.

    `what` names the field in the refusal ("The phone number"). Raises `Unreadable` for an empty or
    overlong text and for control, bidirectional, unassigned and private characters.
    """
    if len(text) > longest:
        raise Unreadable(f"{what} is too long: at most {longest} characters.")
    if not text.isascii():
        text = _BLANKS.sub(" ", text)
    if not text.isprintable():
        raise Unreadable(f"{what} has control or invisible characters.")
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

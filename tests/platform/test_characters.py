"""Characters that nobody sees: every one of Unicode's is refused, dropped, or kept for what it joins."""

import sys
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.platform.characters import drop_unseen, harm

#: Of the class of format characters, but a reader sees them: signs of Arabic, Syriac, Kaithi and Egyptian.
SEEN = {
    *range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD, *range(0x13430, 0x13440),
}  # fmt: skip
#: Fillers and selectors, which have another class (DerivedCoreProperties.txt, Default_Ignorable_Code_Point).
FILLERS = {
    0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x3164, *range(0xFE00, 0xFE10), 0xFFA0,
    *range(0xE0100, 0xE01F0),
}  # fmt: skip


def test_no_character_that_nobody_sees_passes() -> None:
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.category(character) in ("Cf", "Cs") or code in FILLERS:
            hidden = harm(character) is not None or drop_unseen(f"a{character}b") == "ab"
            assert hidden == (code not in SEEN), f"U+{code:04X}"


def test_no_letter_digit_or_sign_is_dropped() -> None:
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.category(character)[0] in "LNPSZ" and code not in {*FILLERS, 0x2800}:
            assert drop_unseen(character) == character, f"U+{code:04X}"


TEXT = st.text(
    st.sampled_from("a я👩❤م\u2800\u180b\u200b\u200c\u200d\u200d\ufe0e\ufe0f\ufe0f\U000e0101")
    | st.characters()
)


@settings(deadline=None)
@given(TEXT)
def test_nothing_is_left_to_drop(text: str) -> None:
    once = drop_unseen(text)
    assert drop_unseen(once) == once


@settings(deadline=None)
@given(TEXT)
def test_each_kept_joiner_has_a_letter_or_an_emoji_of_its_own(text: str) -> None:
    """So what hides in a text is never longer than what is seen of it."""
    kept = drop_unseen(text)
    hidden = sum(character in "\u200c\u200d\ufe0e\ufe0f" for character in kept)
    assert hidden <= 2 * (len(kept) - hidden)


def test_an_override_is_refused_where_it_turns_something_round() -> None:
    assert harm("\u202d+380501234567\u202c") is None
    assert drop_unseen("\u202d+380501234567\u202c") == "+380501234567"
    assert "direction" in (harm("\u202dשלום 12\u202c") or "")
    assert "direction" in (harm("a\u202eb") or "")


@pytest.mark.parametrize(
    "text", ["❤\ufe0f", "👨\u200d👩\u200d👧", "👍🏽", "می\u200cخواهم", "क्\u200dष", "Олена ☎\ufe0f"]
)
def test_what_a_reader_needs_stays(text: str) -> None:
    assert drop_unseen(text) == text

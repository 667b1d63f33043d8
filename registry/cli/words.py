"""The words of a result, in the language of whoever reads it; the texts lie in `words.toml`."""

import os
import tomllib
from functools import cache
from pathlib import Path

LANGUAGES = ("uk", "ru", "en")
_TEXTS = Path(__file__).with_suffix(".toml")


def language() -> str:
    """The reader's language by LC_ALL, LC_MESSAGES and LANG, the first that is set; English if it is another."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if text := os.environ.get(variable):
            spoken = text.partition("_")[0].partition(".")[0].lower()
            return spoken if spoken in LANGUAGES else "en"
    return "en"


@cache
def _texts() -> dict[str, dict[str, str]]:
    return tomllib.loads(_TEXTS.read_text(encoding="utf-8"))


def word(key: str) -> str:
    """The text of a key; a key that has none, such as a newer server's, is shown as it is."""
    return _texts()[language()].get(key, key.replace("_", " "))

"""Evidence in words: one short sentence for each field, in Ukrainian, Russian and English."""

import tomllib
from functools import cache
from pathlib import Path

from registry.matching.weights import general

_TEXTS = Path(__file__).with_suffix(".toml")


def wording(field: str, level: str) -> dict[str, str]:
    """The evidence in words, by language: "Surname: the same in another spelling or language."."""
    texts = _texts()
    fields, levels = texts["fields"][general(field)], texts["levels"][level]
    return {language: f"{fields[language]}: {levels[language]}." for language in fields}


@cache
def _texts() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(_TEXTS.read_text(encoding="utf-8"))

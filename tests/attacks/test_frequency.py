"""A thief with a dump and the true distribution of names: what the frequency of keyed tokens gives away.

The thief sees which records hold a token and how many do, not its text. He knows how often each text occurs in a
population like ours, and lays the tokens beside the texts in the order of their frequency, kind by kind.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator

from registry.evaluation.records import read
from registry.matching import blocking
from tests.persons import records

RECORDS = 20_000
KINDS = ("name_word", "name_pair", "name_city", "name_birth_date")


def _texts(path, seed: int) -> list[list[tuple[str, str]]]:
    """Of each record, the (kind, text) of its name tokens."""
    records.write(records.generate(seed, RECORDS, "medium"), path)
    return [
        [key for key in blocking.keys(one.subject) if key[0] in KINDS]
        for one in read(path, Counter())
    ]


def _kept(texts: list[list[tuple[str, str]]], cap: int) -> dict[tuple[str, str], list[int]]:
    """Token -> its holders, as the store keeps them: none beyond the cap."""
    holders: dict[tuple[str, str], list[int]] = defaultdict(list)
    for record, keys in enumerate(texts):
        for key in set(keys):
            if len(holders[key]) < cap:
                holders[key].append(record)
    return holders


def _guesses(
    holders: dict[tuple[str, str], list[int]], known: Counter[tuple[str, str]], seed: int
) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """(token, the text that the thief takes it for): both ranked by frequency, ties as they fall."""
    dice = random.Random(seed)
    for kind in KINDS:
        tokens = [token for token in holders if token[0] == kind]
        texts = [text for text in known if text[0] == kind]
        dice.shuffle(tokens)
        tokens.sort(key=lambda token: -len(holders[token]))
        texts.sort(key=lambda text: -known[text])
        yield from zip(tokens, texts, strict=False)


def _recovered(tmp_path, cap: int) -> float:
    """The share of persons of whom at least one token was read."""
    texts = _texts(tmp_path / "ours.jsonl", 1)
    known = Counter(key for keys in _texts(tmp_path / "known.jsonl", 2) for key in set(keys))
    holders = _kept(texts, cap)
    read_ = {
        record
        for token, guess in _guesses(holders, known, 3)
        if token == guess
        for record in holders[token]
    }
    return len(read_) / RECORDS


def test_a_thief_reads_the_names_of_few(tmp_path) -> None:
    assert _recovered(tmp_path, blocking.CAP) <= 0.02


def test_without_the_cap_he_reads_many(tmp_path) -> None:
    """The same attack on a build without the control succeeds."""
    assert _recovered(tmp_path, 10**9) > 0.03

"""Proofs of who asks: how long a code and a token are good, when a letter is due, how often either is tried. Pure.

A number that was reported may have a new holder since. So one proof reveals nothing: it opens no more than
what a new holder may need. Two proofs, of two identifiers that one and the same person was reported under, open
that person's file.

A code belongs to the phone or e-mail that it proves, not to the session that asked for it: however often a stranger
asks, the letter that its holder has is good. See `docs/decisions/codes-belong-to-what-they-prove.md`.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from registry.limits.rules import Allowance

#: Guesses are limited for a session and for a network, never for the number that is guessed at. So a code must hold
#: against guesses from everywhere: a crowd in 1,000 networks has 350,000 a day, and is right once in eighty years.
CODE_DIGITS = 10
#: How long a code is good after the last letter with it.
CODE_FOR = timedelta(hours=4)
#: Letters with one code, and how far apart at least: a phone gets twelve a day at most that its holder did not ask for.
LETTERS, LETTER_AFTER = 2, timedelta(minutes=10)
#: Tries of codes in one session.
CODE_TRIES = 5
#: As long as it takes to read a file and to write a dispute.
TOKEN_FOR = timedelta(hours=1)
#: Sessions are deleted, with what was sealed under their keys, this long after their last token ended.
KEPT_FOR = timedelta(days=1)

#: Starts, and further identifiers that are named.
CODES = Allowance(
    address=(2_000, 300), network=(4_000, 600), assured=(50, 10), shared=(50_000, 10_000)
)
#: Tries of codes and claims.
TRIES = Allowance(
    address=(10_000, 1_500), network=(20_000, 3_000), assured=(100, 20), shared=(250_000, 50_000)
)
#: Proofs of one phone or e-mail in a day and in an hour. Only its holder can spend them; each makes room for a letter.
PROOFS_OF_ONE = (20, 10)

#: What opens the file and disputes.
BOTH = 2


#: A document that shows who holds a reported identifier: so long a moderator means to take, so long the answer may be
#: used, so long a refused one is remembered.
DOCUMENT_DUE, DOCUMENT_FOR = timedelta(days=7), timedelta(days=90)
#: Documents that may be sent for one identifier within `DOCUMENT_FOR`.
MOST_DOCUMENTS = 3


class DocumentState(StrEnum):
    """Where a document stands."""

    #: No moderator has looked yet.
    WAITING = "waiting"
    #: It shows that the holder of the identifier is the reported person: a second proof.
    ACCEPTED = "accepted"
    #: It does not.
    REFUSED = "refused"


class Code(NamedTuple):
    """The code that proves a phone or e-mail."""

    #: What it is derived from; a new code has another.
    seed: bytes
    #: Letters with it, and when the last was made: None while there is none.
    letters: int
    letter_at: datetime | None


def is_open(token_until: datetime | None, now: datetime) -> bool:
    """Whether a session in which something was proven may take a further proof: its token is good."""
    return token_until is not None and now < token_until


def is_good(code: Code, now: datetime) -> bool:
    """Whether the code was sent and may still be used."""
    return code.letter_at is not None and now < code.letter_at + CODE_FOR


def with_letter(code: Code, fresh: bytes, now: datetime) -> Code | None:
    """The code after one more letter, of the seed `fresh` if it is a new one; None while no letter is due.

    Where none is due, the code of an earlier letter is good.
    """
    if code.letter_at is None or not is_good(code, now):
        return Code(fresh, 1, now)
    if code.letters >= LETTERS or now < code.letter_at + LETTER_AFTER:
        return None
    return Code(code.seed, code.letters + 1, now)

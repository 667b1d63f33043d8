"""Proofs of who asks: how long a code and a token are good, how often either may be tried. Pure.

A number that was reported may have a new holder since. So one proof reveals nothing: it opens no more than
what a new holder may need. Two proofs, of two identifiers that one and the same person was reported under, open
that person's file.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

CODE_DIGITS = 6
CODE_FOR = timedelta(minutes=10)
CODE_TRIES = 5
#: As long as it takes to read a file and to write a dispute.
TOKEN_FOR = timedelta(hours=1)
#: Sessions are deleted, with what was sealed under their keys, this long after their last token ended.
KEPT_FOR = timedelta(days=1)

#: Codes that may be asked for in a day and in an hour: for one identifier, from one address, of the registry in all.
CODES_FOR_ONE = (20, 6)
CODES_FROM_ONE = (2_000, 300)
CODES_IN_ALL = (50_000, 10_000)
#: Tries of codes and claims in a day and in an hour: from one address, of the registry in all.
TRIES_FROM_ONE = (10_000, 1_500)
TRIES_IN_ALL = (250_000, 50_000)

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


class Asked(Protocol):
    """A code that was sent."""

    code_hash: str | None
    code_until: datetime | None
    code_tries: int


def code_is_open(asked: Asked, now: datetime) -> bool:
    """Whether a code was sent that may still be tried."""
    if asked.code_hash is None or asked.code_until is None:
        return False
    return now < asked.code_until and asked.code_tries < CODE_TRIES

"""What reported persons send to prove who they are, and what they get for it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from registry.platform.faults import SAYS
from registry.platform.text import Label

Identifier = Annotated[
    Label,
    Meta(
        description="Another phone or e-mail that you may be reported under: a code is sent to it."
    ),
]

Code = Annotated[
    str,
    Meta(
        pattern="^[0-9]{10}$(?!\\n)",
        examples=["4938170256"],
        extra={SAYS: "must be the ten digits that you were sent"},
    ),
]


class SessionStart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A phone or an e-mail under which you may be reported: one of the two."""

    phone: Annotated[Label | None, Meta(examples=["+380 50 555 01 77"])] = None
    email: Annotated[Label | None, Meta(examples=["olena@mail.example"])] = None


class SessionStarted(Struct, frozen=True, kw_only=True):
    """The same whether or not anybody is reported under it. If so, its code was sent, now or before."""

    session_id: UUID


class SessionEnded(Struct, frozen=True, kw_only=True):
    """Your token and the proofs of your session are good no longer."""

    session_id: UUID


class Proof(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code that you were sent; or, for the second proof, a further identifier, or the claim of a document that a
    moderator accepted: one of the three.
    """

    code: Code | None = None
    identifier: Identifier | None = None
    document: Annotated[
        Label | None,
        Meta(
            description="The `claim` of your document, once it was accepted.",
            examples=["bcr_document_7Tq..."],
        ),
    ] = None


class ProofTaken(Struct, frozen=True, kw_only=True):
    """What you have proven. Two proofs open your file; one opens nothing of it."""

    token: Annotated[
        str | None,
        Meta(
            description="Send it as `Authorization: Bearer`; the last one counts. Null in answer to an `identifier`:"
            " its code comes first."
        ),
    ]
    expires_at: datetime | None
    proofs: Annotated[
        int, Meta(ge=1, le=2, description="How many there are; 2 where there are more.")
    ]


class DocumentTaken(Struct, frozen=True, kw_only=True):
    """Your document waits for a moderator; when it is decided you are written to."""

    id: UUID
    claim: Annotated[
        str,
        Meta(
            description="Shown this once: keep it. With it, and a new code to your phone or e-mail, you have two proofs"
            " once the document is accepted."
        ),
    ]
    due: Annotated[datetime, Meta(description="By when a moderator means to have decided.")]

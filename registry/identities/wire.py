"""How a person or company is named by callers, in reports and lookups alike; and what moderators see of pairs."""

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from msgspec import Meta, Struct

from registry.matching.decision import Verdict
from registry.platform.decisions import DecidedVersion
from registry.platform.faults import SAYS
from registry.platform.text import Label, Line, Paragraph, line


class Handle(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A name in a messenger or social network."""

    network: Annotated[
        Label, Meta(description="Such as `telegram`, `viber`, `instagram`.", examples=["telegram"])
    ]
    name: Annotated[
        str,
        line(2000),
        Meta(
            description="The name, the phone number, or a link to the person's page. A link to a post, a group or a "
            "company is refused.",
            examples=["@oleksandr", "https://t.me/oleksandr"],
        ),
    ]


class SubjectDescription(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A person or company by whatever is known of them, written as people write it.

    Numbers and addresses are brought to a normal form by their own rules; what cannot be read is refused
    with the field's name. Use the plural lists where someone has several. Empty text is as good as nothing.
    """

    BLANK_IS_ABSENT: ClassVar[bool] = True

    kind: Annotated[Literal["person", "company"], Meta(description="`person` when left out.")] = (
        "person"
    )
    phone: Annotated[
        Label | None,
        Meta(
            description="In any national or international way of writing.",
            examples=["+380 (50) 555-01-23"],
        ),
    ] = None
    phones: Annotated[list[Label], Meta(max_length=10)] = []
    email: Annotated[Line | None, Meta(examples=["o.shevchenko+shop@example.com"])] = None
    emails: Annotated[list[Line], Meta(max_length=10)] = []
    tax_id: Annotated[
        Label | None,
        Meta(description="A person's tax number: RNOKPP (UA), INN (RU) or another country's."),
    ] = None
    company_code: Annotated[
        Label | None, Meta(description="A company's EDRPOU, INN or VAT number.")
    ] = None
    handle: Handle | None = None
    handles: Annotated[list[Handle], Meta(max_length=10)] = []
    name: Annotated[
        Line | None, Meta(description="In any order and script.", examples=["Шевченко Олександр"])
    ] = None
    birth_date: Annotated[
        Label | None, Meta(description="`YYYY-MM-DD` or `DD.MM.YYYY`.", examples=["1987-03-12"])
    ] = None
    city: Annotated[Label | None, Meta(examples=["Київ"])] = None
    address: Line | None = None
    country: (
        Annotated[
            str,
            Meta(
                pattern="^[A-Z]{2}$(?!\\n)",
                extra={SAYS: "must be a country code of two capital letters, such as UA"},
                description="ISO 3166-1 alpha-2; your own business's country when left out.",
                examples=["UA"],
            ),
        ]
        | None
    ) = None


class AgreementView(Struct, frozen=True, kw_only=True):
    """How one field of two records agrees, and what that weighs."""

    field: Annotated[str, Meta(examples=["surname"])]
    level: Annotated[str, Meta(examples=["equivalent"])]
    bits: Annotated[
        float,
        Meta(description="Match weight: log2 of the odds that this level speaks for one party."),
    ]
    because: Annotated[dict[str, str], Meta(description="The same in words: uk, ru, en.")]


class RecordView(Struct, frozen=True, kw_only=True):
    """What one report says of whom it is about, in normal form; for moderators."""

    id: UUID
    identity_id: Annotated[UUID | None, Meta(description="Null while lookups do not show it.")]
    kind: str
    phones: list[str]
    emails: list[str]
    tax_ids: list[str]
    company_codes: list[str]
    handles: list[str]
    names: list[str]
    birth_date: date | None
    city: str | None
    address: str | None


class PairCase(Struct, frozen=True, kw_only=True):
    """Two records that may be of one party, side by side, with all that is needed to decide."""

    id: UUID
    version: Annotated[int, Meta(description="1 while it is open, 2 once it is answered.")]
    due: Annotated[datetime, Meta(description="The more an answer is worth, the earlier.")]
    decision: Annotated[Verdict | None, Meta(description="A moderator's; null while it is open.")]
    weight: Annotated[float, Meta(description="log2 of the odds that it is one party.")]
    parameters: Annotated[str, Meta(description="Version of the parameters that weighed it.")]
    records: Annotated[list[RecordView], Meta(description="The two.")]
    others: Annotated[
        list[RecordView],
        Meta(
            description="The other records of their identities, which a yes would bring together too."
        ),
    ]
    evidence: list[AgreementView]


class PairDecisionRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A moderator's answer: one party, or two."""

    decision: Literal["same", "different"]
    reason: Paragraph
    version: DecidedVersion


class SplitRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Records to take out of an identity."""

    records: Annotated[list[UUID], Meta(min_length=1, max_length=100)]
    reason: Paragraph


class MergeRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An identity to bring together with the one of the address."""

    identity: UUID
    reason: Paragraph


class LinkView(Struct, frozen=True, kw_only=True):
    """What is held of two records of an identity, by whom and why."""

    records: list[UUID]
    decision: Verdict
    by: Annotated[str, Meta(description="`engine` or `moderator`.")]
    at: datetime
    weight: float | None
    evidence: list[AgreementView]


class IdentityView(Struct, frozen=True, kw_only=True):
    """A party as the registry knows it: its records, and the decisions that make them one."""

    id: Annotated[UUID, Meta(description="The id of its oldest record.")]
    records: list[RecordView]
    decisions: list[LinkView]


class IdentityChange(Struct, frozen=True, kw_only=True):
    """The identities that a split or a merge left."""

    identities: list[IdentityView]

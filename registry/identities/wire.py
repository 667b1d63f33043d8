"""How a person or company is named by callers, in reports and lookups alike."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from registry.platform.faults import SAYS
from registry.platform.text import Label, Line


class Handle(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A name in a messenger or social network."""

    network: Annotated[
        Label, Meta(description="Such as `telegram`, `viber`, `instagram`.", examples=["telegram"])
    ]
    name: Annotated[Label, Meta(examples=["@oleksandr"])]


class SubjectDescription(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """A person or company by whatever is known of them, written as people write it.

    Numbers and addresses are brought to a normal form by their own rules; what cannot be read is refused
    with the field's name. Use the plural lists where someone has several.
    """

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

"""What businesses and operators send and read."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from registry.businesses.rules import Likeness, Probation, Scope, State, Verdict
from registry.limits.watch import Signal
from registry.platform.decisions import DecidedVersion
from registry.platform.faults import SAYS
from registry.platform.text import Label, Line, Paragraph

Country = Annotated[
    str,
    Meta(
        pattern="^[A-Z]{2}$(?!\\n)",
        extra={SAYS: "must be a country code of two capital letters, such as UA"},
        description="ISO 3166-1 alpha-2 code, in capitals.",
        examples=["UA"],
    ),
]


class BeneficialOwner(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person who owns or controls the business."""

    name: Line
    tax_id: Annotated[Label | None, Meta(description="RNOKPP, INN or the like, when known.")] = None


class SignUp(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A business that wants to join."""

    name: Annotated[Line, Meta(description="Legal name as registered.", examples=["ТОВ «Приклад»"])]
    country: Country
    register_code: Annotated[
        Label,
        Meta(
            description="Company register code, checked by its checksum: EDRPOU or RNOKPP (UA), INN (RU), VAT.",
            examples=["99001128"],
        ),
    ]
    email: Annotated[
        Line,
        Meta(
            description="At the business's own domain if it has one; a code is sent there.",
            examples=["office@shop.example.com"],
        ),
    ]
    website: Annotated[Line | None, Meta(examples=["https://shop.example.com"])] = None
    sector: Annotated[
        Label | None,
        Meta(
            description="Shown to people instead of your name when they ask who looked them up.",
            examples=["retail"],
        ),
    ] = None
    beneficial_owners: Annotated[
        list[Line | BeneficialOwner],
        Meta(
            max_length=20,
            description="Names, or objects with name and tax id. Businesses of one owner are one source.",
        ),
    ] = []


class SignedUp(Struct, frozen=True, kw_only=True):
    """The new membership. The key is shown this once and has the scope `manage` only."""

    id: UUID
    state: State
    api_key: Annotated[str, Meta(description="Keep it now; it cannot be read again.")]


class ConductView(Struct, frozen=True, kw_only=True):
    """How a business's disputed reports were decided within the policy's days (a year). Past 20 %, of at least five, it
    is on probation: every new report needs two moderators, and the lookup budget halves.
    """

    decided: Annotated[
        int,
        Meta(
            description="Reports on whose dispute there is a decision. Several that were upheld in one case count once."
        ),
    ]
    overturned: Annotated[
        int,
        Meta(
            description="Of these, amended or removed, removed for your silence, or taken back while disputed."
        ),
    ]
    next_count: Annotated[
        datetime | None, Meta(description="When the oldest of these decisions stops counting.")
    ]
    probation_since: Annotated[datetime | None, Meta(description="Null: not on probation.")]
    because: Annotated[
        Probation | None,
        Meta(
            description="`own`: of your own reports. `owner`: of those of all businesses of your owner together."
        ),
    ]


class Suspension(Struct, frozen=True, kw_only=True):
    """No key of the business may look up, until an operator lifts it. All else goes on."""

    since: datetime
    signal: Annotated[
        Signal,
        Meta(
            description="What was noticed. `canaries`: identifiers that are nobody's were asked for. `neighbours`: many"
            " neighbouring numbers that lead to nobody. `refusals`: calls went on and on after the budget was spent."
        ),
    ]


class AlarmView(Struct, frozen=True, kw_only=True):
    """Something was noticed in what a business looks up."""

    id: UUID
    business_id: UUID
    name: Annotated[str, Meta(description="The business's.")]
    key_id: Annotated[UUID, Meta(description="A key that was in use when it was noticed.")]
    signal: Signal
    count: Annotated[
        int,
        Meta(
            description="Distinct canaries within 30 days, distinct numbers of one block of 1,000 within a day, or"
            " calls refused today."
        ),
    ]
    suspended: Annotated[bool, Meta(description="Whether it suspended the business's lookups.")]
    at: datetime


class Lifting(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a business may look up again."""

    version: DecidedVersion
    reason: Annotated[
        Paragraph,
        Meta(
            description="What it rests on; kept in the audit log, sealed.",
            examples=["A stolen key, revoked by the business."],
        ),
    ]


class BusinessView(Struct, frozen=True, kw_only=True):
    """A business as itself and operators see it."""

    id: UUID
    state: State
    version: Annotated[
        int, Meta(description="Counts every change of its state, and of its lookups' suspension.")
    ]
    plan: Annotated[str, Meta(description="Which budgets it has.", examples=["free"])]
    name: str
    country: str
    register_code: Annotated[
        str, Meta(description="With its country in front.", examples=["UA:99001128"])
    ]
    email: str
    website: str | None
    sector: str | None
    beneficial_owners: list[str]
    email_proven_at: Annotated[
        datetime | None, Meta(description="When control of the address was proven; null: not yet.")
    ]
    created_at: datetime
    conduct: ConductView
    lookups_suspended: Annotated[Suspension | None, Meta(description="Null: its keys may look up.")]


class BusinessListed(BusinessView, frozen=True, kw_only=True):
    """A business in an operator's list."""

    contested: Annotated[
        bool,
        Meta(description="Whether another business claims the same register code: read the case."),
    ]


class OwnerMatch(Struct, frozen=True, kw_only=True):
    """Another business whose owner is, or may be, the same."""

    id: UUID
    name: str
    state: State
    beneficial_owners: list[str]
    likeness: Annotated[
        Likeness,
        Meta(
            description="`equal`: a code or a full name in common; the two are one source once both are verified."
            " `near`: you decide."
        ),
    ]
    same: Annotated[
        bool | None,
        Meta(description="Whether they have one owner. Null: nobody has said yet, and you must."),
    ]


class BusinessCase(Struct, frozen=True, kw_only=True):
    """All that an operator needs to decide on a business."""

    business: BusinessView
    claims: Annotated[
        list[BusinessView],
        Meta(
            description="Other businesses that claim the same register code, 100 at most: first the one that is"
            " verified or suspended, then those whose address is proven, the oldest first. A claim reserves nothing."
        ),
    ]
    owners: Annotated[
        list[OwnerMatch],
        Meta(
            description="Verified, suspended and closed businesses that may have the same owner, oldest first."
        ),
    ]


class BusinessOnProbation(Struct, frozen=True, kw_only=True):
    """A business of whose decided reports, or of whose owner's, too many were overturned."""

    id: UUID
    name: str
    state: State
    source_id: Annotated[
        UUID, Meta(description="Businesses of one beneficial owner share it, and the line.")
    ]
    conduct: ConductView


class EmailProof(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The code that was sent to the business's address."""

    code: Annotated[
        str,
        Meta(
            pattern="^[0-9]{8}$(?!\\n)",
            description="Eight digits.",
            examples=["40718256"],
            extra={SAYS: "must be the eight digits that were sent"},
        ),
    ]


class ClaimsAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What becomes of the other pending claims to the register code."""

    refuse: Annotated[list[UUID], Meta(max_length=500)] = []
    leave_others: Annotated[
        bool,
        Meta(
            description="Whether those that are not refused stay pending. They cannot be verified meanwhile."
        ),
    ] = False
    reason: Annotated[
        Paragraph | None, Meta(description="What those that are refused are told.")
    ] = None


class OwnersAnswer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of the businesses that the case asks about have one owner with this one. Each is named once."""

    same: Annotated[list[UUID], Meta(max_length=1000)] = []
    different: Annotated[list[UUID], Meta(max_length=1000)] = []


class BusinessDecision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An operator's decision on a business. To verify it is to answer what its case asks."""

    decision: Verdict
    reason: Annotated[
        Paragraph, Meta(description="What it rests on; kept in the audit log, sealed.")
    ]
    version: DecidedVersion
    claims: ClaimsAnswer = ClaimsAnswer()
    owners: OwnersAnswer = OwnersAnswer()


class KeyRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new API key."""

    label: Annotated[
        Label, Meta(description="By which you tell your keys apart.", examples=["CRM plugin"])
    ]
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=6, examples=[["lookup"]])]
    test: Annotated[
        bool,
        Meta(
            description="A `bcr_test_` key answers lookups from fixed sandbox identities and touches nothing live."
        ),
    ] = False
    expires_at: (
        Annotated[datetime, Meta(tz=True, description="Left out: until revoked.")] | None
    ) = None
    networks: Annotated[
        list[Label],
        Meta(
            max_length=20,
            description="Addresses or networks it may be used from; empty: anywhere.",
            examples=[["192.0.2.0/24"]],
        ),
    ] = []


class KeyView(Struct, frozen=True, kw_only=True):
    """A key without its secret."""

    id: UUID
    label: str
    hint: Annotated[
        str, Meta(description="The key's first characters.", examples=["bcr_live_4fK2x9"])
    ]
    test: bool
    scopes: list[Scope]
    networks: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: Annotated[datetime | None, Meta(description="Null: never.")]


class KeyCreated(Struct, frozen=True, kw_only=True):
    """A new key. `api_key` is shown this once."""

    api_key: Annotated[str, Meta(description="The secret. Keep it now; it cannot be read again.")]
    key: KeyView

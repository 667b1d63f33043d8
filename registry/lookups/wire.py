"""What a lookup asks and answers."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from registry.businesses.wire import Suspension
from registry.identities.wire import SubjectDescription
from registry.lookups.rules import Advice, Result
from registry.matching.compare import Grade
from registry.platform.errors import Problem
from registry.platform.text import Label


class Purpose(StrEnum):
    """Why a business asks."""

    #: Before a contract is signed.
    PRE_CONTRACT = "pre_contract"
    #: Before an order is shipped.
    ORDER = "order"
    #: Before a booking is confirmed.
    BOOKING = "booking"
    #: Before goods or work are given on credit.
    CREDIT_TERMS = "credit_terms"


class LookupRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom to look up, and why. What you asked for is on record, and the person can see that somebody asked."""

    subject: SubjectDescription
    purpose: Purpose
    reference: Annotated[
        Label,
        Meta(description="Your own number of the order or contract.", examples=["order-4711"]),
    ]


class BatchRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Up to 100 lookups, each under a name of your choice."""

    queries: Annotated[
        dict[
            Label,
            Annotated[Raw, Meta(extra_json_schema={"$ref": "#/components/schemas/LookupRequest"})],
        ],
        Meta(
            min_length=1,
            max_length=100,
            description="Row name to lookup, each like a single one.",
        ),
    ]


class Agreement(Struct, frozen=True, kw_only=True):
    """How one of the fields you sent compares."""

    field: Annotated[str, Meta(description="Which field.", examples=["phone"])]
    how: Annotated[
        str,
        Meta(description="`same`, `transliteration`, `partial` or `differs`.", examples=["same"]),
    ]
    similarity: (
        Annotated[float, Meta(ge=0, le=1, description="How alike two names are.")] | UnsetType
    ) = UNSET


class _Fact(Struct, frozen=True, kw_only=True, tag_field="state"):
    category: Annotated[
        str, Meta(description="One of the report categories.", examples=["parcel_refused"])
    ]
    month: Annotated[str, Meta(description="Of the incident, `YYYY-MM`.", examples=["2026-09"])]
    amount_band: Annotated[
        str | None,
        Meta(
            description="In major units: `0-500`, `500-1000`, `1000-5000`, `5000-20000`, `20000-100000` or"
            " `100000+`. Null without an amount.",
            examples=["1000-5000"],
        ),
    ]
    currency: Annotated[str | None, Meta(examples=["UAH"])]
    evidence_grade: Annotated[
        str,
        Meta(
            description="`documented`, `document_and_contacts` or `adjudicated`.",
            examples=["documented"],
        ),
    ]
    own: Annotated[bool, Meta(description="You reported it yourself.")]
    statement: Annotated[str | None, Meta(description="The person's own statement.")]


class ActiveFact(_Fact, frozen=True, kw_only=True, tag="active"):
    """The facts of a report: never who reported it, in whose words, or with what evidence."""


class UpheldFact(_Fact, frozen=True, kw_only=True, tag="upheld"):
    """The facts of a report that was disputed, reviewed and confirmed."""


class AmendedFact(_Fact, frozen=True, kw_only=True, tag="amended"):
    """The facts of a report that was disputed, reviewed and corrected."""


class NoLongerShown(Struct, frozen=True, kw_only=True, tag_field="state", tag="no_longer_shown"):
    """In a receipt: a fact that has been suspended, withdrawn, settled, amended, removed or erased since."""

    since: datetime


FactView = ActiveFact | UpheldFact | AmendedFact
FACT_VIEWS: dict[str, type[ActiveFact] | type[UpheldFact] | type[AmendedFact]] = {
    "active": ActiveFact,
    "upheld": UpheldFact,
    "amended": AmendedFact,
}


class Match(Struct, frozen=True, kw_only=True):
    """A person or company that the query may mean."""

    grade: Annotated[
        Grade,
        Meta(
            description="`exact`: the same tax id or code, or a shared identifier and an agreeing name (given name, or"
            " its initial, and surname) or birth date. `strong`: a shared identifier, and nothing that says more or"
            " against it. `possible`: a shared identifier but another name or birth date, or only a likeness;"
            " it has no facts."
        ),
    ]
    agreement: Annotated[
        list[Agreement], Meta(description="How the fields that you sent agree, field by field.")
    ]
    reports: Annotated[
        list[FactView | NoLongerShown],
        Meta(description="The facts, told apart by `state`. Empty when `possible`."),
    ]
    independent_sources: Annotated[
        int | None, Meta(description="Businesses of one owner are one. Null when `possible`.")
    ]
    fulfilled: Annotated[
        int | None, Meta(description="Contracts known to be fulfilled. Null when `possible`.")
    ]
    last_incident: Annotated[str | None, Meta(description="Month of the newest incident.")]


class Wording(Struct, frozen=True, kw_only=True):
    """Ready wording for the contract or letter."""

    uk: str
    ru: str
    en: str


class AdviceView(Struct, frozen=True, kw_only=True):
    """What your own terms say for such facts."""

    advice: Advice
    because: Annotated[
        str,
        Meta(
            description="The facts that led to it.", examples=["2 parcel_refused within 12 months"]
        ),
    ]
    wording: Wording


class Ignored(Struct, frozen=True, kw_only=True):
    """A field that was left out of the lookup, and why."""

    pointer: Annotated[str, Meta(description="JSON pointer.", examples=["/subject/email"])]
    detail: str


class LookupAnswer(Struct, frozen=True, kw_only=True):
    """The answer, which is also its receipt."""

    lookup_id: Annotated[UUID, Meta(description="Read the receipt again under this id.")]
    as_of: Annotated[datetime, Meta(description="The moment at which this was so.")]
    result: Annotated[
        Result,
        Meta(
            description="`record`: a match with facts; `possible`: only possible matches; `no_record`: nothing."
        ),
    ]
    matches: list[Match]
    own_list: Annotated[bool, Meta(description="Whether the client is on your own private list.")]
    terms: Annotated[
        list[AdviceView], Meta(description="What your own terms advise, with ready wording.")
    ]
    human_review_required: Annotated[
        bool, Meta(description="True when there is any match: a person decides, not a machine.")
    ]
    ignored: Annotated[
        list[Ignored],
        Meta(
            description="Fields of the subject that could not be read. The lookup was made without them."
        ),
    ] = []


class RowProblem(Struct, frozen=True, kw_only=True):
    """A row that was not answered, and why."""

    problem: Problem


class BatchAnswer(Struct, frozen=True, kw_only=True):
    """An answer or a problem for each row."""

    answers: Annotated[
        dict[str, Any],
        Meta(
            description="Row name to its answer.",
            extra_json_schema={
                "additionalProperties": {
                    "oneOf": [
                        {"$ref": "#/components/schemas/LookupAnswer"},
                        {"$ref": "#/components/schemas/RowProblem"},
                    ]
                }
            },
        ),
    ]


class TermRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule of yours: so many reports of these categories, so recent, lead to this advice."""

    advice: Advice
    categories: Annotated[list[Label], Meta(max_length=8, description="Empty: any category.")] = []
    at_least: Annotated[int, Meta(ge=1, le=100, description="Reports that are needed.")] = 1
    within_months: (
        Annotated[
            int, Meta(ge=1, le=120, description="Counted from the incident; null: however old.")
        ]
        | None
    ) = None


class TermsChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Your rules, in the order in which their advice is given. An empty list gives no advice."""

    rules: Annotated[list[TermRule], Meta(max_length=50)]


class TermsView(Struct, frozen=True, kw_only=True):
    """The rules in force for your lookups."""

    rules: list[TermRule]
    default: Annotated[bool, Meta(description="True while you have set none of your own.")]


class Window(Struct, frozen=True, kw_only=True):
    """One budget."""

    name: Annotated[
        str,
        Meta(
            description="`burst` (lookups a minute), `daily` (lookups a day) or `unmatched` (distinct identifiers that"
            " lead to nobody, a day); `reports-daily` or `reports-monthly` (30 days).",
            examples=["burst"],
        ),
    ]
    limit: Annotated[int, Meta(description="Its size.")]
    seconds: Annotated[int, Meta(description="Its length in time.")]
    spent: int
    left: int
    full_again_in: Annotated[int, Meta(description="Seconds until it is full again.")]


class Usage(Struct, frozen=True, kw_only=True):
    """Your budgets: what is spent and what is left, and whether your keys may look up."""

    plan: Annotated[str, Meta(description="`free`, `pro` or `partner`.", examples=["free"])]
    plan_windows: Annotated[
        list[Window],
        Meta(
            description="Of the business, whichever key is used. A test key has its own, and no window `unmatched`."
        ),
    ]
    report_windows: Annotated[
        list[Window],
        Meta(
            description="Of the reports that the business files. Empty for a test key, which files none."
        ),
    ]
    lookups_suspended: Annotated[
        Suspension | None, Meta(description="Null: your keys may look up.")
    ]

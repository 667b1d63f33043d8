"""The person's words next to a report that stands: how long they may be, and what of them others are shown.

1. They are bounded when they are sent, so nothing is cut off later.
2. A ruling that keeps the report shows them as they are, in one paragraph, or with parts replaced by `MARK`. A
   moderator can put nothing else into them: nobody puts words into a person's mouth.
3. What leads to somebody, and the reporter's name, is found by rule (`matching.mentions`, `matching.named`). The case
   lists it, and no ruling shows it.
"""

from uuid import UUID

from registry.businesses import service as businesses
from registry.disputes.letters import place
from registry.disputes.rules import MARK, MOST_WORDS, Ruling, redacts
from registry.disputes.tables import Dispute
from registry.disputes.wire import DisputeDecision, MentionView, ShownStatement
from registry.matching.mentions import Mention, identifiers, outermost
from registry.matching.named import names
from registry.platform.errors import InvalidValues, RuleBroken
from registry.platform.faults import Fault
from registry.platform.runtime import Session
from registry.platform.vault import DataKey


class StatementToRedact(RuleBroken):
    """The ruling would show what leads to somebody, or the reporter's name."""

    slug, title = "statement-to-redact", "The person's words name somebody"


def check_length(statement: str) -> None:
    """Raise `InvalidValues` for a statement of too many words; its type bounds the characters."""
    count = len(statement.split())
    if count > MOST_WORDS:
        said = (
            f"must have at most {MOST_WORDS} words, and has {count}: others are shown them next to the report."
            " Say more in messages and files of the dispute"
        )
        raise InvalidValues(f"/statement: {said}.", errors=[Fault("/statement", said)])


async def of(session: Session, dispute: Dispute, key: DataKey) -> ShownStatement:
    """Return the person's words as they would be shown, with what must be redacted in them."""
    text = _said(dispute, key)
    found = await _mentions(session, dispute.business_id, text)
    return ShownStatement(
        text=text,
        mentions=[MentionView(kind=one.kind, text=text[one.start : one.end]) for one in found],
    )


async def to_show(
    session: Session, dispute: Dispute, key: DataKey, command: DisputeDecision
) -> str | None:
    """Return the words that a ruling shows next to the report; None where it shows none.

    Raises `InvalidValues` for a statement that is not the person's or goes with no words, and `StatementToRedact`.
    """
    ruling = command.decision
    if ruling is Ruling.REMOVE or (ruling is Ruling.UPHOLD and not dispute.hides):
        if command.statement is None:
            return None
        raise _refused("goes with a ruling that puts the person's words next to the report")
    said = _said(dispute, key)
    shown = said if command.statement is None else " ".join(command.statement.split())
    if not redacts(shown, said):
        raise _refused(
            f"must be the person's words, with nothing changed but parts replaced by {MARK}"
        )
    found = await _mentions(session, dispute.business_id, shown)
    if found:
        faults = [
            Fault(
                "/statement",
                f"shows a {one.kind} in characters {one.start + 1} to {one.end}: put {MARK} in its place",
            )
            for one in found
        ]
        told = "Send `statement` with each part that the case lists under `mentions` replaced by"
        raise StatementToRedact(f"{told} {MARK}.", errors=faults)
    return shown


def _said(dispute: Dispute, key: DataKey) -> str:
    """Return the person's words in one paragraph."""
    return " ".join(
        key.open(place(dispute, "sealed_statement"), dispute.sealed_statement, str).split()
    )


async def _mentions(session: Session, business_id: UUID, text: str) -> list[Mention]:
    reporter = await businesses.view(session, business_id)
    found = identifiers(text, reporter.country)
    found += names(text, firms=[reporter.name], persons=reporter.beneficial_owners)
    return outermost(found)


def _refused(said: str) -> InvalidValues:
    return InvalidValues(f"/statement: {said}.", errors=[Fault("/statement", said)])

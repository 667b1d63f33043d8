"""Conduct of a business: what share of its decided reports was overturned, and what follows from it.

What counts as decided and overturned is `disputes.rules`; here the counts are kept, the line is drawn, and both
crossings are audited and told to the business by letter. Past the line every new report needs two moderators and the
lookup budget shrinks, until enough of what was overturned is too old to count. Businesses of one beneficial owner
answer for each other: splitting a business, or opening another, sheds nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from registry.audit import service as audit
from registry.businesses import rules, store
from registry.businesses.profile import key_of, opened, write_to
from registry.businesses.rules import Probation, State, Tally
from registry.businesses.tables import Business, Conduct
from registry.businesses.wire import BusinessOnProbation, ConductView
from registry.messages.rules import Template
from registry.platform.actor import SYSTEM
from registry.platform.runtime import Session

list_due = store.list_conduct_due

_BEGUN = {
    Probation.OWN: Template.PROBATION_BEGUN,
    Probation.OWNER: Template.PROBATION_BEGUN_BY_OWNER,
}
#: A business that is not a member, or not any more, is not written to.
_TOLD = frozenset({State.VERIFIED, State.SUSPENDED})


def turn(session: Session) -> bytes:
    """What whoever changes conduct, or who belongs to whom, locks first: they wait for one another.

    One lock for all: rulings come at a person's pace.
    """
    return session.keyring.digest("conduct", "turn")


async def note(
    session: Session, business_id: UUID, counted: Tally, due_at: datetime | None
) -> bool:
    """Keep what was counted under `turn`, and draw the line anew for all of the same owner; whether it changed."""
    row = await store.find_conduct(session, business_id)
    if row is None:
        row = Conduct(business_id=business_id)
        store.add(session, row)
    changed = (row.decided, row.overturned, row.due_at) != (*counted, due_at)
    row.decided, row.overturned = counted
    row.due_at = due_at
    await session.flush()
    await judge(session, (await store.get(session, business_id)).source_id)
    return changed


async def judge(session: Session, source_id: UUID) -> None:
    """Put the businesses of a source on probation, or end it, by what is counted now."""
    rows = await store.list_conduct_of_source(session, source_id)
    policy = session.policy
    together = _sum([_tally(row) for _, row in rows])
    for business, row in rows:
        because = rules.probation(
            _tally(row),
            together,
            least=policy.conduct_least_decided,
            percent=policy.conduct_overturned_percent,
        )
        before = Probation(row.because) if row is not None and row.because else None
        if because is not before:
            await _change(session, business, row, because)


async def on_probation(session: Session, business_id: UUID) -> bool:
    """Whether its new reports need two moderators."""
    row = await store.find_conduct(session, business_id)
    return row is not None and row.probation_since is not None


async def view(session: Session, business_id: UUID) -> ConductView:
    """The business's own conduct, as itself and operators see it: never the counts of another of its owner."""
    return shown(await store.find_conduct(session, business_id))


async def list_on_probation(session: Session) -> list[BusinessOnProbation]:
    """Every business on probation, the longest first, for operators."""
    return [
        BusinessOnProbation(
            id=business.id,
            name=opened(business, await key_of(session, business)).name,
            state=State(business.state),
            source_id=business.source_id,
            conduct=shown(row),
        )
        for business, row in await store.list_on_probation(session)
    ]


def shown(row: Conduct | None) -> ConductView:
    """Conduct as it is shown."""
    return ConductView(
        decided=row.decided if row else 0,
        overturned=row.overturned if row else 0,
        next_count=row.due_at if row else None,
        probation_since=row.probation_since if row else None,
        because=Probation(row.because) if row and row.because else None,
    )


def _tally(row: Conduct | None) -> Tally:
    return Tally(row.decided, row.overturned) if row else Tally(0, 0)


def _sum(tallies: Sequence[Tally]) -> Tally:
    return Tally(sum(one.decided for one in tallies), sum(one.overturned for one in tallies))


async def _change(
    session: Session, business: Business, row: Conduct | None, because: Probation | None
) -> None:
    """Begin probation, end it, or note another reason; the first two are told."""
    if row is None:
        row = Conduct(business_id=business.id, decided=0, overturned=0)
        store.add(session, row)
    began, ended = row.probation_since is None, because is None
    row.because = because
    if began or ended:
        row.probation_since = None if ended else session.now
    await session.flush()
    action = "ended" if ended else "begun" if began else "reason_changed"
    audit.record(
        session,
        SYSTEM,
        f"business.probation_{action}",
        "business",
        business.id,
        business_id=business.id,
        details={"because": because, "decided": row.decided, "overturned": row.overturned},
    )
    if because is None:
        await _tell(session, business, row, Template.PROBATION_ENDED)
    elif began:
        await _tell(session, business, row, _BEGUN[because])


async def _tell(session: Session, business: Business, row: Conduct, template: Template) -> None:
    if State(business.state) not in _TOLD:
        return
    policy = session.policy
    values = {
        "decided": str(row.decided),
        "overturned": str(row.overturned),
        "percent": str(policy.conduct_overturned_percent),
        "least": str(policy.conduct_least_decided),
        "days": str(policy.conduct_days),
        "budget": str(policy.probation_budget_percent),
        "business_id": str(business.id),
    }
    await write_to(session, business.id, template, values, about_id=business.id)

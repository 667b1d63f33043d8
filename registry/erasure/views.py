"""Requests as they are shown: to the person who made them, and to the moderator who weighs them."""

from registry.erasure import rules, store
from registry.erasure.letters import place
from registry.erasure.rules import Code, Kind, State
from registry.erasure.tables import SubjectRequest
from registry.erasure.wire import RequestView
from registry.platform import vault
from registry.platform.runtime import Session


async def view(session: Session, row: SubjectRequest) -> RequestView:
    """A request with its words, as long as the report is there."""
    key = row.data_key_id and await vault.fetch(session, session.keyring, row.data_key_id)

    def opened(column: str) -> str | None:
        sealed = getattr(row, column)
        return key.open(place(row, column), sealed, str) if key and sealed else None

    kind, state = Kind(row.kind), State(row.state)
    code = Code(row.code) if row.code else None
    complete = row.decided_at and session.policy.ends("backup_days", row.decided_at)
    made = len(await store.list_of_report(session, row.report_id, kind))
    return RequestView(
        id=row.id,
        report_id=row.report_id,
        state=state,
        version=row.version,
        code=code,
        reason=opened("sealed_reason"),
        statement=opened("sealed_statement"),
        hides=row.hides,
        at=row.at,
        due=row.due,
        decided_at=row.decided_at,
        complete_by=session.policy.calendar.day(complete)
        if complete and state is State.GRANTED
        else None,
        remedies=rules.remedies(kind, state, code, again=made < rules.MOST_A_YEAR[kind]),
    )

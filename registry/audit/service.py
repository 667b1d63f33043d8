"""Recording who did what, in the caller's own transaction: no change without its entry."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from registry.audit import store
from registry.audit.tables import Entry
from registry.audit.wire import AuditEntry
from registry.platform.actor import Actor
from registry.platform.ids import uuid7
from registry.platform.runtime import Session
from registry.platform.vault import DataKey


def record(
    session: Session,
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: UUID,
    *,
    business_id: UUID | None = None,
    details: Mapping[str, str | int | None] | None = None,
    reason: tuple[DataKey, str] | None = None,
) -> None:
    """Append an entry. `details` are codes and numbers; a `reason` is sealed under the key given with it."""
    entry_id = uuid7()
    key, words = reason if reason is not None else (None, "")
    store.add(
        session,
        Entry(
            id=entry_id,
            at=session.real,
            clock_at=session.now,
            actor_kind=actor.kind,
            actor_id=actor.id,
            business_id=business_id or actor.business_id,
            action=action,
            object_kind=object_kind,
            object_id=object_id,
            details=dict(details or {}),
            data_key_id=key.id if key else None,
            sealed_reason=key.seal(f"audit_entries.sealed_reason:{entry_id}", words)
            if key
            else None,
        ),
    )


first_at, count = store.first_at, store.count


async def list_entries(
    session: Session, *, before: UUID | None, limit: int, object_id: UUID | None, action: str | None
) -> Sequence[AuditEntry]:
    """Entries, newest first; for operators."""
    rows = await store.list_(
        session, before=before, limit=limit, object_id=object_id, action=action
    )
    return [
        AuditEntry(
            id=row.id,
            at=row.at,
            clock_at=row.clock_at,
            actor_kind=row.actor_kind,
            actor_id=row.actor_id,
            business_id=row.business_id,
            action=row.action,
            object_kind=row.object_kind,
            object_id=row.object_id,
            details=row.details,
            has_reason=row.sealed_reason is not None,
        )
        for row in rows
    ]

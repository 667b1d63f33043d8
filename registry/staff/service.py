"""Naming moderators and operators, and issuing their keys."""

from collections.abc import Collection
from uuid import UUID

from registry.audit import service as audit
from registry.platform import secrets as keys
from registry.platform import vault
from registry.platform.actor import Actor
from registry.platform.ids import uuid7
from registry.platform.runtime import Session
from registry.staff import store
from registry.staff.rules import Role
from registry.staff.tables import StaffKey, StaffMember


async def add(
    session: Session, actor: Actor, role: Role, name: str, *, business_id: UUID | None = None
) -> tuple[UUID, str]:
    """Name a member of staff; returns their id and key, which is shown this once.

    `business_id` is the business they work for, if any: they can never decide on its reports.
    """
    staff_id = uuid7()
    sealed = vault.seal(session.keyring.side_key, name.encode(), f"staff.sealed_name:{staff_id}")
    store.add(
        session,
        StaffMember(
            id=staff_id,
            role=role,
            sealed_name=sealed,
            business_id=business_id,
            created_at=session.now,
        ),
    )
    await session.flush()
    audit.record(session, actor, "staff.added", "staff", staff_id, details={"role": role})
    return staff_id, await issue_key(session, actor, staff_id)


async def issue_key(session: Session, actor: Actor, staff_id: UUID) -> str:
    """A new key for a member of staff, shown this once."""
    holder = await store.get(session, staff_id)
    secret = keys.mint(keys.STAFF)
    key = StaffKey(
        id=uuid7(),
        staff_id=holder.id,
        digest=keys.digest(session.keyring, secret),
        hint=keys.hint(secret),
        created_at=session.real,
    )
    store.add(session, key)
    await session.flush()
    audit.record(session, actor, "key.created", "staff_key", key.id, details={"role": holder.role})
    return secret


async def names(session: Session, staff_ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of these members of staff, for operators."""
    return {
        row.id: vault.unseal(
            session.keyring.side_key, row.sealed_name, f"staff.sealed_name:{row.id}"
        ).decode()
        for row in await store.list_(session, staff_ids)
    }


async def revoke_keys(session: Session, actor: Actor, staff_id: UUID) -> int:
    """Revoke all keys of a member of staff; returns how many there were."""
    holder = await store.get(session, staff_id)
    revoked = await store.revoke_keys(session, holder.id)
    audit.record(session, actor, "key.revoked", "staff", holder.id, details={"keys": revoked})
    return revoked

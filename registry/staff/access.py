"""The current member of staff: from the key in the request to the moderator or operator who acts."""

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

import msgspec
from litestar.handlers import BaseRouteHandler

from registry.businesses import service as businesses
from registry.limits import rules as limits_rules
from registry.limits import service as limits
from registry.platform import secrets
from registry.platform.actor import Actor, ActorKind
from registry.platform.errors import Forbidden, Unauthenticated
from registry.platform.gates import Shares
from registry.platform.http import Connection, key_of, runtime_of
from registry.platform.recent import Recent
from registry.platform.runtime import Runtime, Session, transaction
from registry.staff import store
from registry.staff.rules import Role


class RoleMissing(Forbidden):
    """The key belongs to another role."""

    slug, title = "role-missing", "This key belongs to another role"


class ConflictOfInterest(Forbidden):
    """The moderator works for the business whose report it is or for one of the same owner, or decided on it before."""

    slug, title = "conflict-of-interest", "Another moderator must decide this"


class Staff(msgspec.Struct, frozen=True):
    """A moderator or operator who calls with a staff key."""

    id: UUID
    role: Role
    #: The business they work for, if any.
    business_id: UUID | None

    @property
    def actor(self) -> Actor:
        """How the audit log knows the caller."""
        return Actor(kind=ActorKind.STAFF, id=self.id)


async def refuse_conflict(
    session: Session, moderator: Staff, reporters: Collection[UUID | None]
) -> None:
    """Raise `ConflictOfInterest` where the moderator works for one of these businesses, or for one of the same owner:
    together they are one source. The database refuses the same (`registry_one_source`).
    """
    if moderator.business_id is None:
        return
    ids = {moderator.business_id, *(one for one in reporters if one is not None)}
    sources = await businesses.sources_of(session, ids)
    own = sources.pop(moderator.business_id)
    if moderator.business_id in reporters or own in sources.values():
        raise ConflictOfInterest


def remembered(runtime: Runtime) -> Recent[Staff]:
    """The process's memory of staff keys."""

    async def load(digest: bytes) -> Staff | None:
        async with transaction(runtime) as session:
            row = await store.find_key(session, digest)
        if row is None:
            return None
        holder = row[1]
        return Staff(id=holder.id, role=Role(holder.role), business_id=holder.business_id)

    return Recent(load)


def staff(*roles: Role) -> Callable[..., Any]:
    """A guard: a good staff key of one of the roles. Each call spends from the holder's own budget."""

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        runtime = runtime_of(connection)
        key = key_of(connection)
        if key is None or secrets.prefix_of(key) != secrets.STAFF:
            raise Unauthenticated
        keys: Recent[Staff] = connection.app.state.staff_keys
        caller = await keys.get(secrets.digest(runtime.keyring, key))
        if caller is None:
            raise Unauthenticated
        shares: Shares = connection.app.state.shares
        shares.take(connection.scope["state"], caller.id)
        spent = await limits.spend(runtime, limits_rules.staff(str(caller.id)), 1)
        connection.state.answer_headers = limits_rules.headers(spent)
        if spent.admitted == 0:
            raise limits.refuse(spent)
        if caller.role not in roles:
            raise RoleMissing(f"This call is for: {', '.join(roles)}.")
        connection.state.staff = caller

    return guard


def staff_of(connection: Connection) -> Staff:
    """The member of staff that the guard let in."""
    found: Staff = connection.state.staff
    return found

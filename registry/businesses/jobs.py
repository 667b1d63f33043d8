"""What the worker does for businesses when no one is asking."""

from registry.businesses import owners
from registry.businesses.profile import write_to
from registry.messages.rules import Template
from registry.platform.runtime import Runtime, transaction
from registry.webhooks import service as webhooks

AT_ONCE = 100


async def tell_disabled(runtime: Runtime) -> int:
    """Write to businesses whose endpoints were switched off; returns of how many endpoints."""
    async with transaction(runtime) as session:
        disabled = await webhooks.take_disabled(session, AT_ONCE)
        for one in disabled:
            id_, values = one.business_id, {"webhook_host": one.host}
            await write_to(session, id_, Template.WEBHOOK_DISABLED, values, about_id=id_)
    return len(disabled)


async def index_owners(runtime: Runtime) -> int:
    """Index the owners of businesses that an earlier version of the registry signed up; returns how many."""
    async with transaction(runtime) as session:
        return await owners.index_some(session, AT_ONCE)

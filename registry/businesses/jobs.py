"""What the worker does for businesses when no one is asking."""

from registry.businesses.profile import contact
from registry.messages import service as messages
from registry.messages.rules import Channel, Template
from registry.platform.runtime import Runtime, transaction
from registry.webhooks import service as webhooks

AT_ONCE = 100


async def tell_disabled(runtime: Runtime) -> int:
    """Write to businesses whose endpoints were switched off; returns of how many endpoints."""
    async with transaction(runtime) as session:
        disabled = await webhooks.take_disabled(session, AT_ONCE)
        if Channel.MAIL not in messages.usable_channels(runtime.settings):
            return len(disabled)
        for one in disabled:
            address, country, key = await contact(session, one.business_id)
            await messages.enqueue(
                session,
                template=Template.WEBHOOK_DISABLED,
                to=address,
                channel=Channel.MAIL,
                language=messages.language_of(country),
                values={"webhook_host": one.host},
                about_id=one.business_id,
                data_key=key,
            )
    return len(disabled)

"""What a business said of itself, under its data key: who may be written to, and where."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import msgspec

from registry.businesses import store
from registry.businesses.tables import Business
from registry.messages import service as messages
from registry.messages.rules import Channel, Template
from registry.platform import vault
from registry.platform.runtime import Session
from registry.platform.vault import DataKey


class Profile(msgspec.Struct, frozen=True):
    """What a business said of itself; sealed under its data key."""

    name: str
    register_code: str
    email: str
    website: str | None
    owners: list[str]


async def key_of(session: Session, business: Business) -> DataKey:
    """The business's data key."""
    key = await vault.fetch(session, session.keyring, business.data_key_id)
    assert key is not None  # noqa: S101 - a business's key lives as long as its row
    return key


def opened(business: Business, key: DataKey) -> Profile:
    """What the business said of itself."""
    return key.open("businesses.sealed_profile", business.sealed_profile, Profile)


async def contact(session: Session, business_id: UUID) -> tuple[str, str, DataKey]:
    """Where to write to a business: address, country, and its data key."""
    business = await store.get(session, business_id)
    key = await key_of(session, business)
    return opened(business, key).email, business.country, key


async def write_to(
    session: Session,
    business_id: UUID,
    template: Template,
    values: Mapping[str, str | date],
    *,
    about_id: UUID,
) -> None:
    """Write to a business in its country's language, where this deployment can send mail; sealed under its own key."""
    if Channel.MAIL not in messages.usable_channels(session.runtime.settings):
        return
    address, country, key = await contact(session, business_id)
    await messages.enqueue(
        session,
        template=template,
        to=address,
        channel=Channel.MAIL,
        language=messages.language_of(country),
        values=values,
        about_id=about_id,
        data_key=key,
    )

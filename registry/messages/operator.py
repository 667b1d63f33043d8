"""Letters to the operator: what somebody who runs the registry should know at once."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

from registry.messages import service
from registry.messages.rules import Channel, Language, Template
from registry.platform.runtime import Session
from registry.platform.vault import DataKey


def language(session: Session) -> Language:
    """The language of the country that the registry works in."""
    return service.language_of(session.policy.days.holidays)


async def tell(
    session: Session,
    template: Template,
    values: Mapping[str, str | date],
    *,
    about_id: UUID,
    data_key: DataKey,
) -> None:
    """Write to the operator's address for alarms, where one is set."""
    to = session.runtime.settings.alarm_email
    if to:
        await service.enqueue(
            session,
            template=template,
            to=to,
            channel=Channel.MAIL,
            language=language(session),
            values=values,
            about_id=about_id,
            data_key=data_key,
        )

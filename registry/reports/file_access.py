"""Decide which reports a person's proofs open.

A phone or e-mail may have a new holder, and the business that files a report chooses what it says. So a proven contact
opens no report by itself, and a report does not open others only because the engine holds both to be about one person:

1. Two proven contacts open a report that names both.
2. An accepted document opens the reports that the moderator named.
3. What is open so opens a further report that names a proven contact, if both agree on more than the contact: on a full
   name, a birth date or a code. Only a report that a moderator has looked at opens others, else a friendly business
   could open somebody's file by a report of its own making.

The rest is opened by proving a second contact of it, or by a document.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from registry.identities import service as identities
from registry.matching.comparison import agree_beyond_contacts
from registry.matching.profile import profile
from registry.platform.runtime import Session
from registry.reports import held, rules
from registry.reports.held import Held
from registry.reports.rules import State

#: So many contacts of a report open it.
CONTACTS = 2


async def reports_open_to(
    session: Session, proven: Sequence[bytes], documented: Collection[UUID] | None
) -> list[Held]:
    """Answer the reports that these proofs open, newest first.

    `proven` are index values of phones and e-mails; `documented` the records that an accepted document opens.
    """
    named = await identities.holders_of(session, proven)
    shown = set(documented or ())
    known = await held.of_records(session, named.keys() | shown)
    surely: list[Held] = []
    perhaps: list[Held] = []
    for one in known:
        record = one.report.record_id
        sure = record in shown or len(named.get(record or one.report.id, ())) >= CONTACTS
        (surely if sure else perhaps).append(one)
    vouching = [
        profile(one.subject)
        for one in surely
        if State(one.report.state) in rules.SCREENED or one.report.record_id in shown
    ]
    agreeing = {
        one.report.id
        for one in perhaps
        if any(agree_beyond_contacts(profile(one.subject), other) for other in vouching)
    }
    opened = {one.report.id for one in surely} | agreeing
    return [one for one in known if one.report.id in opened]

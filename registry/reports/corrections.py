"""Correction notices: whoever was shown a report learns that it was amended, removed, withdrawn or settled.

By letter, and by an event to the business's programs.
"""

from datetime import date

from registry.businesses import service as businesses
from registry.deadlines import months_after
from registry.lookups import service as lookups
from registry.messages.rules import Template
from registry.platform.db import as_system
from registry.platform.runtime import Session
from registry.reports.tables import Report
from registry.webhooks import service as webhooks
from registry.webhooks.rules import Change
from registry.webhooks.wire import Corrected, ReportCorrected


async def send(session: Session, report: Report) -> int:
    """Tell every other business that was shown the report within the policy's months; returns how many.

    The notice names the lookup and its day, not the person: the business finds the rest in its own receipt.
    """
    since = months_after(session.now.date(), -session.policy.correction_months)
    shown = await lookups.shown(session, {report.id}, since)
    latest = {
        one.business_id: one for one in reversed(shown) if one.business_id != report.business_id
    }
    async with as_system(session):
        for one in latest.values():
            values: dict[str, str | date] = {
                "lookup_id": str(one.lookup_id),
                "shown_on": one.at.date(),
            }
            # It names the lookup alone, and is still to be sent when the report is erased at once.
            about_id = one.lookup_id
            await businesses.write_to(
                session, one.business_id, Template.CORRECTION, values, about_id=about_id
            )
            told = Corrected(
                lookup_id=one.lookup_id, shown_on=one.at.date(), what=Change(report.state)
            )
            event = ReportCorrected(timestamp=session.now, data=told)
            await webhooks.publish(session, one.business_id, event)
    return len(latest)

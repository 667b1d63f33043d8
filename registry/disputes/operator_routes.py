"""The operator's side: conduct of businesses and of moderators."""

from typing import Any

from litestar import Request, get

from registry.disputes import oversight
from registry.disputes.wire import ConductReport
from registry.platform.http import runtime_of
from registry.platform.reading import reading
from registry.staff.access import staff
from registry.staff.rules import Role


@get("/v1/operations/conduct", tags=["Operations"], guards=[staff(Role.OPERATOR)])
async def view_conduct(request: Request[Any, Any, Any]) -> ConductReport:
    """Read what is overdue, and whose decisions did not last: disputes and detachments that no moderator has decided in
    time, businesses on probation, and what of each moderator's published and upheld reports stood.

    Counted anew with each call, over the last year. A business is put on probation by itself; of moderators nothing
    follows by itself: talk to them.
    """
    return await reading(runtime_of(request), oversight.report)


ROUTES = [view_conduct]

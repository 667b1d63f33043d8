"""What the public reads, as data and as a page. Kept in memory: a flood of calls costs the database nothing."""

from typing import Any

import msgspec
from litestar import MediaType, Request, Response, get

from registry.platform.documents import HEADERS, pages
from registry.platform.http import Negotiated, runtime_of
from registry.platform.reading import reading
from registry.platform.recent import Recent
from registry.platform.runtime import Runtime
from registry.transparency import service
from registry.transparency.wire import Transparency

Caller = Request[Any, Any, Any]
TAGS = ["Documentation"]
#: The figures change once a month; an hour is how late a cache may be with them.
CACHED = {"Cache-Control": "public, max-age=3600"}


def remembered(runtime: Runtime) -> Recent[Transparency]:
    """The process's memory of the figures: one reading every few seconds, however many ask."""

    async def load(_: bytes) -> Transparency:
        return await reading(runtime, service.view)

    return Recent(load)


async def _figures(request: Caller) -> Transparency:
    memory: Recent[Transparency] = request.app.state.figures
    found = await memory.get(b"")
    assert found is not None  # noqa: S101 - there are figures, if of no month
    return found


@get("/v1/transparency", tags=TAGS)
async def read_transparency(request: Caller) -> Response[Transparency]:
    """Read how the registry is used and how it treats people: reports, disputes and their outcomes, days to a ruling,
    what was late, notices, erasures. For anybody, without a key.

    Of months that are over, and each of them once: what is told of a month never changes. Counts are rounded to
    multiples of five, and what is below five is null, so that no figure is about one person.
    """
    return Negotiated(await _figures(request), status_code=200, headers=CACHED)


@get("/docs/figures", tags=TAGS, media_type=MediaType.HTML)
async def read_figures(request: Caller) -> Response[bytes]:
    """Read the same figures as a page. In Ukrainian, Russian and English."""
    months = msgspec.to_builtins((await _figures(request)).months)
    page = pages.figures(months, runtime_of(request).settings)
    return Response(page, media_type=MediaType.HTML, headers=HEADERS)


ROUTES = [read_transparency, read_figures]

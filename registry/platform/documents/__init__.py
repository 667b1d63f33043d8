"""The published contract, for programs and for people: `/openapi.json`, `/docs` and `/docs/you`.

Pages are made here on the server from the committed `schemas/openapi.json` alone: no script, nothing from
anywhere else, which the headers forbid besides. What a page shows of the contract is `view`, how its words
become HTML is `prose`; texts for people who got a notice are data, in `you.toml`.
"""

import asyncio
from pathlib import Path
from typing import Any

from litestar import MediaType, Request, Response, get

import registry
from registry.platform.documents import pages
from registry.platform.http import runtime_of

TAGS = ["Documentation"]
#: Made and held against the code by `registry.contract`.
OPENAPI = Path(registry.__file__).parents[1] / "schemas" / "openapi.json"
HEADERS = {
    "Cache-Control": "public, max-age=300",
    "Content-Security-Policy": pages.POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@get("/openapi.json", tags=TAGS)
async def read_openapi() -> Response[bytes]:
    """Read this contract as OpenAPI 3.1. Clients can be generated from it."""
    contract = await asyncio.to_thread(OPENAPI.read_bytes)
    return Response(contract, media_type=MediaType.JSON, headers=HEADERS)


@get("/docs", tags=TAGS, media_type=MediaType.HTML)
async def read_docs(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Read this contract as a page. It begins with a start for those who are new."""
    runtime = runtime_of(request)
    contract = await asyncio.to_thread(OPENAPI.read_bytes)
    page = await asyncio.to_thread(pages.docs, contract, runtime.settings, runtime.policy)
    return Response(page, media_type=MediaType.HTML, headers=HEADERS)


@get("/docs/you", tags=TAGS, media_type=MediaType.HTML)
async def read_for_people(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Read what a person can do who received a notice. In Ukrainian, Russian and English."""
    runtime = runtime_of(request)
    page = pages.for_people(runtime.settings, runtime.policy)
    return Response(page, media_type=MediaType.HTML, headers=HEADERS)


ROUTES = [read_openapi, read_docs, read_for_people]

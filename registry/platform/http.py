"""What HTTP needs in every slice: problems instead of errors, JSON or MessagePack, paging, idempotent answers.

Authentication puts the caller into `request.state`; nothing here knows what a caller is.
"""

import traceback
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
import structlog
from litestar import Litestar, MediaType, Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import UploadFile
from litestar.datastructures.headers import Accept
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.params import HeaderParameter, QueryParameter
from litestar.response.base import ASGIResponse
from litestar.types import Scope
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from registry.platform import cursors, errors, idempotency, networks
from registry.platform.errors import ClientLeft, InvalidValues, RegistryError
from registry.platform.faults import Fault, faults
from registry.platform.lenient import as_meant
from registry.platform.networks import Origin
from registry.platform.runtime import Runtime, Session

T = TypeVar("T")

PROBLEM = "application/problem+json"
MESSAGEPACK = "application/vnd.msgpack"

log = structlog.get_logger("registry.http")

Connection = ASGIConnection[Any, Any, Any, Any]

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name=idempotency.HEADER,
        description="A fresh UUID for each new request. Sent again with the same body within 24 hours, it"
        " returns the first answer with `Idempotent-Replayed: true` and changes nothing.",
    ),
]
Limit = Annotated[int, QueryParameter(description="Items on a page, 1 to 100.", ge=1, le=100)]
Cursor = Annotated[
    str | None, QueryParameter(description="`next_cursor` of the page before.", max_length=200)
]

#: A status that Litestar or the server raises by itself -> our name for it.
_BY_STATUS: dict[int, type[RegistryError]] = {
    400: errors.Malformed,
    401: errors.Unauthenticated,
    403: errors.Forbidden,
    404: errors.NotFound,
    413: errors.TooLarge,
    415: errors.UnsupportedMedia,
    503: errors.Unavailable,
}


#: (connection, untyped body) -> faults of its values.
Values = Callable[[Connection, Any], Iterable[Fault]]
MOST_FAULTS = 50


class Negotiated(Response[Any]):
    """A response in JSON, or in MessagePack when the caller asks for it."""

    def to_asgi_response(
        self, app: Litestar | None, request: Request[Any, Any, Any], **options: Any
    ) -> ASGIResponse:
        """Choose the form by the request's `Accept`."""
        json = self.media_type in (None, MediaType.JSON, "application/json")
        if json and prefers_messagepack(request.headers.get("accept", "")):
            if isinstance(self.content, bytes):
                self.content = msgspec.json.decode(self.content)
            self.media_type = MESSAGEPACK
            # Times as text, as in JSON: a MessagePack timestamp is an extension that few clients read.
            self.content = msgspec.msgpack.encode(msgspec.to_builtins(self.content))
        return super().to_asgi_response(app, request, **options)


def prefers_messagepack(accept: str) -> bool:
    """Tell whether an `Accept` header asks for MessagePack rather than JSON, by its weights."""
    if MESSAGEPACK not in accept:
        return False
    return Accept(accept).best_match([MediaType.JSON, MESSAGEPACK]) == MESSAGEPACK


def runtime_of(connection: Connection) -> Runtime:
    """The process's runtime."""
    runtime: Runtime = connection.app.state.runtime
    return runtime


def takes(type_: type[T], values: Values = lambda *_: (), **declared: Any) -> dict[str, Any]:
    """Options of a route that takes a body: the handler gets it as `command`, read strictly.

    `declared` is what else the route's `opt` says (`routing`).

    What is wrong with it is reported all at once: where its form is at fault, `values` tells of the values in it that
    the handler could not read either. The type also stands in `opt`, where the contract finds it.
    """

    async def read(request: Request[Any, Any, Any]) -> T:
        return command_of(request, await request.body(), type_, values)

    return {"dependencies": {"command": Provide(read)}, "opt": {"takes": type_, **declared}}


def command_of(connection: Connection, body: bytes, type_: type[T], values: Values) -> T:
    """The body as a command; see `takes`."""
    try:
        return decode(body, type_)
    except InvalidValues as refusal:
        told = {fault.pointer for fault in refusal.errors}
        more = [f for f in values(connection, msgspec.json.decode(body)) if f.pointer not in told]
        raise invalid([*refusal.errors, *more][:MOST_FAULTS]) from None


def decode(body: bytes, type_: type[T]) -> T:
    """Read a JSON body; raises `InvalidValues` with every fault. The guard has seen that it is sound JSON."""
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.ValidationError:
        value = as_meant(type_, msgspec.json.decode(body))
        found = faults(type_, value)
        if found:
            raise invalid(found) from None
        return msgspec.json.decode(msgspec.json.encode(value), type=type_)
    except msgspec.DecodeError:
        text = "This call needs a JSON body." if not body.strip() else "The body is not JSON."
        raise errors.Malformed(text) from None


def invalid(found: Sequence[Fault]) -> InvalidValues:
    """The refusal that names every faulty value."""
    told = "; ".join(
        f"{fault.pointer or 'the body'}: {fault.detail.rstrip('.')}" for fault in found[:3]
    )
    more = f"; and {len(found) - 3} more" if len(found) > 3 else ""
    return InvalidValues(told + more + ".", errors=found)


def key_of(connection: Connection) -> str | None:
    """The key in `Authorization: Bearer` or `X-Api-Key`; None without one."""
    return key_in(connection.scope)


def key_in(scope: Any) -> str | None:
    """As `key_of`, from the ASGI scope of a request."""
    scheme, _, key = (header_in(scope, b"authorization") or "").partition(" ")
    if scheme.lower() == "bearer" and key:
        return key.strip()
    return header_in(scope, b"x-api-key")


def origin(connection: Connection) -> Origin:
    """Return where a call without a key comes from, as HMACs: addresses are personal data."""
    places = networks.origin(connection.client.host if connection.client else "")
    keyring = runtime_of(connection).keyring
    return Origin(*(keyring.digest("origin", place).hex() for place in places))


def header(connection: Connection, name: bytes) -> str | None:
    """The first header of that name (in small letters)."""
    return header_in(connection.scope, name)


def header_in(scope: Any, name: bytes) -> str | None:
    """As `header`, from the ASGI scope; looking through a dozen is quicker than a mapping of them."""
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return None


def request_id(scope: Scope) -> str:
    """The id that the guard gave the request."""
    return str(scope.get("state", {}).get("request_id", ""))


async def idempotent(
    request: Request[Any, Any, Any],
    session: Session,
    caller_id: UUID,
    key: str | None,
    run: Callable[[], Awaitable[object]],
    *,
    body: bytes | None = None,
) -> Response[Any]:
    """Answer a call under its idempotency key; see `platform.idempotency`.

    Whether the key is required follows from the route's status, as the contract says it. The request is the same one
    where its body holds the same values, in whatever spelling; `body` is what makes it so where it is no JSON
    (multipart).
    """
    status: int = request.route_handler.status_code
    key = idempotency.check_key(key, required=idempotency.is_required(status))
    identity = f"{request.method} {request.url.path}\n".encode()
    identity += _canonical(await request.body()) if body is None else body
    answer = await idempotency.once(session, caller_id, key, identity, status, run)
    headers = {"Idempotent-Replayed": "true"} if answer.replayed else {}
    return Negotiated(
        answer.body, status_code=answer.status, media_type=MediaType.JSON, headers=headers
    )


def _canonical(body: bytes) -> bytes:
    """Return a JSON body in one spelling of its values: no blanks, the names in order."""
    return msgspec.json.encode(msgspec.json.decode(body), order="sorted") if body.strip() else b""


async def file_of(request: Request[Any, Any, Any]) -> tuple[str, bytes]:
    """The one uploaded file of a multipart body: its name and bytes; raises `InvalidValues`, `UnsupportedMedia`."""
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise errors.UnsupportedMedia("Send multipart form data with one part named `file`.")
    form = await request.form()
    parts = list(form.multi_items())
    if len(parts) != 1 or parts[0][0] != "file" or not isinstance(parts[0][1], UploadFile):
        said = "send exactly one part, a file, named `file`"
        raise InvalidValues(f"/file: {said}.", errors=[Fault("/file", said)])
    upload = parts[0][1]
    return upload.filename, await upload.read()


def download(name: UUID, media_type: str, content: bytes) -> Response[bytes]:
    """A stranger's file: always a download, never a page of ours."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=media_type, headers=headers)


def page_of(
    items: list[Any],
    limit: int,
    session: Session,
    last: Callable[[Any], UUID | tuple[datetime, UUID]],
    *bound_to: object,
) -> cursors.Page[Any]:
    """Cut a list that was read with one item too many into a page with its cursor."""
    shown = items[:limit]
    more = len(items) > limit
    cursor = cursors.write(session.keyring, last(shown[-1]), *bound_to) if more else None
    return cursors.Page(items=shown, next_cursor=cursor)


def _respond(request: Request[Any, Any, Any], fact: RegistryError) -> Response[bytes]:
    headers = {} if fact.retry_after is None else {"Retry-After": str(fact.retry_after)}
    if fact.status == errors.Unauthenticated.status:
        headers["WWW-Authenticate"] = "Bearer"
    body = msgspec.json.encode(fact.problem(request_id(request.scope)))
    return Response(body, status_code=fact.status, media_type=PROBLEM, headers=headers)


def refused(request: Request[Any, Any, Any], fault: Exception) -> Response[bytes]:
    """The answer to whatever was raised, as the framework would choose it."""
    kinds = (kind for kind in type(fault).__mro__ if kind in EXCEPTION_HANDLERS)
    answer: Response[bytes] = EXCEPTION_HANDLERS[next(kinds)](request, fault)
    return answer


def on_registry_error(request: Request[Any, Any, Any], fact: RegistryError) -> Response[bytes]:
    """A refusal of ours."""
    return _respond(request, fact)


def on_http_error(request: Request[Any, Any, Any], fault: HTTPException) -> Response[bytes]:
    """A refusal of the framework: unknown path, wrong method, unreadable body."""
    if isinstance(fault, ValidationException):
        return _respond(request, _invalid(request, fault))
    if fault.status_code == 405:
        fact: RegistryError = errors.Malformed("This method is not allowed here; see Allow.")
        body = errors.problem(
            405,
            "method-not-allowed",
            "This method is not allowed here",
            fact.detail,
            request_id(request.scope),
        )
        return Response(
            msgspec.json.encode(body),
            status_code=405,
            media_type=PROBLEM,
            headers={name: _with_head(value) for name, value in (fault.headers or {}).items()},
        )
    known = _BY_STATUS.get(fault.status_code)
    if known is None:
        return on_unexpected(request, fault)
    return _respond(request, known())


def _with_head(allowed: str) -> str:
    """Return an `Allow` header with HEAD where GET is allowed, which answers it (`head_requests`)."""
    methods = set(allowed.split(", "))
    return ", ".join(sorted(methods | {"HEAD"} if "GET" in methods else methods))


def _invalid(request: Request[Any, Any, Any], fault: ValidationException) -> RegistryError:
    """Bad values of the query or a header, as Litestar found them."""
    found = [
        Fault(pointer=_place(request, one), detail=_words(one.get("message", "")))
        for one in (fault.extra if isinstance(fault.extra, list) else [])
    ]
    return invalid(found) if found else errors.Malformed()


def _place(request: Request[Any, Any, Any], one: dict[str, Any]) -> str:
    """Where a bad value stood, by the name under which it was sent: `query:state`."""
    source, key = one.get("source", "query"), one.get("key", "")
    parameter = request.route_handler.parsed_fn_signature.parameters.get(key)
    sent_as = getattr(getattr(parameter, "kwarg_definition", None), "name", None)
    return f"{getattr(source, 'value', source)}:{sent_as or key}"


def _words(message: str) -> str:
    if message.startswith("Invalid enum value"):
        return "is none of the known values"
    for written, plain in (
        ("`int`", "a whole number"),
        ("`str`", "text"),
        ("Expected", "expected"),
    ):
        message = message.replace(written, plain)
    return message


def on_unexpected(request: Request[Any, Any, Any], fault: Exception) -> Response[bytes]:
    """A fault of ours. The log gets the kind and the places, never a message: it may hold a person's data."""
    if isinstance(fault, PoolTimeout | OperationalError | OSError) or _passes(fault):
        log.error("unavailable", fault=type(fault).__name__, request_id=request_id(request.scope))
        return _respond(request, errors.Unavailable(retry_after=5))
    places = [
        f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(fault.__traceback__)[-8:]
    ]
    log.error(
        "failed", fault=type(fault).__name__, places=places, request_id=request_id(request.scope)
    )
    return _respond(
        request,
        RegistryError("Nothing was changed. Tell us the request id and we will find out why."),
    )


#: PostgreSQL's codes of what passes by itself or by the operator's hand: serialisation, deadlock, lock and statement
#: timeouts, a server that goes down or comes up, a file that cannot be read or written.
_PASSING = frozenset({"40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "58030"})
#: The class "insufficient resources": disk full, out of memory, no connection to spare, a limit of the server.
_SHORT_OF = "53"


def _passes(fault: Exception) -> bool:
    """Whether the database could not answer just now: nothing was changed, and another try may succeed."""
    origin = fault.orig if isinstance(fault, DBAPIError) else fault
    code = getattr(origin, "sqlstate", None) or ""
    if code in _PASSING or code.startswith(_SHORT_OF):
        return True
    if isinstance(fault, DBAPIError):
        return bool(fault.connection_invalidated)
    return type(fault).__module__.startswith("asyncpg") and "Connection" in type(fault).__name__


def on_client_left(_: Request[Any, Any, Any], __: ClientLeft) -> Response[None]:
    """Answer nobody: the guard drops this, and the log records no failure."""
    return Response(None, status_code=errors.Malformed.status)


EXCEPTION_HANDLERS: dict[Any, Any] = {
    RegistryError: on_registry_error,
    ClientLeft: on_client_left,
    HTTPException: on_http_error,
    Exception: on_unexpected,
}

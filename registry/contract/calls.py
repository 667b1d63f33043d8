"""Calls as the application's routes say them.

A call is what its handler says: path, docstring, signature, the body in `opt["takes"]`, the answer's type,
and the guard that lets callers in. How OpenAPI says it is not said here.
"""

import inspect
from collections.abc import Callable, Iterable
from typing import Any, get_args, get_origin

import msgspec
from litestar import Litestar, Response
from litestar.params import HeaderParameter, ParameterKwarg, PathParameter, QueryParameter
from litestar.routes import HTTPRoute

from registry.businesses.rules import VERIFIED_ONLY
from registry.contract import refusals
from registry.platform import idempotency
from registry.platform.routing import FILE

#: The one call that needs nothing but the process.
ALIVE = "/health/live"


class Access(msgspec.Struct, frozen=True):
    """Whom a guard lets in."""

    #: The scope or the roles.
    needs: tuple[str, ...]
    staff: bool = False
    #: Test keys too.
    test: bool = False
    verified: bool = False
    #: A reported person who proved so much.
    proofs: int = 0

    @property
    def caller(self) -> str:
        """What sort of caller is let in."""
        return "staff" if self.staff else "person" if self.proofs else "member"

    def words(self) -> str:
        """For the customer."""
        if self.proofs:
            return f"For reported persons, with {'two proofs' if self.proofs > 1 else 'one proof'}."
        if self.staff:
            return f"For staff: {' or '.join(self.needs)}."
        text = (
            "Needs a key with any scope" if not self.needs else f"Needs the scope `{self.needs[0]}`"
        )
        if self.verified:
            text += " and a verified business"
        return text + ("; test keys work here too." if self.test else ".")


class Parameter(msgspec.Struct, frozen=True):
    """One value beside the body."""

    name: str
    #: `path`, `query` or `header`.
    place: str
    type: Any
    default: Any
    said: ParameterKwarg


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """One call as its handler says it."""

    path: str
    method: str
    name: str
    text: str
    tags: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    takes: Any
    answers: Any
    status: int
    access: Access | None
    #: Whether it needs the registry's database or files.
    works: bool

    @property
    def types(self) -> list[Any]:
        """The types whose schemas it needs."""
        found = [one.type for one in self.parameters]
        found += [] if self.takes in (None, FILE) else [self.takes]
        return [*found, self.answers]

    @property
    def idempotent(self) -> bool:
        """Whether it takes an Idempotency-Key."""
        return any(one.name == idempotency.HEADER for one in self.parameters)

    def refused(self) -> list[str]:
        """How it can be refused, by the stable names of the problems."""
        found = [*refusals.ANY_CALL, *refusals.OWN.get(self.name, ())]
        found += refusals.AT_WORK if self.works else []
        places = {one.place for one in self.parameters}
        found += refusals.of_form(
            reads_values=self.takes is not None or bool(places - {"path"}),
            has_id="path" in places,
            idempotent=self.idempotent,
        )
        if self.access and self.access.staff:
            found += refusals.of_staff()
        elif self.access and self.access.proofs:
            found += refusals.of_person(self.access.proofs)
        elif self.access:
            found += refusals.of_member(
                scoped=bool(self.access.needs),
                verified=self.access.verified,
                test=self.access.test,
            )
        return found


def read(app: Litestar) -> list[Call]:
    """Every call of the application."""
    return [
        _call(route.path_format, method.lower(), handler)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in sorted(handler.http_methods)
        if method != "OPTIONS"
    ]


def _call(path: str, method: str, handler: Any) -> Call:
    signature = handler.parsed_fn_signature
    marked = [
        Parameter(
            field.kwarg_definition.name or name,
            place,
            field.annotation,
            field.default,
            field.kwarg_definition,
        )
        for name, field in signature.parameters.items()
        for kind, place in _PLACES
        if isinstance(field.kwarg_definition, kind)
    ]
    answers = signature.return_type.raw
    return Call(
        path=path,
        method=method,
        name=handler.handler_name,
        text=inspect.getdoc(handler.fn) or "",
        tags=tuple(handler.tags or ()),
        parameters=tuple(marked),
        takes=handler.opt.get("takes"),
        answers=get_args(answers)[0] if get_origin(answers) is Response else answers,
        status=handler.status_code,
        access=_access(handler.resolve_guards()),
        works=path != ALIVE,
    )


_PLACES = ((PathParameter, "path"), (QueryParameter, "query"), (HeaderParameter, "header"))


def _access(guards: Iterable[Callable[..., Any]]) -> Access | None:
    for guard in guards:
        kept = inspect.getclosurevars(guard).nonlocals
        if "roles" in kept:
            return Access(tuple(map(str, kept["roles"])), staff=True)
        if "proofs" in kept:
            return Access((f"proofs:{kept['proofs']}",), proofs=kept["proofs"])
        if "scope" in kept:
            needs = () if kept["scope"] is None else (str(kept["scope"]),)
            verified = kept["scope"] in VERIFIED_ONLY
            return Access(needs, test=kept["test"], verified=verified)
        raise TypeError(f"{guard} does not tell whom it lets in.")
    return None

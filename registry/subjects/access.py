"""The current person: from the token in the request to what they have proven."""

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

import msgspec
from litestar.handlers import BaseRouteHandler

from registry.limits import rules as limits_rules
from registry.limits import service as limits
from registry.platform import secrets
from registry.platform.actor import Actor, ActorKind
from registry.platform.errors import Forbidden, Unauthenticated
from registry.platform.gates import Shares
from registry.platform.http import Connection, key_of, runtime_of
from registry.platform.runtime import transaction
from registry.subjects import rules, store


class SecondProofNeeded(Forbidden):
    """One proof reveals nothing: a number may have a new holder."""

    slug, title = "second-proof-needed", "This needs a second proof"


class Person(msgspec.Struct, frozen=True):
    """A reported person who calls with a token."""

    session_id: UUID
    #: Index values of what they proved.
    proven: tuple[bytes, ...]
    language: str
    #: The records that an accepted document is of; None where two identifiers were proven.
    records: tuple[UUID, ...] | None = None

    def is_author(self, author: Collection[bytes]) -> bool:
        """Tell whether this person made a dispute or request whose author had proven these contacts.

        The business that files a report chooses its contacts, and may add its own: so another contact of the same
        report is not enough.
        """
        return not set(self.proven).isdisjoint(author)

    def may_act_for(self, author: Collection[bytes], record: UUID | None) -> bool:
        """Tell whether this person reads and goes on with what an author made about a record: their own, and all of it
        with an accepted document of the person whom the record is about.
        """
        return self.is_author(author) or record in (self.records or ())

    @property
    def actor(self) -> Actor:
        """How the audit log knows the caller."""
        return Actor(kind=ActorKind.SUBJECT, id=self.session_id)


def subject(proofs: int = rules.BOTH) -> Callable[..., Any]:
    """A guard: a good token with so many proofs."""

    async def guard(connection: Connection, _: BaseRouteHandler) -> None:
        runtime = runtime_of(connection)
        token = key_of(connection)
        if token is None or secrets.prefix_of(token) != secrets.SUBJECT:
            raise Unauthenticated
        async with transaction(runtime) as session:
            row = await store.find_by_token(session, secrets.digest(runtime.keyring, token))
        if row is None:
            raise Unauthenticated
        # A person is counted by what they proved first, in however many sessions.
        shares: Shares = connection.app.state.shares
        shares.take(connection.scope["state"], bytes(row.proven[0]))
        spent = await limits.spend(runtime, limits_rules.person(str(row.id)), 1)
        connection.state.answer_headers = limits_rules.headers(spent)
        if spent.admitted == 0:
            raise limits.refuse(spent)
        if row.proofs < proofs:
            raise SecondProofNeeded(
                "Prove control of a second phone or e-mail that you are reported under:"
                " POST /v1/subject/sessions/{id}/proof. Have you none? Send a document: POST /v1/subject/documents."
            )
        records = None if row.document_records is None else tuple(row.document_records)
        connection.state.person = Person(row.id, tuple(row.proven), row.language, records)

    return guard


def person_of(connection: Connection) -> Person:
    """The person that the guard let in."""
    found: Person = connection.state.person
    return found

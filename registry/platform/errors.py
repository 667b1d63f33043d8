"""Errors as facts, and their form on the wire (RFC 9457 `application/problem+json`).

    RegistryError
      Malformed 400           bad values; carries every fault with its JSON pointer
      Unauthenticated 401     one body for every reason
      Forbidden 403           scope, unverified business, conflict of interest
      NotFound 404            also for what belongs to someone else
      Conflict 409            the state does not allow it
      TooLarge 413, UnsupportedMedia 415
      RuleBroken 422          understood, but against a rule of the domain
      QuotaExceeded 429       with Retry-After
      Unavailable 503         with Retry-After

A slice derives its own facts from these (`class ReportAlreadyDecided(Conflict)`), giving a `slug`
and a `title`; nothing else in the project knows a status code.
"""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType

from registry.platform.faults import Fault

URN = "urn:registry:problem:"


class ClientLeft(Exception):
    """The client closed its connection before its body was complete: nobody is there to be answered."""


class Problem(Struct, frozen=True, kw_only=True):
    """What went wrong, as RFC 9457 `application/problem+json`."""

    type: Annotated[
        str, Meta(description="A stable name.", examples=["urn:registry:problem:invalid-values"])
    ]
    title: str
    status: int
    detail: Annotated[str, Meta(description="For people; may change.")]
    instance: Annotated[str, Meta(description="The request id; tell us when you ask for help.")]
    errors: (
        Annotated[list[Fault], Meta(description="Every faulty value, up to 50, by JSON pointer.")]
        | UnsetType
    ) = UNSET


class RegistryError(Exception):
    """A refusal that the caller may read. `detail` never repeats a personal value."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(
        self, detail: str = "", *, errors: Sequence[Fault] = (), retry_after: int | None = None
    ) -> None:
        super().__init__(self.slug)
        self.detail = detail or self.title
        self.errors = list(errors)
        self.retry_after = retry_after

    def problem(self, instance: str) -> Problem:
        """The RFC 9457 body; `instance` is the request id."""
        return problem(self.status, self.slug, self.title, self.detail, instance, self.errors)


def problem(
    status: int, slug: str, title: str, detail: str, instance: str, errors: Sequence[Fault] = ()
) -> Problem:
    """Compose one problem body from its parts."""
    return Problem(
        type=URN + slug,
        title=title,
        status=status,
        detail=detail,
        instance=instance,
        errors=list(errors) or UNSET,
    )


class Malformed(RegistryError):
    """The request cannot be read."""

    status, slug, title = 400, "malformed", "The request cannot be read"


class InvalidValues(Malformed):
    """One or more values cannot be used; each is named by its JSON pointer."""

    slug, title = "invalid-values", "Some values cannot be used"


class Unauthenticated(RegistryError):
    """No key, an unknown, expired or revoked one: the body does not tell which."""

    status, slug, title = 401, "unauthenticated", "A valid key is required"


class Forbidden(RegistryError):
    """The key is good, but may not do this."""

    status, slug, title = 403, "forbidden", "This key may not do that"


class NotFound(RegistryError):
    """There is nothing here, or nothing of yours."""

    status, slug, title = 404, "not-found", "Not found"


class Conflict(RegistryError):
    """The present state does not allow it."""

    status, slug, title = 409, "conflict", "The present state does not allow this"


class TooLarge(RegistryError):
    """More bytes than are accepted here."""

    status, slug, title = 413, "too-large", "The content is too large"


class UnsupportedMedia(RegistryError):
    """A type of content that is not accepted here."""

    status, slug, title = 415, "unsupported-media", "This type of content is not accepted"


class RuleBroken(RegistryError):
    """The request was understood, but a rule of the registry forbids it."""

    status, slug, title = 422, "rule-broken", "A rule of the registry forbids this"


class QuotaExceeded(RegistryError):
    """The budget is spent; `retry_after` says when the next call fits."""

    status, slug, title = 429, "quota-exceeded", "The budget is spent"


class Unavailable(RegistryError):
    """The registry cannot answer now."""

    status, slug, title = 503, "unavailable", "The registry cannot answer now"

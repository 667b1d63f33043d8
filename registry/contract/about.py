"""What stands at the top of the contract: what the registry is, how to call it, groups of calls, keys."""

import tomllib
from collections.abc import Collection
from importlib import metadata
from pathlib import Path
from typing import Any

import registry

DESCRIPTION = """\
Businesses tell each other, fairly, what happened under a contract: a parcel that was not collected, a bill \
that stayed unpaid. Every report rests on a contract and on evidence, a moderator screens it, and the person \
is told of it and can answer before anyone sees it. Before you sign or ship, you ask. The answer is facts and \
the terms that you yourself laid down for such facts: nobody is scored, and nobody is blocked by a machine.

## Keys

Send your key as `Authorization: Bearer bcr_live_...`, or as `X-Api-Key` where your software can set only that. \
A key is shown once, when it is made. It has scopes, and each call below names the one it needs. Revoked, it \
stops working everywhere within 5 seconds.

A `bcr_test_` key has the scope `lookup` and answers from fixed, invented persons. It touches nothing live, is \
recorded nowhere, and has a budget of its own:

- `+380505550101`: a record with one report
- `+380505550102`: a record with three reports, one of them your own, one disputed and reviewed
- `+380505550103`: a possible match, without facts
- `sandbox@example.com`: a record, found by e-mail
- `+380505550109`: your budget is spent (429)
- anything else: no record

## Formats

Bodies are JSON in UTF-8; with `Content-Type` and `Accept: application/vnd.msgpack` they are MessagePack. Times \
are RFC 3339 in UTC, months are `YYYY-MM`, ids are UUIDs. Money is in minor units: 1250 hryvnias are \
`{"amount": 125000, "currency": "UAH"}`. A field that we do not know is an error, so a slip of the pen is never \
ignored. We may add fields to answers: skip those that you do not know.

Characters that nobody sees (soft hyphens, zero-width spaces, byte order marks, fillers, selectors) are dropped \
from every text when a body is read; joiners stay inside emoji and joining scripts. Control characters, marks and \
overrides of direction, and tag characters are an error that names the field.

Personal data travels in bodies only, never in a path or a query.

## Errors

Every refusal is `application/problem+json` (RFC 9457). Go by `type`, a stable name such as \
`urn:registry:problem:invalid-values`; `detail` is for people. `errors` names every faulty value at once, by \
JSON pointer. `instance` is the request id, also in `X-Request-Id`: tell us when you ask for help.

- 400: something cannot be read; `errors` says what
- 401: no key, or not a good one
- 403: the key is good, but lacks the scope; or your business is not verified
- 404: there is nothing there, or nothing of yours
- 409: the present state does not allow it
- 422: it was understood, but a rule of the registry forbids it
- 429: your budget is spent; wait for `Retry-After` seconds
- 503: we cannot answer now; wait for `Retry-After` seconds, or a few without it

## Idempotency

Calls that create something lasting want an `Idempotency-Key`, a fresh UUID for each new request; lookups and \
decisions take one. When you get no answer, send the same request with the same key again: you get the first \
answer, with `Idempotent-Replayed: true`, and nothing happens twice. The same key with another body is 422; \
while the first request still runs it is 409. Keys are kept for 24 hours. Refusals are not kept: mend the \
request and use the same key.

## Limits

Your plan says how many lookups you have a minute and a day. The answer to every call with a key says what is \
left (`RateLimit`, `RateLimit-Policy`, and the older `X-RateLimit-*`), and `GET /v1/usage` says it in full. Only \
lookups that were answered are counted: what cannot be read costs nothing. A business of whose decided reports too \
many were overturned has half (`conduct` in `GET /v1/businesses/{id}`).

A body may have 64 KiB, a batch of lookups 1 MiB, an evidence file 10 MiB.

## Lists

Lists come newest first, `limit` items at a time (20 when you do not say, 100 at most). Send `next_cursor` back \
as `cursor` for the next page; null means that there is none.
"""

#: Groups of calls in the order in which a customer meets them.
TAGS = {
    "Lookups": "Ask before you sign or ship. Every answer is a receipt that can be read again for 12 months.",
    "Reports": "Tell what happened, with evidence. You see your own reports only, and only you see them whole.",
    "Disputes": "What people say of your reports. Answer in time, or the report is removed.",
    "Terms": "Your own rules: what facts lead to what advice. Until you set any, prudent defaults hold.",
    "Webhooks": "Events to your programs: what to know at once, without asking. Signed as Standard Webhooks.",
    "Account": "Your business, its keys and its budgets.",
    "The reported person": "For people, without an account: prove who you are, see what is held about you.",
    "Moderation": "For moderators: what waits for a decision, the case, the evidence, the decision.",
    "Operations": "For the registry's operators: businesses, notices that came back, the audit log.",
    "Documentation": "This contract, for programs and for people.",
    "Health": "For the operator's machinery.",
}

SECURITY_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A key that begins with `bcr_live_`, `bcr_test_` or, of staff, `bcr_staff_`; a person's token.",
    },
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Api-Key",
        "description": "The same key, for software that can set only this header.",
    },
}


def info() -> dict[str, Any]:
    """The contract's `info`."""
    return {
        "title": "Client Registry",
        "version": version(),
        "summary": "Look a client up before you sign or ship; report, fairly, who did not keep a contract.",
        "description": DESCRIPTION,
        "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
    }


def tags(used: Collection[str]) -> list[dict[str, str]]:
    """The groups that have calls, with a word on each; raises `KeyError` for one that is not known here."""
    unknown = set(used) - set(TAGS)
    if unknown:
        raise KeyError(f"Tags without a word in the contract: {sorted(unknown)}")
    return [{"name": name, "description": TAGS[name]} for name in TAGS if name in used]


def version() -> str:
    """The project's version: of the checkout, or of the installed package."""
    project = Path(registry.__file__).parents[1] / "pyproject.toml"
    if project.exists():
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
    return metadata.version("client-registry")

"""A registry under test, driven over HTTP as its users do: businesses, staff, reports, the clock, the post."""

import dataclasses
import itertools
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx
import msgspec

from registry import app
from registry.businesses import jobs as business_jobs
from registry.businesses import service as businesses
from registry.disputes import jobs as dispute_jobs
from registry.erasure import jobs as erasure_jobs
from registry.identities import jobs as identity_jobs
from registry.messages import jobs as message_jobs
from registry.platform import clock
from registry.platform.actor import CONSOLE
from registry.platform.jobs import Job, run_all
from registry.platform.runtime import Runtime, transaction
from registry.reports import jobs as report_jobs
from registry.reports import journal
from registry.staff import service as staff
from registry.staff.rules import Role
from registry.subjects import jobs as subject_jobs
from registry.webhooks import jobs as webhook_jobs
from tests.factories import rows

SCOPES = ["lookup", "report", "dispute", "watch", "webhook", "manage"]
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
JOBS = (
    Job("send_codes", subject_jobs.send_codes, 1),
    Job("deliver_webhooks", webhook_jobs.deliver, 1),
    Job("tell_disabled", business_jobs.tell_disabled, 1),
    Job("index_owners", business_jobs.index_owners, 1),
    Job("deliver", message_jobs.deliver, 1),
    Job("take_proofs", report_jobs.take_proofs, 1),
    Job("advance_due", report_jobs.advance_due, 1),
    Job("unpublish_suspended", identity_jobs.unpublish_suspended, 1),
    Job("publish_due", identity_jobs.publish_due, 1),
    Job("tell_journal", journal.tell, 1),
    Job("advance_disputes", dispute_jobs.advance_due, 1),
    Job("follow_objections", erasure_jobs.follow_reports, 1),
    Job("follow_reports", dispute_jobs.follow_reports, 1),
    Job("recount_due", dispute_jobs.recount_due, 1),
    Job("escalate_detachments", dispute_jobs.escalate_detachments, 1),
)
#: Where the versions stand of what staff decide upon, by the word in the path. A question about a pair has one.
VERSIONED = {
    "businesses": "businesses",
    "detachments": "detachments",
    "disputes": "disputes",
    "documents": "subject_documents",
    "objections": "subject_requests",
    "reports": "reports",
}
_numbers = itertools.count(1)


def edrpou(number: int) -> str:
    """An invented EDRPOU with a right checksum (the weights of the State Statistics Service)."""
    body = f"{number:07d}"
    digits = [int(d) for d in body]
    low = (
        (1, 2, 3, 4, 5, 6, 7)
        if not 30_000_000 <= number * 10 <= 60_000_000
        else (7, 1, 2, 3, 4, 5, 6)
    )
    check = sum(w * d for w, d in zip(low, digits, strict=True)) % 11
    if check == 10:
        check = sum((w + 2) * d for w, d in zip(low, digits, strict=True)) % 11
    return f"{body}{check % 10}"


def rnokpp(born: date, serial: int) -> str:
    """An invented RNOKPP: days since 31.12.1899, a serial, and the right checksum."""
    body = f"{(born - date(1899, 12, 31)).days:05d}{serial:04d}"
    weights = (-1, 5, 7, 9, 4, 6, 10, 5, 7)
    check = sum(w * int(d) for w, d in zip(weights, body, strict=True)) % 11 % 10
    return f"{body}{check}"


def person_name(number: int) -> str:
    """An invented person's name, each unlike the others in every word."""
    syllables = [first + second for first in "бвгджзклмнпрстфхцч" for second in "аеио"]
    drawn = Random(number).choices(syllables, k=9)
    return f"{''.join(drawn[:5]).title()} {''.join(drawn[5:]).title()}"


@dataclass
class Shop:
    """A business under test: its id, and a client that sends its key."""

    id: UUID
    key: str
    http: httpx.AsyncClient

    async def call(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> httpx.Response:
        """One call with this business's key."""
        sent = {
            "Authorization": f"Bearer {self.key}",
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        return await self.http.request(method, path, json=body, headers=sent)

    async def create(self, path: str, body: Any = None) -> httpx.Response:
        """One POST under an idempotency key of its own."""
        return await self.call("POST", path, body, Idempotency_Key=str(uuid4()))

    async def make_key(self, *scopes: str, **options: Any) -> dict[str, Any]:
        """A further key of this business, as it is answered."""
        body = {"label": "another", "scopes": list(scopes), **options}
        made = await self.create("/v1/api-keys", body)
        assert made.status_code == 201, made.text
        answer: dict[str, Any] = made.json()
        return answer

    def using(self, key: str) -> "Shop":
        """The same business with another key."""
        return dataclasses.replace(self, key=key)

    async def look_up(self, **subject: Any) -> dict[str, Any]:
        """A lookup's answer."""
        answer = await self.call("POST", "/v1/lookups", query(**subject))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def report(self, **changes: Any) -> dict[str, Any]:
        """A report that was taken in."""
        answer = await self.call(
            "POST", "/v1/reports", submission(**changes), Idempotency_Key=str(uuid4())
        )
        assert answer.status_code == 201, answer.text
        view: dict[str, Any] = answer.json()
        return view

    async def attach(
        self, report_id: str, content: bytes = PDF, name: str = "order.pdf"
    ) -> httpx.Response:
        """An evidence file for a report."""
        return await self.http.post(
            f"/v1/reports/{report_id}/evidence",
            files={"file": (name, content)},
            headers={"Authorization": f"Bearer {self.key}", "Idempotency-Key": str(uuid4())},
        )

    async def view(self, report_id: str) -> dict[str, Any]:
        """A report as its reporter sees it."""
        found: dict[str, Any] = (await self.call("GET", f"/v1/reports/{report_id}")).json()
        return found


def problem(answer: httpx.Response) -> tuple[int, str]:
    """The status and the stable name of a refusal; no name where nothing was refused."""
    named: str = answer.json().get("type", "")
    return answer.status_code, named.removeprefix("urn:registry:problem:")


def query(**subject: Any) -> dict[str, Any]:
    """A lookup as a shop would send it."""
    return {"subject": subject, "purpose": "pre_contract", "reference": "order-1"}


def submission(**changes: Any) -> dict[str, Any]:
    """A report as a shop would send it."""
    today = (datetime.now(UTC) + clock.offset()).date()
    body = {
        "subject": {"phone": "0505550177", "name": "Шевченко Олександр"},
        "category": "parcel_refused",
        "incident_date": str(today - timedelta(days=20)),
        "contract_reference": f"order-{next(_numbers)}",
        "amount": {"amount": 125000, "currency": "UAH"},
        "statement": "Ordered with cash on delivery, confirmed by phone, did not collect within seven days.",
        "contacts": [],
        "settlement_attempts": "Two calls and one message, no answer.",
    }
    return {**body, **changes}


@dataclass
class Registry:
    """A registry under test."""

    runtime: Runtime
    http: httpx.AsyncClient
    keys: dict[Role, list[str]] = field(default_factory=dict)

    def called_from(self, address: str) -> "Registry":
        """The same registry, called from that address."""
        transport = self.http._transport
        assert isinstance(transport, httpx.ASGITransport)
        moved = httpx.ASGITransport(transport.app, client=(address, 4711))
        http = httpx.AsyncClient(transport=moved, base_url=self.http.base_url, timeout=60)
        return dataclasses.replace(self, http=http)

    async def sign_up(self, **changes: Any) -> httpx.Response:
        """A sign-up, as sent."""
        number = next(_numbers)
        body = {
            "name": f"ТОВ «Крамниця {number}»",
            "country": "UA",
            "register_code": edrpou(4_100_000 + number),
            "email": f"office{number}@shop.example",
            "website": "https://shop.example",
            "beneficial_owners": [person_name(number)],
        }
        return await self.http.post("/v1/businesses", json={**body, **changes})

    async def newcomer(self, **changes: Any) -> Shop:
        """A business that signed up and is not verified yet, with its first key."""
        joined = await self.sign_up(**changes)
        assert joined.status_code == 201, joined.text
        return Shop(UUID(joined.json()["id"]), joined.json()["api_key"], self.http)

    async def shop(self, *, plan: str | None = None, **changes: Any) -> Shop:
        """A verified business with a key of every scope."""
        first = await self.newcomer(**changes)
        await self.decide_business(first.id, "verify")
        if plan is not None:
            async with transaction(self.runtime) as session:
                await businesses.set_plan(session, CONSOLE, first.id, plan)
        return first.using((await first.make_key(*SCOPES))["api_key"])

    async def staff_key(
        self, role: Role, number: int = 0, *, business_id: UUID | None = None
    ) -> str:
        """The key of the role's n-th member of staff; a new member for a business given."""
        known = self.keys.setdefault(role, [])
        while business_id is not None or len(known) <= number:
            async with transaction(self.runtime) as session:
                _, key = await staff.add(
                    session, CONSOLE, role, "Тест Персонал", business_id=business_id
                )
            if business_id is not None:
                return key
            known.append(key)
        return known[number]

    async def as_staff(
        self, role: Role, method: str, path: str, body: Any = None, *, number: int = 0
    ) -> httpx.Response:
        """One call with a staff key. A decision without a version is one on what is there now."""
        if path.endswith(("/decision", "/lift")) and body is not None:
            body = {"version": await self.version(path), **body}
        headers = {"Authorization": f"Bearer {await self.staff_key(role, number)}"}
        return await self.http.request(method, path, json=body, headers=headers)

    async def version(self, path: str) -> int:
        """The version of what is decided upon there, without reading the case, which would be on record."""
        _, kind, id_, _ = path.rsplit("/", 3)
        if kind not in VERSIONED:
            return 1
        said = f"SELECT version FROM {VERSIONED[kind]} WHERE id::text = :id"
        found = await rows.select(self.runtime, said, id=id_)
        return found[0]["version"] if found else 1

    async def business_case(self, business_id: UUID) -> dict[str, Any]:
        """A business as an operator reads it before a decision."""
        path = f"/v1/operations/businesses/{business_id}"
        answer = await self.as_staff(Role.OPERATOR, "GET", path)
        assert answer.status_code == 200, answer.text
        case: dict[str, Any] = answer.json()
        return case

    async def decide_business(
        self, business_id: UUID, decision: str, *, same: Collection[str] = ()
    ) -> dict[str, Any]:
        """An operator's decision on a business: other claims are left, owners differ but for those of `same`."""
        case = await self.business_case(business_id)
        answers: dict[str, Any] = {}
        if decision == "verify":
            asked = {one["id"] for one in case["owners"] if one["same"] is None}
            answers["claims"] = {"leave_others": True}
            answers["owners"] = {"same": [*same], "different": [*asked.difference(same)]}
        path = f"/v1/operations/businesses/{business_id}/decision"
        body = {"decision": decision, "reason": "Register entry and domain checked.", **answers}
        answer = await self.as_staff(
            Role.OPERATOR, "POST", path, {**body, "version": case["business"]["version"]}
        )
        assert answer.status_code == 200, answer.text
        view: dict[str, Any] = answer.json()
        return view

    async def decide(
        self,
        report_id: str,
        decision: str = "publish",
        code: str = "proof_standard_met",
        number: int = 0,
    ) -> httpx.Response:
        """A moderator's decision on a report."""
        path = f"/v1/moderation/reports/{report_id}/decision"
        body = {"decision": decision, "reason_code": code, "reason": "Looked at every document."}
        return await self.as_staff(Role.MODERATOR, "POST", path, body, number=number)

    async def work(self) -> None:
        """What the worker does until nothing is left to do."""
        await run_all(self.runtime, JOBS)

    @asynccontextmanager
    async def after(self, by: timedelta) -> AsyncIterator[None]:
        """The registry so much later than now, with the worker's work done."""
        with clock.shifted(by):
            await self.work()
            yield

    def letters(self) -> list[dict[str, Any]]:
        """The messages that lie in the outbox folder, oldest first."""
        files = sorted(self.runtime.settings.outbox_dir.glob("*.json"))
        return [msgspec.json.decode(path.read_bytes()) for path in files]

    async def published(self, shop: Shop, **changes: Any) -> dict[str, Any]:
        """A report that a moderator published, with its notice delivered."""
        report = await shop.report(**changes)
        if report["state"] == "submitted":
            with clock.shifted(clock.offset() + timedelta(hours=25)):
                await self.work()
        assert (await shop.attach(report["id"])).status_code == 201
        decided = await self.decide(report["id"])
        assert decided.status_code == 200, decided.text
        await self.work()
        return await shop.view(report["id"])


def uncounted(runtime: Runtime) -> Runtime:
    """The runtime with room for as many reports as a test files, by businesses that are new as well."""
    policy, room = runtime.policy, {"reports_day": 10**6, "reports_month": 10**6}
    plans = {name: msgspec.structs.replace(plan, **room) for name, plan in policy.plans.items()}
    roomy = msgspec.structs.replace(policy, plans=plans, newcomer_reports=0)
    return dataclasses.replace(runtime, policy=roomy)


@asynccontextmanager
async def serving(runtime: Runtime, *, counted: bool = False) -> AsyncIterator[Registry]:
    """The application over HTTP, guard and access log included, in this process.

    `counted`: the policy's limits of reports hold; else there is room for all that a test files.
    """
    runtime = runtime if counted else uncounted(runtime)
    application = app.build()
    app.attach(application, runtime)
    transport = httpx.ASGITransport(app.wrapped(application))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://registry.test", timeout=60
    ) as http:
        yield Registry(runtime, http)

"""Every call that changes something leaves its entry: who, what, on which object; refused calls leave none."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import httpx
import pytest

from registry import app
from registry.messages.rules import Channel
from registry.reports.rules import State
from registry.staff.rules import Role
from tests.audit import people, programs
from tests.audit.people import REASON, Scene
from tests.factories import rows
from tests.factories.registry import Registry, query, serving, submission
from tests.messages import smsbridge
from tests.messages.outbox import PHONE, queued
from tests.reports.states import in_state

Act = Callable[[Scene], Awaitable[httpx.Response]]


async def _sign_up(scene: Scene) -> httpx.Response:
    return await scene.registry.sign_up()


async def _prove(scene: Scene) -> httpx.Response:
    """A right code, as the letter tells it."""
    address = "office.trail@shop.example"
    shop = await scene.registry.newcomer(email=address)
    await scene.registry.work()
    (letter,) = [one for one in scene.registry.letters() if one["to"] == address]
    code = next(word for word in letter["text"].split() if word.isdigit() and len(word) == 8)
    return await shop.call("POST", f"/v1/businesses/{shop.id}/email-proof", {"code": code})


async def _decide_business(scene: Scene) -> httpx.Response:
    shop = await scene.registry.newcomer()
    path = f"/v1/operations/businesses/{shop.id}/decision"
    body = {"decision": "verify", **REASON}
    return await scene.registry.as_staff(Role.OPERATOR, "POST", path, body)


async def _edit(scene: Scene) -> httpx.Response:
    id_ = await scene.report(State.SUBMITTED)
    return await scene.shop.call("PATCH", f"/v1/reports/{id_}", {"statement": "Other."})


async def _attach(scene: Scene) -> httpx.Response:
    return await scene.shop.attach(await scene.report(State.SCREENING))


async def _withdraw(scene: Scene) -> httpx.Response:
    return await scene.post(f"/v1/reports/{await scene.report(State.ACTIVE)}/withdraw", REASON)


async def _settle(scene: Scene) -> httpx.Response:
    return await scene.post(f"/v1/reports/{await scene.report(State.NOTICE)}/settle", REASON)


async def _reinsert(scene: Scene) -> httpx.Response:
    content = submission()
    id_ = await in_state(scene.registry.runtime, scene.shop, State.REMOVED, **content)
    body = {"certification": True, "reason": "New.", "report": content}
    return await scene.post(f"/v1/reports/{id_}/reinsertion", body)


async def _decide(scene: Scene) -> httpx.Response:
    return await scene.registry.decide(await scene.report(State.SCREENING))


async def _case(scene: Scene) -> httpx.Response:
    path = f"/v1/moderation/reports/{await scene.report(State.SCREENING)}"
    return await scene.registry.as_staff(Role.MODERATOR, "GET", path)


async def _file(scene: Scene) -> httpx.Response:
    id_ = await scene.report(State.SCREENING)
    file_id = (await scene.shop.view(id_))["evidence"][0]["id"]
    path = f"/v1/moderation/reports/{id_}/evidence/{file_id}"
    return await scene.registry.as_staff(Role.MODERATOR, "GET", path)


async def _bounce(scene: Scene) -> httpx.Response:
    id_ = await scene.report(State.NOTICE)
    said = "SELECT id FROM messages WHERE about_id = :id LIMIT 1"
    (notice,) = await rows.select(scene.registry.runtime, said, id=UUID(id_))
    # As if a mail server had taken it.
    taken = "UPDATE messages SET state = 'accepted' WHERE id = :id"
    await rows.write(scene.registry.runtime, taken, id=notice["id"])
    path = f"/v1/operations/notices/{notice['id']}/bounce"
    return await scene.registry.as_staff(Role.OPERATOR, "POST", path, REASON)


async def _receipt(scene: Scene) -> httpx.Response:
    async with serving(smsbridge.known_to(scene.registry.runtime)) as texting:
        message_id = await queued(texting.runtime, to=PHONE, channel=Channel.SMS)
        body = smsbridge.receipt(message_id)
        headers = smsbridge.signed(body)
        return await texting.http.post(smsbridge.RECEIPTS, content=body, headers=headers)


async def _pair(scene: Scene) -> tuple[str, str, UUID]:
    """A new question about two records that are alike, with numbers as of one package: its id, and the two."""
    number = next(_numbers)
    surname = ("Мельниченко", "Гончарук", "Кравець", "Дорошенко", "Тимчук", "Яблонська")[number % 6]
    like = {"name": f"{surname} Леся", "birth_date": f"19{number}-03-12"}
    for end in (1, 2):
        phone = f"+3805055{number}00{end}"
        subject = {**like, "phone": phone}
        await in_state(scene.registry.runtime, scene.shop, State.ACTIVE, subject=subject)
    said = "SELECT * FROM pair_decisions WHERE due IS NOT NULL ORDER BY id DESC LIMIT 1"
    (question,) = await rows.select(scene.registry.runtime, said)
    return str(question["id"]), str(question["one"]), question["other"]


async def _answer(scene: Scene) -> httpx.Response:
    path = f"/v1/moderation/pairs/{(await _pair(scene))[0]}/decision"
    body = {"decision": "same", **REASON}
    return await scene.registry.as_staff(Role.MODERATOR, "POST", path, body)


async def _merge(scene: Scene) -> httpx.Response:
    _, one, other = await _pair(scene)
    path = f"/v1/moderation/identities/{one}/merge"
    body = {"identity": str(other), **REASON}
    return await scene.registry.as_staff(Role.MODERATOR, "POST", path, body)


async def _split(scene: Scene) -> httpx.Response:
    merged = (await _merge(scene)).json()["identities"][0]
    path = f"/v1/moderation/identities/{merged['id']}/split"
    body = {"records": [merged["records"][1]["id"]], **REASON}
    return await scene.registry.as_staff(Role.MODERATOR, "POST", path, body)


async def _view_pair(scene: Scene) -> httpx.Response:
    path = f"/v1/moderation/pairs/{(await _pair(scene))[0]}"
    return await scene.registry.as_staff(Role.MODERATOR, "GET", path)


async def _view_identity(scene: Scene) -> httpx.Response:
    path = f"/v1/moderation/identities/{(await _pair(scene))[1]}"
    return await scene.registry.as_staff(Role.MODERATOR, "GET", path)


_numbers = people.NUMBERS

#: (method, route) -> (the act, its entry, who acts)
CHANGES: dict[tuple[str, str], tuple[Act, str, str]] = {
    ("POST", "/v1/businesses"): (_sign_up, "business.signed_up", "business"),
    ("POST", "/v1/businesses/{business_id:uuid}/email-proof"): (
        _prove,
        "business.email_proven",
        "business",
    ),
    ("POST", "/v1/operations/businesses/{business_id:uuid}/decision"): (
        _decide_business,
        "business.verified",
        "staff",
    ),
    ("POST", "/v1/operations/businesses/{business_id:uuid}/lift"): (
        people.lift,
        "business.lookups_restored",
        "staff",
    ),
    ("POST", "/v1/api-keys"): (
        lambda scene: scene.post("/v1/api-keys", {"label": "x", "scopes": ["lookup"]}),
        "key.created",
        "business",
    ),
    **programs.CHANGES,
    ("PUT", "/v1/terms"): (
        lambda scene: scene.shop.call("PUT", "/v1/terms", {"rules": []}),
        "terms.set",
        "business",
    ),
    ("POST", "/v1/lookups"): (
        lambda scene: scene.post("/v1/lookups", query(phone="0505550123")),
        "lookup.answered",
        "business",
    ),
    ("POST", "/v1/lookups/batch"): (
        lambda scene: scene.post(
            "/v1/lookups/batch", {"queries": {"a": query(phone="0505550123")}}
        ),
        "lookup.answered",
        "business",
    ),
    ("POST", "/v1/reports"): (
        lambda scene: scene.post("/v1/reports", submission()),
        "report.submitted",
        "business",
    ),
    ("PATCH", "/v1/reports/{report_id:uuid}"): (_edit, "report.edit", "business"),
    ("POST", "/v1/reports/{report_id:uuid}/evidence"): (
        _attach,
        "report.evidence_added",
        "business",
    ),
    ("POST", "/v1/reports/{report_id:uuid}/withdraw"): (_withdraw, "report.withdraw", "business"),
    ("POST", "/v1/reports/{report_id:uuid}/settle"): (_settle, "report.settle", "business"),
    ("POST", "/v1/reports/{report_id:uuid}/reinsertion"): (
        _reinsert,
        "report.reinserted",
        "business",
    ),
    ("POST", "/v1/moderation/reports/{report_id:uuid}/decision"): (
        _decide,
        "report.publish",
        "staff",
    ),
    ("POST", "/v1/operations/notices/{notice_id:uuid}/bounce"): (
        _bounce,
        "report.notice_bounced",
        "staff",
    ),
    ("POST", smsbridge.RECEIPTS): (_receipt, "message.receipt", "provider"),
    ("POST", "/v1/moderation/pairs/{pair_id:uuid}/decision"): (
        _answer,
        "identity.pair_decided",
        "staff",
    ),
    ("POST", "/v1/moderation/identities/{identity_id:uuid}/merge"): (
        _merge,
        "identity.merged",
        "staff",
    ),
    ("POST", "/v1/moderation/identities/{identity_id:uuid}/split"): (
        _split,
        "identity.split",
        "staff",
    ),
    ("POST", "/v1/subject/sessions"): (people.ask, "subject.asked", "subject"),
    ("POST", "/v1/subject/sessions/{session_id:uuid}/proof"): (
        people.prove_person,
        "subject.proven",
        "subject",
    ),
    ("DELETE", "/v1/subject/sessions/current"): (people.sign_out, "subject.signed_out", "subject"),
    ("POST", "/v1/subject/detachments"): (people.detach, "identifier.detached", "subject"),
    ("POST", "/v1/moderation/detachments/{detachment_id:uuid}/decision"): (
        people.confirm,
        "identifier.confirmed",
        "staff",
    ),
    ("GET", "/v1/moderation/detachments/{detachment_id:uuid}"): (
        people.view_detached,
        "identifier.case_read",
        "staff",
    ),
    ("POST", "/v1/subject/erasure-requests"): (people.ended, "erasure.granted", "subject"),
    ("POST", "/v1/subject/objections"): (people.make_objection, "objection.made", "subject"),
    ("POST", "/v1/moderation/objections/{objection_id:uuid}/decision"): (
        people.refuse_objection,
        "objection.refused",
        "staff",
    ),
    ("GET", "/v1/moderation/objections/{objection_id:uuid}"): (
        people.view_objection,
        "objection.read",
        "staff",
    ),
    ("POST", "/v1/disputes"): (people.dispute, "dispute.opened", "subject"),
    ("POST", "/v1/subject/documents"): (
        people.send_document,
        "subject.document_sent",
        "subject",
    ),
    ("GET", "/v1/moderation/documents/{document_id:uuid}"): (
        people.view_document,
        "subject.document_case_read",
        "staff",
    ),
    ("GET", "/v1/moderation/documents/{document_id:uuid}/file"): (
        people.read_document,
        "subject.document_read",
        "staff",
    ),
    ("POST", "/v1/moderation/documents/{document_id:uuid}/decision"): (
        people.refuse_document,
        "subject.document_refused",
        "staff",
    ),
    ("POST", "/v1/subject/settlements"): (people.claim, "dispute.opened", "subject"),
    ("POST", "/v1/subject/disputes/{dispute_id:uuid}/evidence"): (
        people.add_file,
        "report.evidence_added",
        "subject",
    ),
    ("POST", "/v1/disputes/{dispute_id:uuid}/messages"): (
        people.say,
        "dispute.message",
        "subject",
    ),
    ("POST", "/v1/disputes/{dispute_id:uuid}/evidence"): (
        people.add_file_as_reporter,
        "report.evidence_added",
        "business",
    ),
    ("POST", "/v1/disputes/{dispute_id:uuid}/replies"): (
        people.reply,
        "dispute.message",
        "business",
    ),
    ("POST", "/v1/moderation/disputes/{dispute_id:uuid}/messages"): (
        people.say_as_moderator,
        "dispute.message",
        "staff",
    ),
    ("POST", "/v1/reports/{report_id:uuid}/settlement-response"): (
        people.confirm_settlement,
        "dispute.confirmed",
        "business",
    ),
    ("POST", "/v1/disputes/{dispute_id:uuid}/response"): (
        people.respond,
        "dispute.answered",
        "business",
    ),
    ("POST", "/v1/disputes/{dispute_id:uuid}/appeal"): (people.appeal, "dispute.appeal", "subject"),
    ("POST", "/v1/moderation/disputes/{dispute_id:uuid}/decision"): (
        people.rule,
        "dispute.ruled",
        "staff",
    ),
    # Reading what is another's is on record as well, and a person's reading of their file.
    ("GET", "/v1/subject/file"): (people.read_file, "subject.file_read", "subject"),
    ("GET", "/v1/subject/disputes/{dispute_id:uuid}/evidence/{evidence_id:uuid}"): (
        people.read_file_of_dispute,
        "report.evidence_read",
        "subject",
    ),
    ("GET", "/v1/disputes/{dispute_id:uuid}/evidence/{evidence_id:uuid}"): (
        people.read_file_as_reporter,
        "report.evidence_read",
        "business",
    ),
    ("GET", "/v1/moderation/disputes/{dispute_id:uuid}"): (
        people.view_dispute,
        "dispute.read",
        "staff",
    ),
    ("GET", "/v1/moderation/pairs/{pair_id:uuid}"): (_view_pair, "identity.pair_read", "staff"),
    ("GET", "/v1/moderation/identities/{identity_id:uuid}"): (
        _view_identity,
        "identity.read",
        "staff",
    ),
    ("GET", "/v1/moderation/reports/{report_id:uuid}"): (_case, "report.case_read", "staff"),
    ("GET", "/v1/moderation/reports/{report_id:uuid}/evidence/{evidence_id:uuid}"): (
        _file,
        "report.evidence_read",
        "staff",
    ),
}


def test_no_changing_route_is_missing_here() -> None:
    """A new route that changes something fails this test until its trail is tested."""
    routes = {
        (method, path)
        for route in app.ROUTES
        for path in route.paths
        for method in route.http_methods
        if method not in ("GET", "HEAD", "OPTIONS")
    }
    assert routes == {place for place in CHANGES if place[0] != "GET"}


@pytest.fixture(scope="module")
async def scene(shared: Registry) -> Scene:
    return Scene(shared, await shared.shop(plan="partner"))


@pytest.mark.parametrize("place", CHANGES, ids=" ".join)
async def test_it_leaves_its_entry(scene: Scene, place: tuple[str, str]) -> None:
    act, action, kind = CHANGES[place]
    counted = "SELECT count(*) AS n FROM audit_entries WHERE action = :action"
    runtime = scene.registry.runtime
    (before,) = await rows.select(runtime, counted, action=action)
    answer = await act(scene)
    assert answer.is_success, answer.text
    (after,) = await rows.select(runtime, counted, action=action)
    newest = "SELECT * FROM audit_entries WHERE action = :action ORDER BY id DESC LIMIT 1"
    (entry,) = await rows.select(runtime, newest, action=action)
    # Settling the scene may have left entries of the same kind; the act's own is the newest.
    assert after["n"] > before["n"]
    assert entry["actor_kind"] == kind
    # Who signs up has no key yet, a provider has none. Whose business it concerns stands beside who did it; a person,
    # and a message to one, is nobody's.
    assert (entry["actor_id"] is None) == (action in ("business.signed_up", "message.receipt"))
    assert (entry["business_id"] is None) == action.startswith(
        ("identity.", "identifier.", "subject.", "message.")
    )

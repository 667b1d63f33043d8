"""The door: one answer for every bad key, two headers for a good one, and no word about the body before it."""

import pytest

from registry.platform import secrets
from registry.staff.rules import Role
from tests.factories.registry import Registry, Shop, problem, query


@pytest.fixture(scope="module")
async def shop(shared: Registry) -> Shop:
    return await shared.shop()


def _typo(key: str) -> str:
    return key[:20] + ("A" if key[20] != "A" else "B") + key[21:]


async def test_one_answer_for_every_bad_key(shared: Registry, shop: Shop) -> None:
    """Byte for byte the same, but for the request's own id."""
    revoked = await shop.make_key("lookup")
    await shop.call("POST", f"/v1/api-keys/{revoked['key']['id']}/revoke")
    bound = await shop.make_key("lookup", networks=["198.51.100.1"])
    staff = await shared.staff_key(Role.OPERATOR)
    attempts: list[dict[str, str]] = [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": f"Basic {shop.key}"},
        {"Authorization": shop.key},
        {"Authorization": "Bearer garbage"},
        {"Authorization": f"Bearer {_typo(shop.key)}"},
        {"Authorization": f"Bearer {shop.key[:-1]}"},
        {"Authorization": f"Bearer {shop.key}x"},
        {"Authorization": f"Bearer {shop.key} {shop.key}"},
        {"Authorization": f"Bearer {secrets.mint(secrets.LIVE)}"},
        {"Authorization": f"Bearer {secrets.mint(secrets.TEST)}"},
        {"Authorization": f"Bearer {secrets.mint('bcr_admin_')}"},
        {"Authorization": f"Bearer {revoked['api_key']}"},
        {"Authorization": f"Bearer {bound['api_key']}"},
        {"Authorization": f"Bearer {staff}"},
        {"X-Api-Key": ""},
        {"X-Api-Key": revoked["api_key"]},
        {"X-Api-Key": f"Bearer {shop.key}"},
    ]
    bodies, sets = set(), set()
    for headers in attempts:
        answer = await shared.http.get("/v1/usage", headers=headers)
        assert answer.status_code == 401, headers
        request_id = answer.headers["x-request-id"]
        bodies.add(answer.content.replace(request_id.encode(), b"<id>"))
        assert "ratelimit" not in answer.headers
        sets.add(tuple(sorted(set(answer.headers.items()) - {("x-request-id", request_id)})))
    assert len(bodies) == len(sets) == 1
    (body,) = bodies
    assert b"urn:registry:problem:unauthenticated" in body
    assert dict(sets.pop())["www-authenticate"] == "Bearer"


async def test_garbled_bytes_in_the_header(shared: Registry, shop: Shop) -> None:
    for value in (b"Bearer \xff\xfe", b"Bearer " + "ключ".encode(), b"\x80" * 100):
        answer = await shared.http.get("/v1/usage", headers={b"Authorization": value})
        assert problem(answer) == (401, "unauthenticated")


async def test_two_headers_serve(shared: Registry, shop: Shop) -> None:
    for headers in (
        {"Authorization": f"Bearer {shop.key}"},
        {"Authorization": f"bearer   {shop.key}"},
        {"X-Api-Key": shop.key},
        {"X-Api-Key": shop.key, "Authorization": "Basic Zm9yOmEgcHJveHk="},
    ):
        assert (await shared.http.get("/v1/usage", headers=headers)).status_code == 200, headers


async def test_a_stranger_learns_nothing_about_the_body(shared: Registry) -> None:
    """Without a good key the answer is 401, whatever is wrong with the rest."""
    bad = "Bearer bcr_live_nothing"
    for method, path, body in (
        ("POST", "/v1/reports", {"nonsense": 1}),
        ("POST", "/v1/lookups", {}),
        ("GET", "/v1/reports?limit=1000", None),
        ("GET", "/v1/reports?cursor=x", None),
        ("PUT", "/v1/terms", {"rules": 7}),
        ("POST", "/v1/moderation/reports/0193531c-5dbe-7c4c-a51d-8a6ff2b5d0c1/decision", {}),
        ("GET", "/v1/operations/audit?limit=x", None),
    ):
        answer = await shared.http.request(method, path, json=body, headers={"Authorization": bad})
        assert problem(answer) == (401, "unauthenticated"), path


async def test_open_doors(shared: Registry) -> None:
    """What is for everybody needs no key."""
    for path in ("/health/live", "/health/ready", "/metrics"):
        assert (await shared.http.get(path)).status_code == 200


async def test_a_business_has_no_business_with_the_staffs_doors(
    shared: Registry, shop: Shop
) -> None:
    for path in (
        "/v1/operations/audit",
        "/v1/operations/businesses",
        "/v1/moderation/queue",
    ):
        assert problem(await shop.call("GET", path)) == (401, "unauthenticated")


async def test_a_test_key_opens_lookups_and_usage_only(shared: Registry, shop: Shop) -> None:
    test = shop.using((await shop.make_key("lookup", test=True))["api_key"])
    assert (await test.call("POST", "/v1/lookups", query(phone="0505550182"))).is_success
    assert (await test.call("GET", "/v1/usage")).is_success
    for method, path in (
        ("GET", f"/v1/lookups/{shop.id}"),
        ("GET", "/v1/reports"),
        ("POST", "/v1/reports"),
        ("GET", "/v1/terms"),
        ("GET", "/v1/api-keys"),
        ("POST", "/v1/api-keys"),
    ):
        answer = await test.call(method, path, {} if method == "POST" else None)
        assert problem(answer) == (403, "test-key"), path
    own = await test.call("GET", f"/v1/businesses/{shop.id}")
    assert problem(own) == (403, "test-key")

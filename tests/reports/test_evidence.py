"""Evidence: taken by content, sealed as it came, whole or not at all, and read by nobody who should not."""

import hashlib
import os
from typing import Any
from uuid import uuid4

import httpx
import pytest

from registry.platform.uploads import LARGEST
from registry.reports import jobs
from registry.reports.rules import MOST_FILES, State
from registry.staff.rules import Role
from tests.factories import rows
from tests.factories.registry import PDF, Registry, Shop, problem
from tests.reports.states import everything, in_state

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + b"planted-in-a-picture" * 40
PNG = b"\x89PNG\r\n\x1a\n" + b"planted-in-a-picture" * 40
DAMAGED = b"%PDF-1.4 planted-in-a-file, cut off in the mid"


@pytest.fixture(scope="module")
async def shop(shared: Registry) -> Shop:
    return await shared.shop()


async def _send(shop: Shop, report_id: str, *, key: str | None = None, **form: Any) -> Any:
    headers = {"Authorization": f"Bearer {shop.key}", "Idempotency-Key": key or str(uuid4())}
    path = f"/v1/reports/{report_id}/evidence"
    return await shop.http.post(path, headers=headers, **form)


async def _read(registry: Registry, report_id: str, evidence_id: str) -> httpx.Response:
    path = f"/v1/moderation/reports/{report_id}/evidence/{evidence_id}"
    return await registry.as_staff(Role.MODERATOR, "GET", path)


@pytest.mark.parametrize(
    ("content", "name", "media_type"),
    [
        (PDF, "order.pdf", "application/pdf"),
        (DAMAGED, "order.pdf", "application/pdf"),
        (JPEG, "photo.exe", "image/jpeg"),
        (PNG, "photo.pdf", "image/png"),
    ],
)
async def test_kept_as_it_came(
    shared: Registry, shop: Shop, content: bytes, name: str, media_type: str
) -> None:
    """The type is the content's, the hash is of what was received, the bytes lie sealed and come back whole."""
    report = await shop.report()
    answer = await shop.attach(report["id"], content, name)
    view = answer.json()
    assert answer.status_code == 201, answer.text
    told = (view["media_type"], view["size"], view["sha256"], view["file_name"])
    assert told == (media_type, len(content), hashlib.sha256(content).hexdigest(), name)
    row = await rows.row(shared.runtime, "evidence", view["id"])
    stored = await shared.runtime.files.get(row["blob"])
    for piece in (content, b"planted", b"%PDF", b"JFIF"):
        assert piece not in stored
    assert len(stored) == len(content) + 1 + 12 + 16
    assert name.encode() not in row["sealed_name"]
    # While it cools off a report is its reporter's alone.
    assert problem(await _read(shared, report["id"], view["id"])) == (404, "not-found")
    screening = "UPDATE reports SET state = 'screening', due_at = NULL WHERE id = :id"
    await rows.write(shared.runtime, screening, id=report["id"])
    download = await _read(shared, report["id"], view["id"])
    assert (download.status_code, download.content) == (200, content)
    headers = download.headers
    assert headers["content-type"] == media_type
    assert headers["content-disposition"].startswith("attachment;")
    assert name not in str(headers)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("sandbox")
    assert "report.evidence_read" in await rows.actions(shared.runtime, report["id"])
    assert [file["id"] for file in (await shop.view(report["id"]))["evidence"]] == [view["id"]]


async def _refused(
    registry: Registry, shop: Shop, expected: tuple[int, str], **form: Any
) -> httpx.Response:
    report = await shop.report()
    before = await everything(registry.runtime, report["id"])
    answer: httpx.Response = await _send(shop, report["id"], **form)
    assert problem(answer) == expected, answer.text
    assert await everything(registry.runtime, report["id"]) == before
    return answer


@pytest.mark.parametrize(
    "content",
    [b"GIF89a" + b"x" * 20, b"PK\x03\x04", b"<html>PDF", b"plain words", b" \xff\xd8\xff"],
)
async def test_by_content_and_not_by_name(shared: Registry, shop: Shop, content: bytes) -> None:
    form = {"files": {"file": ("order.pdf", content, "application/pdf")}}
    await _refused(shared, shop, (415, "file-type-refused"), **form)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"files": {"file": ("empty.pdf", b"")}}, (400, "invalid-values")),
        ({"files": {"document": ("order.pdf", PDF)}}, (400, "invalid-values")),
        ({"files": [("file", ("a.pdf", PDF)), ("file", ("b.pdf", PDF))]}, (400, "invalid-values")),
        ({"files": {"file": ("a.pdf", PDF)}, "data": {"note": "x"}}, (400, "invalid-values")),
        ({"files": {"file": (None, PDF)}}, (400, "invalid-values")),
        ({"json": {"file": "x"}}, (415, "unsupported-media")),
        ({"data": {"file": "x"}}, (415, "unsupported-media")),
        ({"content": b""}, (415, "unsupported-media")),
    ],
    ids=["empty", "name", "two", "more", "no file", "json", "form", "nothing"],
)
async def test_one_part_that_is_a_file(
    shared: Registry, shop: Shop, form: dict[str, Any], expected: tuple[int, str]
) -> None:
    await _refused(shared, shop, expected, **form)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "multipart/form-data; boundary=x"),
        (b"--y\r\n\r\n", "multipart/form-data; boundary=x"),
        (b'--x\r\nContent-Disposition: form-data; name="file"', "multipart/form-data; boundary=x"),
        (b"--x\r\n", "multipart/form-data"),
        (b"\x00\xff" * 50, "multipart/form-data; boundary=\x7f"),
    ],
    ids=["empty", "other boundary", "cut off", "no boundary", "garbage"],
)
async def test_a_broken_form_is_the_callers_fault(
    shared: Registry, shop: Shop, content: bytes, kind: str
) -> None:
    report = await shop.report()
    before = await everything(shared.runtime, report["id"])
    headers = {
        "Authorization": f"Bearer {shop.key}",
        "Idempotency-Key": str(uuid4()),
        "Content-Type": kind,
    }
    path = f"/v1/reports/{report['id']}/evidence"
    answer = await shop.http.post(path, headers=headers, content=content)
    assert answer.status_code == 400, answer.text
    assert await everything(shared.runtime, report["id"]) == before


async def test_ten_mebibytes_and_not_a_byte_more(shared: Registry, shop: Shop) -> None:
    report = await shop.report()
    whole = PDF + os.urandom(LARGEST - len(PDF))
    assert (await shop.attach(report["id"], whole)).status_code == 201
    before = await everything(shared.runtime, report["id"])
    answer = await shop.attach(report["id"], whole + b"x")
    assert answer.status_code == 413
    assert await everything(shared.runtime, report["id"]) == before
    far_more = await shop.attach(report["id"], whole + bytes(LARGEST // 8))
    assert far_more.status_code == 413


async def test_so_many_files_and_no_more(shared: Registry, shop: Shop) -> None:
    report = await shop.report()
    await rows.write(
        shared.runtime,
        "UPDATE reports SET evidence_count = :n WHERE id = :id",
        n=MOST_FILES - 1,
        id=report["id"],
    )
    assert (await shop.attach(report["id"])).status_code == 201
    assert problem(await shop.attach(report["id"])) == (422, "rule-broken")


@pytest.mark.parametrize("state", list(State))
async def test_only_while_it_is_open(shared: Registry, shop: Shop, state: State) -> None:
    report_id = await in_state(shared.runtime, shop, state)
    answer = await shop.attach(report_id, PNG)
    assert answer.status_code == (201 if state in ("submitted", "screening", "needs_info") else 409)


async def test_the_same_key_replays_though_the_boundary_differs(
    shared: Registry, shop: Shop
) -> None:
    report, key = await shop.report(), str(uuid4())
    bodies = []
    for boundary in ("first-boundary", "another-boundary"):
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
        )
        content = head.encode() + PDF + f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Authorization": f"Bearer {shop.key}",
            "Idempotency-Key": key,
            "Content-Type": f"multipart/form-data; boundary={boundary}",
        }
        path = f"/v1/reports/{report['id']}/evidence"
        bodies.append(await shop.http.post(path, headers=headers, content=content))
    assert [one.status_code for one in bodies] == [201, 201]
    assert bodies[0].content == bodies[1].content
    assert bodies[1].headers["Idempotent-Replayed"] == "true"
    assert len((await shop.view(report["id"]))["evidence"]) == 1
    other = await _send(shop, report["id"], key=key, files={"file": ("a.pdf", PNG)})
    assert problem(other) == (422, "idempotency-key-reused")
    elsewhere = await shop.report()
    reused = await _send(shop, elsewhere["id"], key=key, files={"file": ("a.pdf", PDF)})
    assert problem(reused) == (422, "idempotency-key-reused")


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("..\\..\\boot.pdf", "boot.pdf"),
        ("../../etc/passwd", "passwd"),
        ("накладна №5.pdf", "накладна №5.pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("x" * 500 + ".pdf", "x" * 200),
        ("/", "file"),
    ],
)
async def test_a_name_is_shown_and_leads_nowhere(shop: Shop, sent: str, shown: str) -> None:
    report = await shop.report()
    answer = await shop.attach(report["id"], PDF, sent)
    assert answer.json()["file_name"] == shown


async def test_a_file_without_a_row_is_swept_and_others_are_not(registry: Registry) -> None:
    shop = await registry.shop()
    report = await shop.report()
    await shop.attach(report["id"])
    files = registry.runtime.files
    kept = {name async for name, _ in files.names()}
    fresh, orphan = "a" * 32, "b" * 32
    await files.put(fresh, b"x")
    await files.put(orphan, b"x")
    path = registry.runtime.settings.data_dir / "files" / "bb" / orphan
    os.utime(path, (0, 0))
    for name in kept:
        os.utime(registry.runtime.settings.data_dir / "files" / name[:2] / name, (0, 0))
    assert await jobs.sweep(registry.runtime) == 1
    assert {name async for name, _ in files.names()} == {*kept, fresh}

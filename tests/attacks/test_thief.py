"""A thief of the database, the files, the logs and the metrics, but without the keys: a thousand values, none found."""

import base64
import random
import re
from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import pytest
import structlog
from sqlalchemy import text

from registry.matching import names
from registry.messages.rules import Template
from registry.platform import embedded, migrate, vault
from registry.platform import runtime as runtimes
from registry.platform.actor import CONSOLE
from registry.platform.runtime import Runtime, transaction
from registry.platform.settings import from_env
from registry.reports.lifecycle import CONTENT
from registry.reports.wire import ReportSubmission
from registry.staff import service as staff
from registry.staff.rules import Role
from tests.factories import rows
from tests.factories.registry import Registry, Shop, query, rnokpp, serving, submission

SURNAMES = ("Вигаданюк", "Небувалець", "Казкаренко", "Примарчук", "Уявленко")
GIVEN = ("Остап", "Мар'яна", "Зореслав", "Любомира", "Святополк")
#: In every planted text, so that one needle finds any of them.
MARK = "zasiv"
#: Shorter needles would be found by chance.
SHORTEST = 7


def planted(seed: int, count: int) -> list[dict[str, str]]:
    """Invented persons, each with values that occur nowhere else."""
    source = random.Random(seed)
    people = []
    for number in range(count):
        born = date(1960, 1, 1) + timedelta(days=source.randrange(14_000))
        texts = ("statement", "attempts", "contact", "contract", "lookup", "city", "address")
        people.append(
            {
                "phone": f"+38050555{source.randrange(10_000):04d}",
                "email": f"{MARK}.{number}.{source.randrange(10**6)}@poshta.example",
                "tax_id": rnokpp(born, source.randrange(10_000)),
                "name": f"{source.choice(SURNAMES)}{'ук' * (number % 3)} {source.choice(GIVEN)}",
                "file": f"{MARK}-{source.randrange(10**9)}.pdf",
                **{name: f"{MARK} {name} {source.randrange(10**9)}" for name in texts},
            }
        )
    return people


def spellings(value: str) -> Iterator[bytes]:
    """Every way in which a value might lie about: its own forms, each in many encodings."""
    forms = {value, value.casefold(), value[::-1]}
    if re.fullmatch(r"\+380\d{9}", value):
        rest = value[3:]
        forms |= {value[1:], rest, rest[1:], f"{rest[:3]} {rest[3:6]} {rest[6:8]} {rest[8:]}"}
        forms |= {f"{rest[:3]}-{rest[3:6]}-{rest[6:8]}-{rest[8:]}", f"({rest[:3]}) {rest[3:6]}"}
    elif re.search("[а-яіїєґ]", value):
        key = names.prepare(value).skeletons
        forms |= {*value.split(), " ".join(key), *key}
    for form in forms:
        raw = form.encode()
        yield raw
        yield from (form.encode(code, "ignore") for code in ("utf-16-le", "utf-16-be", "cp1251"))
        yield from (base64.b64encode(bytes(pad) + raw)[4 * (pad > 0) : -4] for pad in range(3))
        yield raw.hex().encode()
        yield form.encode("unicode_escape")


def traces(haystack: bytes, said: list[str]) -> list[str]:
    """Those of the values that stand in the haystack, in any spelling."""
    lowered = haystack.lower()
    return [
        value
        for value in said
        if any(len(n) >= SHORTEST and n.lower() in lowered for n in spellings(value))
    ]


async def plant(registry: Registry, people: list[dict[str, str]]) -> list[str]:
    """Say everything about everybody by every call there is; return all that was said."""
    said = [value for person in people for value in person.values()]
    reporter, asker, told = await _members(registry)
    moderator = await _personnel(registry)
    said += [*told, *moderator]
    for number, person in enumerate(people):
        await _report(registry, reporter, person, decided=number % 5 == 0)
        subject = {key: person[key] for key in ("phone", "email", "tax_id", "name", "address")}
        asked = {**query(**subject), "reference": person["lookup"]}
        key = {"Idempotency_Key": str(uuid4())}
        assert (await asker.call("POST", "/v1/lookups", asked, **key)).is_success
        # What is refused must not stay anywhere either, nor what is sent where it does not belong.
        wrong = submission(subject={"phone": person["phone"], "extra": person["email"]})
        assert (await reporter.create("/v1/reports", wrong)).status_code == 400
        path = f"/v1/reports?cursor={person['tax_id']}"
        assert (await reporter.call("GET", path)).status_code == 400
    return said


async def _members(registry: Registry) -> tuple[Shop, Shop, list[str]]:
    reporter = await registry.shop(
        name=f"ТОВ {MARK} name",
        email=f"office.{MARK}@members.example",
        website=f"https://{MARK}.members.example",
        beneficial_owners=["Вигадайло Онуфрій", {"name": "Химерко Юхим", "tax_id": "3184710691"}],
    )
    profile = [f"ТОВ {MARK} name", f"office.{MARK}@members.example", f"{MARK}.members.example"]
    owners = ["Вигадайло Онуфрій", "Химерко Юхим", "3184710691"]
    return reporter, await registry.shop(plan="partner"), [*profile, *owners]


async def _personnel(registry: Registry) -> list[str]:
    people = ["Наглядайло Мотрона", "Суддівко Панас"]
    async with transaction(registry.runtime) as session:
        for name in people:
            await staff.add(session, CONSOLE, Role.MODERATOR, name)
    return people


async def _report(
    registry: Registry, reporter: Shop, person: dict[str, str], *, decided: bool
) -> None:
    subject = {key: person[key] for key in ("phone", "email", "tax_id", "name", "city", "address")}
    contact = {"at": "2026-01-03T09:00:00Z", "channel": MARK, "summary": person["contact"]}
    report = await reporter.report(
        subject=subject,
        statement=person["statement"],
        settlement_attempts=person["attempts"],
        contract_reference=person["contract"],
        contacts=[contact],
    )
    assert (await reporter.attach(report["id"], name=person["file"])).status_code == 201
    if decided:
        decision = {
            "decision": "publish",
            "reason_code": "proof_standard_met",
            "reason": person["statement"],
        }
        path = f"/v1/moderation/reports/{report['id']}/decision"
        answer = await registry.as_staff(Role.MODERATOR, "POST", path, decision)
        assert answer.status_code == 200
        await registry.work()
        settle = {"reason": person["attempts"]}
        path = f"/v1/reports/{report['id']}/settle"
        assert (await reporter.call("POST", path, settle)).status_code == 200


async def dump(runtime: Runtime) -> bytes:
    """Every value of every table, binary columns as they are."""
    parts: list[bytes] = []
    columns = await rows.select(
        runtime,
        "SELECT c.table_name AS t, c.column_name AS c, c.data_type AS k"
        " FROM information_schema.columns c JOIN information_schema.tables t"
        " USING (table_schema, table_name)"
        " WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'",
    )
    async with transaction(runtime) as session:
        for one in columns:
            cast = f'"{one["c"]}"' if one["k"] == "bytea" else f'"{one["c"]}"::text'
            for value in await session.scalars(text(f'SELECT {cast} FROM "{one["t"]}"')):
                if value is not None:
                    parts.append(value if isinstance(value, bytes) else value.encode())
    return b"\n".join(parts)


@pytest.fixture
def log_lines() -> Iterator[list[Any]]:
    """What is logged during the test."""
    with structlog.testing.capture_logs() as lines:
        yield lines


async def test_a_thousand_values_leave_no_trace(sandbox: Registry, log_lines: list[Any]) -> None:
    """Not in a table, a file, a log line or a metric; and each of the places is really looked at."""
    said = await plant(sandbox, planted(20261122, 90))
    assert len(said) >= 1000
    assert len(set(said)) > 900
    await sandbox.work()
    everything = await dump(sandbox.runtime)
    assert Template.REPORT_NOTICE.encode() in everything
    assert len(everything) > 500_000
    assert traces(everything, said) == []
    files = [p for p in (sandbox.runtime.settings.data_dir / "files").rglob("*") if p.is_file()]
    # Settled reports keep theirs until they are erased.
    assert len(files) == 90
    assert traces(b"".join(path.read_bytes() for path in files), said) == []
    assert traces(" ".join(map(str, files)).encode(), said) == []
    assert len([line for line in log_lines if line["event"] == "request"]) > 400
    assert traces(repr(log_lines).encode(), said) == []
    metrics = (await sandbox.http.get("/metrics")).content
    assert b"registry_requests_total" in metrics
    assert traces(metrics, said) == []


async def test_no_path_is_logged_as_it_was_sent(shared: Registry, log_lines: list[Any]) -> None:
    """Who types a number where it does not belong, or follows a wrong link, leaves it in no log line and no metric."""
    person = planted(20261123, 1)[0]
    for value in (person["phone"], person["email"], person["tax_id"]):
        for path in (
            value,
            f"v1/{value}",
            f"v1/reports/{value}",
            f"docs/{value}",
            f"health/{value}",
        ):
            assert (await shared.http.get(f"/{path}?q={value}")).status_code in {400, 401, 404}
            assert (await shared.http.put(f"/{path}")).status_code in {404, 405}
    assert len([line for line in log_lines if line["event"] == "request"]) == 30
    said = [person["phone"], person["email"], person["tax_id"]]
    assert traces(repr(log_lines).encode(), said) == []
    assert traces((await shared.http.get("/metrics")).content, said) == []


async def test_what_must_hold_addresses_is_for_its_owner_alone(sandbox: Registry) -> None:
    """The outbox, where no mail server is set: its letters are in the clear, and 0600 in a folder of 0700."""
    await sandbox.published(await sandbox.shop(email=f"{MARK}@members.example"))
    folder = sandbox.runtime.settings.outbox_dir
    files = [path for path in folder.iterdir() if path.is_file()]
    assert any(MARK in path.read_text() for path in files)
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert sandbox.runtime.settings.key_path.stat().st_mode & 0o777 == 0o600


VALUE = "Словесна улика +380505557788"


@pytest.mark.parametrize(
    ("column", "written"),
    [
        ("info_code", VALUE),
        ("info_code", VALUE.upper()),
        ("info_code", base64.b64encode(VALUE.encode()).decode()),
        ("info_code", VALUE.encode().hex()),
        ("sealed_content", VALUE.encode()),
        ("sealed_content", VALUE.encode("utf-16-le")),
        ("sealed_content", b"xy" + base64.b64encode(b"z" + VALUE.encode())),
        ("contract_index", VALUE.encode("cp1251")),
    ],
)
async def test_the_scan_would_find_it(shared: Registry, column: str, written: Any) -> None:
    """The same scan of a database into which one value was written in the clear, or thinly veiled."""
    report = await (await shared.shop()).report()
    assert traces(await dump(shared.runtime), [VALUE]) == []
    async with transaction(shared.runtime) as session:
        update = text(f"UPDATE reports SET {column} = :value WHERE id = :id")
        await session.execute(update, {"value": written, "id": report["id"]})
    assert traces(await dump(shared.runtime), [VALUE]) == [VALUE]
    await rows.write(
        shared.runtime,
        "UPDATE reports SET info_code = NULL, sealed_content = NULL, contract_index = ''",
    )


async def test_the_keys_open_what_the_thief_took(shared: Registry) -> None:
    """With the key file the same dump is readable: it is the keys that keep it closed."""
    report = await (await shared.shop()).report(statement=f"{MARK} opened")
    row = await rows.row(shared.runtime, "reports", report["id"])
    key = await rows.row(shared.runtime, "data_keys", row["data_key_id"])
    wrapped, version = key["wrapped"], key["kek_version"]
    opened = vault.unwrap(shared.runtime.keyring, row["data_key_id"], wrapped, version)
    content = opened.open(CONTENT, row["sealed_content"], ReportSubmission)
    assert content.statement == f"{MARK} opened"


@pytest.fixture
async def on_disk(tmp_path: Path) -> AsyncIterator[tuple[Registry, Path]]:
    """A registry on a server of its own, and where that server's data lies."""
    with TemporaryDirectory(prefix="registry-thief-") as folder:
        server = embedded.start(Path(folder) / "pg", options={"fsync": "off"})
        try:
            await migrate.upgrade(server.url)
            settings = from_env({}, data_dir=tmp_path / "var", policy="sandbox")
            async with runtimes.running(settings, server.url) as opened, serving(opened) as served:
                yield served, server.data_dir
        finally:
            server.release()


async def test_the_disk_itself_holds_nothing(on_disk: tuple[Registry, Path]) -> None:
    """Data files, the write-ahead log and the server's own log, byte by byte; failed statements included."""
    registry, data_dir = on_disk
    people = planted(4711, 12)
    await plant(registry, people)
    # A statement that fails with a value in it is the kind of line that a server's log would keep.
    with pytest.raises(Exception, match="invalid input syntax"):
        await rows.select(registry.runtime, f"SELECT '{MARK} {people[0]['phone']}'::int")
    needles = re.compile(
        "|".join(
            re.escape(n) for n in (MARK, "50555", *SURNAMES, *(one["tax_id"] for one in people))
        ).encode()
    )
    wide = MARK.encode("utf-16-le")
    paths = [path for path in data_dir.rglob("*") if path.is_file()]
    size, found = 0, []
    for path in paths:
        content = path.read_bytes()
        size += len(content)
        if needles.search(content) or wide in content:
            found.append(path.name)
    assert size > 20_000_000
    assert any("log" in path.parts for path in paths)
    assert any("pg_wal" in path.parts for path in paths)
    assert found == []

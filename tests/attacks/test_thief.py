"""A thief with a dump of the database, the files, the logs and the metrics, but without the keys."""

import base64
import random
from collections.abc import Iterator
from datetime import date, timedelta
from uuid import uuid4

import pytest
import structlog
from sqlalchemy import text

from registry.messages.rules import Template
from registry.platform import clock
from registry.platform.runtime import Runtime, transaction
from registry.staff.rules import Role
from tests.factories.registry import Registry, rnokpp, submission

SURNAMES = ("Вигаданюк", "Небувалець", "Казкаренко", "Примарчук", "Уявленко")
GIVEN = ("Остап", "Мар'яна", "Зореслав", "Любомира", "Святополк")


def planted(seed: int, count: int) -> list[dict[str, str]]:
    """Invented persons, each with values that occur nowhere else."""
    source = random.Random(seed)
    people = []
    for number in range(count):
        born = date(1960, 1, 1) + timedelta(days=source.randrange(14_000))
        people.append(
            {
                "phone": f"+38050555{source.randrange(10_000):04d}",
                "email": f"vyhadanyi.{number}.{source.randrange(10**6)}@poshta.example",
                "tax_id": rnokpp(born, source.randrange(10_000)),
                "name": f"{source.choice(SURNAMES)}{'ук' * (number % 3)} {source.choice(GIVEN)}",
                "address": f"вул. Неіснуюча {number}, кв. {source.randrange(10**5)}",
                "statement": f"Slova svidka nomer {source.randrange(10**9)}",
                "reference": f"dohovir-{source.randrange(10**9)}",
                "file": f"doc-{source.randrange(10**9)}.pdf",
                "reason": f"Prychyna {source.randrange(10**9)}",
            }
        )
    return people


def spellings(value: str) -> Iterator[bytes]:
    """Every way in which a value might lie about: encodings, and a phone's national forms."""
    forms = {value, value.casefold()}
    if value.startswith("+380"):
        forms |= {value[1:], value[3:], f"{value[3:6]} {value[6:9]}"}
    for form in forms:
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "cp1251"):
            raw = form.encode(encoding, "ignore")
            yield raw
        yield base64.b64encode(form.encode())[:-4]
        yield form.encode().hex().encode()
        yield form.encode("unicode_escape")


async def plant(registry: Registry, people: list[dict[str, str]]) -> list[str]:
    """Report every person, look everyone up, and return all that was said."""
    reporter, asker = await registry.shop(), await registry.shop()
    said: list[str] = []
    for person in people:
        subject = {key: person[key] for key in ("phone", "email", "tax_id", "name", "address")}
        report = await reporter.report(
            subject=subject, statement=person["statement"], contract_reference=person["reference"]
        )
        await reporter.attach(report["id"], name=person["file"])
        asked = {"subject": subject, "purpose": "order", "reference": f"{person['reference']}-l"}
        headers = {"Idempotency_Key": str(uuid4())}
        assert (await asker.call("POST", "/v1/lookups", asked, **headers)).status_code in (200, 429)
        said += list(person.values())
    for person in people[::3]:
        body = submission(subject={"phone": person["phone"]}, statement=person["reason"])
        assert (await reporter.call("POST", "/v1/reports", body)).status_code == 400
    return said


def assert_unreadable(haystack: bytes, said: list[str], where: str) -> None:
    """None of the planted values stands in the haystack, in any spelling."""
    lowered = haystack.lower()
    for value in said:
        for needle in spellings(value):
            if len(needle) >= 7:
                assert needle.lower() not in lowered, f"a planted value lies in {where}"


async def dump(runtime: Runtime) -> bytes:
    """Every row of every table, binary columns decoded."""
    parts: list[bytes] = []
    async with transaction(runtime) as session:
        columns = await session.execute(
            text(
                "SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns c"
                " JOIN information_schema.tables t USING (table_schema, table_name)"
                " WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'"
            )
        )
        for table, column, kind in columns.all():
            cast = f'"{column}"' if kind == "bytea" else f'"{column}"::text'
            for value in await session.scalars(text(f'SELECT {cast} FROM "{table}"')):
                if value is not None:
                    parts.append(value if isinstance(value, bytes) else value.encode())
    return b"\n".join(parts)


@pytest.fixture
def log_lines() -> Iterator[list[object]]:
    """What is logged during the test."""
    with structlog.testing.capture_logs() as lines:
        yield lines  # type: ignore[misc]  # structlog's own type is narrower than what it holds


async def test_a_dump_without_the_keys_is_worth_nothing(
    sandbox: Registry, log_lines: list[object]
) -> None:
    """1,000 planted values: none in a table, a file, a log line or a metric."""
    people = planted(20261122, 112)
    said = await plant(sandbox, people)
    assert len(said) >= 1000
    await sandbox.work()
    report = (await sandbox.as_staff(Role.MODERATOR, "GET", "/v1/moderation/queue")).json()[
        "items"
    ][0]
    assert (await sandbox.decide(report["id"])).status_code == 200
    await sandbox.work()
    everything = await dump(sandbox.runtime)
    assert Template.REPORT_NOTICE.encode() in everything, "the dump is a dump"
    assert_unreadable(everything, said, "the database")
    for file in (sandbox.runtime.settings.data_dir / "files").rglob("*"):
        if file.is_file():
            assert_unreadable(file.read_bytes(), said, "the file store")
    assert len(log_lines) > 300
    assert_unreadable(repr(log_lines).encode(), said, "the log")
    metrics = (await sandbox.http.get("/metrics")).content
    assert b"registry_requests_total" in metrics
    assert_unreadable(metrics, said, "the metrics")


async def test_outbox_files_are_for_the_owner_alone(sandbox: Registry) -> None:
    """What must hold an address in the clear, the outbox, is readable by its owner only."""
    await sandbox.published(await sandbox.shop())
    files = [path for path in sandbox.runtime.settings.outbox_dir.iterdir() if path.is_file()]
    assert files
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert sandbox.runtime.settings.outbox_dir.stat().st_mode & 0o777 == 0o700


async def test_the_scan_would_find_a_value_in_the_clear(sandbox: Registry) -> None:
    """The same scan against a database in which one value was written in the clear."""
    shop = await sandbox.shop()
    report = await shop.report(statement="Slova v yasnomu vyhliadi")
    async with transaction(sandbox.runtime) as session:
        await session.execute(
            text("UPDATE reports SET info_code = 'Slova v yasnomu vyhliadi' WHERE id = :id"),
            {"id": report["id"]},
        )
    with pytest.raises(AssertionError, match="the database"):
        assert_unreadable(await dump(sandbox.runtime), ["Slova v yasnomu vyhliadi"], "the database")
    assert clock.offset() == timedelta()

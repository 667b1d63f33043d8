"""What the time of an answer tells: whether a person, a business or earlier reports are known to the registry.

`registry serve` runs as it is, with its worker, on an embedded PostgreSQL. A stranger sends probes for known and for
unknown people, in random order, over one kept-alive connection. The AUC is the probability that a known one took
longer than an unknown one, or shorter, whichever is larger: 0.5 tells nothing, 1.0 everything. Each identifier is
asked for once. The budgets are emptied meanwhile: an attacker with many addresses has many of them.

    python bench/timing.py [--probes 2000]

Prints medians in milliseconds and the AUC with its 95 % interval, for each anonymous call and for `POST /v1/reports`.
"""

import argparse
import contextlib
import http.client
import itertools
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from lookup import START_SECONDS, member, on_its_own
from stdnum.ua import edrpou

from registry.identities import service as identities
from registry.identities.rules import FactCodes
from registry.identities.wire import SubjectDescription
from registry.platform import runtime, vault
from registry.platform.db import SYSTEM_ROLE, plain_dsn
from registry.platform.ids import uuid7
from registry.platform.runtime import Session, transaction
from registry.platform.settings import from_env
from registry.subjects import rules

#: Phones, and as many e-mails, of one person; reports of a person with many; calls that follow a start.
VALUES, MANY, AFTER = 10, 40, 10
#: So many probes, and the budgets are emptied: no budget of an hour is smaller.
BATCH = 25
#: Seconds between two probes: the worker has done by then what a start leaves it to do.
PAUSE = 0.05
#: A new business may have few undecided reports at once.
ROOM = "UPDATE reports SET state = 'withdrawn', due_at = NULL WHERE state = 'submitted'"
SESSIONS = "/v1/subject/sessions"
CODE = re.compile(rf"\b[0-9]{{{rules.CODE_DIGITS}}}\b")
CLAIM = {"document": "bcr_document_" + "a" * 43}
#: The group that the others are compared with.
UNKNOWN = "unknown"
Values = Mapping[str, Iterable[Any]]


class Person:
    """An invented person: phones and e-mails that no other has."""

    _numbers = itertools.count()

    def __init__(self) -> None:
        first = next(self._numbers) * VALUES
        self.phones = [f"+38067{number:07d}" for number in range(first, first + VALUES)]
        self.emails = [f"person{number}@mail.example" for number in range(first, first + VALUES)]


class Stranger:
    """One kept-alive connection of a client."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._connection.connect()
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(
        self, path: str, body: object, *statuses: int, headers: Mapping[str, str] | None = None
    ) -> tuple[float, Any]:
        """Send a call; returns its seconds and its answer. Ends the bench on any other status than these."""
        content = json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **(headers or {})}
        began = time.perf_counter()
        self._connection.request("POST", path, content, sent)
        answer = self._connection.getresponse()
        told = answer.read()
        took = time.perf_counter() - began
        if answer.status not in statuses:
            raise SystemExit(f"{path} answered {answer.status} {told[:300]!r}")
        return took, json.loads(told)


class Bench:
    """What the probes share: the stranger, a business's key, and the seconds of each call by group."""

    def __init__(self, stranger: Stranger, outbox: Path, key: str) -> None:
        self.stranger, self._outbox, self._key = stranger, outbox, key
        self._happened = str(datetime.now(UTC).date() - timedelta(days=20))
        self.samples: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        self._numbers = itertools.count(1)

    def begun(self, kind: str, value: str) -> tuple[float, str]:
        """Start a session; returns the seconds and the path of its proofs."""
        took, told = self.stranger.post(SESSIONS, {kind: value}, 202)
        return took, f"{SESSIONS}/{told['session_id']}/proof"

    def proven(self, phone: str) -> str:
        """Prove a phone by the code that came there; returns the path of the session's proofs."""
        _, place = self.begun("phone", phone)
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            for path in self._outbox.glob("*.json"):
                letter = json.loads(path.read_text(encoding="utf-8"))
                code = CODE.search(letter["text"])
                if letter["to"] == phone and code:
                    self.stranger.post(place, {"code": code[0]}, 200)
                    return place
                path.unlink()
            time.sleep(0.02)
        raise SystemExit("no code came")

    def _note(self, call: str, group: str, took: float) -> None:
        self.samples[call][group].append(took)

    def _guess(self, call: str, group: str, place: str) -> None:
        took, _ = self.stranger.post(place, {"code": "0" * rules.CODE_DIGITS}, 422)
        self._note(call, group, took)

    def phone(self, group: str, phone: str) -> None:
        """Measure a start, and at once a wrong code."""
        took, place = self.begun("phone", phone)
        self._note("start by phone", group, took)
        self._guess("wrong code at once", group, place)

    def mail(self, group: str, mail: str) -> None:
        """Measure a start, and at once an invented claim of a document."""
        took, place = self.begun("email", mail)
        self._note("start by e-mail", group, took)
        self._note("invented claim at once", group, self.stranger.post(place, CLAIM, 422)[0])

    def beside(self, group: str, phone: str) -> None:
        """Measure what other calls take while the worker sees to a start."""
        self.begun("phone", phone)
        elsewhere = f"{SESSIONS}/{uuid4()}/proof"
        took = sum(self.stranger.post(elsewhere, CLAIM, 404)[0] for _ in range(AFTER))
        self._note(f"{AFTER} other calls after a start", group, took)

    def second(self, group: str, asked: tuple[str, str]) -> None:
        """Measure a second identifier where one is proven, and at once a wrong code."""
        place, mail = asked
        took, _ = self.stranger.post(place, {"identifier": mail}, 200)
        self._note("second identifier", group, took)
        self._guess("its wrong code at once", group, place)

    def sign_up(self, group: str, given: Mapping[str, str]) -> None:
        """Measure a sign-up with a given register code or e-mail."""
        number = next(self._numbers)
        body = {
            "name": f"ТОВ «{number}»",
            "country": "UA",
            "register_code": register_code(number),
            "email": f"office{number}@shop.example",
            "beneficial_owners": ["Власник"],
            **given,
        }
        took, _ = self.stranger.post("/v1/businesses", body, 201, 409)
        self._note(f"sign-up by {'/'.join(given)}", group, took)

    def report(self, group: str, phone: str) -> None:
        """Measure a report by a business."""
        body = {
            "subject": {"phone": phone, "name": "Шевченко Олександр"},
            "category": "parcel_refused",
            "incident_date": self._happened,
            "contract_reference": str(uuid4()),
            "amount": {"amount": 125_000, "currency": "UAH"},
            "statement": "Ordered with cash on delivery, did not collect.",
            "contacts": [],
            "settlement_attempts": "Two calls.",
        }
        headers = {"Authorization": f"Bearer {self._key}", "Idempotency-Key": str(uuid4())}
        took, _ = self.stranger.post("/v1/reports", body, 201, headers=headers)
        self._note("POST /v1/reports", group, took)


async def known(session: Session, business_id: UUID, person: Person, values: int = VALUES) -> None:
    """Record one visible report of a person, under so many phones and e-mails."""
    key = await vault.create(session, session.keyring, owner=business_id)
    described = SubjectDescription(phones=person.phones[:values], emails=person.emails[:values])
    subject = identities.read(described, country="UA")
    resolved = await identities.add_published(session, subject, key)
    codes = FactCodes(
        category="parcel_refused",
        month=f"{session.now:%Y-%m}",
        amount_band="1000-5000",
        currency="UAH",
        evidence_grade="documented",
        state="active",
        since=session.now,
        until=session.now + timedelta(days=300),
    )
    await identities.show(
        session,
        report_id=uuid7(),
        record_id=resolved.record_id,
        business_id=business_id,
        codes=codes,
    )


async def prepare(url: str, folder: Path, people: Sequence[Person], many: Sequence[Person]) -> str:
    """Record the people, and `many` with many reports each; returns the key of a business that reports."""
    async with runtime.running(from_env({}, data_dir=folder), url) as opened:
        async with transaction(opened) as session:
            business_id, key = await member(session)
        for person in people:
            async with transaction(opened) as session:
                await known(session, business_id, person)
        for person in many:
            async with transaction(opened) as session:
                for _ in range(MANY):
                    await known(session, business_id, person, 1)
    return key


@contextlib.contextmanager
def served(url: str, folder: Path) -> Iterator[int]:
    """Run `registry serve` with its worker on this database; yields the port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    command = [str(Path(sys.executable).parent / "registry"), "serve", "--port", str(port)]
    environment = {
        **os.environ,
        "REGISTRY_DATABASE_URL": url,
        "REGISTRY_DATA_DIR": str(folder),
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait_until_ready(process, port)
        yield port
    finally:
        process.terminate()
        process.wait()


def wait_until_ready(process: "subprocess.Popen[bytes]", port: int) -> None:
    """Wait until it serves and its worker lives."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health/ready")
            if json.loads(connection.getresponse().read()).get("worker_heartbeat_age") is not None:
                return
        time.sleep(0.2)
    raise SystemExit("the registry did not start")


def register_code(number: int) -> str:
    """An EDRPOU that checks."""
    body = f"9{number:06d}"
    return body + str(edrpou.calc_check_digit(body))


def auc(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """The AUC of two groups, 0.5 or more, and half of its 95 % interval (Hanley and McNeil, 1982)."""
    ranked = sorted([(seconds, True) for seconds in one] + [(seconds, False) for seconds in other])
    ranks = sum(rank for rank, (_, mine) in enumerate(ranked, 1) if mine)
    m, n = len(one), len(other)
    area = (ranks - m * (m + 1) / 2) / (m * n)
    area = max(area, 1 - area)
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (m - 1) * (first - area**2) + (n - 1) * (second - area**2)
    return area, 1.96 * (variance / (m * n)) ** 0.5


def show(samples: Mapping[str, Mapping[str, Sequence[float]]]) -> None:
    """Print of each call and group the median, that of the unknown, and the AUC of the two."""
    for call, groups in samples.items():
        base = groups[UNKNOWN]
        for name in sorted(groups.keys() - {UNKNOWN}):
            area, spread = auc(groups[name], base)
            times = [statistics.median(one) * 1000 for one in (groups[name], base)]
            print(
                f"{call:28} {name:16} {times[0]:7.2f} ms, {UNKNOWN} {times[1]:7.2f} ms,"
                f" AUC {area:.3f} ± {spread:.3f} ({len(groups[name])} + {len(base)} probes)",
                flush=True,
            )


class Crowds:
    """Who is probed: people for each probe, so that nobody is asked for twice."""

    def __init__(self, half: int) -> None:
        fitting = -(-half // VALUES)
        self.asked, self.beside, self.holders, self.others, self.reported = (
            [Person() for _ in range(fitting)] for _ in range(5)
        )
        self.many = [Person() for _ in range(fitting)]

    def all(self) -> list[Person]:
        """Everybody who is known by one report."""
        return [*self.asked, *self.beside, *self.holders, *self.others, *self.reported]

    def seconds(self, bench: Bench) -> Values:
        """(place, e-mail) to ask for where a phone of each holder is proven."""
        places = [bench.proven(person.phones[0]) for person in self.holders]
        repeated = [place for place in places for _ in range(VALUES)]
        return {
            "the same person's": zip(repeated, mails(self.holders), strict=True),
            "another's": zip(repeated, mails(self.others), strict=True),
            UNKNOWN: zip(repeated, nobodys_mails(), strict=False),
        }


def phones(people: Sequence[Person]) -> Iterable[str]:
    """All phones of these people."""
    return itertools.chain.from_iterable(person.phones for person in people)


def mails(people: Sequence[Person]) -> Iterable[str]:
    """All e-mails of these people."""
    return itertools.chain.from_iterable(person.emails for person in people)


_nobody = itertools.count()


def nobodys_phones() -> Iterator[str]:
    """Phones of nobody's, each another."""
    return (f"+38068{number:07d}" for number in _nobody)


def nobodys_mails() -> Iterator[str]:
    """E-mails of nobody's, each another."""
    return (f"nobody{number}@mail.example" for number in _nobody)


async def probe(
    url: str, bench: Bench, one: Callable[[str, Any], None], values: Values, half: int
) -> None:
    """Probe with so many values of each group, in random order, and show what it took."""
    groups = values.items()
    probes = [(group, value) for group, of in groups for value in itertools.islice(of, half)]
    random.shuffle(probes)
    database = await asyncpg.connect(plain_dsn(url))
    await database.execute(f"SET ROLE {SYSTEM_ROLE}")
    for number, (group, value) in enumerate(probes):
        if number % BATCH == 0:
            await database.execute("DELETE FROM buckets")
        one(group, value)
        await database.execute(ROOM)
        time.sleep(PAUSE)  # noqa: ASYNC251 - nothing else runs in this loop
    await database.close()
    show(bench.samples)
    bench.samples.clear()


async def measure(options: argparse.Namespace, url: str, folder: Path) -> None:
    """Build the data, probe call by call, print."""
    half = options.probes // 2
    crowds = Crowds(half)
    key = await prepare(url, folder, crowds.all(), crowds.many)
    with served(url, folder) as port:
        bench = Bench(Stranger(port), folder / "outbox", key)
        members = ({"register_code": "41000012"}, {"email": "b@shop.example"})
        code, address = (itertools.repeat(one) for one in members)
        codes = ({"register_code": register_code(n)} for n in itertools.count(500_000))
        addresses = ({"email": mail} for mail in nobodys_mails())
        again = itertools.cycle(person.phones[0] for person in crowds.many)
        reported = {"1 report": phones(crowds.reported), f"{MANY} reports": again}
        plan: list[tuple[Callable[[str, Any], None], Values]] = [
            (bench.phone, {"known": phones(crowds.asked), UNKNOWN: nobodys_phones()}),
            (bench.mail, {"known": mails(crowds.asked), UNKNOWN: nobodys_mails()}),
            (bench.beside, {"known": phones(crowds.beside), UNKNOWN: nobodys_phones()}),
            (bench.second, crowds.seconds(bench)),
            (bench.sign_up, {"member's": code, UNKNOWN: codes}),
            (bench.sign_up, {"member's": address, UNKNOWN: addresses}),
            (bench.report, {**reported, UNKNOWN: nobodys_phones()}),
        ]
        for one, values in plan:
            await probe(url, bench, one, values, half)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--probes", type=int, default=2_000)
    options = parser.parse_args()
    on_its_own(lambda url, folder: measure(options, url, folder))


if __name__ == "__main__":
    main()

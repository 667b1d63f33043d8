"""The proxies in front of a real registry, over HTTP/1.1 and HTTP/2: files pass, and no request is lost."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from registry.platform.policy import Plan
from tests.attacks.strangers import disputed, holder
from tests.deploy import places, test_proxy, upstream
from tests.factories import server
from tests.factories.registry import PDF, Registry
from tests.subjects.test_proofs import proven

PLAN = Plan(minute=10_000, day=100_000, unmatched=10_000, reports_day=1_000, reports_month=10_000)
ROUNDS = 6
#: Larger than what the proxies take where no file is expected.
LARGE = PDF + bytes(300_000)
HUGE = bytes(5_000_000)
VERSIONS = ["http1.1", "http2"]


@dataclass
class Front:
    """A proxy in front of a registry, asked by curl on a new connection each time."""

    port: int
    folder: Path

    def ask(self, version: str, path: str, *options: str) -> str:
        """The status of an answer; 000 when there was none within 20 seconds."""
        command = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}"]
        command += [f"--{version}", "--max-time", "20", "--cacert", str(self.folder / "cert.pem")]
        url = f"https://localhost:{self.port}{path}"
        done = subprocess.run([*command, *options, url], capture_output=True, check=False)
        return done.stdout.decode()

    def upload(self, version: str, path: str, content: bytes, key: str | None) -> str:
        """The status of the answer to an upload."""
        (self.folder / "file.pdf").write_bytes(content)
        options = ["--form", f"file=@{self.folder / 'file.pdf'}"]
        options += ["--header", f"Idempotency-Key: {uuid4()}"]
        options += [] if key is None else ["--header", f"Authorization: Bearer {key}"]
        return self.ask(version, path, *options)


@dataclass
class Behind:
    """The registry behind the proxies, and the key for each path that takes a file."""

    port: int
    folder: Path
    #: path of an upload -> key.
    uploads: dict[str, str]


@pytest.fixture(scope="module")
async def behind(shared: Registry) -> AsyncIterator[Behind]:
    shop = await shared.shop()
    report = await shop.report()
    victim, ids = await disputed(shared, shop)
    both = await proven(shared, victim["phone"], victim["email"])
    _, one = await holder(shared, victim["phone"])
    person, one_proof = (token["Authorization"].removeprefix("Bearer ") for token in (both, one))
    url = shared.runtime.database.engine.url.render_as_string(hide_password=False)
    folder = shared.runtime.settings.data_dir.parent
    with server.serving(url, folder, PLAN, processes=1) as servers:
        yield Behind(
            servers.listener.getsockname()[1],
            folder,
            {
                f"/v1/reports/{report['id']}/evidence": shop.key,
                f"/v1/disputes/{ids['dispute_id']}/evidence": shop.key,
                f"/v1/subject/disputes/{ids['dispute_id']}/evidence": person,
                "/v1/subject/documents": one_proof,
            },
        )


@contextmanager
def fronted(name: str, behind: Behind) -> Iterator[Front]:
    write, _, start = test_proxy.PROXIES[name]
    port, folder = upstream.free_port(), behind.folder / name
    folder.mkdir()
    upstream.certificate(folder)
    config = folder / "proxy.cfg"
    # A busy machine may answer a health check late: that is not what is tried here.
    text = write(folder, port, upstream.free_port(), behind.port).replace("200ms", "60s")
    config.write_text(text, encoding="utf-8")
    with (folder / "out.log").open("ab") as out:
        process = subprocess.Popen([*start, str(config)], stdout=out, stderr=out)
    try:
        front = Front(port, folder)
        retry = ["--retry", "20", "--retry-connrefused"]
        assert front.ask("http1.1", "/health/ready", *retry) == "200"
        yield front
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(name, marks=[places.needs(name), places.needs("curl")])
        for name in test_proxy.PROXIES
    ],
)
def front(request: pytest.FixtureRequest, behind: Behind) -> Iterator[Front]:
    with fronted(request.param, behind) as opened:
        yield opened


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "path", ["/v1/reports/0193a0b0-0000-7000-8000-000000000000/evidence", "/v1/subject/documents"]
)
def test_a_refused_upload_swallows_nobody_s_request(front: Front, path: str, version: str) -> None:
    """The proxy keeps its connections to the registry; what it sends next is the next client's request."""
    answers = []
    for _ in range(ROUNDS):
        answers.append(front.upload(version, path, HUGE, None))
        answers.append(front.ask(version, "/v1/transparency"))
    assert answers == ["401", "200"] * ROUNDS


@pytest.mark.parametrize("version", VERSIONS)
def test_files_of_every_kind_pass_with_and_without_a_slash(
    front: Front, behind: Behind, version: str
) -> None:
    """A second document gets 409 from the registry while the first waits for a moderator; the proxy lets both pass."""
    for path, key in behind.uploads.items():
        taken = {"201", "409"} if path.endswith("documents") else {"201"}
        for spelled in (path, f"{path}/"):
            assert front.upload(version, spelled, LARGE, key) in taken

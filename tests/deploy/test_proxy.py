"""The proxies' configurations: their numbers, the programs' own check, and how they treat requests.

The programs run with the files as they are, but for certificates, ports and the registry's address.
"""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from registry import app
from registry.contract import calls
from registry.platform import gates
from registry.platform.errors import URN
from registry.platform.head import Limits
from registry.platform.routing import BATCH_SIZE, BODY_SIZE, UPLOAD_SIZE, Routes
from tests.deploy import places, upstream
from tests.deploy.upstream import Client, Upstream

HAPROXY, NGINX = places.read("deploy/proxy/haproxy.cfg"), places.read("deploy/proxy/nginx.conf")
LIMITS = Limits()
ID = "0193a0b0-0000-7000-8000-000000000000"
APPLICATION = app.build()
ROUTES = Routes(APPLICATION, app.GATES, gates.FILES, gates.OTHERS)
#: Paths that take a body, with the size that their route takes; a slash at the end counts the same.
SIZES = {
    spelled: ROUTES.of({"method": call.method.upper(), "path": path, "state": {}}).body_size
    for call in calls.read(APPLICATION)
    if call.takes is not None
    for path in [re.sub(r"\{\w+\}", ID, call.path)]
    for spelled in (path, f"{path}/")
}
LARGER = sorted(path for path, size in SIZES.items() if size != BODY_SIZE)
#: What a client may put where it does not belong.
PLANTED = "380671112233"


def haproxy_config(folder: Path, port: int, plain: int, behind: int, check: str = "200ms") -> str:
    text = HAPROXY.replace("/etc/haproxy/certs/registry.pem", str(folder / "both.pem"))
    text = text.replace("bind :443", f"bind 127.0.0.1:{port}")
    text = text.replace("bind :80", f"bind 127.0.0.1:{plain}")
    return text.replace("registry:8000 check inter 5s", f"127.0.0.1:{behind} check inter {check}")


def nginx_config(folder: Path, port: int, plain: int, behind: int) -> str:
    text = NGINX.replace("user www-data;", "daemon off;")
    text = text.replace("/etc/nginx/certs/registry.pem", str(folder / "cert.pem"))
    text = text.replace("/etc/nginx/certs/registry.key", str(folder / "key.pem"))
    text = text.replace("/run/nginx.pid", str(folder / "nginx.pid"))
    text = text.replace("/var/log/nginx/registry.log", str(folder / "out.log"))
    text = re.sub(r"\n *listen \[::\]:\d+[^;]*;", "", text)
    text = text.replace("listen 443", f"listen 127.0.0.1:{port}")
    text = text.replace("listen 80", f"listen 127.0.0.1:{plain}")
    text = text.replace("server registry:8000", f"server 127.0.0.1:{behind}")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "".join(f"    {kind}_temp_path {folder / kind};\n" for kind in kinds)
    return text.replace("http {\n", f"http {{\n{temporary}")


PROXIES = {
    "haproxy": (haproxy_config, ["haproxy", "-c", "-f"], ["haproxy", "-W", "-f"]),
    "nginx": (nginx_config, ["nginx", "-t", "-c"], ["nginx", "-c"]),
}


@contextmanager
def running(name: str, folder: Path, server: Upstream) -> Iterator[Client]:
    """The proxy in front of `server`."""
    write, _, start = PROXIES[name]
    port, plain = upstream.free_port(), upstream.free_port()
    upstream.certificate(folder)
    config = folder / "proxy.cfg"
    config.write_text(write(folder, port, plain, server.server_port), encoding="utf-8")
    with (folder / "out.log").open("ab") as out:
        process = subprocess.Popen([*start, str(config)], stdout=out, stderr=out)
    try:
        client = Client(port, folder)
        client.wait()
        server.asked.clear()
        yield client
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=places.needs(name)) for name in PROXIES],
)
def proxy(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Client, Upstream, Path]]:
    folder = tmp_path_factory.mktemp(request.param)
    with upstream.answering() as server, running(request.param, folder, server) as client:
        yield client, server, folder


# --- what can be read ---------------------------------------------------------------------------


def haproxy_takes(path: str) -> int:
    """The largest body that HAProxy's rules let through to a path."""
    kinds = dict(re.findall(r"acl (upload|batch) path,url_dec -m reg (\S+)", HAPROXY))
    sizes = dict(re.findall(r"if (\S+|!upload !batch) \{ \S+length\) gt (\d+)", HAPROXY))
    found = [kind for kind, pattern in kinds.items() if re.search(pattern, path)]
    return int(sizes[found[0] if found else "!upload !batch"])


def nginx_takes(path: str) -> int:
    """The same of nginx's."""
    units = {"k": 1024, "m": 1024**2}
    limit = r"client_max_body_size (\d+)([km]);"
    places = re.findall(rf"location ~ (\S+) \{{\n +{limit}", NGINX)
    (general,) = re.findall(rf"\n        {limit}", NGINX)
    found = [(size, unit) for pattern, size, unit in places if re.search(pattern, path)]
    number, unit = found[0] if found else general
    return int(number) * units[unit]


@pytest.mark.parametrize("path", sorted(SIZES))
def test_the_proxies_take_what_the_route_takes(path: str) -> None:
    assert (haproxy_takes(path), nginx_takes(path)) == (SIZES[path], SIZES[path])


def test_the_larger_bodies_are_files_and_batches() -> None:
    """The proxies' rules name two larger sizes; a third would need rules of its own."""
    assert {SIZES[path] for path in LARGER} == {UPLOAD_SIZE, BATCH_SIZE}
    assert len(LARGER) == 2 * 5


def test_haproxy_has_the_head_of_the_guard() -> None:
    (room,) = re.findall(r"tune.bufsize (\d+)", HAPROXY)
    (kept,) = re.findall(r"tune.maxrewrite (\d+)", HAPROXY)
    assert int(room) - int(kept) == LIMITS.headers_size
    added = len(set(re.findall(r"http-request set-header (\S+)", HAPROXY)))
    (most,) = re.findall(r"tune.http.maxhdr (\d+)", HAPROXY)
    assert int(most) + added == LIMITS.headers


def test_nginx_has_the_head_of_the_guard() -> None:
    ((count, size),) = re.findall(r"large_client_header_buffers (\d+) (\d+)k;", NGINX)
    assert int(count) * int(size) * 1024 == LIMITS.headers_size


@pytest.mark.parametrize("text", [HAPROXY, NGINX], ids=["haproxy", "nginx"])
def test_the_log_has_no_path_and_no_query(text: str) -> None:
    (form,) = re.findall(r"(?:    log-format|log_format registry)(.*?)(?:;\n|'\n)", text, re.DOTALL)
    assert not re.search(
        r"%r\b|%H[UPQ]|%\{|\$(?:request|request_uri|uri|args|query_string)\b", form
    )
    assert "%ID" in form or "$request_id" in form


@pytest.mark.parametrize("text", [HAPROXY, NGINX], ids=["haproxy", "nginx"])
def test_tls_is_not_old(text: str) -> None:
    assert "TLSv1.2" in text
    assert not re.search(r"TLSv1(?:\.[01])?[ ;\n]|SSLv", text)


def test_the_pipeline_fails_where_a_proxy_is_missing() -> None:
    (named,) = re.findall(r'TEST_NEEDS="(.+)"', places.read(".ci/run"))
    assert {*PROXIES, "curl"} <= set(named.split())


# --- what the programs say ----------------------------------------------------------------------


@pytest.mark.parametrize("name", [pytest.param(name, marks=places.needs(name)) for name in PROXIES])
def test_the_program_finds_it_valid(name: str, tmp_path: Path) -> None:
    write, check, _ = PROXIES[name]
    upstream.certificate(tmp_path)
    config = tmp_path / "proxy.cfg"
    ports = (upstream.free_port(), upstream.free_port(), upstream.free_port())
    config.write_text(write(tmp_path, *ports), encoding="utf-8")
    done = subprocess.run([*check, str(config)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not re.search(r"\[WARNING\]|\[warn\]", done.stderr), done.stderr


# --- what the programs do -----------------------------------------------------------------------


def test_forwarded_headers_are_the_proxys_own(proxy: tuple[Client, Upstream, Path]) -> None:
    client, _, _ = proxy
    planted = {
        "X-Forwarded-For": "192.0.2.7",
        "X-Forwarded-Host": "evil.example",
        "Forwarded": "for=192.0.2.7",
        "X-Request-Id": "mine-1234",
    }
    answer = client.ask("GET", "/v1/usage", headers=planted)
    headers = answer.body["headers"]
    names = [name for name, _ in headers]
    assert ["x-forwarded-for", "127.0.0.1"] in headers
    assert ["x-forwarded-proto", "https"] in headers
    assert {names.count("x-forwarded-for"), names.count("x-request-id")} == {1}
    assert not {"forwarded", "x-forwarded-host"} & set(names)
    assert "mine-1234" not in str(headers)
    assert "strict-transport-security" in answer.headers


@pytest.mark.parametrize("path", ["/v1/lookups", *LARGER])
def test_a_body_of_the_right_size_passes_and_a_larger_one_does_not(
    proxy: tuple[Client, Upstream, Path], path: str
) -> None:
    client, server, _ = proxy
    most = SIZES[path]
    assert client.ask("POST", path, b"x" * most).body["size"] == most
    server.asked.clear()
    refused = client.ask("POST", path, announce=most + 1)
    assert (refused.status, refused.body["type"]) == (413, f"{URN}too-large")
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["x-content-type-options"] == "nosniff"
    assert server.asked == []


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/%6Detrics", "//metrics"])
def test_metrics_stay_inside(proxy: tuple[Client, Upstream, Path], path: str) -> None:
    client, server, _ = proxy
    server.asked.clear()
    assert client.ask("GET", path).status == 404
    assert server.asked == []


def test_more_headers_than_the_guard_takes_do_not_reach_it(
    proxy: tuple[Client, Upstream, Path],
) -> None:
    client, server, _ = proxy
    server.asked.clear()
    large = {f"X-Large-{number}": "x" * 3500 for number in range(6)}
    assert client.ask("GET", "/v1/usage", headers=large).status in (400, 431)
    assert server.asked == []


def test_sign_ups_from_one_address_end_after_some(proxy: tuple[Client, Upstream, Path]) -> None:
    client, _, _ = proxy
    spelled = ["/v1/businesses", "/v1/businesses/", "//v1/businesses", "/v1/%62usinesses"]
    answers = [client.ask("POST", spelled[turn % 4], b"{}") for turn in range(15)]
    assert [answer.status for answer in answers[:10]] == [200] * 10
    last = answers[-1]
    assert (last.status, last.body["type"]) == (429, f"{URN}quota-exceeded")
    assert int(last.headers["retry-after"]) > 0
    assert client.ask("GET", "/v1/usage").status == 200


def test_nothing_that_a_client_sent_is_logged(proxy: tuple[Client, Upstream, Path]) -> None:
    client, _, folder = proxy
    client.ask("GET", f"/v1/lookups/{PLANTED}?phone={PLANTED}", headers={"X-Note": PLANTED})
    client.ask("POST", f"/v1/lookups?phone={PLANTED}", announce=BODY_SIZE + 1)
    client.ask("GET", "/metrics?phone=" + PLANTED)
    log = (folder / "out.log").read_text(encoding="utf-8")
    assert '"method":"POST","status":413' in log
    assert PLANTED not in log


@pytest.mark.parametrize("name", [pytest.param(name, marks=places.needs(name)) for name in PROXIES])
def test_a_registry_that_is_gone_is_told_as_a_problem(name: str, tmp_path: Path) -> None:
    with upstream.answering() as server, running(name, tmp_path, server) as client:
        server.gone = True
        server.shutdown()
        server.server_close()
        client.wait(503)
        answer = client.ask("GET", "/v1/usage")
        assert answer.body["type"] == f"{URN}unavailable"
        assert answer.headers["retry-after"] == "5"

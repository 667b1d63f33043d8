"""A stand-in for the registry behind a proxy: it answers what it was asked, and remembers it."""

import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from types import MappingProxyType
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Answer(NamedTuple):
    """What came back through the proxy."""

    status: int
    headers: dict[str, str]
    body: Any


class Upstream(ThreadingHTTPServer):
    """Answers 200 with the headers and the size of body that arrived."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        #: (method, path) of what arrived, the proxy's own health checks left out.
        self.asked: list[tuple[str, str]] = []
        #: From now on it hangs up on whoever still has a connection.
        self.gone = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A proxy that hangs up on a refused body is no fault."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Upstream

    def do_GET(self) -> None:
        if self.server.gone:
            self.close_connection = True
            return
        if self.path != "/health/ready":
            self.server.asked.append((self.command, self.path))
        size = int(self.headers.get("content-length", 0))
        body = self.rfile.read(size)
        said = {"size": len(body), "headers": [[k.lower(), v] for k, v in self.headers.items()]}
        answer = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def answering() -> Iterator[Upstream]:
    with Upstream() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def free_port() -> int:
    with closing(socket()) as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def certificate(folder: Path) -> None:
    """Make `cert.pem`, `key.pem` and both in `both.pem`, for localhost."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, SHA256())
    )
    cert = made.public_bytes(Encoding.PEM)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "cert.pem").write_bytes(cert)
    (folder / "key.pem").write_bytes(private)
    (folder / "both.pem").write_bytes(cert + private)


class Client:
    """Asks through the proxy, over TLS, one connection a request."""

    def __init__(self, port: int, folder: Path) -> None:
        self._port = port
        self._tls = ssl.create_default_context(cafile=str(folder / "cert.pem"))

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        announce: int | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Answer:
        """One request; `announce` is a Content-Length of which nothing is sent."""
        connection = HTTPSConnection("localhost", self._port, context=self._tls, timeout=20)
        with closing(connection):
            connection.putrequest(method, path)
            for name, value in headers.items():
                connection.putheader(name, value)
            size = announce if announce is not None else len(body or b"")
            if size or method == "POST":
                connection.putheader("Content-Type", "application/json")
                connection.putheader("Content-Length", str(size))
            connection.endheaders(None if announce is not None else body)
            got = connection.getresponse()
            raw = got.read()
            told = {name.lower(): value for name, value in got.getheaders()}
            is_json = "json" in told.get("content-type", "")
            return Answer(got.status, told, json.loads(raw) if is_json else None)

    def wait(self, status: int = 200) -> None:
        """Until the proxy answers so."""
        for _ in range(150):
            try:
                if self.ask("GET", "/").status == status:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"the proxy never answered {status}")

"""A real HTTP server in the place of a business's program: what it got, and what it should answer."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Got:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Keeps what it was sent."""

    port: int = 0
    status: int = 204
    #: Headers of its answers, beside the usual ones.
    headers: dict[str, str] = field(default_factory=dict)
    #: Bytes that it goes on to send, whoever listens.
    flood: int = 0
    #: What it waits for before it answers.
    released: threading.Event | None = None
    got: list[Got] = field(default_factory=list)
    sent_of_flood: int = 0

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}/events?shop=1"


@contextmanager
def receiving(
    receiver: Receiver | None = None, *, tls: ssl.SSLContext | None = None
) -> Iterator[Receiver]:
    """Run it on a free port of this machine for the block."""
    kept = receiver or Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            kept.got.append(Got(self.path, headers, body))
            if kept.released is not None:
                kept.released.wait(60)
            try:
                self.send_response(kept.status)
                for name, value in kept.headers.items():
                    self.send_header(name, value)
                if kept.flood:
                    self.send_header("Content-Length", str(kept.flood))
                elif kept.status != 204:
                    self.send_header("Content-Length", "0")
                self.end_headers()
                while kept.sent_of_flood < kept.flood:
                    kept.sent_of_flood += self.wfile.write(b"x" * 65536)
            except OSError:
                return  # the registry has hung up

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        kept.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join()

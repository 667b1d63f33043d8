"""Raw connections to a served registry: what a browser or a library would not send, or not so slowly."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit
from uuid import uuid4

BOUNDARY = b"x"
FILE = (
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n'
    b"%PDF-1.4\n%%EOF\n\r\n--x--\r\n"
)


def connect(url: str) -> socket.socket:
    """A connection to the server of a URL."""
    where = urlsplit(url)
    return socket.create_connection((where.hostname or "", where.port or 0), timeout=20)


def head(method: str, path: str, headers: Mapping[str, str]) -> bytes:
    """A request's head."""
    lines = [f"{method} {path} HTTP/1.1", "Host: registry.test"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def upload(path: str, key: str, size: int, **headers: str) -> bytes:
    """The head of an upload that announces so many bytes of body."""
    given = {
        "Authorization": f"Bearer {key}",
        "Idempotency-Key": str(uuid4()),
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY.decode()}",
        "Content-Length": str(size),
    }
    return head("POST", path, {**given, **headers})


@contextmanager
def slow_uploads(url: str, path: str, key: str, count: int) -> Iterator[list[socket.socket]]:
    """So many uploads of a megabyte that stop after their first bytes, open while the block runs."""
    with ExitStack() as opened:
        lines = [opened.enter_context(connect(url)) for _ in range(count)]
        for line in lines:
            line.sendall(upload(path, key, 1_000_000) + FILE[:100])
        yield lines


def read_to_end(line: socket.socket) -> bytes:
    """What comes until the server closes; a reset ends it too."""
    found = b""
    try:
        while piece := line.recv(65536):
            found += piece
    except ConnectionResetError:
        pass
    return found

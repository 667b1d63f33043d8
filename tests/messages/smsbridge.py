"""A real HTTP server in the place of a provider of short messages: what it got, and what it should answer.

It also signs receipts, by its own hand and not by the library that the registry checks them with.
"""

import base64
import dataclasses
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec

from registry.platform.runtime import Runtime

TOKEN, SENDER = "bridge-token-1", "Registry"
KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
RECEIPTS = "/v1/messages/receipts"


class Bridge:
    """Keeps what it was sent."""

    def __init__(self) -> None:
        self.port = 0
        #: What it answers.
        self.status, self.headers, self.body = 202, dict[str, str](), b"{}"
        #: Seconds before it answers, and between the bytes of its body.
        self.pace, self.drip = 0.0, 0.0
        self.got: list[dict[str, Any]] = []
        self.heads: list[dict[str, str]] = []
        self.paths: list[str] = []
        #: How often it was asked what it takes, without a message.
        self.asked = 0
        #: Set when a message has come in, before the answer.
        self.began = threading.Event()

    @property
    def sent(self) -> dict[str, dict[str, Any]]:
        """Messages by their id: whatever came twice under one is one."""
        return {one["id"]: one for one in self.got}

    def settings(self, scheme: str = "http") -> dict[str, str]:
        """What the registry is told of it."""
        return {
            "sms_url": f"{scheme}://127.0.0.1:{self.port}/messages",
            "sms_token": TOKEN,
            "sms_secret": SECRET,
            "sms_sender": SENDER,
        }


@contextmanager
def serving(bridge: Bridge, *, tls: ssl.SSLContext | None = None) -> Iterator[Bridge]:
    """Run it on a free port of this machine for the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bridge.paths.append(self.path)
            bridge.heads.append({name.lower(): value for name, value in self.headers.items()})
            content = self.rfile.read(int(self.headers["Content-Length"]))
            bridge.got.append(json.loads(content))
            bridge.began.set()
            time.sleep(bridge.pace)
            try:
                self.send_response(bridge.status)
                for name, value in {
                    "Content-Length": str(len(bridge.body)),
                    **bridge.headers,
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                for byte in bridge.body:
                    time.sleep(bridge.drip)
                    self.wfile.write(bytes([byte]))
            except OSError:
                return  # the registry has hung up

        def do_OPTIONS(self) -> None:
            bridge.asked += 1
            self.send_response(405)
            self.end_headers()

        def do_GET(self) -> None:
            bridge.paths.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass  # a client that does not trust the certificate hangs up

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        bridge.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield bridge
        finally:
            server.shutdown()
            thread.join()


def known_to(runtime: Runtime) -> Runtime:
    """The same registry with a mail server and a provider set, of which neither answers."""
    silent = Bridge()
    silent.port = 9
    found = msgspec.structs.replace(
        runtime.settings, smtp_url="smtp://127.0.0.1:9", **silent.settings()
    )
    return dataclasses.replace(runtime, settings=found)


def receipt(message_id: object, status: str = "delivered") -> bytes:
    """The body of a receipt."""
    return json.dumps({"id": str(message_id), "status": status}).encode()


def signed(
    body: bytes, *, key: bytes = KEY, age: float = 0, webhook_id: str = "msg_1"
) -> Mapping[str, str]:
    """The headers of a receipt, as Standard Webhooks lays them down; `age` in seconds."""
    at = int(time.time() - age)
    content = f"{webhook_id}.{at}.".encode() + body
    mac = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{mac}",
        "content-type": "application/json",
    }

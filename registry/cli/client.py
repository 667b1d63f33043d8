"""The registry as its callers reach it: over HTTP, with a key, patiently but not for ever.

Commands that use it work against any server. What is sent twice because an answer got lost carries the same
Idempotency-Key, so it happens once. Of the commands the only importer of httpx.
"""

import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import rich_click as click

from registry.cli import demo, failures, output
from registry.cli.failures import Refusal

if TYPE_CHECKING:
    import httpx

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_URL = "http://127.0.0.1:8000"
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 60.0
#: Answers that may be another one when asked again: the server, or what stands before it, is overloaded.
PASSING = frozenset({502, 503, 504})
STILL_RUNNING = "urn:registry:problem:idempotency-still-running"
_EXITS = {
    401: failures.NOT_AUTHORISED,
    403: failures.NOT_AUTHORISED,
    429: failures.RATE_LIMITED,
}


@dataclass(frozen=True)
class Target:
    """A registry, and the key by which it knows us."""

    url: str
    key: str


class Refused(Exception):
    """The server answered that it will not, or did not answer; `problem` says why, as in RFC 9457."""

    def __init__(self, problem: Mapping[str, Any], exit_code: int, retry_after: str | None = None):
        super().__init__(problem.get("type"))
        self.problem, self.exit_code, self.retry_after = dict(problem), exit_code, retry_after


def options(command: F) -> F:
    """The options of a command that calls a server."""
    added = (
        click.option(
            "--url",
            metavar="URL",
            help=f"The registry. \\[default: REGISTRY_URL, else {DEFAULT_URL}]",
        ),
        click.option(
            "--key",
            metavar="KEY",
            help="Your API key. Others can read a command line: prefer the variable. \\[default: REGISTRY_API_KEY]",
        ),
        click.option(
            "--demo",
            "from_demo",
            is_flag=True,
            help="Address and key of `registry serve --demo` on this machine.",
        ),
        click.option(
            "--data-dir",
            type=click.Path(path_type=Path, file_okay=False),
            help="With --demo: the folder of that server. \\[default: REGISTRY_DATA_DIR, else var]",
        ),
        click.option(
            "--retries",
            default=3,
            show_default=True,
            type=click.IntRange(0, 20),
            help="Times to try again when the server cannot be reached or is overloaded.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print the server's answer as JSON."),
    )
    for option in reversed(added):
        command = option(command)
    return command


def target(url: str | None, key: str | None, data_dir: Path | None, *, from_demo: bool) -> Target:
    """Which server, and as whom: options first, then `--demo`, then the environment."""
    if from_demo:
        folder = data_dir or Path(os.environ.get("REGISTRY_DATA_DIR") or "var")
        known = demo.read(folder.absolute())
        url, key = url or known.get("url"), key or known.get("member_key")
    url = url or os.environ.get("REGISTRY_URL") or DEFAULT_URL
    key = key or os.environ.get("REGISTRY_API_KEY") or ""
    if not key:
        raise Refusal(
            "No API key. Set REGISTRY_API_KEY, or give --key, or --demo for a demonstration."
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise Refusal("The API key holds characters that no key has. Copy it again.")
    where = urlsplit(url)
    if where.scheme not in ("http", "https") or not where.hostname:
        raise Refusal(f"{url} is no address of a registry: it must begin with https:// or http://")
    if where.scheme == "http" and not _is_local(where.hostname):
        output.err().print("[yellow]The key travels unencrypted: use https://[/]")
    return Target(url.rstrip("/"), key)


def _is_local(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


class Client:
    """Calls one registry, and tries again where that can help."""

    def __init__(self, where: Target, retries: int) -> None:
        import httpx

        from registry.cli.version import number

        self._url, self._retries = where.url, retries
        self._http = httpx.Client(
            headers={
                "Authorization": f"Bearer {where.key}",
                "Accept": "application/json",
                "User-Agent": f"client-registry-cli/{number()}",
            },
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            # A proxy that is meant for the world outside cannot reach this machine.
            trust_env=not _is_local(urlsplit(where.url).hostname or ""),
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def post(
        self, path: str, key: str, **content: Callable[[], Any]
    ) -> tuple[dict[str, Any], bool]:
        """POST, and return the answer and whether it is the replay of an earlier one.

        `content` gives httpx's arguments anew for each try. Raises `Refused`.
        """
        return self._ask("POST", path, {"Idempotency-Key": key}, content)

    def get(self, path: str) -> dict[str, Any]:
        """GET; raises `Refused`."""
        return self._ask("GET", path, {}, {})[0]

    def _ask(
        self,
        method: str,
        path: str,
        first: Mapping[str, str],
        content: Mapping[str, Callable[[], Any]],
    ) -> tuple[dict[str, Any], bool]:
        import httpx

        attempt = 0
        while True:
            arguments = {name: make() for name, make in content.items()}
            headers = {**first, **arguments.pop("headers", {})}
            try:
                answer = self._http.request(method, self._url + path, headers=headers, **arguments)
            except httpx.InvalidURL as fault:
                raise Refusal(f"{self._url} is no address of a registry: {fault}") from None
            except httpx.TransportError as fault:
                failure, wait = self._unreachable(fault), None
            else:
                if answer.is_success:
                    return self._body(answer), "idempotent-replayed" in answer.headers
                failure, wait = self._refused(answer), answer.headers.get("retry-after")
                if (
                    answer.status_code not in PASSING
                    and failure.problem.get("type") != STILL_RUNNING
                ):
                    raise failure
            if attempt >= self._retries:
                raise failure
            self._wait(attempt, wait)
            attempt += 1

    def _wait(self, attempt: int, asked: str | None) -> None:
        """Wait as long as the server asks, or ever longer, with jitter so that callers do not come in step."""
        seconds = float(asked) if asked and asked.isdecimal() else FIRST_WAIT * 2**attempt
        seconds = min(seconds, LONGEST_WAIT) + random.uniform(0, FIRST_WAIT)  # noqa: S311 - no secret
        output.err().print(
            f"[dim]No answer from {output.plain(self._url)}; again in {seconds:.1f} s[/]"
        )
        time.sleep(seconds)

    def _unreachable(self, fault: "httpx.TransportError") -> Refused:
        detail = f"{self._url} cannot be reached: {fault or type(fault).__name__}."
        problem = {"type": "about:blank", "title": "The server cannot be reached", "detail": detail}
        return Refused(problem, failures.UNAVAILABLE)

    def _refused(self, answer: "httpx.Response") -> Refused:
        status = answer.status_code
        default = failures.UNAVAILABLE if status >= 500 else failures.REFUSED
        try:
            problem = answer.json()
        except ValueError:
            problem = None
        if not isinstance(problem, dict) or "title" not in problem:
            problem = {
                "type": "about:blank",
                "title": f"HTTP {status} from something that is no registry",
                "status": status,
                "detail": f"Is {self._url} the address of a registry?",
            }
        retry_after = answer.headers.get("retry-after")
        return Refused(problem, _EXITS.get(status, default), retry_after)

    def _body(self, answer: "httpx.Response") -> dict[str, Any]:
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise self._refused(answer)
        return body


def fail(refused: Refused, *, as_json: bool) -> int:
    """Print why, and return the exit code."""
    problem = refused.problem
    if as_json:
        output.emit(problem)
        return refused.exit_code
    err = output.err()
    err.print(f"[bold red]{output.plain(problem['title'])}[/]", soft_wrap=True)
    faults = problem.get("errors") or []
    for fault in faults:
        place = output.plain(fault.get("pointer") or "(body)")
        err.print(f"  [yellow]{place}[/]  {output.plain(fault.get('detail', ''))}", soft_wrap=True)
    if not faults and problem.get("detail") not in (None, problem["title"]):
        err.print(output.plain(problem["detail"]), soft_wrap=True)
    if refused.retry_after:
        err.print(f"Try again in {output.plain(refused.retry_after)} s.")
    if problem.get("instance"):
        err.print(f"[dim]request {output.plain(problem['instance'])}[/]", soft_wrap=True)
    return refused.exit_code

"""`registry report`: send a report and its evidence from the terminal, to any registry.

The Idempotency-Keys are made from the content, so that sending the same files again, after a failure or by
mistake, makes nothing twice: what is there already is told, what is missing is sent.
"""

import io
import json
import mimetypes
import sys
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import rich_click as click

from registry.cli import client, output
from registry.cli.failures import OK, Refusal
from registry.cli.words import word


@dataclass(frozen=True)
class Document:
    """A file that is sent: its name, content and hash."""

    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        """Hexadecimal SHA-256 of the content."""
        return sha256(self.content).hexdigest()


class Watched(io.BytesIO):
    """Bytes that tell how far they were read."""

    def __init__(self, content: bytes, tell: Callable[[int], None]) -> None:
        super().__init__(content)
        self._tell = tell

    def read(self, size: int | None = -1, /) -> bytes:
        """Read on, and tell."""
        found = super().read(size)
        self._tell(self.tell())
        return found


@click.command()
@click.option(
    "--file",
    "path",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="The report as JSON; - reads standard input.",
)
@click.option(
    "--evidence",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, readable=True),
    help="PDF, JPEG or PNG, at most 10 MiB; repeat for several.",
)
@client.options
def report(path: Path, evidence: tuple[Path, ...], **given: Any) -> None:
    """Report a client who did not keep a contract, with evidence.

    The report rests for the cooling-off time, in which you may edit it or take it back. A moderator screens
    it, the person is told, and only then lookups show its facts. Run the same command again after a failure:
    what has arrived is not made twice.

        registry report --file report.json --evidence invoice.pdf
        generate-report | registry report --demo --file - --json

        report.json:
        {"subject": {"phone": "0501234567", "name": "Шевченко Олександр"},
         "category": "parcel_refused", "incident_date": "2026-11-02",
         "contract_reference": "order-4711",
         "amount": {"amount": 125000, "currency": "UAH"},
         "statement": "Cash on delivery, not collected within seven days.",
         "contacts": [{"at": "2026-11-03T09:00:00Z", "channel": "phone",
                       "summary": "Promised to collect the next day."}],
         "settlement_attempts": "Two calls and one message, no answer."}

    Amounts are in minor units (kopiykas, cents). Exit codes: 0 taken in, 2 refused input or usage, 3 not
    authorised, 4 too many calls, 5 server cannot be reached or cannot answer.
    """
    where = client.target(
        given["url"], given["key"], given["data_dir"], from_demo=given["from_demo"]
    )
    document = _read_report(path)
    files = [Document(one.name, one.read_bytes()) for one in evidence]
    sys.exit(_send(where, document, files, given["retries"], as_json=given["as_json"]))


def _send(
    where: client.Target,
    document: Document,
    files: list[Document],
    retries: int,
    *,
    as_json: bool,
) -> int:
    taken: dict[str, Any] | None = None
    uploaded: list[dict[str, Any]] = []
    try:
        with client.Client(where, retries) as registry:
            taken, replayed = registry.post(
                "/v1/reports",
                f"cli-{document.sha256}",
                content=lambda: document.content,
                headers=lambda: {"Content-Type": "application/json"},
            )
            if replayed:
                # The first answer is old: what became of the report since is what counts.
                taken = registry.get(f"/v1/reports/{taken['id']}")
            if not as_json:
                _show(taken, replayed=replayed)
            for file in files:
                uploaded.append(_upload(registry, str(taken["id"]), file))
                if not as_json:
                    _show_file(file, uploaded[-1])
    except client.Refused as refused:
        if taken is None or not as_json:
            code = client.fail(refused, as_json=as_json)
        else:
            output.emit({"report": taken, "evidence": uploaded, "problem": refused.problem})
            code = refused.exit_code
        if taken is not None:
            output.err().print(
                "The report itself was taken in; the same command goes on with its evidence."
            )
        return code
    if as_json:
        output.emit({"report": taken, "evidence": uploaded})
    return OK


def _read_report(path: Path) -> Document:
    """The report as it is sent; refuses what is no JSON object, with the place."""
    shown = "standard input" if str(path) == "-" else str(path)
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        content = content.removeprefix(b"\xef\xbb\xbf")
        body = json.loads(content)
    except OSError as fault:
        raise Refusal(f"{shown} cannot be read: {fault.strerror or fault}.") from None
    except json.JSONDecodeError as fault:
        place = f"line {fault.lineno}, column {fault.colno}"
        raise Refusal(f"{shown} is no JSON: {fault.msg} at {place}.") from None
    except (UnicodeDecodeError, RecursionError):
        raise Refusal(f"{shown} is no JSON in UTF-8.") from None
    if not isinstance(body, dict):
        raise Refusal(f"{shown} must hold one JSON object; see registry report --help.")
    return Document(shown, content)


def _upload(registry: client.Client, report_id: str, file: Document) -> dict[str, Any]:
    """Send one file with its progress; returns what the server made of it."""
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=output.err(), transient=True) as bar:
        task = bar.add_task(output.plain(file.name), total=len(file.content))

        def part() -> dict[str, Any]:
            watched = Watched(file.content, lambda read: bar.update(task, completed=read))
            return {"file": (file.name, watched, media_type)}

        key = sha256(f"{report_id} {file.sha256}".encode()).hexdigest()
        found, _ = registry.post(f"/v1/reports/{report_id}/evidence", f"cli-{key}", files=part)
    if found.get("sha256") != file.sha256:
        raise Refusal(f"{file.name} arrived changed: its hash is not the one that was sent.")
    return found


def _show(taken: dict[str, Any], *, replayed: bool) -> None:
    heading = f"[yellow]{word('replayed')}[/]" if replayed else f"[bold green]{word('reported')}[/]"
    output.out().print(f"\n{heading}")
    due = taken.get("due") or {}
    visible = taken.get("visible_from")
    output.pairs(
        [
            ("id", taken.get("id")),
            (word("state"), word(str(taken.get("state")))),
            (word("category"), word(str(taken.get("category")))),
            (word("visible_from"), output.moment(visible) if visible else None),
            (
                word("next_change"),
                f"{word(str(due.get('event')))}, {output.moment(due.get('at'))}" if due else None,
            ),
        ]
    )


def _show_file(file: Document, found: dict[str, Any]) -> None:
    size = f"{len(file.content) / 1024:.0f} KiB"
    line = f"{word('uploaded')}: {file.name} ({found.get('media_type')}, {size}, sha256 {file.sha256[:16]}…)"
    output.out().print(output.plain(line), soft_wrap=True)

"""Demonstration data behind `registry serve --demo`, and `demo.json`, in which its keys are found.

Keys are kept as hashes, so the file is the only place that knows them: those that still work stay in it, for
the others new ones are made. Every start writes the file, for the address may be another one.
"""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from registry.cli import output
from registry.cli.failures import Refusal

if TYPE_CHECKING:
    from registry.platform.runtime import Runtime

FILE = "demo.json"


def read(data_dir: Path) -> dict[str, str]:
    """What `demo.json` in this folder says; refuses with what to do when there is none."""
    path = data_dir / FILE
    try:
        return {name: str(value) for name, value in json.loads(path.read_bytes()).items()}
    except FileNotFoundError:
        raise Refusal(
            f"There is no {path}. Start a registry with demonstration data first (registry serve --demo, or"
            " make serve), or name its folder with --data-dir."
        ) from None
    except (OSError, ValueError, AttributeError) as fault:
        raise Refusal(f"{path} cannot be read: {fault}") from None


async def prepare(runtime: "Runtime", url: str) -> None:
    """Load the data, once, with a progress bar, and write the file."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    from registry.demo import service

    said = TextColumn("Playing {task.description}")
    bar = Progress(said, BarColumn(), TaskProgressColumn(), console=output.err(), transient=True)
    task = bar.add_task("", total=None)

    def progress(done: int, total: int, month: str) -> None:
        if not bar.live.is_started:
            output.err().print("Loading demonstration data, once; half a minute or so.")
            bar.start()
        bar.update(task, completed=done, total=total, description=month)

    try:
        await service.load(runtime, progress=progress)
    finally:
        bar.stop()
    try:
        previous = read(runtime.settings.data_dir)
    except Refusal:
        previous = None
    _write(runtime, url, await service.credentials(runtime, previous))


def _write(runtime: "Runtime", url: str, keys: dict[str, str]) -> None:
    settings = runtime.settings
    body = {
        "url": url,
        "data_dir": str(settings.data_dir),
        "outbox": str(settings.outbox_dir),
        **keys,
    }
    path = settings.data_dir / FILE
    fresh = path.with_name(f".{FILE}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(body, file, indent=2)
        file.write("\n")
    fresh.replace(path)


def examples() -> list[tuple[str, str]]:
    """Options of `registry lookup` that find a demonstration client, and their values."""
    from registry.demo import service

    return [("phone", service.EXAMPLE_PHONE), ("email", service.EXAMPLE_EMAIL)]

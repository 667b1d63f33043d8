"""Demonstration data behind `registry serve --demo`, and `demo.json`, in which its keys are found.

Keys are kept as hashes, so the file is the only place that knows them: as long as all of its keys work they
are kept, else new ones are made. Every start writes the file, for the address may be another one.
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
MEMBERS = ("member_key", "second_member_key")
STAFF = {
    "moderator_key": "moderator",
    "second_moderator_key": "moderator",
    "operator_key": "operator",
}


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
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from registry.demo import service as demo

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=output.err(), transient=True) as bar:
        task = bar.add_task("Demonstration data", total=None, visible=False)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, visible=True)

        await demo.load(runtime, progress=progress)
    keys = await _known(runtime)
    if keys is None:
        keys = await demo.credentials(runtime)
    _write(runtime, url, keys)


async def _known(runtime: "Runtime") -> dict[str, str] | None:
    """The keys of the file that lies there, if each of them still works."""
    from registry.businesses import access as members
    from registry.businesses.rules import State
    from registry.platform import secrets
    from registry.staff import access as staff

    try:
        keys = read(runtime.settings.data_dir)
    except Refusal:
        return None
    known_members, known_staff = members.remembered(runtime), staff.remembered(runtime)
    for name in MEMBERS:
        member = await known_members.get(secrets.digest(runtime.keyring, keys.get(name, "")))
        if member is None or member.state is not State.VERIFIED:
            return None
    for name, role in STAFF.items():
        holder = await known_staff.get(secrets.digest(runtime.keyring, keys.get(name, "")))
        if holder is None or holder.role != role:
            return None
    return keys


def _write(runtime: "Runtime", url: str, keys: dict[str, str]) -> None:
    settings = runtime.settings
    body = {
        "url": url,
        "data_dir": str(settings.data_dir),
        "outbox": str(settings.outbox_dir),
        **{name: keys[name] for name in (*MEMBERS, *STAFF)},
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
    from registry.demo import people

    return [("phone", people.EXAMPLE_PHONE), ("email", people.EXAMPLE_EMAIL)]

"""`demo.json`, and what the banner and the contract commands say, without a server."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from click.testing import CliRunner

from registry import contract
from registry.cli import banner, demo, output, root
from registry.cli.failures import Refusal
from registry.demo import service
from registry.platform.runtime import Runtime
from registry.platform.settings import from_env

NAMES = ("member_key", "second_member_key", "moderator_key", "second_moderator_key", "operator_key")


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def previous(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What `credentials` was given as the keys known so far."""
    given: list[Any] = []

    async def load(_: Runtime, *, progress: service.Progress) -> None:
        progress(1, 2, "2026-11")

    async def credentials(_: Runtime, known: Any) -> dict[str, str]:
        given.append(known)
        return {name: f"key of {name}" for name in NAMES}

    monkeypatch.setattr(service, "load", load)
    monkeypatch.setattr(service, "credentials", credentials)
    return given


async def prepare(data_dir: Path, url: str) -> dict[str, str]:
    runtime = cast(Runtime, SimpleNamespace(settings=from_env({}, data_dir=data_dir)))
    await demo.prepare(runtime, url)
    body: dict[str, str] = json.loads((data_dir / "demo.json").read_text())
    return body


async def test_the_file_is_written_at_every_start_for_its_owner_alone(
    data_dir: Path, previous: list[Any]
) -> None:
    first = await prepare(data_dir, "http://127.0.0.1:1")
    assert (data_dir / "demo.json").stat().st_mode & 0o777 == 0o600
    assert list(first) == ["url", "data_dir", "outbox", *NAMES]
    assert (first["data_dir"], first["outbox"]) == (str(data_dir), str(data_dir / "outbox"))
    second = await prepare(data_dir, "http://127.0.0.1:2")
    assert second["url"] == "http://127.0.0.1:2"
    assert previous == [None, first]


async def test_a_broken_file_is_as_good_as_none(data_dir: Path, previous: list[Any]) -> None:
    (data_dir / "demo.json").write_text("[1]")
    await prepare(data_dir, "http://127.0.0.1:1")
    assert previous == [None]


def test_without_the_file_it_says_what_to_start(data_dir: Path) -> None:
    with pytest.raises(Refusal, match="registry serve --demo"):
        demo.read(data_dir)


@pytest.mark.parametrize("smtp_url", ["", "smtp://user:hidden@mail.example:587"])
def test_the_banner_names_everything_and_hides_passwords(
    smtp_url: str,
    data_dir: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    settings = from_env({}, data_dir=data_dir, smtp_url=smtp_url)
    output.out.cache_clear()
    banner.show(settings, "http://127.0.0.1:8123", demo=True)
    output.out.cache_clear()
    said = capsys.readouterr().out
    assert "http://127.0.0.1:8123/docs" in said
    assert ("mail.example" in said) == bool(smtp_url)
    assert (str(data_dir / "outbox") in said) == (not smtp_url)
    assert f'lookup --demo --data-dir "{data_dir}" --phone "{service.EXAMPLE_PHONE}"' in said
    assert f'--email "{service.EXAMPLE_EMAIL}"' in said
    assert "hidden" not in said


@pytest.mark.parametrize(("difference", "code"), [("", 0), ("-a\n+b", 1)])
def test_a_contract_that_differs_fails_the_build(
    difference: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contract, "check", lambda: difference)
    ended = CliRunner().invoke(root, ["contract", "check", "--json"])
    assert ended.exit_code == code
    assert json.loads(ended.stdout) == {"current": not difference, "difference": difference}


def test_the_contract_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract, "write", lambda: Path("schemas/openapi.json"))
    ended = CliRunner().invoke(root, ["contract", "write", "--json"])
    assert json.loads(ended.stdout) == {"written": "schemas/openapi.json"}

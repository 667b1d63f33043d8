"""The settings of a command: what is checked before anything is started, and in which words."""

from pathlib import Path

import pytest

from registry.cli import failures, opening
from registry.platform.settings import Settings
from tests.cli.processes import run


def told(tmp_path: Path, **options: str) -> str:
    """What a command says of the settings as the environment and these options have them."""
    try:
        opening.settings(data_dir=tmp_path / "var", database_url=options.get("url"), makes=True)
    except Exception as fault:
        return failures.told(fault) or ""
    return "fine"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.__struct_fields__:
        monkeypatch.delenv(f"REGISTRY_{name.upper()}", raising=False)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("REGISTRY_COLOUR", "red"),
        ("REGISTRY_POLICY", "mars"),
        ("REGISTRY_POOL_SIZE", "0"),
        ("REGISTRY_LOG_LEVEL", "loud"),
        ("REGISTRY_SMTP_URL", "http://mail"),
        ("REGISTRY_FILES_URL", "ftp://files"),
        ("REGISTRY_KEYS", "secret"),
        ("REGISTRY_DATABASE_URL", "mysql://host/name"),
        ("REGISTRY_DATABASE_URL", "postgresql://host:port/name"),
        ("REGISTRY_DATABASE_URL", "nonsense"),
        ("REGISTRY_REPLICA_URL", "mysql://host/name"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    variable: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    assert variable in told(tmp_path)
    assert not (tmp_path / "var").exists()


def test_settings_as_they_come_are_fine_and_make_nothing(tmp_path: Path) -> None:
    assert told(tmp_path) == "fine"
    assert not (tmp_path / "var").exists()


def test_a_folder_that_cannot_be_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.cli.opening.os.access", lambda *_: False)
    assert "--data-dir" in told(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    assert "is not a folder" in told(tmp_path)


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "keys.json").write_text("{}")
    (tmp_path / "var" / "keys.json").chmod(0o644)
    assert "chmod 600" in told(tmp_path)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_a_url_may_have_any_of_the_usual_schemes(scheme: str) -> None:
    url = opening.async_url(f"{scheme}://user:p%40ss@host:5433/name?application_name=x")
    assert url == "postgresql+asyncpg://user:p%40ss@host:5433/name?application_name=x"


def test_what_the_machine_refuses_is_told_and_a_defect_is_not() -> None:
    assert failures.told(PermissionError(13, "Permission denied", "keys.json")) == (
        "keys.json: Permission denied."
    )
    assert failures.told(FileNotFoundError(2, "No such file", "style.css")) is None
    assert failures.told(ValueError("a defect")) is None


@pytest.mark.parametrize(
    "command",
    [
        ("staff", "add", "--name", "X", "--role", "operator"),
        ("business", "list"),
        ("worker",),
        ("key", "create", "01939c7e-5d3c-7f08-9e61-4a7b0c2d8e01", "--scope", "lookup"),
        ("resolution", "preview"),
    ],
    ids=" ".join,
)
def test_a_command_makes_no_registry_where_there_is_none(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    """In a wrong folder it would print the key of a new registry's operator, and work for nobody."""
    ended = run(*command, "--data-dir", tmp_path / "var")
    assert (ended.code, ended.out) == (2, "")
    assert "There is no registry in" in ended.err
    assert "registry serve" in ended.err
    assert not (tmp_path / "var").exists()

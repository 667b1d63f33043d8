"""Settings from the environment: every one by its name, nothing misspelt goes unnoticed."""

from pathlib import Path

import pytest

from registry.platform.settings import Settings, SettingsError, from_env


def test_nothing_set_is_a_deployment_of_its_own() -> None:
    settings = from_env({})
    assert settings == Settings(data_dir=Path("var").absolute())
    assert settings.outbox_dir == settings.data_dir / "outbox"
    assert settings.key_path == settings.data_dir / "keys.json"


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_each_has_its_variable(name: str) -> None:
    kind = type(getattr(Settings(), name))
    value = "7" if kind is int else "/planted"
    settings = from_env({f"REGISTRY_{name.upper()}": value})
    assert getattr(settings, name) == kind(value)


def test_what_is_given_wins_and_none_does_not() -> None:
    environ = {"REGISTRY_POLICY": "eu-strict", "REGISTRY_POOL_SIZE": "3"}
    settings = from_env(environ, policy="sandbox", pool_size=None)
    assert (settings.policy, settings.pool_size) == ("sandbox", 3)


@pytest.mark.parametrize(
    "variable", ["REGISTRY_DATABASE", "REGISTRY_DATA_DIRS", "REGISTRY_", "REGISTRY_Policy"]
)
def test_a_misspelt_one_is_told_with_those_there_are(variable: str) -> None:
    with pytest.raises(SettingsError) as refused:
        from_env({variable: "planted secret"})
    assert variable in str(refused.value)
    assert "REGISTRY_DATABASE_URL" in str(refused.value)
    assert "planted" not in str(refused.value)


@pytest.mark.parametrize("value", ["many", "1.5", ""])
def test_a_value_that_cannot_be_read_names_its_variable(value: str) -> None:
    with pytest.raises(SettingsError, match="REGISTRY_POOL_SIZE"):
        from_env({"REGISTRY_POOL_SIZE": value})


def test_other_programs_and_our_own_clients_are_let_be() -> None:
    environ = {
        "PATH": "/bin",
        "REGISTRY_URL": "http://x",
        "REGISTRY_API_KEY": "k",
        "registry_x": "",
    }
    assert from_env(environ) == from_env({})


def test_a_relative_folder_is_made_whole_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert from_env({"REGISTRY_DATA_DIR": "data"}).data_dir == tmp_path / "data"

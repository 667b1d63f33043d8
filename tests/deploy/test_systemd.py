"""The systemd units: their lines, their hardening, and systemd's own judgement where it is installed."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.deploy import places

FOLDER = places.DEPLOY / "systemd"
UNITS = sorted(path.name for path in FOLDER.glob("*.service"))
PROGRAM = "/opt/registry/.venv/bin/registry"
#: systemd-analyze's own scale: 0 is shut off from everything, 10 is an unconfined root.
MOST_EXPOSED = 1.5

HARDENING = {
    "UMask": "0077",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "RestrictSUIDSGID": "yes",
    "StateDirectory": "registry",
    "StateDirectoryMode": "0700",
    "User": "registry",
    "EnvironmentFile": "/etc/registry/registry.env",
}


def lines(unit: str) -> list[tuple[str, str, str]]:
    """(section, name, value) of a unit, in order."""
    section, found = "", []
    for line in (FOLDER / unit).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            name, equals, value = line.partition("=")
            assert equals, f"{unit}: {line}"
            found.append((section, name, value))
    return found


def value(unit: str, name: str) -> str:
    (found,) = [said for _, known, said in lines(unit) if known == name]
    return found


@pytest.mark.parametrize("unit", UNITS)
def test_it_is_hardened(unit: str) -> None:
    service = {name: said for section, name, said in lines(unit) if section == "Service"}
    assert {name: service.get(name) for name in HARDENING} == HARDENING
    if unit != "registry-migrate.service":
        assert service["MemoryMax"]
        assert service["Restart"] == "always"


@pytest.mark.parametrize("unit", UNITS)
def test_its_command_is_real(unit: str) -> None:
    program, *arguments = value(unit, "ExecStart").split()
    assert program == PROGRAM
    places.understood(arguments)


def test_server_and_worker_are_apart_and_come_after_the_migrations() -> None:
    assert set(UNITS) == {"registry-migrate.service", "registry-worker.service", "registry.service"}
    assert "--no-worker" in value("registry.service", "ExecStart")
    assert "--host 127.0.0.1" in value("registry.service", "ExecStart")
    for unit in ("registry.service", "registry-worker.service"):
        assert value(unit, "Requires") == "registry-migrate.service"
        assert "registry-migrate.service" in value(unit, "After").split()


def test_temporary_files_are_in_memory() -> None:
    for unit in ("registry.service", "registry-worker.service"):
        assert value(unit, "Environment") == f"TMPDIR=%t/{value(unit, 'RuntimeDirectory')}"


def test_the_example_of_settings_names_settings_and_holds_no_secret() -> None:
    text = places.read("deploy/systemd/registry.env.example")
    given = dict(re.findall(r"^#?(\w+)=(.*)$", text, re.MULTILINE))
    assert set(given) <= places.SETTINGS | places.PASSED_ON
    secrets = {
        "REGISTRY_DATABASE_URL",
        "REGISTRY_REPLICA_URL",
        "REGISTRY_SMTP_URL",
        "REGISTRY_KEYS",
    }
    secrets |= {"REGISTRY_SMS_TOKEN", "REGISTRY_SMS_SECRET"}
    assert not any(given.get(name) for name in secrets)


@places.needs("systemd-analyze")
def test_systemd_can_read_them(tmp_path: Path) -> None:
    # verify looks whether the program is there; it is not, on a machine that only tests.
    for unit in UNITS:
        text = (FOLDER / unit).read_text(encoding="utf-8").replace(PROGRAM, "/bin/true")
        (tmp_path / unit).write_text(text, encoding="utf-8")
    paths = [str(tmp_path / unit) for unit in UNITS]
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *paths],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if "registry" in line]
    assert (done.returncode, ours) == (0, [])


@places.needs("systemd-analyze")
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_them_shut_off(unit: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(FOLDER / unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    if "offline" in done.stderr:
        pytest.skip("this systemd-analyze judges no unit that is not running")
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert found, done.stderr
    assert float(found[1]) <= MOST_EXPOSED


@places.needs("systemd-sysusers")
def test_systemd_can_make_the_user() -> None:
    done = subprocess.run(
        ["systemd-sysusers", "--dry-run", str(FOLDER / "registry.sysusers.conf")],
        capture_output=True,
        text=True,
        check=False,
    )
    if "dry-run" in done.stderr:
        pytest.skip("this systemd-sysusers cannot only say what it would do")
    assert done.returncode == 0, done.stderr

"""The compose file: its shape, and what must hold between it, the image and the settings."""

import copy
import re
from typing import Any

import jsonschema
import pytest

from tests.deploy import places, shapes

TEXT = places.read("deploy/compose.yaml")
(COMPOSE,) = places.documents("deploy/compose.yaml")
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}


def test_its_shape_is_known() -> None:
    jsonschema.validate(COMPOSE, shapes.COMPOSE)


@pytest.mark.parametrize(
    "path", [("services", "registry", "enviroment"), ("service",), ("services", "proxy", "build")]
)
def test_a_planted_key_is_found(path: tuple[str, ...]) -> None:
    planted: Any = copy.deepcopy(COMPOSE)
    place = planted
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = {}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(planted, shapes.COMPOSE)


def test_the_parts_are_there_and_commands_are_real() -> None:
    assert set(SERVICES) == {"postgres", "migrate", "registry", "worker", "proxy"}
    assert {name: service["command"][0] for name, service in OURS.items()} == {
        "migrate": "migrate",
        "registry": "serve",
        "worker": "worker",
    }
    assert "--no-worker" in OURS["registry"]["command"]
    for service in OURS.values():
        places.understood(service["command"])


def test_the_environment_is_made_of_settings() -> None:
    for service in OURS.values():
        assert set(service["environment"]) <= places.SETTINGS
        assert "REGISTRY_DATABASE_URL" in service["environment"]


def test_every_value_to_fill_in_is_in_the_example_and_nothing_else() -> None:
    wanted = set(re.findall(r"\$\{(\w+)", TEXT))
    optional = set(re.findall(r"\$\{(\w+):-", TEXT))
    example = places.read("deploy/.env.example")
    given = dict(re.findall(r"^(\w+)=(.*)$", example, re.MULTILINE))
    assert wanted - optional <= set(given) <= wanted
    assert not any(given.values()), "an example holds no values"


def test_our_containers_have_no_rights_and_no_writable_root() -> None:
    for service in (*OURS.values(), SERVICES["proxy"]):
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    for service in OURS.values():
        assert any(mount.startswith("/tmp:") for mount in service["tmpfs"])


def test_only_the_proxy_is_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert COMPOSE["networks"]["data"] == {"internal": True}
    assert SERVICES["postgres"]["networks"] == ["data"]
    assert "data" not in SERVICES["proxy"]["networks"]


def test_each_waits_for_what_it_needs() -> None:
    for name in ("registry", "worker"):
        assert SERVICES[name]["depends_on"]["migrate"]["condition"].endswith("successfully")
    assert SERVICES["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_images_have_fixed_tags_and_no_host() -> None:
    for service in SERVICES.values():
        assert re.fullmatch(r"[a-z-]+:\d[\w.-]*", service["image"])
    assert OURS["registry"]["image"] == f"client-registry:{places.version()}"


def test_volumes_networks_and_mounted_files_exist() -> None:
    for service in SERVICES.values():
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        for mount in service.get("volumes", []):
            source = mount.partition(":")[0]
            if source.startswith("./"):
                assert (places.DEPLOY / source).is_file()
            elif not source.startswith("$"):
                assert source in COMPOSE["volumes"]


def test_the_init_script_is_a_program_that_sh_can_read() -> None:
    script = places.DEPLOY / "postgres/init.sh"
    assert script.stat().st_mode & 0o111
    text = script.read_text(encoding="utf-8")
    mounts = [mount.split(":")[1] for mount in SERVICES["postgres"]["volumes"]]
    assert re.findall(r"--file (\S+)", text)[0] in mounts
    assert "exec " not in text, "it may be sourced, and would end the image's own script"

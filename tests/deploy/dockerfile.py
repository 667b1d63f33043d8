"""A small linter of Dockerfiles: what a build would refuse, and what we never want in an image."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

KNOWN = frozenset(
    """
    ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL ONBUILD RUN SHELL STOPSIGNAL USER
    VOLUME WORKDIR
    """.split()
)
_SECRET = re.compile(r"\b\w*(?:PASSWORD|SECRET|TOKEN|CREDENTIAL|REGISTRY_KEYS)\w*=", re.IGNORECASE)
_BUILD_TOOLS = re.compile(r"\b(?:gcc|g\+\+|make|build-essential|python3-dev|git)\b")


class Instruction(NamedTuple):
    """One instruction, its continuation lines joined."""

    name: str
    value: str
    stage: int


def parse(text: str) -> list[Instruction]:
    """The instructions in order; the first stage is 1."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    found, stage = [], 0
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        if line.strip():
            name, _, value = line.strip().partition(" ")
            stage += name == "FROM"
            found.append(Instruction(name, " ".join(value.split()), stage))
    return found


def faults(text: str) -> Iterator[str]:
    """What is wrong with a Dockerfile."""
    instructions = parse(text)
    last = max((one.stage for one in instructions), default=0)
    if not instructions or instructions[0].name not in ("FROM", "ARG"):
        yield "does not begin with FROM"
    for one in instructions:
        if one.name not in KNOWN:
            yield f"unknown instruction {one.name}"
        elif one.name in _CHECKS:
            yield from _CHECKS[one.name](one)
        if one.name in ("ENV", "ARG", "LABEL", "RUN") and _SECRET.search(one.value):
            yield f"{one.name} holds a secret"
        if one.stage == last and one.name == "RUN" and _BUILD_TOOLS.search(one.value):
            yield "build tools in the image"
    final = {one.name: one.value for one in instructions if one.stage == last}
    if final.get("USER", "root").split(":")[0] in ("root", "0"):
        yield "the image runs as root"
    for name, wanted in {"STOPSIGNAL": "SIGTERM", "HEALTHCHECK": "", "ENTRYPOINT": ""}.items():
        if name not in final or (wanted and final[name] != wanted):
            yield f"{name} {wanted}".strip() + " is missing"


def _base(one: Instruction) -> Iterator[str]:
    image = one.value.split()[0]
    name, _, tag = image.rpartition("/")[2].partition(":")
    if not tag or tag == "latest":
        yield f"{name} has no fixed tag"
    if "." in image.split("/")[0].partition(":")[0] and "/" in image:
        yield f"{image} names a host"


def _add(_: Instruction) -> Iterator[str]:
    yield "ADD fetches and unpacks: COPY does neither"


def _exec_form(one: Instruction) -> Iterator[str]:
    command = one.value.partition("CMD ")[2] if one.name == "HEALTHCHECK" else one.value
    try:
        words = json.loads(command)
    except ValueError:
        words = None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        yield f"{one.name} is not in exec form, so a shell stands between it and the signals"


def _run(one: Instruction) -> Iterator[str]:
    for command in one.value.split("&&"):
        if "pip" in command and " install " in command and "--no-deps" not in command:
            for option in ("--require-hashes", "--only-binary :all:"):
                if option not in command:
                    yield f"pip installs without {option}"
        if re.search(r"\b(?:curl|wget)\b.*\|\s*(?:ba)?sh\b", command):
            yield "runs what it fetched"
        if re.search(r"\bsudo\b", command):
            yield "sudo"


_CHECKS = {
    "FROM": _base,
    "ADD": _add,
    "CMD": _exec_form,
    "ENTRYPOINT": _exec_form,
    "HEALTHCHECK": _exec_form,
    "RUN": _run,
}

"""What no file of the repository may say, and what the locks must."""

import re
import tomllib

import pytest

from tests.architecture import tree

# Put together here, so that this file does not hold the words it looks for.
_HOSTS = [
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("yarnpkg", "com"),
        ("crates", "io"),
        ("rubygems", "org"),
    )
]
_HOMES = ["root", "work", "Users"]
_OPTIONS = ["index-url", "extra-index-url", "find-links"]

FORBIDDEN = {
    "the host of a package registry": re.compile("|".join(map(re.escape, _HOSTS)), re.IGNORECASE),
    "a path of one machine": re.compile(rf"(?<![\w.~}}/-])/(?:{'|'.join(_HOMES)})/"),
    "the address of a package index": re.compile(rf"(?<!\w)--(?:{'|'.join(_OPTIONS)})\b"),
}

RUNTIME, DEVELOPMENT = "requirements.lock", "requirements-dev.lock"


def pins(lock: str) -> dict[str, str]:
    """Each requirement of a lock with everything said of it."""
    text = "\n".join(line for line in tree.read(lock).splitlines() if "#" not in line)
    return {entry.split("==")[0]: entry for entry in re.split(r"\n(?=\w)", text.strip())}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what: str) -> None:
    found = [
        f"{path}:{number} {line.strip()[:100]}"
        for path in tree.files()
        for number, line in enumerate(tree.read(path).splitlines(), 1)
        if FORBIDDEN[what].search(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("the host of a package registry", f"https://files.{_HOSTS[1]}/packages"),
        ("the host of a package registry", f"registry={_HOSTS[2].upper()}"),
        ("a path of one machine", f"at '/{_HOMES[0]}/.cache'"),
        ("a path of one machine", f"/{_HOMES[1]}/main"),
        ("the address of a package index", f"--{_OPTIONS[1]} x"),
    ],
)
def test_a_planted_word_is_found(what: str, text: str) -> None:
    assert FORBIDDEN[what].search(text)


@pytest.mark.parametrize(
    "text",
    [f"https://example.org/{_HOMES[1]}/", f"~/{_HOMES[1]}/", f"src/{_HOMES[0]}/x", "no-index-url"],
)
def test_an_innocent_word_passes(text: str) -> None:
    assert not any(pattern.search(text) for pattern in FORBIDDEN.values())


@pytest.mark.parametrize("lock", [RUNTIME, DEVELOPMENT])
def test_every_pin_of_a_lock_has_hashes_and_nothing_else(lock: str) -> None:
    assert pins(lock)
    for name, entry in pins(lock).items():
        first, *rest = entry.split(" \\\n")
        assert re.fullmatch(rf"{name}==[\w.+!-]+(?: ; [^@]+)?", first)
        assert rest
        assert all(re.fullmatch(r"\s+--hash=sha256:[0-9a-f]{64}", line.rstrip()) for line in rest)


def test_the_development_lock_contains_the_runtime_lock() -> None:
    development = pins(DEVELOPMENT)
    assert {name: development.get(name) for name in pins(RUNTIME)} == pins(RUNTIME)


def test_every_dependency_is_locked() -> None:
    project = tomllib.loads(tree.read("pyproject.toml"))
    groups = project["dependency-groups"]
    wanted = {
        RUNTIME: project["project"]["dependencies"] + groups["build"],
        DEVELOPMENT: groups["test"] + groups["lint"],
    }
    for lock, requirements in wanted.items():
        names = {re.split(r"[\[<>=~! ]", requirement)[0].lower() for requirement in requirements}
        assert names <= pins(lock).keys()

"""The guides against the code: settings, errors, numbers, commands, the life of a report, links."""

import ast
import json
import re
import subprocess
import sys

import msgspec
import pytest

from registry.contract import refusals
from registry.lookups.wire import LookupRequest
from registry.platform import keyring, policy
from registry.platform.settings import Settings, from_env
from registry.reports import rules
from registry.reports.rules import Category, Event
from registry.reports.wire import ReportSubmission
from tests.deploy import life, places
from tests.platform.test_policy import numbers

GUIDES = sorted(path.name for path in places.DOCS.glob("*.md"))
TEXTS = {f"docs/{name}": places.read(f"docs/{name}") for name in GUIDES}
TEXTS["deploy/README.md"] = places.read("deploy/README.md")
OPERATIONS, INTEGRATION = TEXTS["docs/operations.md"], TEXTS["docs/integration.md"]


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    section = text.split(f"{heading}\n", 1)[1]
    lines = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert lines
    return [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in lines[0].splitlines()[2:]
    ]


# --- settings and commands ------------------------------------------------------------------------


def test_the_settings_are_listed_with_their_defaults() -> None:
    listed = {row[0].strip("`"): row[1].strip("`") for row in rows(OPERATIONS, "## Settings")}
    defaults = {
        f"REGISTRY_{field.name.upper()}": str(field.default)
        for field in msgspec.structs.fields(Settings)
    }
    assert listed == defaults


@pytest.mark.parametrize("path", TEXTS)
def test_only_variables_that_there_are_are_named(path: str) -> None:
    named = set(re.findall(r"\bREGISTRY_[A-Z0-9_]+\b", TEXTS[path]))
    # What a container platform would add; named to explain why it must not.
    assert named <= places.SETTINGS | places.CLIENT_SIDE | {"REGISTRY_PORT"}


@pytest.mark.parametrize("path", TEXTS)
def test_commands_are_real(path: str) -> None:
    for line in places.command_lines(TEXTS[path]):
        places.understood(line)


def test_the_operators_guide_shows_the_commands_of_an_operator() -> None:
    shown = {
        " ".join(line[:2]) if line[0] in {"staff", "business", "key", "dispute"} else line[0]
        for line in places.command_lines(OPERATIONS)
    }
    assert {
        "migrate",
        "staff add",
        "staff revoke",
        "business list",
        "business verify",
        "business suspend",
        "business add",
        "key create",
        "key revoke",
        "dispute open",
        "dispute rule",
    } <= shown


def test_keys_made_as_the_guide_says_are_keys() -> None:
    (command,) = re.findall(r"^python3 -c '(.+)'$", OPERATIONS, re.MULTILINE)
    made = subprocess.run(
        [sys.executable, "-c", command], capture_output=True, text=True, check=True
    )
    loaded = keyring.load(from_env({"REGISTRY_KEYS": made.stdout}))
    assert loaded.current == 1


@pytest.mark.parametrize("path", TEXTS)
def test_links_and_files_exist(path: str) -> None:
    folder = (places.ROOT / path).parent
    for target in re.findall(r"\]\(([^)#]+)\)", TEXTS[path]):
        assert (folder / target).exists(), target
    named = set(re.findall(r"`((?:deploy|docs|registry|tests)/[\w./*-]+)`", TEXTS[path]))
    for name in named - {"deploy/.env"}:  # made by whoever deploys
        assert list(places.ROOT.glob(name.rstrip("/"))), name


@pytest.mark.parametrize("path", [*TEXTS, "deploy/systemd/registry.env.example"])
def test_named_sections_exist(path: str) -> None:
    for section in re.findall(r'docs/operations\.md, "([^"]+)"', places.read(path)):
        assert re.search(rf"^#+ {re.escape(section)}$", OPERATIONS, re.MULTILINE), section


# --- for integrators ------------------------------------------------------------------------------


def test_every_problem_is_in_the_table_with_its_status() -> None:
    listed = {row[0].strip("`"): int(row[1]) for row in rows(INTEGRATION, "## Errors")}
    known = {name: one.status for name, one in refusals.known().items()}
    # Answered by hand, for it has no class of its own.
    assert listed == known | {"method-not-allowed": 405}


def test_the_table_of_categories_is_that_of_the_rules() -> None:
    months = policy.load("ua").retention_months
    needs = {
        "amount": rules.NEEDS_AMOUNT,
        "contacts": rules.NEEDS_CONTACTS,
        "settlement_attempts": rules.NEEDS_SETTLEMENT_ATTEMPTS,
    }
    for row, category in zip(rows(INTEGRATION, "## The first report"), Category, strict=True):
        assert row[0].startswith(f"`{category}`:")
        wanted = [f"`{name}`" for name, categories in needs.items() if category in categories]
        assert row[1] == ", ".join(wanted)
        assert int(row[2]) == months[category]


def test_the_bodies_in_examples_are_read_by_the_contract() -> None:
    bodies = re.findall(r"--data '(\{.+?\})'", INTEGRATION, re.DOTALL)
    lookup, report = bodies
    msgspec.json.decode(lookup, type=LookupRequest)
    assert msgspec.json.decode(report, type=ReportSubmission).category is Category.PARCEL_REFUSED
    for answer in re.findall(r"```json\n(.*?)```", INTEGRATION, re.DOTALL):
        assert json.loads(answer)["lookup_id"]


# --- policy and the life of a report --------------------------------------------------------------


def test_every_number_of_every_profile_is_explained() -> None:
    listed = {
        row[0].strip("`"): tuple(map(ast.literal_eval, row[1:4]))
        for row in rows(TEXTS["docs/policy.md"], "## The numbers")
    }
    profiles = [
        dict(numbers(msgspec.to_builtins(policy.load(name))))
        for name in ("ua", "eu-strict", "sandbox")
    ]
    assert listed == {name: tuple(one[name] for one in profiles) for name in profiles[0]}


def test_the_life_of_a_report_is_current() -> None:
    text = TEXTS["docs/life-of-a-report.md"]
    assert life.current(text) == text, "run: python -m tests.deploy.life"


def test_the_life_of_a_report_knows_every_event_and_transition() -> None:
    assert set(life.ACTORS) == set(Event)
    drawn = {
        (before, event, after)
        for before, after, events in re.findall(
            r"^    (\w+) --> (\w+): (.+)$", TEXTS["docs/life-of-a-report.md"], re.MULTILINE
        )
        for event in events.split(", ")
    }
    assert drawn == {(b, event, after) for (b, event), after in rules.TRANSITIONS.items()}


def test_a_stale_part_is_found() -> None:
    text = TEXTS["docs/life-of-a-report.md"]
    assert life.current(text.replace("submitted --> screening", "submitted --> active")) == text
    with pytest.raises(ValueError, match="diagram"):
        life.current(text.replace("<!-- end: diagram -->", ""))

"""One served registry for all tests of this folder that only call it, with a member and its keys."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.cli.processes import Ended, Served, folder, run, served


@dataclass(frozen=True)
class Member:
    """A registry that runs, and a business in it with a live and a test key."""

    server: Served
    business_id: str
    live_key: str
    test_key: str

    def operate(self, *arguments: object) -> Ended:
        """Run a command on the database of this registry."""
        return run(*arguments, "--data-dir", self.server.data_dir)

    def call(self, *arguments: object, key: str = "", stdin: str = "", **variables: str) -> Ended:
        """Run a command that calls this registry."""
        known = {"REGISTRY_URL": self.server.url, "REGISTRY_API_KEY": key or self.live_key}
        return run(*arguments, stdin=stdin, **(known | variables))


@pytest.fixture(scope="session")
def member() -> Iterator[Member]:
    """A registry under the sandbox policy and a verified business."""
    with folder() as data_dir, served(data_dir, REGISTRY_POLICY="sandbox") as server:
        place = ("--json", "--data-dir", data_dir)
        added = run(
            *("business", "add", "ТОВ «Перша»", "--country", "UA", "--register-code", "99000011"),
            *("--email", "office@first.example", "--owner", "Олена Коваль:3184710691"),
            *("--plan", "partner", "--verify", "--reason", "extract seen", *place),
        )
        assert added.code == 0, added.err
        business_id = added.json["id"]
        live = run("key", "create", business_id, "--scope", "all", *place)
        test = run("key", "create", business_id, "--scope", "lookup", "--test", *place)
        yield Member(server, business_id, live.json["api_key"], test.json["api_key"])

"""Controls to take away, each with the attack that must then succeed: `pytest tests/attacks --planted`."""

from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from sqlalchemy import text

from registry.businesses import access as members
from registry.businesses.rules import Scope
from registry.disputes import detachments, moderation
from registry.disputes import documents as dispute_documents
from registry.erasure import moderation as objections
from registry.identities import review
from registry.limits import service as limits
from registry.limits import watch
from registry.limits.rules import seldom
from registry.lookups import queries
from registry.matching import blocking
from registry.messages import service as messages
from registry.messages import sms
from registry.platform import access_log, runtime, secrets
from registry.platform.errors import NotFound
from registry.reports import screening
from registry.reports import store as reports
from registry.subjects import documents, rules, service, store
from registry.subjects.rules import DocumentState
from registry.webhooks import targets
from tests.model.bugs import Plant, no_tombstones, nothing_is_detached, one_proof_is_two


@dataclass(frozen=True)
class Bug:
    """A control taken away, and the attack test that notices."""

    plant: Plant
    #: `file::function` in this folder.
    test: str
    #: Part of the ids of its cases that notice; empty: each does.
    case: str = ""

    @property
    def name(self) -> str:
        """The bug's name in the list of tests."""
        return self.plant.__name__


def nothing_is_compared(patch: pytest.MonkeyPatch) -> None:
    """Where no code was sent, a try is refused before it is compared."""
    try_ = service._try

    async def hasty(session: Any, row: Any, code: str) -> Any:
        sent = await store.find_code(session, row.asked or b"")
        if sent is None or not rules.is_good(sent, session.now):
            return None
        return await try_(session, row, code)

    patch.setattr(service, "_try", hasty)


def any_claim_is_good(patch: pytest.MonkeyPatch) -> None:
    """The claim of an accepted document counts with any identifier."""

    async def accepted(session: Any, claim: str, _: bytes) -> Any:
        row = await store.find_document(session, secrets.digest(session.keyring, claim))
        return row.records if row and row.state == DocumentState.ACCEPTED else None

    patch.setattr(documents, "accepted", accepted)


def unknown_paths_are_logged(patch: pytest.MonkeyPatch) -> None:
    """The log names the path as it was sent where no route has it."""
    note = access_log._note

    def talkative(scope: Any, *given: Any) -> None:
        note({**scope, "path_template": scope.get("path_template") or scope["path"]}, *given)

    patch.setattr(access_log, "_note", talkative)


def every_key_may_do_everything(patch: pytest.MonkeyPatch) -> None:
    """The scopes of a key are not looked at."""
    authenticate = members.authenticate

    async def all_scopes(*given: Any) -> Any:
        return msgspec.structs.replace(await authenticate(*given), scopes=frozenset(Scope))

    patch.setattr(members, "authenticate", all_scopes)


def nobody_is_conflicted(patch: pytest.MonkeyPatch) -> None:
    """The code lets moderators decide for their own business; the database still looks."""

    async def leave(*_: object) -> None:
        return None

    for module in (
        screening,
        moderation,
        detachments,
        dispute_documents,
        objections,
        review,
    ):
        patch.setattr(module, "refuse_conflict", leave)


def versions_are_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    """A decision counts on whatever the report has become."""
    decide = screening.decide

    async def careless(session: Any, moderator: Any, report_id: Any, command: Any) -> Any:
        said = text("SELECT version FROM reports WHERE id = :id")
        now = await session.scalar(said, {"id": report_id})
        command = msgspec.structs.replace(command, version=now)
        return await decide(session, moderator, report_id, command)

    patch.setattr(screening, "decide", careless)


def strangers_are_not_counted(patch: pytest.MonkeyPatch) -> None:
    """Distinct clients of whom nothing is known cost nothing."""
    patch.setattr(queries, "_marks", lambda *_: [])


def canaries_are_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    """A business that asks for canaries is not stopped."""
    patch.setattr(watch, "CANARIES", 10**6)


def the_answer_tells(patch: pytest.MonkeyPatch) -> None:
    """A start for nobody's number is refused."""
    ask = service._ask

    async def says(session: Any, row: Any, key: Any, asked: Any, index: bytes) -> None:
        await ask(session, row, key, asked, index)
        if not await service._is_theirs(session, [], index):
            raise NotFound

    patch.setattr(service, "_ask", says)


def nobodys_letters_cost_nothing(patch: pytest.MonkeyPatch) -> None:
    """Where no letter is due, none is queued."""
    enqueue = messages.enqueue

    async def drops(session: Any, *, decoy: bool = False, **given: Any) -> Any:
        return None if decoy else await enqueue(session, **given)

    patch.setattr(messages, "enqueue", drops)


def letters_without_end(patch: pytest.MonkeyPatch) -> None:
    """Each start has a letter sent."""
    patch.setattr(rules, "LETTERS", 10**6)


def strangers_spend_a_numbers_starts(patch: pytest.MonkeyPatch) -> None:
    """So many starts an hour for one number, a stranger's counted."""
    ask = service._ask

    async def limited(session: Any, row: Any, key: Any, asked: Any, index: bytes) -> None:
        if await limits.take(session.runtime, seldom(f"code:for:{index.hex()}", 20, 6)):
            raise service.TooManyCodes(retry_after=600)
        await ask(session, row, key, asked, index)

    patch.setattr(service, "_ask", limited)


def nothing_is_assured(patch: pytest.MonkeyPatch) -> None:
    """A crowd can spend what all share, and then no network has anything left."""
    take = limits.take

    async def shared(opened: Any, *budgets: Any) -> int | None:
        if budgets[0].holder.endswith(":assured"):
            return 60
        return await take(opened, *budgets)

    patch.setattr(limits, "take", shared)


def every_try_counts(patch: pytest.MonkeyPatch) -> None:
    """A code may be tried as often as one likes."""
    patch.setattr(rules, "CODE_TRIES", 10**4)


def row_security_is_off(patch: pytest.MonkeyPatch) -> None:
    """Each transaction sees every business's rows."""
    begun = runtime._begun

    def widened(opened: Any, session: Any, _: Any, *, reading: bool) -> Any:
        return begun(opened, session, None, reading=reading)

    patch.setattr(runtime, "_begun", widened)


def the_code_asks_not_whose(patch: pytest.MonkeyPatch) -> None:
    """A report is read by any business; row-level security still looks."""
    get = reports.get

    async def anybodys(session: Any, report_id: Any, **_: Any) -> Any:
        return await get(session, report_id)

    patch.setattr(reports, "get", anybodys)


def receipts_are_believed(patch: pytest.MonkeyPatch) -> None:
    """A receipt counts without its signature."""
    patch.setattr(sms.HttpProvider, "verify", lambda *_: None)


def any_address_is_public(patch: pytest.MonkeyPatch) -> None:
    """Events go to this machine as well."""
    patch.setattr(targets, "may_reach", lambda *_, **__: True)


def common_names_are_kept(patch: pytest.MonkeyPatch) -> None:
    """Tokens are stored however many hold them."""
    patch.setattr(blocking, "CAP", 10**9)


BUGS = (
    Bug(nothing_is_compared, "test_impostor.py::test_each_try_is_compared"),
    Bug(any_claim_is_good, "test_guesser.py::test_a_found_claim_opens_nothing"),
    Bug(unknown_paths_are_logged, "test_thief.py::test_no_path_is_logged_as_it_was_sent"),
    Bug(
        every_key_may_do_everything, "test_webhooks.py::test_a_key_without_the_scope_may_do_nothing"
    ),
    Bug(nobody_is_conflicted, "test_moderator.py::test_the_code_refuses_and_nothing_changes"),
    Bug(versions_are_not_looked_at, "test_reporter.py::test_a_moderator_decides_on_what_they_read"),
    Bug(
        strangers_are_not_counted, "test_enumerator.py::test_strangers_run_out_whoever_asks", "held"
    ),
    Bug(canaries_are_not_looked_at, "test_enumerator.py::test_a_list_with_canaries_ends", "held"),
    Bug(the_answer_tells, "test_impostor.py::test_a_stranger_is_told_the_same_of_everybody"),
    Bug(
        nobodys_letters_cost_nothing,
        "test_impostor.py::test_a_stranger_is_told_the_same_of_everybody",
    ),
    Bug(one_proof_is_two, "test_impostor.py::test_the_phone_alone_opens_no_door"),
    Bug(nothing_is_detached, "test_impostor.py::test_a_number_that_was_detached_leads_to_nobody"),
    Bug(
        letters_without_end,
        "test_lockout.py::test_a_crowd_has_twelve_letters_a_day_sent_to_one_number",
    ),
    Bug(strangers_spend_a_numbers_starts, "test_lockout.py::test_one_address_locks_nobody_out"),
    Bug(
        nothing_is_assured,
        "test_lockout.py::test_a_crowd_that_spends_what_all_share_locks_no_other_network_out",
    ),
    Bug(every_try_counts, "test_guesser.py::test_guessing_at_once_wins_no_further_try"),
    Bug(row_security_is_off, "test_member_sql.py::test_every_table_shows_ones_own_rows_only"),
    Bug(the_code_asks_not_whose, "test_tenant.py::test_the_code_alone_refuses", "GET-/v1/reports/"),
    Bug(receipts_are_believed, "test_receipts.py::test_a_forged_receipt_proves_nothing"),
    Bug(
        no_tombstones,
        "test_reporter.py::test_what_was_withdrawn_after_cooling_off_meets_its_tombstone",
    ),
    Bug(
        any_address_is_public,
        "test_webhooks.py::test_a_name_that_leads_to_this_machine_gets_nothing",
    ),
    Bug(common_names_are_kept, "test_frequency.py::test_a_thief_reads_the_names_of_few"),
)

"""The life of a message, as a product of states and events; retries, channels, languages."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from registry.messages import rules
from registry.messages.rules import (
    Channel,
    Event,
    IllegalStep,
    Language,
    State,
    Template,
    Transport,
)
from registry.subjects.rules import CODE_FOR

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
LEGAL = {
    ("queued", "written"): "delivered",
    ("queued", "taken"): "accepted",
    ("queued", "refused"): "failed",
    ("queued", "exhausted"): "failed",
    ("accepted", "bounced"): "bounced",
    ("accepted", "silence"): "delivered",
    # A receipt may be faster than the answer to the request, or outlive an answer that was lost.
    ("queued", "arrived"): "delivered",
    ("queued", "lost"): "bounced",
    ("accepted", "arrived"): "delivered",
    ("accepted", "lost"): "bounced",
    ("accepted", "no_receipt"): "unproven",
}


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_every_event_in_every_state(state: State, event: Event) -> None:
    """What is not in the table raises."""
    expected = LEGAL.get((state.value, event.value))
    if expected is None:
        with pytest.raises(IllegalStep):
            rules.follow(state, event)
    else:
        assert rules.follow(state, event) == expected


def test_settled_states_are_those_that_nothing_leaves() -> None:
    left = {state for state, _ in rules.TRANSITIONS}
    assert set(State) - left == rules.SETTLED


def test_a_message_is_tried_seven_times_within_a_day() -> None:
    """Long enough for a bad night of a mail server, short against the days of a notice."""
    tries, at = 0, NOW
    while True:
        tries += 1
        again = rules.next_try(tries, at)
        if again is None:
            break
        assert again > at
        at = again
    assert tries == 7
    assert timedelta(hours=12) < at - NOW < timedelta(days=1)


def test_a_code_is_tried_only_while_it_is_good() -> None:
    """Up to two and a half hours: the next try would come when the code opens nothing any more."""
    until = rules.useful_until(Template.SUBJECT_CODE, NOW)
    assert until == NOW + CODE_FOR
    tries, at, times = 0, NOW, [NOW]
    while again := rules.next_try(tries := tries + 1, at, until):
        times.append(at := again)
    assert [(at - NOW) // timedelta(minutes=1) for at in times] == [0, 1, 6, 36, 156]
    assert rules.useful_until(Template.REPORT_NOTICE, NOW) is None


def test_waits_grow() -> None:
    assert list(rules.RETRY_AFTER) == sorted(rules.RETRY_AFTER)


@pytest.mark.parametrize(
    ("transport", "days", "means", "state"),
    [
        (Transport.SMTP, 2, Event.SILENCE, State.DELIVERED),
        (Transport.SMS, 14, Event.NO_RECEIPT, State.UNPROVEN),
    ],
)
def test_silence_of_a_mail_server_proves_and_that_of_a_provider_does_not(
    transport: Transport, days: int, means: Event, state: State
) -> None:
    at = rules.silent_at(transport, NOW, bounce_hours=48, attempt_days=14)
    assert at == NOW + timedelta(days=days)
    assert rules.silence(transport) is means
    assert rules.follow(State.ACCEPTED, means) is state


@pytest.mark.parametrize("transport", [*Transport, None])
@pytest.mark.parametrize("state", State)
def test_only_what_is_delivered_tells_anybody(state: State, transport: Transport | None) -> None:
    """Since it was taken; a short message since its receipt came."""
    taken, settled = NOW, NOW + timedelta(days=3)
    told = rules.told_at(state, transport, taken, settled)
    if state is not State.DELIVERED:
        assert told is None
    else:
        assert told == (settled if transport is Transport.SMS else taken)


@pytest.mark.parametrize(
    ("has", "usable", "order"),
    [
        ("mail sms", "mail sms", "mail sms"),
        ("sms mail", "sms mail", "mail sms"),
        ("sms", "mail sms", "sms"),
        ("sms", "mail", ""),
        ("mail sms", "mail", "mail"),
        ("", "mail sms", ""),
    ],
)
def test_mail_comes_before_sms_and_only_what_works_is_tried(
    has: str, usable: str, order: str
) -> None:
    def channels(text: str) -> list[Channel]:
        return [Channel(word) for word in text.split()]

    assert rules.channel_order(channels(has), channels(usable)) == channels(order)


@pytest.mark.parametrize(
    ("country", "language"),
    [
        ("UA", "uk"),
        ("ua", "uk"),
        ("RU", "ru"),
        ("BY", "ru"),
        ("KZ", "ru"),
        ("PL", "en"),
        ("", "en"),
    ],
)
def test_language_follows_the_country(country: str, language: str) -> None:
    assert rules.language_of(country) == Language(language)


def test_no_country_means_english() -> None:
    assert rules.language_of(None) is Language.EN

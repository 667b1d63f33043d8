"""Handles: names, links and phone numbers of messengers and networks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.matching import handle
from tests.matching.values import near_misses, read_or_none, refusal, unhurried

READ = [
    # network, written, normal form, why
    ("telegram", "@Oleksandr", "telegram:oleksandr", "at sign and case"),
    ("Telegram", "oleksandr", "telegram:oleksandr", "the network's case"),
    ("tg", "oleksandr", "telegram:oleksandr", "the network's short name"),
    ("telegram", "https://t.me/Oleksandr", "telegram:oleksandr", "link"),
    ("telegram", "t.me/oleksandr?start=1", "telegram:oleksandr", "link without scheme, with query"),
    ("telegram", "https://t.me/s/oleksandr/", "telegram:oleksandr", "preview link"),
    ("telegram", "tg://resolve?domain=oleksandr", "telegram:oleksandr", "scheme"),
    ("telegram", "+380501234567", "telegram:+380501234567", "known by number"),
    ("telegram", "https://t.me/+380501234567", "telegram:+380501234567", "link to a number"),
    ("viber", "050 123-45-67", "viber:+380501234567", "Viber is a number"),
    ("viber", "viber://chat?number=%2B380501234567", "viber:+380501234567", "scheme"),
    ("viber", "viber://chat?number=380501234567", "viber:+380501234567", "scheme without plus"),
    ("whatsapp", "https://wa.me/380501234567", "whatsapp:+380501234567", "link without plus"),
    ("whatsapp", "wa.me/380501234567?text=hi", "whatsapp:+380501234567", "link with a text"),
    (
        "whatsapp",
        "https://api.whatsapp.com/send?phone=380501234567",
        "whatsapp:+380501234567",
        "link with the number in the query",
    ),
    ("signal", "0501234567", "signal:+380501234567", "Signal by number"),
    ("signal", "https://signal.me/#p/+380501234567", "signal:+380501234567", "Signal's link"),
    ("signal", "olha.01", "signal:olha.01", "Signal by username"),
    ("instagram", "@o.koval_1", "instagram:o.koval_1", "dots and underscores"),
    ("instagram", "https://www.instagram.com/o.koval/?hl=uk", "instagram:o.koval", "link"),
    ("facebook", "Olha.Koval.5", "facebook:olhakoval5", "dots do not count"),
    ("facebook", "https://m.facebook.com/olha.koval", "facebook:olhakoval", "mobile link"),
    (
        "facebook",
        "https://www.facebook.com/profile.php?id=100012345678901",
        "facebook:100012345678901",
        "numeric profile",
    ),
    ("fb", "fb.com/olha.koval", "facebook:olhakoval", "short host"),
    ("facebook", "https://m.me/olha.koval", "facebook:olhakoval", "Messenger's host"),
    ("vk", "https://vk.com/id123456", "vk:id123456", "numeric profile"),
    ("ok", "https://ok.ru/profile/123456", "ok:123456", "profile link"),
    ("tiktok", "https://www.tiktok.com/@olha.koval", "tiktok:olha.koval", "at sign in the link"),
    ("twitter", "https://twitter.com/olha_koval", "x:olha_koval", "the older name"),
    ("linkedin", "https://www.linkedin.com/in/olha-koval/", "linkedin:olha-koval", "link"),
    ("discord", "olha.koval", "discord:olha.koval", "no links"),
]

REFUSED = [
    ("icq", "123456", "a network nobody is reached by"),
    ("", "oleksandr", "no network"),
    ("telegram", "", "no name"),
    ("telegram", "ol", "too short"),
    ("telegram", "олександр", "Cyrillic"),
    ("telegram", "oleksаndr", "Cyrillic а inside"),
    ("telegram", "1oleksandr", "starts with a digit"),
    ("telegram", "oleksandr_", "ends with an underscore"),
    ("telegram", "olek__sandr", "two underscores"),
    ("telegram", "501234567", "an account's numeric id is no phone number"),
    ("telegram", "https://t.me/+AbCdEfGh", "an invitation, not a person"),
    ("telegram", "https://instagram.com/oleksandr", "a link to another network"),
    ("telegram", "a" * 33, "too long"),
    ("viber", "oleksandr", "Viber knows no names"),
    ("viber", "05012345", "a number too short"),
    ("whatsapp", "https://wa.me/olha", "no number in the link"),
    ("signal", "olha", "a username without its digits"),
    ("instagram", "o..koval", "two dots"),
    ("instagram", ".koval", "dot first"),
    ("facebook", ".....", "nothing but dots"),
    ("facebook", "a.b.c", "too short without its dots"),
    ("facebook", "olha_koval", "underscore"),
    ("x", "olha.koval", "dot"),
    ("telegram", "oleksandr\u202e", "right-to-left override"),
    ("telegram", "olek sandr", "blank"),
]


@pytest.mark.parametrize(("network", "written", "expected", "why"), READ)
def test_is_read(network: str, written: str, expected: str, why: str) -> None:
    assert handle.normalise(network, written, "UA") == expected, why


@pytest.mark.parametrize(("network", "written", "why"), REFUSED)
def test_is_refused(network: str, written: str, why: str) -> None:
    detail = refusal(lambda: handle.normalise(network, written, "UA"))
    assert len(written) < 3 or written not in detail, why


def test_a_number_is_a_phone_number() -> None:
    assert handle.phone_of("viber:+380501234567") == "+380501234567"
    assert handle.phone_of("telegram:oleksandr") is None


@unhurried
@given(
    st.sampled_from(sorted(handle._NETWORKS)),
    near_misses | st.from_regex(r"(https://)?[a-z]{1,9}\.(me|com|ru)/[@+]?[a-z0-9_.?=/]{0,12}"),
)
def test_only_refusals_escape_and_the_normal_form_stays(network: str, text: str) -> None:
    normal = read_or_none(lambda: handle.normalise(network, text, "UA"))
    if normal is not None:
        of, _, name = normal.partition(":")
        assert of == network
        assert handle.normalise(of, name, "UA") == normal


@given(near_misses)
def test_only_refusals_escape_from_networks(text: str) -> None:
    read_or_none(lambda: handle.network_of(text))

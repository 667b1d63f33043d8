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
    ("discord", "olha.koval", "discord:olha.koval", "a name"),
    ("telegram", "https://oleksandr.t.me", "telegram:oleksandr", "the name as a host"),
    ("telegram", "oleksandr.t.me/?start=1", "telegram:oleksandr", "the same with a query"),
    ("telegram", "t.me/@oleksandr", "telegram:oleksandr", "at sign in the link"),
    ("telegram", "t.me/oleksandr/123", "telegram:oleksandr", "a message"),
    ("telegram", "https://web.telegram.org/k/#@oleksandr", "telegram:oleksandr", "the web client"),
    (
        "telegram",
        "tg://resolve?phone=380501234567",
        "telegram:+380501234567",
        "scheme with a number",
    ),
    ("viber", "https://viber.click/380501234567", "viber:+380501234567", "link"),
    (
        "whatsapp",
        "whatsapp://send?phone=%2B380501234567&text=x",
        "whatsapp:+380501234567",
        "scheme",
    ),
    (
        "whatsapp",
        "https://web.whatsapp.com/send/?phone=380501234567",
        "whatsapp:+380501234567",
        "web",
    ),
    ("whatsapp", "https://wa.me/38670001234", "whatsapp:+38670001234", "a link has its country"),
    ("telegram", "https://t.me/+38670001234", "telegram:+38670001234", "with a plus as well"),
    ("whatsapp", "https://wa.me/c/380501234567", "whatsapp:+380501234567", "a seller's catalogue"),
    (
        "instagram",
        "https://www.instagram.com/o.koval?igsh=" + "MWp2cTNxOWxkOHE5Zg==" * 9,
        "instagram:o.koval",
        "the limit is on the name, not on the trackers of the link",
    ),
    ("instagram", "instagram.com/stories/o.koval/312/", "instagram:o.koval", "a story"),
    ("instagram", "instagram.com/o.koval/reel/C1x/", "instagram:o.koval", "a reel under the name"),
    (
        "instagram",
        "https://www.threads.net/@o.koval",
        "instagram:o.koval",
        "the same name in Threads",
    ),
    ("instagram", "https://ig.me/m/o.koval", "instagram:o.koval", "a chat"),
    (
        "facebook",
        "facebook.com/people/Olha-Koval/100012345678901/",
        "facebook:100012345678901",
        "id",
    ),
    ("facebook", "facebook.com/groups/1/user/100012345678901/", "facebook:100012345678901", "id"),
    (
        "facebook",
        "facebook.com/photo.php?fbid=2&id=100012345678901",
        "facebook:100012345678901",
        "id",
    ),
    ("facebook", "facebook.com/story.php?story_fbid=pfbid0&id=10001", "facebook:10001", "id"),
    ("facebook", "facebook.com/marketplace/profile/10001/", "facebook:10001", "id"),
    ("facebook", "https://www.messenger.com/t/10001", "facebook:10001", "id"),
    ("facebook", "https://web.facebook.com/olha.koval?_rdc=1&_rdr", "facebook:olhakoval", "web"),
    ("facebook", "https://uk-ua.facebook.com/olha.koval/about", "facebook:olhakoval", "language"),
    ("facebook", "https://facebook.com/olha.koval/posts/pfbid02", "facebook:olhakoval", "a post"),
    ("vk", "https://vk.com/im?sel=123456", "vk:id123456", "a chat"),
    ("vk", "vk.com/wall123456_78", "vk:id123456", "a post on a person's wall"),
    ("vk", "vk.com/write123456", "vk:id123456", "a chat"),
    ("vk", "https://m.vk.com/olha?w=wall1_2", "vk:olha", "a post over the page"),
    ("ok", "https://ok.ru/profile/123456/statuses", "ok:123456", "a part of the profile"),
    ("ok", "ok.ru/olha.koval", "ok:olha.koval", "a short name"),
    ("tiktok", "https://www.tiktok.com/@olha.koval?_t=8p&_r=1", "tiktok:olha.koval", "trackers"),
    ("tiktok", "tiktok.com/@olha.koval/video/7312", "tiktok:olha.koval", "a video under the name"),
    ("x", "https://x.com/intent/user?screen_name=olha_koval", "x:olha_koval", "a button"),
    ("x", "x.com/olha_koval/status/17?s=20", "x:olha_koval", "a post"),
    ("x", "https://mobile.twitter.com/olha_koval", "x:olha_koval", "mobile link"),
    (
        "linkedin",
        "https://ua.linkedin.com/in/olha-koval",
        "linkedin:olha-koval",
        "a country's pages",
    ),
    ("linkedin", "linkedin.com/in/%D0%BE%D0%BB%D1%8C%D0%B3%D0%B0/", "linkedin:ольга", "letters"),
    ("discord", "https://discord.com/users/312345678901234567", "discord:312345678901234567", "id"),
]

#: Links that lead to no person; two of each form, since the danger is that both give one name.
NOBODY = {
    "telegram": [
        "https://t.me/joinchat/AAAAAE{}",
        "t.me/c/10{}/5",
        "t.me/addstickers/Set{}",
        "t.me/share/url?url={}",
        "t.me/proxy?server={}",
        "https://web.telegram.org/k/#-100{}",
        "tg://user?id=10{}",
        "tg://join?invite={}",
        "t.me/iv?url={}",
        "t.me/m/Ab{}",
        "t.me/contact/1:{}",
        "t.me",
        "share",
        "joinchat",
    ],
    "viber": ["https://invite.viber.com/?g2={}", "viber://pa?chatURI=shop{}"],
    "whatsapp": [
        "https://wa.me/message/CODE{}",
        "https://wa.me/qr/CODE{}",
        "whatsapp.com/channel/00{}",
    ],
    "signal": ["https://signal.me/#eu/CODE{}"],
    "instagram": [
        "https://www.instagram.com/p/CODE{}/",
        "instagram.com/reel/CODE{}/",
        "instagram.com/reels/CODE{}",
        "instagram.com/tv/CODE{}",
        "instagram.com/explore/tags/shop{}/",
        "instagram.com/stories/highlights/1{}/",
        "instagram.com/direct/t/1{}",
        "instagram.com/share/CODE{}",
        "instagram.com/accounts/login/?next={}",
        "instagram.com/unheard/of{}",
        "https://www.instagram.com/",
        "explore",
        "@reels",
    ],
    "facebook": [
        "https://www.facebook.com/share/CODE{}/",
        "facebook.com/share/p/CODE{}",
        "facebook.com/groups/1{}",
        "facebook.com/reel/1{}",
        "facebook.com/watch/?v=1{}",
        "facebook.com/events/1{}",
        "facebook.com/hashtag/x{}",
        "facebook.com/photo/?fbid=1{}",
        "facebook.com/permalink.php?story_fbid=1{}",
        "facebook.com/marketplace/item/1{}",
        "facebook.com/profile.php",
        "facebook.com/people/Olha-Koval/pfbid{}",
        "facebook.com/story.php?story_fbid={}",
        "https://l.facebook.com/l.php?u={}",
        "fb.me/e/CODE{}",
        "facebook.com/login/?next={}",
        "profile.php",
        "marketplace",
    ],
    "vk": [
        "vk.com/club1{}",
        "vk.com/public1{}",
        "vk.com/event1{}",
        "vk.com/wall-1_{}",
        "vk.com/im?sel=c{}",
        "vk.com/im?sel=-{}",
        "vk.com/app1{}",
        "vk.com/topic-1_{}",
        "vk.com/away.php?to={}",
        "vk.com/feed",
        "vk.com/video?q={}",
        "club12345",
    ],
    "ok": [
        "ok.ru/group/1{}",
        "ok.ru/video/1{}",
        "ok.ru/dk?st.cmd=friendMain&st.friendId={}",
        "ok.ru/live/{}",
        "ok.ru/music",
    ],
    "tiktok": [
        "tiktok.com/video/1{}",
        "https://vm.tiktok.com/ZM{}/",
        "tiktok.com/t/ZT{}/",
        "tiktok.com/tag/x{}",
        "tiktok.com/share/user/1{}",
        "tiktok.com/olha{}",
        "https://www.tiktok.com/",
    ],
    "x": [
        "https://x.com/intent/user?user_id=1{}",
        "x.com/intent/tweet?text={}",
        "x.com/i/status/1{}",
        "x.com/search?q={}",
        "x.com/hashtag/x{}",
        "x.com/home",
        "x.com/share?url={}",
    ],
    "linkedin": [
        "https://www.linkedin.com/company/shop{}/",
        "linkedin.com/school/x{}",
        "linkedin.com/feed/update/{}",
        "linkedin.com/jobs/view/1{}",
        "linkedin.com/posts/olha_x-activity-{}",
        "linkedin.com/profile/view?id={}",
    ],
    "discord": [
        "https://discord.com/invite/x{}",
        "discord.com/channels/1/{}",
        "https://discord.com/channels/@me/{}",
    ],
}

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


@pytest.mark.parametrize(
    ("network", "form"), [(network, form) for network, forms in NOBODY.items() for form in forms]
)
@pytest.mark.parametrize("code", ["77321", "ABCdef9"])
def test_a_link_to_no_person_is_refused(network: str, form: str, code: str) -> None:
    detail = refusal(lambda: handle.normalise(network, form.format(code), "UA"))
    assert code not in detail


def test_the_refusal_says_which_link_to_send() -> None:
    detail = refusal(lambda: handle.normalise("instagram", "https://instagram.com/p/C1x/", "UA"))
    assert "https://instagram.com/NAME" in detail


@pytest.mark.parametrize("network", sorted(handle._NETWORKS))
def test_a_network_reads_its_own_example(network: str) -> None:
    """The link that a refusal asks for is one that is read."""
    profile = handle._NETWORKS[network].profile.replace("NAME", "olhakoval")
    assert read_or_none(lambda: handle.normalise(network, profile, "UA")), profile
    assert handle.network_of_link(profile) == network


@pytest.mark.parametrize(
    ("link", "network"),
    [
        ("https://t.me/oleksandr", "telegram"),
        ("oleksandr.t.me", "telegram"),
        ("https://wa.me/380501234567", "whatsapp"),
        ("https://instagram.com/p/C1x/", "instagram"),
        ("fb.com/olha.koval", "facebook"),
        ("https://shop.example/olha", None),
        ("telegram:oleksandr", None),
        ("olha.koval", None),
        ("", None),
    ],
)
def test_a_link_tells_its_network(link: str, network: str | None) -> None:
    assert handle.network_of_link(link) == network


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

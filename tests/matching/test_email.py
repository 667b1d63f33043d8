"""E-mail addresses: which spellings are one mailbox, and which are somebody else's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.matching import email
from tests.matching.values import near_misses, read_or_none, refusal, unhurried

READ = [
    # written, normal form, why
    ("olha@example.com", "olha@example.com", "plain"),
    ("Olha@Example.COM", "olha@example.com", "case"),
    (" olha@example.com ", "olha@example.com", "blanks around"),
    ("mailto:olha@example.com", "olha@example.com", "link"),
    ("olha+shop@example.com", "olha+shop@example.com", "an unknown provider keeps its tags"),
    ("o.koval@example.com", "o.koval@example.com", "an unknown provider keeps its dots"),
    ("O.Koval+shop@gmail.com", "okoval@gmail.com", "Gmail: dots, tag, case"),
    ("okoval@googlemail.com", "okoval@gmail.com", "Gmail: the other domain"),
    ("o.koval+a@outlook.com", "o.koval@outlook.com", "Outlook: tag, but dots count"),
    ("okoval+a@hotmail.com", "okoval@hotmail.com", "Hotmail: tag"),
    ("okoval+a@live.com", "okoval@live.com", "Live: tag"),
    ("okoval@hotmail.com", "okoval@hotmail.com", "Hotmail is not Outlook: two accounts"),
    ("o.koval+a@me.com", "o.koval@icloud.com", "Apple: tag and older domain"),
    ("okoval@mac.com", "okoval@icloud.com", "Apple: the oldest domain"),
    ("okoval+a@fastmail.com", "okoval@fastmail.com", "Fastmail: tag"),
    ("okoval@fastmail.fm", "okoval@fastmail.fm", "Fastmail: each domain stands alone"),
    ("O_Koval-1+a@protonmail.com", "okoval1@proton.me", "Proton: separators, tag, domain"),
    ("okoval@pm.me", "okoval@proton.me", "Proton: short domain"),
    ("o.koval@ya.ru", "o-koval@yandex.ru", "Yandex: short domain, dot is hyphen"),
    ("o-koval@yandex.ua", "o-koval@yandex.ru", "Yandex: other domain"),
    ("o.koval+a@yandex.com", "o-koval@yandex.ru", "Yandex: tag"),
    ("o.koval+a@ukr.net", "o.koval+a@ukr.net", "ukr.net documents neither"),
    ("o.koval+a@mail.ru", "o.koval+a@mail.ru", "mail.ru documents neither"),
    ("olha@пошта.укр", "olha@xn--80a1acn3a.xn--j1amh", "domain in Cyrillic"),
    ("olha@ПОШТА.УКР", "olha@xn--80a1acn3a.xn--j1amh", "domain in Cyrillic capitals"),
    ("olha@xn--80a1acn3a.xn--j1amh", "olha@xn--80a1acn3a.xn--j1amh", "domain in ASCII already"),
    ("olha@mail.example.com.ua", "olha@mail.example.com.ua", "several labels"),
    ("o'koval@example.com", "o'koval@example.com", "apostrophe"),
    ("olha@example.com.", "olha@example.com", "dot at the end"),
    ("Olha Koval <olha@example.com>", "olha@example.com", "with a display name"),
    ('"Коваль, Ольга" <olha@example.com>', "olha@example.com", "with a quoted one"),
    ("<olha@example.com>", "olha@example.com", "in brackets"),
    ("mailto:olha@example.com?subject=Hi", "olha@example.com", "link with a subject"),
    ("mailto:olha%2Bshop@example.com", "olha+shop@example.com", "link with a code in it"),
    ("olha@example.com\n", "olha@example.com", "line feed"),
    ("olha\u200b@example.com\ufeff", "olha@example.com", "invisible characters"),
    ("olha@ukr.nеt", "olha@ukr.net", "a Cyrillic letter in a Latin domain"),
    ("olha@gmаil.com", "olha@gmail.com", "the same in a provider's name"),
    ("test@koval.example", "test@koval.example", "a name that may be a firm's own"),
    ("mail@firma.example", "mail@firma.example", "as above"),
    ("i@mail.example", "i@mail.example", "one letter"),
]

REFUSED = [
    ("", "empty"),
    ("olha", "no @"),
    ("olha@", "no domain"),
    ("@example.com", "no mailbox"),
    ("+shop@gmail.com", "nothing but a tag"),
    ("...@gmail.com", "nothing but dots"),
    ("olha@example", "no dot in the domain"),
    ("olha@localhost", "this machine"),
    ("olha@192.0.2.1", "an address of the network"),
    ("olha@[192.0.2.1]", "the same in brackets"),
    ("olha@shop.invalid", "a domain that never exists"),
    ("ol ha@example.com", "blank inside"),
    ("ol..ha@example.com", "two dots"),
    (".olha@example.com", "dot at the start"),
    ('"olha"@example.com', "quoted"),
    ("olha@example.com, petro@example.com", "two addresses"),
    ("ольга@example.com", "mailbox in Cyrillic"),
    ("оlha@example.com", "Cyrillic о that looks Latin"),
    ("olha@exa_mple.com", "underscore in the domain"),
    ("olha\u202e@example.com", "right-to-left override"),
    ("olha\u0000@example.com", "NUL"),
    ("a" * 65 + "@example.com", "mailbox too long"),
    ("olha@shopж.com", "Latin and Cyrillic letters without lookalikes in one label"),
    ("no@mail.ru", "a placeholder"),
    ("noemail@shop.example", "a placeholder"),
    ("No-Email@ukr.net", "a placeholder"),
    ("test@test.com", "a placeholder"),
    ("test@gmail.com", "a placeholder"),
    ("qwerty@mail.ru", "a placeholder"),
    ("aaa@mail.ru", "a placeholder"),
    ("123@mail.ru", "a placeholder"),
    ("a@a.aa", "a placeholder"),
    ("email@email.com", "a placeholder"),
    ("client@noemail.com", "a placeholder"),
    ("a@" + "b." * 150 + "com", "domain too long"),
]


@pytest.mark.parametrize(("written", "expected", "why"), READ)
def test_is_read(written: str, expected: str, why: str) -> None:
    assert email.normalise(written) == expected, why


@pytest.mark.parametrize(("written", "why"), REFUSED)
def test_is_refused(written: str, why: str) -> None:
    detail = refusal(lambda: email.normalise(written))
    assert not written or written not in detail, why
    assert "'" not in detail, "the library's own sentence quotes the value"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("O.Koval+Shop@GMail.com", "O.Koval+Shop@gmail.com"),
        ("olha@Пошта.УКР", "olha@xn--80a1acn3a.xn--j1amh"),
        (" mailto:Olha@example.com", "Olha@example.com"),
    ],
)
def test_mail_goes_to_the_address_as_written(written: str, expected: str) -> None:
    assert email.address(written) == expected


@unhurried
@given(near_misses | st.emails())
def test_only_refusals_escape_and_the_normal_form_stays(text: str) -> None:
    mailbox = read_or_none(lambda: email.normalise(text))
    if mailbox is not None:
        assert email.normalise(mailbox) == mailbox
        assert mailbox.isascii()
    address = read_or_none(lambda: email.address(text))
    if address is not None:
        assert email.address(address) == address
    assert mailbox is None or (address is not None and email.normalise(address) == mailbox)


@unhurried
@given(st.from_regex(r"[A-Za-z0-9_+.\-]{1,20}@[A-Za-z0-9.]{1,12}\.(com|net|ua|ru)", fullmatch=True))
def test_the_fast_path_is_the_full_path(text: str) -> None:
    """What the short pattern takes, email-validator takes, and to the same parts."""
    address = read_or_none(lambda: email.address(text))
    full = read_or_none(lambda: "@".join(email.validated(text)))
    assert address == full


@given(
    st.from_regex(r"[a-z][a-z0-9]{2,15}", fullmatch=True),
    st.from_regex(r"[a-z0-9]{0,8}", fullmatch=True),
    st.sampled_from(sorted(email._PROVIDERS)),
)
def test_tags_are_one_mailbox_where_the_provider_says_so(name: str, tag: str, domain: str) -> None:
    assert email.normalise(f"{name}+{tag}@{domain}") == email.normalise(f"{name}@{domain}")

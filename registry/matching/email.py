"""E-mail addresses: the address to write to, and the one form to find it by.

Lives here: syntax, domains in ASCII, and the providers' rules on which spellings reach one mailbox.
Not here: whether the mailbox exists (no DNS is asked). `normalise` is for indexing only: mail goes
to `address`, because a person's own spelling may matter to the filters they set.

A provider's rule is taken only where its source says that no two people can hold the two spellings.
Providers that are silent (ukr.net, mail.ru, i.ua, meta.ua) keep every character.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from email_validator import EmailNotValidError, validate_email

from registry.matching import placeholders, romanise
from registry.matching.errors import Unreadable
from registry.matching.writing import visible

_WHAT = "The e-mail address"

#: Between two addresses in one field.
_BETWEEN = re.compile(r"\s*[,;|]\s*|\s+(?:(?:або|чи|или|та|і|и|or|and)\s+)?(?=\S+@)", re.IGNORECASE)
#: As programs copy an address: "Olha Koval" <olha@example.com>
_NAMED = re.compile(r"[^<>@]*<([^<>]+)>")

#: The common case, plainly valid: skips a validator that takes 35 us. A property test compares them.
_PLAIN = re.compile(
    r"([A-Za-z0-9_+\-]+(?:\.[A-Za-z0-9_+\-]+)*)@([A-Za-z0-9]{2,50}\.(?:com|net|ua|ru))"
)


@dataclass(frozen=True)
class _Provider:
    """Which spellings of the part before the @ reach the same mailbox."""

    #: Every domain whose addresses are one account's, or None where each domain stands alone.
    domain: str | None = None
    #: Everything from the first + on is a tag.
    plus: bool = True
    #: Characters that the provider does not see.
    ignored: str = ""
    #: A dot and a hyphen are one character.
    dot_is_hyphen: bool = False


# Dots: support.google.com/mail/answer/7436150. Tags and googlemail.com:
# gmail.googleblog.com/2008/03/2-hidden-ways-to-get-more-from-your.html
_GOOGLE = _Provider(domain="gmail.com", ignored=".")
# Tags, in Hotmail since 2013 and in Exchange since 2020:
# zdnet.com/article/microsoft-adds-support-for-custom-email-addresses-in-office-365
_MICROSOFT = _Provider()
# The three domains are one account's: support.apple.com/118230. Tags: the mail server honours
# RFC 5233 subaddresses; listed so by github.com/gmr/email-normalize.
_APPLE = _Provider(domain="icloud.com")
# Tags: fastmail.help/hc/en-us/articles/360060591053
_FASTMAIL = _Provider()
# Tags and domains: proton.me/support/addresses-and-aliases. Dot, hyphen and underscore are
# "transparent": proton.me/support/change-username
_PROTON = _Provider(domain="proton.me", ignored="._-")
# Domains: yandex.com/support/domain/additional/mailbox-alias.xml. A dot in a login is normalised to a
# hyphen: yandex.ru/dev/direct/doc/dg-v4/concepts/finance-token.html. Logins cannot hold a + (Latin
# letters, digits, dots, hyphens); the tag: github.com/gmr/email-normalize.
_YANDEX = _Provider(domain="yandex.ru", dot_is_hyphen=True)

_PROVIDERS: dict[str, _Provider] = {
    **dict.fromkeys(("gmail.com", "googlemail.com"), _GOOGLE),
    **dict.fromkeys(
        (
            *("outlook.com", "hotmail.com", "live.com", "msn.com", "hotmail.co.uk", "live.co.uk"),
            *("outlook.de", "outlook.fr", "outlook.pl", "hotmail.de", "hotmail.fr", "live.ru"),
        ),
        _MICROSOFT,
    ),
    **dict.fromkeys(("icloud.com", "me.com", "mac.com"), _APPLE),
    **dict.fromkeys(("fastmail.com", "fastmail.fm"), _FASTMAIL),
    **dict.fromkeys(("proton.me", "protonmail.com", "protonmail.ch", "pm.me"), _PROTON),
    **dict.fromkeys(
        ("yandex.ru", "ya.ru", "yandex.com", "yandex.by", "yandex.kz", "yandex.ua"), _YANDEX
    ),
}


def normalise(text: str) -> str:
    """Return the one form that all spellings of a mailbox share, for indexing and comparing.

    Raises `Unreadable` for what is no address, and for placeholders such as test@test.com.
    """
    local, domain = _split(text)
    if placeholders.is_email(local, domain):
        raise Unreadable(
            "The e-mail address is a placeholder: leave it out when the client gave none."
        )
    local = local.casefold()
    provider = _PROVIDERS.get(domain)
    if provider is None:
        return f"{local}@{domain}"
    if provider.plus:
        local = local.partition("+")[0]
    for character in provider.ignored:
        local = local.replace(character, "")
    if provider.dot_is_hyphen:
        local = local.replace(".", "-")
    if not local:
        raise Unreadable("The e-mail address has no mailbox name before the @.")
    return f"{local}@{provider.domain or domain}"


def address(text: str) -> str:
    """Answer the address as the person wrote it, with its domain in lowercase ASCII: to send to."""
    local, domain = _split(text)
    return f"{local}@{domain}"


def split(text: str) -> list[str]:
    """Return the texts of the addresses in one field: `text` alone where it holds one, or none that can be read."""
    if text.count("@") < 2:
        return [text]
    pieces = [piece for piece in _BETWEEN.split(text.strip()) if piece]
    return pieces if all(piece.count("@") == 1 for piece in pieces) else [text]


def _split(text: str) -> tuple[str, str]:
    """Answer mailbox name and ASCII domain; raise `Unreadable` for what is not an address."""
    text = visible(text, _WHAT, 320)
    named = _NAMED.fullmatch(text)
    if named:
        text = named[1].strip()
    if text[:7].lower() == "mailto:":
        text = unquote(text[7:].partition("?")[0])
    text = text.rstrip(".,;")
    if len(text) <= 64 and (plain := _PLAIN.fullmatch(text)):
        return plain[1], plain[2].lower()
    mailbox, at, domain = text.rpartition("@")
    return validated(text if domain.isascii() else f"{mailbox}{at}{_in_one_script(domain)}")


def _in_one_script(domain: str) -> str:
    """Return a domain whose labels are of one script each: a Cyrillic letter in a Latin label is the Latin one.

    Raises `Unreadable` for a label that mixes letters without lookalikes: it would be somebody else's domain.
    """
    labels = []
    for label in domain.split("."):
        mended = romanise.repaired(label)
        if not mended.isascii() and any("a" <= letter <= "z" for letter in mended.casefold()):
            raise Unreadable(
                "The e-mail address has Latin and Cyrillic letters in one part of its domain."
            )
        labels.append(mended)
    return ".".join(labels)


def validated(text: str) -> tuple[str, str]:
    """Answer mailbox name and ASCII domain as email-validator reads them, without asking DNS."""
    try:
        # A mailbox name outside ASCII is refused: few servers deliver to it, and а@ is not a@.
        # `.test` (RFC 2606) is let in: those who try a registry out write such addresses.
        valid = validate_email(
            text,
            check_deliverability=False,
            allow_smtputf8=False,
            strict=True,
            test_environment=True,
        )
    except (EmailNotValidError, UnicodeError):
        # The library's own sentence may repeat characters of the value.
        raise Unreadable(
            "The e-mail address is not valid: it needs a name in Latin letters, an @ and a domain."
        ) from None
    return valid.local_part, valid.ascii_domain.lower()

"""Names under which people can be reached in messengers and social networks.

Lives here: the networks that are known, their links, and what a name in each may look like. Not
here: whether the account exists. Viber, WhatsApp and Signal know people by phone number, so those
handles are E.164; `phone_of` answers that number, which is a phone number like any other.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from registry.matching import phone
from registry.matching.errors import Unreadable
from registry.matching.writing import visible


@dataclass(frozen=True)
class _Network:
    """What a handle in one network may look like."""

    #: The whole name, in lowercase, without what is ignored. None where people are known by phone number only.
    name: re.Pattern[str] | None
    #: Hosts of its links, without "www." and "m.".
    hosts: tuple[str, ...]
    #: Whether a phone number is a handle here.
    phones: bool = False
    #: Path segments and query keys that stand before the name in a link.
    before: tuple[str, ...] = ()
    #: Characters that the network does not see.
    ignored: str = ""


_NETWORKS: dict[str, _Network] = {
    # core.telegram.org/method/account.updateUsername: 5 to 32 (4 when bought), letter first. Only a
    # number with a plus is a phone: bare digits are more often an account's numeric id.
    "telegram": _Network(
        re.compile(r"[a-z](?!.*__)[a-z0-9_]{2,30}[a-z0-9]"),
        ("t.me", "telegram.me", "telegram.dog"),
        phones=True,
        before=("domain", "phone", "s"),
    ),
    "viber": _Network(None, ("viber.me", "chats.viber.com"), phones=True, before=("number",)),
    "whatsapp": _Network(
        None, ("wa.me", "whatsapp.com", "api.whatsapp.com"), phones=True, before=("phone", "send")
    ),
    # support.signal.org, "Phone number privacy and usernames": a nickname, a dot, two digits or more
    "signal": _Network(
        re.compile(r"[a-z_][a-z0-9_]{2,31}\.[0-9]{2,9}"), ("signal.me",), phones=True, before=("p",)
    ),
    # Up to 30; no dot at either end, no two in a row
    "instagram": _Network(
        re.compile(r"(?!\.)(?!.*\.\.)[a-z0-9._]{1,30}(?<!\.)"), ("instagram.com", "instagr.am")
    ),
    # facebook.com/help/105399436216001: at least 5; dots cannot tell two usernames apart
    "facebook": _Network(
        re.compile(r"[a-z0-9]{5,60}"),
        ("facebook.com", "fb.com", "m.me", "fb.me"),
        before=("id", "people", "profile.php"),
        ignored=".",
    ),
    "vk": _Network(re.compile(r"[a-z0-9_.]{2,32}"), ("vk.com", "vk.ru", "vkontakte.ru", "vk.me")),
    "ok": _Network(re.compile(r"[a-z0-9_.-]{2,50}"), ("ok.ru",), before=("profile",)),
    # 2 to 24, no dot at the end
    "tiktok": _Network(re.compile(r"[a-z0-9_.]{2,24}(?<!\.)"), ("tiktok.com",)),
    # 4 to 15; some older ones are shorter
    "x": _Network(re.compile(r"[a-z0-9_]{1,15}"), ("x.com", "twitter.com")),
    "linkedin": _Network(re.compile(r"[a-z0-9-]{3,100}"), ("linkedin.com",), before=("in",)),
    "discord": _Network(re.compile(r"(?!.*\.\.)[a-z0-9_.]{2,32}"), ()),
}

_ALIASES = {"tg": "telegram", "ig": "instagram", "insta": "instagram", "fb": "facebook"}
_ALIASES |= {"vkontakte": "vk", "odnoklassniki": "ok", "twitter": "x", "wa": "whatsapp"}

_LINK = re.compile(r"(?:[a-z]+:/{0,2})?(?:www\.|m\.)?([a-z]+(?:\.[a-z]+)+)/+(.+)", re.IGNORECASE)
_SCHEME = re.compile(r"(?:viber|tg|whatsapp)://[a-z]+/?\?(.+)", re.IGNORECASE)


def network_of(text: str) -> str:
    """Answer the network's one name ("telegram"); raise `Unreadable` for an unknown network."""
    name = visible(text, "The network", 40).casefold()
    name = _ALIASES.get(name, name)
    if name not in _NETWORKS:
        raise Unreadable(f"The network must be one of: {', '.join(_NETWORKS)}.")
    return name


def normalise(network: str, name: str, country: str) -> str:
    """Answer "telegram:oleksandr", "viber:+380501234567"; raise `Unreadable` for any other.

    `country` reads phone numbers without a country code; links carry theirs.
    """
    network = network_of(network)
    rules = _NETWORKS[network]
    written = visible(name, "The handle", 200)
    taken, linked = _taken_from_link(written, rules)
    if rules.phones and (number := _phone(taken, network, country, linked)):
        return f"{network}:{number}"
    handle = taken.removeprefix("@").casefold()
    for character in rules.ignored:
        handle = handle.replace(character, "")
    if rules.name is None or not rules.name.fullmatch(handle):
        raise Unreadable("The handle is not a name that this network gives out.")
    return f"{network}:{handle}"


def phone_of(normalised: str) -> str | None:
    """Answer the phone number in E.164 that a handle is, None for a name."""
    name = normalised.partition(":")[2]
    return name if name[:1] == "+" else None


def _phone(text: str, network: str, country: str, linked: bool) -> str | None:
    """Answer the number that the text is, None when it cannot be one but may be a name."""
    if linked and text.isdigit() and network != "telegram":
        text = "+" + text  # wa.me/380...: links hold the country code and no plus
    named = _NETWORKS[network].name is not None
    if named and (text[:1] != "+" if network == "telegram" else not _is_numeric(text)):
        return None
    return phone.normalise(text, country)


def _is_numeric(text: str) -> bool:
    return not any(c.isalpha() or c in "_@" for c in text)


def _taken_from_link(text: str, rules: _Network) -> tuple[str, bool]:
    """Answer the name inside a link to this network, or the text as it is; and whether it was one."""
    if scheme := _SCHEME.fullmatch(text):
        return _named(scheme[1], rules) or text, True
    link = _LINK.fullmatch(text)
    if not link:
        return text, False
    if link[1].lower() not in rules.hosts:
        raise Unreadable("The handle is a link to another network.")
    path, _, query = link[2].partition("?")
    segments = [s for s in path.replace("#", "/").split("/") if s]
    while len(segments) > 1 and segments[0].lower() in rules.before:
        segments.pop(0)
    if query and (not segments or segments[0].lower() in rules.before):
        return _named(query, rules) or text, True
    return unquote(segments[0]) if segments else text, True


def _named(query: str, rules: _Network) -> str | None:
    """Answer the value of the query key that holds the handle."""
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key.lower() in rules.before and value:
            return unquote(value).strip()
    return None

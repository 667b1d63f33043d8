"""Names under which people can be reached in messengers and social networks.

The networks, the names they give out and the links that lead to a person are data (`networks.toml`). A link of any
other form is refused with the link to send instead: its first word, such as the `p` of a post, is the same for
everybody. Whether an account exists is not asked. Viber, WhatsApp and Signal know people by phone number, so those
handles are E.164; `phone_of` returns that number.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from registry.matching import phone
from registry.matching.errors import Unreadable
from registry.matching.writing import visible

_ALIASES = {"tg": "telegram", "ig": "instagram", "insta": "instagram", "fb": "facebook"}
_ALIASES |= {"vkontakte": "vk", "odnoklassniki": "ok", "twitter": "x", "wa": "whatsapp"}
_ALIASES |= {"threads": "instagram", "messenger": "facebook"}

#: Of a link, with the trackers that sharing adds to it; of a name.
_LONGEST_LINK = 2000
_LONGEST_NAME = 100

_LINK = re.compile(
    r"(?:https?:/{0,2})?([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:/+([^?#]*))?(?:\?([^#]*))?(?:#(.*))?",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"([a-z-]+)://([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.IGNORECASE)
#: Subdomains under which a network shows the same pages: by device, by language, by country.
_SUBDOMAIN = re.compile(
    r"(?:www|m|web|mobile|touch|mbasic|free|business|new|old|l|[a-z]{2}(?:-[a-z]{2})?)"
)
_PLACE = re.compile(r"\{(name|id|phone|page)\}|(\*\*)|(\*)")
_PATTERNS = {
    "name": r"(?P<name>[^/?#]+)",
    "id": r"(?P<id>[1-9][0-9]{0,19})",
    "phone": r"(?P<phone>\+?[0-9][0-9 ()-]*)",
    "**": r".*",
    "*": r"[^/]*",
}


class _NamesNobody(Unreadable):
    """A link to this network, or a name in it, that is no person's."""

    def __init__(self, profile: str) -> None:
        super().__init__(
            f"The link or name leads to no person: send the link of their own page, such as {profile}"
        )


@dataclass(frozen=True)
class _Form:
    """One form of the links that lead to a person."""

    #: Of path and fragment, or of a scheme and what follows it, without the query.
    path: re.Pattern[str]
    #: The query's key that must be there, and what it may hold.
    key: str
    value: re.Pattern[str]

    def read(self, path: str, query: dict[str, str]) -> dict[str, str] | None:
        """Return what the link names, by kind ("name", "id" or "phone"); None for a link of another form."""
        found = self.path.fullmatch(path)
        if not found:
            return None
        named = found.groupdict()
        if self.key:
            value = self.value.fullmatch(query.get(self.key, ""))
            if not value:
                return None
            named |= value.groupdict()
        return named


@dataclass(frozen=True)
class _Network:
    """A network of `networks.toml`, which explains the fields."""

    name: re.Pattern[str] | None
    phones: str
    ignored: str
    hosts: tuple[str, ...]
    #: Of links that a program opens by itself, such as "tg".
    schemes: frozenset[str]
    people: tuple[_Form, ...]
    reserved: frozenset[str]
    no_person: re.Pattern[str]
    id: str
    profile: str


def _form(text: str, pages: Iterable[str]) -> _Form:
    path, _, query = text.partition("?")
    key, _, value = query.partition("=")
    patterns = _PATTERNS | {"page": "(?:" + "|".join(map(re.escape, pages)) + ")"}

    def compiled(written: str) -> re.Pattern[str]:
        parts = []
        end = 0
        for place in _PLACE.finditer(written):
            parts += [
                re.escape(written[end : place.start()]),
                patterns[place[1] or place[2] or place[3]],
            ]
            end = place.end()
        parts.append(re.escape(written[end:]))
        # "/NAME/**" is "/NAME" too.
        return re.compile("".join(parts).replace("/.*", "(?:/.*)?"), re.IGNORECASE)

    return _Form(compiled(path), key, compiled(value))


def _networks() -> dict[str, _Network]:
    with (Path(__file__).parent / "networks.toml").open("rb") as file:
        written = tomllib.load(file)
    return {
        network: _Network(
            re.compile(rules["name"]) if "name" in rules else None,
            rules.get("phones", ""),
            rules.get("ignored", ""),
            tuple(rules["hosts"]),
            frozenset(form.partition("://")[0] for form in rules["people"] if "://" in form),
            tuple(_form(form, rules.get("pages", ())) for form in rules["people"]),
            frozenset(rules.get("reserved", ())),
            re.compile(rules.get("no_person", r"(?!)")),
            rules.get("id", "{}"),
            rules["profile"],
        )
        for network, rules in written.items()
    }


_NETWORKS = _networks()


def network_of(text: str) -> str:
    """Return the network's one name ("telegram"); raise `Unreadable` for an unknown network."""
    name = visible(text, "The network", 40).casefold()
    name = _ALIASES.get(name, name)
    if name not in _NETWORKS:
        raise Unreadable(f"The network must be one of: {', '.join(_NETWORKS)}.")
    return name


def network_of_link(link: str) -> str | None:
    """Return the name of the network that a link leads to; None for what is no link, or of no known network."""
    for network, rules in _NETWORKS.items():
        try:
            if _taken_from_link(link.strip(), rules):
                return network
        except _NamesNobody:
            return network
        except Unreadable:
            continue
    return None


def normalise(network: str, name: str, country: str) -> str:
    """Return "telegram:oleksandr", "viber:+380501234567"; raise `Unreadable` for what names no person.

    `name` may be a name, a phone number or a link. `country` reads phone numbers without a country code; links carry
    theirs.
    """
    network = network_of(network)
    rules = _NETWORKS[network]
    written = visible(name, "The handle", _LONGEST_LINK)
    kind, taken = _taken_from_link(written, rules) or ("", written)
    if kind == "phone" or (not kind and _may_be_phone(taken, rules)):
        if kind:  # a link holds the country code, and often no plus: wa.me/380...
            taken, country = "+" + taken.removeprefix("+"), "ZZ"
        return f"{network}:{phone.normalise(taken, country)}"
    handle = rules.id.format(taken) if kind == "id" else taken.removeprefix("@").casefold()
    if len(handle) > _LONGEST_NAME:
        raise Unreadable(f"The handle is too long: at most {_LONGEST_NAME} characters.")
    bare = "".join(character for character in handle if character not in rules.ignored)
    if not {handle, bare}.isdisjoint(rules.reserved) or rules.no_person.fullmatch(handle):
        raise _NamesNobody(rules.profile)
    if rules.name is None:
        raise Unreadable("This network knows people by phone number: send the number.")
    if not rules.name.fullmatch(bare):
        raise Unreadable("The handle is not a name that this network gives out.")
    return f"{network}:{bare}"


def phone_of(normalised: str) -> str | None:
    """Return the phone number in E.164 that a handle is, None for a name."""
    name = normalised.partition(":")[2]
    return name if name[:1] == "+" else None


def _may_be_phone(text: str, rules: _Network) -> bool:
    """Tell whether a handle that is no link is a phone number and no name."""
    if rules.phones == "plus":
        return text[:1] == "+"
    return rules.phones == "any" and not any(c.isalpha() or c in "_@" for c in text)


def _taken_from_link(text: str, rules: _Network) -> tuple[str, str] | None:
    """Return what a link to this network names, as kind and value; None for a text that is no link."""
    custom = _SCHEME.fullmatch(text)
    if custom and custom[1].lower() in ("http", "https"):
        custom = None
    link = _LINK.fullmatch(text)
    if custom:
        ours, paths, query = custom[1].lower() in rules.schemes, _custom_paths(custom), custom[3]
    elif link and ("/" in text or _is_host(link[1].lower(), rules)):
        ours, paths, query = _is_host(link[1].lower(), rules), _paths(link, rules), link[3]
    else:
        return None  # a name, which may have dots
    if not ours:
        raise Unreadable("The handle is a link to another network.")
    asked = dict(_pairs(query or ""))
    for path in paths:
        for form in rules.people:
            for kind, value in (form.read(path, asked) or {}).items():
                if not (kind == "name" and value.removeprefix("@").casefold() in rules.reserved):
                    return kind, value.strip()
    raise _NamesNobody(rules.profile)


def _custom_paths(link: re.Match[str]) -> Iterator[str]:
    """Yield a link with a scheme of its own as `_paths` does: with its fragment and without it."""
    written = f"{link[1]}://{link[2]}"
    if link[4]:
        yield f"{written}#{unquote(link[4])}"
    yield written.rstrip("/")


def _paths(link: re.Match[str], rules: _Network) -> Iterator[str]:
    """Yield the forms in which a link may be listed: with its fragment, without it, and by its host's first word."""
    host, path = link[1].lower(), "/".join(filter(None, unquote(link[2] or "").split("/")))
    if link[4]:
        yield f"/{path}{'/' if path else ''}#{unquote(link[4])}"
    if path or link[3]:
        yield f"/{path}"
    if _subdomain(host, rules) and not _SUBDOMAIN.fullmatch(_subdomain(host, rules)):
        yield host + (f"/{path}" if path else "")


def _subdomain(host: str, rules: _Network) -> str:
    """Return what stands before the network's host, "" for nothing."""
    for known in rules.hosts:
        if host.endswith("." + known):
            return host.removesuffix("." + known)
    return ""


def _is_host(host: str, rules: _Network) -> bool:
    """Tell whether a host is the network's, or one of its names for people."""
    if host in rules.hosts:
        return True
    before = _subdomain(host, rules)
    return bool(before) and (
        _SUBDOMAIN.fullmatch(before) is not None
        or any(form.path.fullmatch(host) for form in rules.people)
    )


def _pairs(query: str) -> Iterator[tuple[str, str]]:
    """Yield the keys and values of a query; a + in it is a plus, as phone numbers have it."""
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        yield key.lower(), unquote(value).strip()

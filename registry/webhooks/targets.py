"""Where an event may go, and the sending: to public addresses only, and to the very address that was looked at.

A business names the address, so the registry must not be led by it to what only its own machine or network can reach.
A name is resolved once, every address that it has is looked at, and one of these is dialled: asking again could be
answered otherwise. Redirects are not followed, no proxy of the environment is used, and no answer's body is read.
"""

import asyncio
import socket
import ssl
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from tomllib import loads

import httpx

from registry.platform.networks import is_this_machine
from registry.platform.settings import Settings

#: Seconds for one step of the exchange, and for all of it.
STEP_S, ALL_S = 5, 10
PORTS = range(1, 65536)
#: Of several addresses of a name so many are dialled.
DIALLED = 3
#: Carries IPv4 addresses (RFC 6052): the one inside decides.
_NAT64 = IPv6Network("64:ff9b::/96")
#: All of IPv6 that is given out for hosts (RFC 4291, 2.4).
_UNICAST = IPv6Network("2000::/3")


def _special() -> tuple[IPv4Network | IPv6Network, ...]:
    text = (Path(__file__).parent / "special_addresses.toml").read_text(encoding="utf-8")
    return tuple(ip_network(block) for blocks in loads(text).values() for block in blocks)


#: Every block of the IANA registries of special-purpose addresses. Python's own list differs between its releases.
SPECIAL = _special()


class NotSent(Exception):
    """Nothing was answered. `reason` is a code that names neither host nor address."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class BadTarget(ValueError):
    """Events may not go there; the text says what to write instead."""


def is_local(settings: Settings) -> bool:
    """Whether the registry serves this machine alone, to be tried out: then an endpoint may lie here as well."""
    host = httpx.URL(settings.public_url).host
    return settings.policy == "sandbox" and is_this_machine(host)


def read(text: str, *, local: bool) -> httpx.URL:
    """The address of an endpoint; raises `BadTarget`. What its name leads to is looked at with each sending."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        raise BadTarget("must be an address such as https://shop.example.com/events") from None
    here = local and is_this_machine(url.host)
    if url.scheme != "https" and not (here and url.scheme == "http"):
        raise BadTarget("must begin with https://")
    if not url.host or url.userinfo or url.fragment:
        raise BadTarget("must have a host, and neither a user name nor a fragment")
    if url.port is not None and url.port not in PORTS:
        raise BadTarget("must have a port from 1 to 65535, or none")
    try:
        address = ip_address(url.host)
    except ValueError:
        return url
    if not may_reach(address, local=local):
        raise BadTarget("must be a public address")
    return url


def host_of(text: str) -> str:
    """The host in an endpoint's address, as it was written: what may be said of it in a letter."""
    return httpx.URL(text).host


def may_reach(address: IPv4Address | IPv6Address, *, local: bool) -> bool:
    """Whether that address is everybody's to reach; `local`: or this machine's own."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return may_reach(address.ipv4_mapped, local=local)
        if address in _NAT64:
            return may_reach(IPv4Address(int(address) & 0xFFFFFFFF), local=local)
        if address.scope_id is not None or not (address.is_loopback or address in _UNICAST):
            return False
    if address.is_loopback:
        return local
    return not address.is_multicast and not any(address in block for block in SPECIAL)


async def resolve(host: str, port: int, *, local: bool) -> list[str]:
    """The addresses of a host, each of which may be reached; raises `NotSent` if one may not."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NotSent("unresolved") from None
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if not addresses or not all(may_reach(ip_address(one), local=local) for one in addresses):
        raise NotSent("address-refused")
    return addresses[:DIALLED]


async def post(text: str, body: bytes, headers: Mapping[str, str], *, local: bool) -> int:
    """Send it once: the status that was answered; raises `NotSent`."""
    try:
        url = read(text, local=local)
        async with asyncio.timeout(ALL_S):
            port = url.port or (443 if url.scheme == "https" else 80)
            addresses = await resolve(url.raw_host.decode("ascii"), port, local=local)
            return await _to_first(url, addresses, body, headers)
    except BadTarget:
        raise NotSent("address-refused") from None
    except (httpx.TimeoutException, TimeoutError):
        raise NotSent("timeout") from None
    except (httpx.HTTPError, OSError):
        raise NotSent("connection") from None


async def _to_first(
    url: httpx.URL, addresses: list[str], body: bytes, headers: Mapping[str, str]
) -> int:
    """To the first of the addresses that takes a connection."""
    for address in addresses[:-1]:
        try:
            return await _to(url, address, body, headers)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            continue
    return await _to(url, addresses[-1], body, headers)


async def _to(url: httpx.URL, address: str, body: bytes, headers: Mapping[str, str]) -> int:
    """To that address, which must prove to be the host: its certificate is checked against the name."""
    client = httpx.AsyncClient(
        # A client of its own for each: a kept connection is known by its address alone, and may be another host's.
        verify=ssl.create_default_context(),
        follow_redirects=False,
        trust_env=False,
        timeout=STEP_S,
    )
    async with client:
        request = client.stream(
            "POST",
            url.copy_with(host=address),
            content=body,
            headers={**headers, "Host": url.netloc.decode("ascii")},
            extensions={"sni_hostname": url.raw_host.decode("ascii")},
        )
        async with request as answer:
            return answer.status_code

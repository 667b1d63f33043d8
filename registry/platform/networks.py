"""Networks to which a key is bound, whether an address lies in one of them, and what is this machine itself."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import NamedTuple

from registry.platform.errors import InvalidValues
from registry.platform.faults import Fault

#: Bits of what counts as one address and as one network: an IPv6 caller has all addresses of its /64.
ADDRESS_BITS, NETWORK_BITS = {4: 32, 6: 64}, {4: 24, 6: 48}


class Origin(NamedTuple):
    """Where a call comes from, as limits on callers without a key count it."""

    address: str
    network: str


def read_networks(texts: Sequence[str], pointer: str) -> list[str]:
    """Addresses and networks in CIDR form; raises `InvalidValues` that names each faulty one."""
    networks, found = [], []
    for position, text in enumerate(texts):
        try:
            networks.append(str(ip_network(text.strip(), strict=False)))
        except ValueError:
            found.append(
                Fault(
                    f"{pointer}/{position}", "must be an address or a network such as 192.0.2.0/24"
                )
            )
    if found:
        raise InvalidValues("; ".join(f"{f.pointer}: {f.detail}" for f in found), errors=found)
    return networks


def allowed(address: str | None, networks: Sequence[str]) -> bool:
    """Whether the address may use a key that is bound to these networks; none means anywhere."""
    if not networks:
        return True
    try:
        caller = ip_address(address or "")
    except ValueError:
        return False
    # A server that listens on both families shows an IPv4 caller as ::ffff:192.0.2.7.
    caller = getattr(caller, "ipv4_mapped", None) or caller
    return any(caller in ip_network(network) for network in networks)


@lru_cache(4096)
def origin(address: str) -> Origin:
    """Return the address (IPv4) or its /64 (IPv6), and the /24 or /48 around it; text that is no address as it is."""
    try:
        caller = ip_address(address)
    except ValueError:
        return Origin(address, address)
    caller = getattr(caller, "ipv4_mapped", None) or caller
    return Origin(
        *(
            str(ip_network((caller, bits[caller.version]), strict=False))
            for bits in (ADDRESS_BITS, NETWORK_BITS)
        )
    )


def is_this_machine(host: str) -> bool:
    """Whether a host's name or address is this machine's own: what is sent there crosses no network."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

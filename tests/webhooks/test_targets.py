"""Where an event may go: every kind of address that is not everybody's, and names that lead to one."""

import asyncio
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.platform.settings import from_env
from registry.webhooks import targets
from registry.webhooks.targets import BadTarget, NotSent
from tests.messages.mailserver import certificate
from tests.webhooks.receiver import receiving

PRIVATE = """
    127.0.0.1 127.8.8.8 0.0.0.0 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 100.100.100.200 192.0.0.192
    198.18.0.1 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255 192.0.2.1
    :: ::1 fe80::1 fe80::1%1 fc00::1 fd00:ec2::254 ff02::1 ff0e::1 2001:db8::1 2002:7f00:1:: 2001::1
    ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b::a00:1
    64:ff9b:1::1 ::7f00:1 fec0::1 4000::1 100:0:0:1::1
""".split()
PUBLIC = "93.184.216.34 8.8.8.8 2606:2800:220:1:248:1893:25c8:1946 ::ffff:8.8.8.8 64:ff9b::808:808"


#: First addresses of the blocks that carry IPv4: the address inside decides.
CARRIERS = [IPv6Address("::ffff:0:0"), IPv6Address("64:ff9b::")]
BLOCKS = [one for one in targets.SPECIAL if one[0] not in CARRIERS]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_everybodys_is_not_reached(address: str) -> None:
    assert not targets.may_reach(ip_address(address), local=False)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_no_address_of_a_special_block_is_reached(block: IPv4Network | IPv6Network) -> None:
    """The first address of the block, the last, and one between; of IPv4 also inside IPv6 addresses that carry it."""
    addresses = {block[0], block[block.num_addresses // 2], block[-1]}
    assert not any(targets.may_reach(address, local=False) for address in addresses)
    if block.version == 4:
        carried = [one + int(address) for address in addresses for one in CARRIERS]
        assert not any(targets.may_reach(address, local=False) for address in carried)


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_python_knows_no_special_address_that_the_data_lack(
    address: IPv4Address | IPv6Address,
) -> None:
    if isinstance(address, IPv4Address) and targets.may_reach(address, local=False):
        assert address.is_global
        assert not address.is_reserved
    if address in IPv6Network("2000::/3") and targets.may_reach(address, local=False):
        assert address.is_global


@pytest.mark.parametrize("address", PUBLIC.split())
def test_what_is_public_is(address: str) -> None:
    assert targets.may_reach(ip_address(address), local=False)


#: Ways of writing this machine's own address.
OWN = {"127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"}


@pytest.mark.parametrize("address", PRIVATE)
def test_a_registry_that_is_tried_out_reaches_no_more_than_itself(address: str) -> None:
    assert targets.may_reach(ip_address(address), local=True) is (address in OWN)


@pytest.mark.parametrize(
    ("changes", "local"),
    [
        ({"policy": "sandbox"}, True),
        ({"policy": "ua"}, False),
        ({"policy": "sandbox", "public_url": "https://registry.example.org"}, False),
    ],
)
def test_only_a_registry_on_this_machine_in_the_sandbox_is_local(
    changes: dict[str, str], local: bool
) -> None:
    assert targets.is_local(from_env({}, **changes)) is local


@pytest.mark.parametrize(
    "text",
    """http://shop.example.com/ ftp://shop.example.com https://user:pw@shop.example.com https://shop.example.com/#a
    https:// https:///events /events shop.example.com https://127.0.0.1/ https://[::1]/ https://169.254.169.254/latest
    https://[::ffff:127.0.0.1]/ https://10.1.2.3:8443 https://shop.example.com:99999 javascript:1 http://127.0.0.1/
    http://localhost/""".split(),
)
def test_an_address_is_read_strictly(text: str) -> None:
    with pytest.raises(BadTarget, match="must"):
        targets.read(text, local=False)


@pytest.mark.parametrize("text", ["http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/"])
def test_this_machine_is_for_trying_out(text: str) -> None:
    assert targets.read(text, local=True).scheme == "http"
    with pytest.raises(BadTarget):
        targets.read("http://shop.example.com/", local=True)
    with pytest.raises(BadTarget):
        targets.read("http://169.254.169.254/", local=True)


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1", "0"])
async def test_a_name_for_this_machine_is_refused_when_it_is_sent(host: str) -> None:
    """Names, and the ways of writing an address that only the resolver reads: none connects."""
    with receiving() as receiver:
        url = f"https://{host}:{receiver.port}/events"
        with pytest.raises(NotSent, match="address-refused"):
            await targets.post(url, b"{}", {}, local=False)
    assert receiver.got == []


def _answers(*rounds: list[str]) -> Any:
    """A resolver that answers each time something else, as that of a rebinding attacker."""
    left = list(rounds)

    async def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        assert left, f"{host} was resolved again"
        family = socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (one, port)) for one in left.pop(0)]

    return getaddrinfo


async def test_one_bad_address_among_good_ones_refuses_the_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "getaddrinfo", _answers(["93.184.216.34", "169.254.169.254"]))
    with pytest.raises(NotSent, match="address-refused"):
        await targets.resolve("shop.example.com", 443, local=False)


async def test_the_address_that_was_looked_at_is_the_one_dialled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The name is asked for once; the host in the request stays the name."""
    with receiving() as receiver:
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(loop, "getaddrinfo", _answers(["127.0.0.1"]))
        url = f"http://localhost:{receiver.port}/events"
        assert await targets.post(url, b"{}", {}, local=True) == 204
    assert receiver.got[0].headers["host"] == f"localhost:{receiver.port}"


async def test_a_redirect_is_not_followed() -> None:
    with receiving() as inside, receiving() as outside:
        outside.status = 307
        outside.headers = {"Location": f"http://127.0.0.1:{inside.port}/latest/meta-data/"}
        assert await targets.post(outside.url, b"{}", {}, local=True) == 307
    assert len(outside.got) == 1
    assert inside.got == []


async def test_an_endless_answer_is_not_read() -> None:
    with receiving() as receiver:
        receiver.status, receiver.flood = 200, 2**30
        assert await targets.post(receiver.url, b"{}", {}, local=True) == 200
    assert receiver.sent_of_flood < 2**26


async def test_what_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that takes the connection and says nothing."""
    monkeypatch.setattr(targets, "STEP_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(NotSent, match="timeout"):
            await targets.post(url, b"{}", {}, local=True)


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as proxy, receiving() as receiver:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert await targets.post(receiver.url, b"{}", {}, local=True) == 204
    assert proxy.got == []


async def test_the_certificate_must_be_the_names_and_not_the_addresss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address that is dialled has a good certificate of its own; the host that was named has none."""
    pem, context = certificate(tmp_path)
    with receiving(tls=context) as receiver:
        by_address = f"https://127.0.0.1:{receiver.port}/"
        with pytest.raises(NotSent, match="connection"):
            await targets.post(by_address, b"{}", {}, local=True)
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        assert await targets.post(by_address, b"{}", {}, local=True) == 204
        with pytest.raises(NotSent, match="connection"):
            await targets.post(f"https://localhost:{receiver.port}/", b"{}", {}, local=True)
    assert len(receiver.got) == 1

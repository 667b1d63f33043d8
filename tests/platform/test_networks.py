"""Addresses and networks to which a key is bound."""

import pytest

from registry.platform.errors import InvalidValues
from registry.platform.networks import allowed, is_this_machine, origin, read_networks


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        ("192.0.2.7/24", "192.0.2.0/24"),
        (" 2001:DB8::1 ", "2001:db8::1/128"),
        ("2001:db8::/32", "2001:db8::/32"),
        ("0.0.0.0/0", "0.0.0.0/0"),
    ],
)
def test_forms(text: str, read: str) -> None:
    assert read_networks([text], "/networks") == [read]


def test_every_faulty_one_is_named() -> None:
    texts = ["192.0.2.0/24", "here", "192.0.2.0/33", "fe80::1%eth0/64x", "192.0.2"]
    with pytest.raises(InvalidValues) as refused:
        read_networks(texts, "/networks")
    told = [fault.pointer for fault in refused.value.errors]
    assert told == ["/networks/1", "/networks/2", "/networks/3", "/networks/4"]


@pytest.mark.parametrize(
    ("address", "networks", "let_in"),
    [
        ("192.0.2.7", [], True),
        (None, [], True),
        ("192.0.2.7", ["192.0.2.0/24"], True),
        ("192.0.3.7", ["192.0.2.0/24"], False),
        ("192.0.3.7", ["192.0.2.0/24", "192.0.3.7/32"], True),
        ("2001:db8::1", ["2001:db8::/32"], True),
        ("2001:db8::1", ["0.0.0.0/0"], False),
        ("192.0.2.7", ["::/0"], False),
        # A server that listens on both families shows an old address in the new form.
        ("::ffff:192.0.2.7", ["192.0.2.0/24"], True),
        ("::ffff:192.0.3.7", ["192.0.2.0/24"], False),
        (None, ["192.0.2.0/24"], False),
        ("", ["0.0.0.0/0"], False),
        ("unix:", ["0.0.0.0/0"], False),
    ],
)
def test_who_is_let_in(address: str | None, networks: list[str], let_in: bool) -> None:
    assert allowed(address, networks) is let_in


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.1.2.3", True),
        ("::1", True),
        ("", False),
        ("0.0.0.0", False),
        ("192.0.2.7", False),
        ("localhost.example", False),
        ("127.0.0.1.example", False),
    ],
)
def test_what_is_this_machine(host: str, ours: bool) -> None:
    assert is_this_machine(host) is ours


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", ("192.0.2.7/32", "192.0.2.0/24")),
        ("::ffff:192.0.2.7", ("192.0.2.7/32", "192.0.2.0/24")),
        ("2001:db8:1:2:3:4:5:6", ("2001:db8:1:2::/64", "2001:db8:1::/48")),
        ("2001:db8:1:2::", ("2001:db8:1:2::/64", "2001:db8:1::/48")),
        ("", ("", "")),
        ("unix:", ("unix:", "unix:")),
    ],
)
def test_what_an_address_is_counted_as(address: str, counted: tuple[str, str]) -> None:
    assert origin(address) == counted

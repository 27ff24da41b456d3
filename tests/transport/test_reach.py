"""Which addresses a session reaches: a merchant's word leads nobody into the operator's network."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from bridge.errors import ConfigError
from bridge.sandbox import FaultKind, Request, Response, SandboxServer
from bridge.transport import HostSession, Reach, place_of
from bridge.transport.reach import is_public
from tests.transport.clock import PatientClock

PUBLIC, INSIDE = "93.184.215.14", "10.2.0.7"


class Inside:
    """What no merchant is to reach. asked: how often it was."""

    def __init__(self) -> None:
        self.asked = 0

    def handle(self, _request: Request) -> Response:
        self.asked += 1
        return Response(200, b"{}")

    def label(self, request: Request) -> str:
        return request.method

    def refuse(self, kind: FaultKind, _request: Request) -> Response:
        return Response(401 if kind is FaultKind.UNAUTHORIZED else 429)


@pytest.fixture
def inside() -> Inside:
    return Inside()


@pytest.fixture
def url(inside: Inside) -> Iterator[str]:
    with SandboxServer(inside) as running:
        yield running.base_url


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Says where a name lies when it is looked up first, then, and from then on; nowhere where nothing is said."""

    def lies_at(name: str, *addresses: str) -> None:
        asked, left = socket.getaddrinfo, list(addresses)

        def told(host: Any, *args: Any, **options: Any) -> Any:
            if host != name:
                return asked(host, *args, **options)
            if not left:
                raise socket.gaierror(socket.EAI_NONAME, "no such name")
            return asked(left.pop(0) if len(left) > 1 else left[0], *args, **options)

        monkeypatch.setattr(socket, "getaddrinfo", told)

    return lies_at


def session(reach: Reach | None, *hosts: str) -> HostSession:
    made = HostSession(frozenset({"127.0.0.1", *hosts}), PatientClock(), read_seconds=5, reach=reach)
    made.plain_hosts = frozenset(hosts)
    return made


@pytest.mark.parametrize("address", [
    "127.0.0.1", "127.9.9.9", "0.0.0.1", "10.2.0.7", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "255.255.255.255", "::1", "::", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::a02:7", "2002:a02:7::1",
    "fe80::1", "fe80::1%2", "fd00::1", "ff02::1", "fec0::1",
])  # fmt: skip
def test_an_address_of_no_public_host_is_not_reached(address: str) -> None:
    with pytest.raises(ConfigError) as refused:
        Reach().check(("shop.test", 443), address)
    assert refused.value.code == "connection.address"
    assert address not in str(refused.value), "nobody is told where names of the operator's network lie"


@pytest.mark.parametrize("address", [PUBLIC, "2606:4700::1", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"])
def test_a_public_address_is_reached(address: str) -> None:
    Reach().check(("shop.test", 443), address)


def test_what_the_operator_names_is_reached_and_what_lies_beside_it_is_not() -> None:
    reach = Reach(("10.2.0.0/16",), frozenset({place_of("http://127.0.0.1:8000/wp"), place_of("https://erp.test")}))
    for place, address in (
        (("shop.test", 443), INSIDE),
        (("127.0.0.1", 8000), "127.0.0.1"),
        (("erp.test", 443), "::1"),
    ):
        reach.check(place, address)
    for place, address in ((("shop.test", 443), "10.3.0.1"), (("127.0.0.1", 5432), "127.0.0.1")):
        with pytest.raises(ConfigError):
            reach.check(place, address)
    assert not is_public(ipaddress.ip_address(INSIDE))


def test_this_machine_is_not_asked_on_a_merchants_word(inside: Inside, url: str) -> None:
    with pytest.raises(ConfigError) as refused:
        session(Reach()).get(f"{url}/wp-json/wc/v3/orders")
    assert refused.value.code == "connection.address"
    assert inside.asked == 0
    assert session(Reach(("127.0.0.0/8",))).get(url).status_code == 200
    assert session(Reach((), frozenset({place_of(url)}))).get(url).status_code == 200
    assert session(None).get(url).status_code == 200


@pytest.mark.parametrize("written", ["localhost", "127.1", "2130706433", "0x7f000001", "127.0.0.1.", "0"])
def test_however_this_machine_is_written_it_is_not_asked(inside: Inside, url: str, written: str) -> None:
    port = place_of(url)[1]
    with pytest.raises(ConfigError):
        session(Reach(), written).get(f"http://{written}:{port}/")
    assert inside.asked == 0


def test_a_name_that_lies_inside_is_refused_before_anything_is_connected_to(
    names: Callable[..., None], url: str, inside: Inside
) -> None:
    names("shop.test", "127.0.0.1")
    with pytest.raises(ConfigError):
        session(Reach(), "shop.test").get(f"http://shop.test:{place_of(url)[1]}/")
    with pytest.raises(ConfigError):
        session(Reach(), "shop.test").get(f"https://shop.test:{place_of(url)[1]}/")
    with pytest.raises(ConfigError):
        session(Reach(), "shop.test").get("http://shop.test:1/")  # where nobody listens: it says no more than elsewhere
    assert inside.asked == 0


def test_a_name_that_moves_inside_between_two_looks_is_let_go_before_a_byte_is_sent(
    names: Callable[..., None], url: str, inside: Inside
) -> None:
    """DNS rebinding."""
    names("shop.test", PUBLIC, "127.0.0.1")
    with pytest.raises(ConfigError) as refused:
        session(Reach(), "shop.test").get(f"http://shop.test:{place_of(url)[1]}/")
    assert refused.value.code == "connection.address"
    assert inside.asked == 0


def test_a_name_that_lies_nowhere_is_no_connection(names: Callable[..., None]) -> None:
    names("shop.invalid")
    with pytest.raises(requests.ConnectionError):
        session(Reach(), "shop.invalid").get("https://shop.invalid/")

"""Which addresses calls may reach: the public internet, and what an operator names; the rest stays theirs.

Whoever may name a host that is asked (a merchant their shop's) could otherwise name one inside the operator's network.
"""

from __future__ import annotations

import ipaddress
import socket
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from bridge.errors import ConfigError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Place = tuple[str, int]
"""A host and its port."""
_TRANSLATED: Final = ipaddress.ip_network("64:ff9b::/96")
"""In which an IPv4 address lies within one of IPv6. Source: RFC 6052."""


class Reach(msgspec.Struct, frozen=True):
    """networks: that may be reached beside the public internet. places: that the operator named; wherever they lie."""

    networks: tuple[str, ...] = ()
    places: frozenset[Place] = frozenset()

    def check(self, place: Place, told: str) -> None:
        """Raises: ConfigError ``connection.address`` for an address of a place that is not to be reached."""
        if place not in self.places and not self._allows(ipaddress.ip_address(told.partition("%")[0])):
            raise ConfigError(
                f"host {place[0]}",
                "lies inside a network, where only the operator lets connections go; nothing was sent there",
                "Name a host of the public internet, or have its network put into internal_networks",
                code="connection.address",
            )

    def check_name(self, place: Place) -> None:
        """The same for a host that is an address itself; what others lie at is checked where they are reached."""
        try:
            self.check(place, "127.0.0.1" if place[0] == "localhost" else place[0])
        except ValueError:
            return

    def _allows(self, address: Address) -> bool:
        found = _meant(address)
        return is_public(found) or any(one in ipaddress.ip_network(net) for one in {address, found}
                                       for net in self.networks)  # fmt: skip


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet's, and of one machine."""
    is_site = isinstance(address, ipaddress.IPv6Address) and address.is_site_local
    return address.is_global and not (address.is_multicast or address.is_reserved or is_site)


def _meant(address: Address) -> Address:
    """The IPv4 address that one of IPv6 stands for, where it does."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def place_of(url: str) -> Place:
    """Where an address lies."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


class ReachAdapter(HTTPAdapter):
    """Connects where it may: checked before anything is connected to, and then the address that was connected to.

    A name that lies elsewhere between the two is let go before a byte is sent. Where a proxy is set, it looks names up
    and is the one that refuses.
    """

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        super().__init__()

    def init_poolmanager(self, *told: Any, **options: Any) -> None:
        super().init_poolmanager(*told, **options)
        pools = {"http": partial(_pool, HTTPConnectionPool, _Plain, self._reach),
                 "https": partial(_pool, HTTPSConnectionPool, _Secure, self._reach)}  # fmt: skip
        self.poolmanager.pool_classes_by_scheme = pools


def _pool(pool: Any, connection: Any, reach: Reach, *told: Any, **options: Any) -> HTTPConnectionPool:
    made: HTTPConnectionPool = pool(*told, **options)
    made.ConnectionCls = partial(connection, reach)  # type: ignore[assignment]
    return made


class _Checked(HTTPConnection):
    def __init__(self, reach: Reach, *told: Any, **options: Any) -> None:
        super().__init__(*told, **options)
        self._reach = reach

    def _new_conn(self) -> socket.socket:
        for address in self._addresses():
            self._reach.check((self.host, self.port), address)
        made: socket.socket = super()._new_conn()
        try:
            self._reach.check((self.host, self.port), made.getpeername()[0])
        except BaseException:
            made.close()
            raise
        return made

    def _addresses(self) -> set[str]:
        """Where its name lies; nowhere, where it cannot be looked up: connecting says so."""
        try:
            return {str(one[4][0]) for one in socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)}
        except (OSError, UnicodeError):
            return set()


class _Plain(_Checked):
    """Without encryption."""


class _Secure(_Checked, HTTPSConnection):
    """With it: of who lies there nothing is asked before the address is checked."""

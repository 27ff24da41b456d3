"""Which hosts a plugin's call may reach: a watch over sockets that sees past the host's own HTTP session.

It contains mistakes, not malice: a thread that a plugin starts by itself is not watched.
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from typing import TypeVar

from bridge.errors import PluginError

T = TypeVar("T")
_EVENTS = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.sendto"})
_standing: ContextVar[Fence | None] = ContextVar("bridge_fence", default=None)


class Fence:
    """Stands around one call. reached: the first host that was reached for and is not declared; empty if none."""

    def __init__(self, thing: str, hosts: frozenset[str]) -> None:
        self.thing, self.hosts = thing, hosts
        self.reached = ""
        self._has_resolved = False

    def around(self, work: Callable[[], T]) -> T:
        """Do the work with the fence up, in this context alone."""
        _watch_sockets()
        before = _standing.set(self)
        try:
            return work()
        finally:
            _standing.reset(before)

    def refusal(self) -> PluginError:
        """What to raise when something reached over the fence, even if the plugin swallowed the first refusal."""
        return PluginError(
            self.thing,
            f"reached for {self.reached}, a host it does not declare",
            "Report this to the plugin's author",
            code="plugin.undeclared_host",
        )

    def check_name(self, host: str) -> None:
        """Raises: PluginError when a name is looked up that is not declared."""
        if host.lower().rstrip(".") not in self.hosts:
            self.reached = self.reached or host
            raise self.refusal()
        self._has_resolved = True

    def check_address(self, host: str) -> None:
        """Raises: PluginError for a connection to an address that no declared name was looked up for."""
        try:
            ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            self.check_name(host)
        else:
            if not self._has_resolved:
                self.check_name(host)


def lifted(work: Callable[[], T]) -> T:
    """Do work of the host's own (a database, a token endpoint) that a fenced call asked for."""
    before = _standing.set(None)
    try:
        return work()
    finally:
        _standing.reset(before)


@cache
def _watch_sockets() -> None:
    """Install the audit hook, once in a process and for good (Python has no way to take one back)."""
    sys.addaudithook(_watch)


def _watch(event: str, args: tuple[object, ...]) -> None:
    if event not in _EVENTS:
        return
    fence = _standing.get()
    if fence is None:
        return
    if event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        fence.check_name(_text(args[0]))
    elif isinstance(args[1], tuple):  # a text is the path of a Unix socket: nothing leaves the machine
        fence.check_address(_text(args[1][0]))


def _text(host: object) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")

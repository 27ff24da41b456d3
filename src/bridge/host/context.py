"""What the host lends a source or sink while it works."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from bridge.clock import Clock
from bridge.model.contacts import NOBODY, Contacts
from bridge.plugin import AppSettings, ConnectionSettings

if TYPE_CHECKING:
    import requests


class HostContext(msgspec.Struct, frozen=True):
    """A plugin.Context. lend: makes this connection's HTTP session, with its token or without. count: see ``spend``."""

    connection: str
    account: str
    app: AppSettings
    settings: ConnectionSettings
    clock: Clock
    lend: Callable[[bool], requests.Session]
    count: Callable[[str, int, int], None]
    contacts: Contacts = NOBODY
    items: tuple[str, ...] = ()

    def session(self, *, bears_token: bool = True) -> requests.Session:
        return self.lend(bears_token)

    def spend(self, what: str, many: int = 1, *, longest_wait_seconds: int = 0) -> None:
        self.count(what, many, longest_wait_seconds)

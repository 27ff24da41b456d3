"""What the host lends a source or sink while it works."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from bridge.clock import Clock
from bridge.plugin import AppSettings, ConnectionSettings, KnownOrder

if TYPE_CHECKING:
    import requests


class HostContext(msgspec.Struct, frozen=True):
    """A plugin.SourceContext. lend: makes this connection's HTTP session. look_up_order: see there."""

    connection: str
    account: str
    app: AppSettings
    settings: ConnectionSettings
    clock: Clock
    lend: Callable[[], requests.Session]
    look_up_order: Callable[[str], KnownOrder | None]

    def order(self, order_id: str) -> KnownOrder | None:
        return self.look_up_order(order_id)

    def session(self) -> requests.Session:
        return self.lend()

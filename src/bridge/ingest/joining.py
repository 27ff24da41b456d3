"""Documents of one order that came in several files are read together, from all that was ever kept of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from bridge.errors import PluginError, StaleError
from bridge.ingest.spool import Into, Spool
from bridge.ingest.survey import walk
from bridge.model.connections import Connection
from bridge.plugin import OrderSource, Source, StandIn
from bridge.store.api import UnitOfWork

_TOGETHER = 500
"""Orders about which the store is asked at a time."""


class Known(msgspec.Struct, frozen=True):
    """What the store held of some orders when they were read: by order, the hashes of all payloads, earliest first."""

    payloads: Mapping[str, tuple[str, ...]]

    def check(self, unit: UnitOfWork, connection: Connection) -> None:
        """Raises: StaleError when somebody brought more of one of these orders since."""
        for some in _in_parts(list(self.payloads)):
            now = unit.documents.payloads_of_orders(connection.connection_id, some)
            if other := next((name for name in some if now.get(name, ()) != self.payloads[name]), ""):
                raise StaleError(f"order {other}", "was brought by somebody else just now", "Import the file again")


NOTHING_KNOWN = Known({})


def join(into: Into, source: Source, spool: Spool) -> Known:
    """Put whole orders in the place of those of which the store holds more than the file does.

    Returns what was known of every order of the file. Outside any unit that writes: the source works in between.
    """
    known: dict[str, tuple[str, ...]] = {}
    for some in _in_parts(spool.order_ids):
        with into.store.reading() as unit:
            found = unit.documents.payloads_of_orders(into.connection.connection_id, some)
            parted = [order_id for order_id in found if not set(found[order_id]) <= _hashes(spool, order_id)]
            contents = unit.vault.contents([name for order_id in parted for name in found[order_id]])
        known |= {order_id: found.get(order_id, ()) for order_id in some}
        for order_id in parted:
            in_file = [content for one in spool.of_order(order_id) if (content := spool.payload(one)) is not None]
            payloads = {name: contents[name] for name in found[order_id]}
            payloads |= {content.content_hash: content.whole() for content in in_file}
            spool.drop(order_id)
            read_order(source, order_id, tuple(payloads.values()), spool)
    return Known(known)


def read_order(
    source: Source, order_id: str, payloads: Sequence[bytes], spool: Spool, stand_in: StandIn | None = None
) -> None:
    """Read one order from its payloads into the spool."""
    parts = joining(source).read_order(order_id, payloads, stand_in)
    for _ in spool.take(walk(parts, f"order {order_id}")):
        pass


def joining(source: Source) -> OrderSource:
    """The source, which its plugin declares to be one that joins orders. Raises: PluginError when it is not."""
    if not isinstance(source, OrderSource):
        cause = "declares joins_orders, and has no read_order"
        raise PluginError("source", cause, "Report this to the plugin's author", code="plugin.contract")
    return source


def order_lock(connection_id: str, order_id: str) -> str:
    """By which those who bring or decide something about one order take their turns; empty for no order."""
    return f"{connection_id} order {order_id}" if order_id else ""


def kept_payloads(unit: UnitOfWork, connection: Connection, order_id: str) -> tuple[bytes, ...]:
    """Everything that was kept of an order, earliest first."""
    hashes = unit.documents.payloads_of_orders(connection.connection_id, [order_id]).get(order_id, ())
    contents = unit.vault.contents(hashes)
    return tuple(contents[name] for name in hashes)


def _hashes(spool: Spool, order_id: str) -> set[str]:
    return {spooled.surveyed.payload_hash for spooled in spool.of_order(order_id)}


def _in_parts(order_ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (order_ids[first : first + _TOGETHER] for first in range(0, len(order_ids), _TOGETHER))

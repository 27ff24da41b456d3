"""What is known of orders that came in other files, for a source that needs it to read a refund."""

from __future__ import annotations

from collections.abc import Callable

from bridge.host.fence import lifted
from bridge.model.connections import Connection
from bridge.model.documents import DocumentKind
from bridge.model.lines import GATEWAY, Line, Part
from bridge.plugin import KnownOrder
from bridge.store.api import Store, UnitOfWork

IGNORED = "ignored"
LookUpOrder = Callable[[str], KnownOrder | None]


def nothing_known(_order_id: str) -> KnownOrder | None:
    """For a source that belongs to no connection."""
    return None


def known_orders(store: Store, connection: Connection) -> LookUpOrder:
    """Looks orders of one connection up in the store, as they stand now."""

    def look_up(order_id: str) -> KnownOrder | None:
        with store.reading() as unit:
            return _known(unit, connection.connection_id, order_id)

    return lambda order_id: lifted(lambda: look_up(order_id))


def _known(unit: UnitOfWork, connection_id: str, order_id: str) -> KnownOrder | None:
    for kept in unit.documents.of_orders(connection_id, [order_id]):
        document = kept.document
        if document.identity.kind is DocumentKind.ORDER:
            lines = [line for page in unit.documents.lines(document.document_id, document.revision) for line in page]
            return KnownOrder(
                currency=document.currency,
                paid_at=document.paid_at,
                payments=tuple((_gateway(line), line.reference) for line in lines if line.part is Part.RECEIPT),
                is_ignored=bool(lines) and all(line.kind == IGNORED for line in lines),
                tax_rates=tuple(sorted({line.tax_rate for line in lines if line.tax_rate})),
            )
    return None


def _gateway(line: Line) -> str:
    return dict(line.attributes).get(GATEWAY, "")

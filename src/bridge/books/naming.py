"""What people call the orders that documents belong to: a channel's own id says nothing to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bridge.model.documents import DocumentKind
from bridge.store.api import UnitOfWork


def order_names(uow: UnitOfWork, connection_id: str, order_ids: Iterable[str]) -> Mapping[str, str]:
    """By order id, of those orders that are kept and have a name (``#1001``)."""
    return {
        kept.document.order_id: kept.document.title
        for kept in uow.documents.of_orders(connection_id, sorted(set(order_ids)))
        if kept.document.identity.kind is DocumentKind.ORDER and kept.document.title and not kept.document.is_reversal
    }

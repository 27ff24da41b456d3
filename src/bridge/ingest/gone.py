"""What is not there any more: reversed where no money moved, and else for a person to decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bridge.ingest import concerns
from bridge.ingest.concerns import Told, reverse
from bridge.ingest.counter import is_counter
from bridge.ingest.paging import Owner
from bridge.ingest.revisions import GONE
from bridge.ingest.texts import called
from bridge.model.channel import Inquiry, Why
from bridge.model.connections import Connection, Route
from bridge.model.documents import PAYING, DocumentKind, DocumentState, Identity
from bridge.model.lines import Line
from bridge.plugin import Concern, ConcernKind
from bridge.store.api import KeptDocument, UnitOfWork

_HANGS_ON_ORDERS = frozenset({DocumentKind.ORDER, DocumentKind.REFUND})


def absent(
    unit: UnitOfWork, connection: Connection, routes: Sequence[Route], owners: Sequence[Owner], now: datetime
) -> None:
    """What whole orders do not show of what we know of them, and is older: findings, and inquiries by id.

    Nothing else follows from it: an answer may be faulty.
    """
    whole = {owner.start.external_id: owner for owner in owners if owner.start.is_whole}
    orders = {name: owner for name, owner in whole.items() if owner.start.kind == DocumentKind.ORDER}
    told: list[Told] = []
    for kept in unit.documents.of_orders(connection.connection_id, list(orders)) if orders else ():
        document = kept.document
        owner, identity = orders[document.order_id], document.identity
        is_shown = (identity.kind, identity.external_id) in owner.documents
        is_later = document.as_of is not None and document.as_of >= owner.start.as_of
        if is_shown or is_later or is_counter(document) or identity.kind not in _HANGS_ON_ORDERS or kept.reason == GONE:
            continue
        told.append(_told(kept, owner.start.as_of))
    concerns.settle(unit, connection, routes, told, now)
    asked = [Inquiry(of.kind, of.external_id, Why.ABSENT, now) for of in (one.document.identity for one in told)]
    unit.inquiries.add(connection.connection_id, asked)


def take_gone(
    unit: UnitOfWork,
    connection: Connection,
    routes: Sequence[Route],
    identity: Identity,
    as_of: datetime,
    now: datetime,
) -> None:
    """The channel itself said, asked by id, that it has no such thing.

    Where no money moved, it is reversed, with what hangs on an order; what was not booked yet is set aside. Where money
    moved, a finding says so, and a person decides. What the channel said of it later than this stands.
    """
    unit.documents.lock(identity.document_id)
    latest = unit.documents.latest(identity.document_id)
    if latest is None or (latest.document.as_of is not None and latest.document.as_of > as_of):
        return
    together = [latest]
    if identity.kind is DocumentKind.ORDER:
        kept = unit.documents.of_orders(connection.connection_id, [latest.document.order_id])
        together += [one for one in kept if one.document != latest.document and not is_counter(one.document)]
    lines = {one.document.document_id: _lines(unit, one) for one in together}
    unit.documents.confirm(
        {(one.document.document_id, one.document.revision): (as_of, one.document.witness) for one in together}
    )
    has_moved = _has_moved_money(together, [line for some in lines.values() for line in some])
    for one in together if not has_moved else ():
        document = one.document
        if one.state is DocumentState.BOOKED:
            reverse(unit, connection, document, lines[document.document_id], as_of, now)
        else:
            unit.documents.set_state(document.document_id, document.revision, DocumentState.HELD, GONE)
    is_aside = not has_moved and latest.state is not DocumentState.BOOKED
    told = Told(latest.document, (), is_news=False) if is_aside else _told(latest, as_of)
    concerns.settle(unit, connection, routes, [told], now)


def _has_moved_money(documents: Sequence[KeptDocument], lines: Sequence[Line]) -> bool:
    """Whether there is anything that a bank or a gateway may know of; what belongs to no order is taken for such."""
    if any(one.document.identity.kind in PAYING or not one.document.order_id for one in documents):
        return True
    return any(line.part.is_money and line.amount_minor for line in lines)


def _told(kept: KeptDocument, at: datetime) -> Told:
    document = kept.document
    name = called(document.identity.kind, document.identity.external_id, document.title)
    message = f"{name} is not shown by the channel any more"
    return Told(document, (Concern(ConcernKind.GONE, at, document.total_minor, message),), is_news=False)


def _lines(unit: UnitOfWork, kept: KeptDocument) -> list[Line]:
    pages = unit.documents.lines(kept.document.document_id, kept.document.revision)
    return [line for page in pages for line in page]

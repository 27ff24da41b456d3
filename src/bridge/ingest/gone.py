"""What is not there any more: reversed where no money moved, and else for a person to decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bridge.ingest import concerns
from bridge.ingest.concerns import Told
from bridge.ingest.joining import order_lock
from bridge.ingest.paging import Owner
from bridge.ingest.reversals import Reversals
from bridge.model.channel import Inquiry, Why
from bridge.model.connections import Connection, Route
from bridge.model.documents import PAYING, DocumentKind, DocumentState, Identity, called
from bridge.model.lines import Line
from bridge.model.reasons import Reason
from bridge.plugin import Concern, ConcernKind
from bridge.store.api import KeptDocument, Stand, UnitOfWork

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
        is_missed = not (is_shown or is_later or document.is_reversal or kept.reason == Reason.GONE)
        if is_missed and identity.kind in _HANGS_ON_ORDERS:
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

    A refund that waits for its order goes on waiting, and a finding says that it does so for nothing.
    Where no money moved, it is reversed, with what hangs on an order; what was not booked yet is set aside. Where money
    moved, or another content of it stands in the books, a finding says so, and a person decides. What the channel said
    of it later than this stands.
    """
    latest = _locked(unit, connection, identity)
    if waiting := _waiting(unit, connection, identity, latest):
        concerns.settle(unit, connection, routes, [_left(one, as_of) for one in waiting], now)
    if latest is None or latest in waiting or (latest.document.as_of is not None and latest.document.as_of > as_of):
        return
    together = [latest]
    if identity.kind is DocumentKind.ORDER:
        kept = unit.documents.of_orders(connection.connection_id, [latest.document.order_id])
        together += [one for one in kept if one.document != latest.document and not one.document.is_reversal]
    unit.documents.confirm(
        {(one.document.document_id, one.document.revision): Stand(as_of, one.document.witness) for one in together}
    )
    lines = [line for one in together for line in _lines(unit, one)]
    has_moved = _has_moved_money(together, lines) or _stands_otherwise(unit, together)
    if not has_moved:
        _take_back(unit, connection, together, as_of, now)
    is_aside = not has_moved and latest.state is not DocumentState.BOOKED
    told = Told(latest.document, (), is_news=False) if is_aside else _told(latest, as_of)
    concerns.settle(unit, connection, routes, [told], now)


def _locked(unit: UnitOfWork, connection: Connection, identity: Identity) -> KeptDocument | None:
    """The newest revision of it, when nobody else is at it or at its order."""
    latest = unit.documents.latest(identity.document_id)
    is_order = identity.kind is DocumentKind.ORDER
    order_id = latest.document.order_id if latest is not None else identity.external_id if is_order else ""
    order = order_lock(connection.connection_id, order_id) if order_id else ""
    unit.documents.lock_many(name for name in (identity.document_id, order) if name)
    return unit.documents.latest(identity.document_id)


def _waiting(
    unit: UnitOfWork, connection: Connection, identity: Identity, latest: KeptDocument | None
) -> list[KeptDocument]:
    """The refunds that wait for this order, of which nothing is here; or it itself, where it is one that waits."""
    if latest is not None:
        return [latest] if latest.reason == Reason.AWAITS_ORDER else []
    if identity.kind is not DocumentKind.ORDER:
        return []
    kept = unit.documents.of_orders(connection.connection_id, [identity.external_id])
    return [one for one in kept if one.reason == Reason.AWAITS_ORDER]


def _left(kept: KeptDocument, at: datetime) -> Told:
    document = kept.document
    name = called(document.identity.kind, document.identity.external_id, document.title)
    message = f"{name} was read, and order {document.order_id} never was: the channel does not have it any more"
    return Told(document, (Concern(ConcernKind.ORDER_GONE, at, 0, message),), is_news=False)


def _take_back(
    unit: UnitOfWork, connection: Connection, together: Sequence[KeptDocument], at: datetime, now: datetime
) -> None:
    """What is not booked is set aside first: of what is reversed it is no part. An order comes after its refunds."""
    aside = [one.document for one in together if one.state is not DocumentState.BOOKED]
    unit.documents.set_states(
        [(document.document_id, document.revision) for document in aside], DocumentState.HELD, Reason.GONE
    )
    booked = [one.document for one in together if one.state is DocumentState.BOOKED]
    reversals = Reversals(unit, connection.connection_id, [document.order_id for document in booked], now)
    for document in sorted(booked, key=lambda each: each.identity.kind is DocumentKind.ORDER):
        if reversals.standing(document) is None:
            reversals.take_back(document, at)


def _has_moved_money(documents: Sequence[KeptDocument], lines: Sequence[Line]) -> bool:
    """Whether there is anything that a bank or a gateway may know of; what belongs to no order is taken for such."""
    if any(one.document.identity.kind in PAYING or not one.document.order_id for one in documents):
        return True
    return any(line.part.is_money and line.amount_minor for line in lines)


def _stands_otherwise(unit: UnitOfWork, documents: Sequence[KeptDocument]) -> bool:
    """Whether an earlier content of what is not booked stands in the books: its newest is not what to reverse."""
    unbooked = [one.document.document_id for one in documents if one.state is not DocumentState.BOOKED]
    return any(
        kept.state is DocumentState.BOOKED for every in unit.documents.heads(unbooked).values() for kept in every
    )


def _told(kept: KeptDocument, at: datetime) -> Told:
    document = kept.document
    name = called(document.identity.kind, document.identity.external_id, document.title)
    message = f"{name} is not shown by the channel any more"
    return Told(document, (Concern(ConcernKind.GONE, at, document.total_minor, message),), is_news=False)


def _lines(unit: UnitOfWork, kept: KeptDocument) -> list[Line]:
    pages = unit.documents.lines(kept.document.document_id, kept.document.revision)
    return [line for page in pages for line in page]

"""Things by what a person types: an id, the unique beginning of one, a number, a settlement's id."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from bridge.errors import ConfigError
from bridge.model.connections import Side
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import DocumentKind
from bridge.model.findings import FindingState, KeptFinding
from bridge.store.api import KeptEntry, UnitOfWork

T = TypeVar("T")
SHORTEST = 6


def entries(uow: UnitOfWork, wanted: str) -> tuple[KeptEntry, ...]:
    """The entries somebody means.

    wanted: the channel's id of a document, or the name or id of an order (all their live entries);
            or an entry's own id, its voucher's id, number or reference in the ledger, or the beginning of an id.
    Raises: ConfigError when there is none, or more than one.
    """
    every = list(_entries(uow))
    of_document = tuple(
        kept for kept in every if kept.is_live and wanted in {kept.entry.slot.group, kept.entry.document_id}
    )
    if found := of_document or _of_order(uow, wanted):
        return found
    named = [kept for kept in every if _begins(kept.entry.entry_id, wanted)]
    vouchers = [] if named else _standing(each for each in _deliveries(uow) if wanted in _names(each))
    vouchers = vouchers or [each for each in _deliveries(uow) if _begins(each.voucher_id, wanted)]
    by_id = {kept.entry.entry_id: kept for kept in [*named, *(uow.entries.get(each.entry_id) for each in vouchers)]}
    return (_only(wanted, "entry", by_id.values(), lambda kept: kept.entry.entry_id),)


def _of_order(uow: UnitOfWork, wanted: str) -> tuple[KeptEntry, ...]:
    """The live entries that hold lines of an order, its refunds and fees: by the order's id, or its name."""
    documents: set[str] = set()
    for connection in uow.connections.all():
        if connection.side is Side.SOURCE:
            named = uow.documents.titled(connection.connection_id, DocumentKind.ORDER, [wanted, f"#{wanted}"])
            order_ids = [wanted, *(kept.document.order_id for kept in named)]
            found = uow.documents.of_orders(connection.connection_id, order_ids)
            documents |= {kept.document.document_id for kept in found}
    kept_entries = (uow.entries.get(entry_id) for entry_id in uow.entries.entries_with(sorted(documents)))
    return tuple(sorted(kept_entries, key=lambda kept: (kept.entry.booked_on, kept.entry.entry_id)))


def voucher(uow: UnitOfWork, wanted: str) -> Delivery:
    """The voucher somebody means, by its id, the beginning of it, or its number."""
    found = _standing(each for each in _deliveries(uow) if _begins(each.voucher_id, wanted) or wanted in _names(each))
    return _only(wanted, "voucher", found, lambda each: each.voucher_id)


def vouchers(uow: UnitOfWork, wanted: str) -> tuple[Delivery, ...]:
    """The vouchers a decision is about: of a settlement, payout or day by the channel's own id, all that it has.

    Raises: ConfigError when there is none, or more than one is meant by an id.
    """
    of_document = [
        delivery
        for kept in _entries(uow)
        if kept.is_live and kept.entry.slot.group == wanted
        for delivery in uow.deliveries.of_entry(kept.entry.entry_id)
    ]
    return tuple(of_document) or (voucher(uow, wanted),)


def finding(uow: UnitOfWork, wanted: str) -> KeptFinding:
    """The finding somebody means, by its id or the beginning of it."""
    found = [
        kept
        for route in uow.routes.all()
        for kept in uow.findings.of_route(route.route_id, *FindingState)
        if _begins(kept.finding.finding_id, wanted)
    ]
    return _only(wanted, "finding", found, lambda kept: kept.finding.finding_id)


def _entries(uow: UnitOfWork) -> Iterator[KeptEntry]:
    for route in uow.routes.all():
        yield from uow.entries.of_route(route.route_id, live_only=False)


def _deliveries(uow: UnitOfWork) -> Iterator[Delivery]:
    for route in uow.routes.all():
        yield from uow.deliveries.of_route(route.route_id)


def _begins(name: str, wanted: str) -> bool:
    """Whether a name is meant: all of it, or enough of its beginning."""
    return name == wanted or (len(wanted) >= SHORTEST and name.startswith(wanted))


def _names(delivery: Delivery) -> set[str]:
    return {delivery.voucher_id, delivery.voucher.number if delivery.voucher else "", delivery.ref} - {""}


def _standing(found: Iterable[Delivery]) -> list[Delivery]:
    """Those that were not withdrawn, where there are some: what gave way to another often bore the same number."""
    every = list(found)
    return [each for each in every if each.state is not DeliveryState.WITHDRAWN] or every


def _only(wanted: str, what: str, found: Iterable[T], name: Callable[[T], str]) -> T:
    by_name = {name(each): each for each in found}
    if wanted in by_name:
        return by_name[wanted]
    if len(by_name) == 1:
        return next(iter(by_name.values()))
    if not by_name:
        cause, next_step = f"there is no {what} of that id", "Check the id"
    else:
        cause, next_step = f"it fits {len(by_name)} of them: {', '.join(sorted(by_name)[:5])}", "Write more of it"
    raise ConfigError(f"{what} {wanted!r}", cause, next_step, code=f"{what}.unknown")

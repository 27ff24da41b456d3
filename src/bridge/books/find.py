"""Things by what a person types: an id, the unique beginning of one, a number, a settlement's id.

Channels number their things each for itself, so that two shops have an order of one id, and a day has one name on every
route. What a route is written before (``shop/1042``) is of that route alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import date

from bridge.errors import ConfigError
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import DocumentKind
from bridge.model.entries import Mode
from bridge.model.findings import KeptFinding
from bridge.store.api import KeptDocument, KeptEntry, UnitOfWork

SHORTEST = 6
_WHERE_FROM = {
    "voucher": "Name a voucher as `bridge held` or `bridge preview` lists it, or all of a settlement, payout or order",
    "finding": "Name a finding as `bridge drift` lists it",
    "entry": "Name it by the channel's id of a settlement or payout, an order's number, or a voucher's number",
}
_A_DAY = "A day is named by its currency too, such as 'USD {day}'; or name a voucher of it by its number"


def entries(uow: UnitOfWork, wanted: str) -> tuple[KeptEntry, ...]:
    """The entries somebody means.

    wanted: the channel's id of a document, ``USD 2026-06-30`` of a day, or the name or id of an order (all their live
            entries);
            or an entry's own id, its voucher's id, number or reference in the ledger, or the beginning of an id.
    Raises: ConfigError when there is none, or more than one.
    """
    thing, routes = _on_routes(uow, wanted)
    if found := _of_document(uow, thing, routes) or _of_order(uow, thing, routes):
        return found
    if ids := _beginning(uow.entries.beginning, wanted):
        return (uow.entries.get(_only(wanted, "entry", ids)),)
    vouchers = _standing(uow.deliveries.named(wanted))
    if not vouchers:
        vouchers = list(uow.deliveries.get_many(_beginning(uow.deliveries.beginning, wanted)).values())
    return (uow.entries.get(_only(wanted, "entry", {each.entry_id for each in vouchers})),)


def _on_routes(uow: UnitOfWork, wanted: str) -> tuple[str, Sequence[Route]]:
    """What is wanted, and of which routes: of the one that is written before it, else of all."""
    routes = uow.routes.all()
    name, _, thing = wanted.partition("/")
    of_name = [route for route in routes if thing and route.name == name]
    return (thing, of_name) if of_name else (wanted, routes)


def _of_document(uow: UnitOfWork, wanted: str, routes: Sequence[Route]) -> tuple[KeptEntry, ...]:
    """The live entries of a document, by the channel's id of it or by our own."""
    grouped = [kept for route in routes for kept in uow.entries.of_group(route.route_id, wanted)]
    own = [kept for kept in uow.entries.of_document(wanted) if kept.is_live] if wanted else []
    return tuple({kept.entry.entry_id: kept for kept in (*grouped, *own)}.values())


def _of_order(uow: UnitOfWork, wanted: str, routes: Sequence[Route]) -> tuple[KeptEntry, ...]:
    """The live entries that hold lines of an order, its refunds and fees: by the order's id, or its name."""
    documents: set[str] = set()
    sources = {route.source for route in routes}
    for connection in uow.connections.all():
        if connection.name in sources:
            named = uow.documents.titled(connection.connection_id, DocumentKind.ORDER, [wanted, f"#{wanted}"])
            order_ids = [wanted, *(kept.document.order_id for kept in named)]
            found = uow.documents.of_orders(connection.connection_id, order_ids)
            documents |= {kept.document.document_id for kept in found}
    kept_entries = uow.entries.get_many(sorted(uow.entries.entries_with(sorted(documents))))
    return tuple(sorted(kept_entries.values(), key=lambda kept: (kept.entry.booked_on, kept.entry.entry_id)))


def voucher(uow: UnitOfWork, wanted: str) -> Delivery:
    """The voucher somebody means, by its id, the beginning of it, or its number."""
    begun = uow.deliveries.get_many(_beginning(uow.deliveries.beginning, wanted))
    found = _standing([*begun.values(), *uow.deliveries.named(wanted)])
    return uow.deliveries.get(_only(wanted, "voucher", {each.voucher_id for each in found}))


def vouchers(uow: UnitOfWork, wanted: str) -> tuple[Delivery, ...]:
    """The vouchers a decision is about: of a settlement, payout, day or order by the channel's own id, all that it has.

    An order may be meant by its name, and any document by its own id.

    Raises: ConfigError when there is none, more than one is meant by an id, things of several routes are called so, or
            an order is booked with others.
    """
    thing, routes = _on_routes(uow, wanted)
    grouped = _of_document(uow, thing, routes)
    if not grouped and not _is_voucher(uow, wanted):
        grouped = _of_order_alone(uow, thing, routes)
    _check_one_route(uow, thing, grouped)
    of_entries = uow.deliveries.of_entries([kept.entry.entry_id for kept in grouped])
    if not grouped and _beginning(uow.findings.beginning, wanted):
        raise ConfigError(
            f"finding {wanted!r}",
            "is a finding; this decision is about vouchers",
            "Decide accept about it, or reverse where it is about what a channel shows no more",
            code="voucher.unknown",
        )
    of_document = [delivery for kept in grouped for delivery in of_entries.get(kept.entry.entry_id, ())]
    return tuple(of_document) or (voucher(uow, wanted),)


def _check_one_route(uow: UnitOfWork, thing: str, found: Sequence[KeptEntry]) -> None:
    """Raises: ConfigError where more than one route has something of that name: what is decided is of one thing."""
    with_it = {kept.entry.slot.route_id for kept in found}
    if len(with_it) > 1:
        names = sorted(route.name for route in uow.routes.all() if route.route_id in with_it)
        raise ConfigError(
            repr(thing),
            f"is of several routes: {', '.join(names)}",
            f"Write the route before it, as '{names[0]}/{thing}'",
            code="voucher.unknown",
        )


def _is_voucher(uow: UnitOfWork, wanted: str) -> bool:
    return bool(uow.deliveries.named(wanted) or _beginning(uow.deliveries.beginning, wanted))


def _of_order_alone(uow: UnitOfWork, wanted: str, routes: Sequence[Route]) -> tuple[KeptEntry, ...]:
    """The entries of an order that has its own. Raises: ConfigError where it is booked with others, or not at all."""
    found = _of_order(uow, wanted, routes)
    shared = [kept.entry for kept in found if kept.entry.slot.mode is not Mode.ORDER]
    if shared:
        entry = shared[0]
        of_entry = uow.deliveries.of_entry(entry.entry_id)
        names = ", ".join(each.voucher_id for each in of_entry) or entry.entry_id
        raise ConfigError(
            f"order {wanted!r}",
            f"is booked with others, in '{entry.narration}'",
            f"Decide about all of that together, by its voucher: {names}",
            code="voucher.unknown",
        )
    if not found and (unbooked := _orders_named(uow, wanted, routes)):
        kept = unbooked[0]
        raise ConfigError(
            f"order {wanted!r}",
            f"is not booked yet ({kept.reason or kept.state}), so that there is no voucher to decide about",
            "See `bridge held`, which says what it waits for",
            code="voucher.unknown",
        )
    return found


def _orders_named(uow: UnitOfWork, wanted: str, routes: Sequence[Route]) -> list[KeptDocument]:
    """The orders of that name, as the channels of these routes call them."""
    sources = {route.source for route in routes}
    return [
        kept
        for connection in uow.connections.all()
        if connection.name in sources
        for kept in uow.documents.titled(connection.connection_id, DocumentKind.ORDER, [wanted, f"#{wanted}"])
    ]


def finding(uow: UnitOfWork, wanted: str) -> KeptFinding:
    """The finding somebody means, by its id or the beginning of it."""
    return uow.findings.get(_only(wanted, "finding", _beginning(uow.findings.beginning, wanted)))


def _beginning(look_up: Callable[[str], Sequence[str]], wanted: str) -> Sequence[str]:
    """The ids that begin so, where enough is written to mean one."""
    return look_up(wanted) if len(wanted) >= SHORTEST else ()


def _standing(found: Sequence[Delivery]) -> Sequence[Delivery]:
    """Those that were not withdrawn, where there are some: what gave way to another often bore the same number."""
    return [each for each in found if each.state is not DeliveryState.WITHDRAWN] or found


def _only(wanted: str, what: str, found: Collection[str]) -> str:
    """The only one of these ids, or the very one that was written."""
    if wanted in found:
        return wanted
    if len(found) == 1:
        return next(iter(found))
    if not found:
        next_step = _A_DAY.format(day=wanted) if _is_day(wanted) else _WHERE_FROM[what]
        cause = f"there is no {what} of that id"
    else:
        cause, next_step = f"it fits {len(found)} of them: {', '.join(sorted(found)[:5])}", "Write more of it"
    raise ConfigError(f"{what} {wanted!r}", cause, next_step, code=f"{what}.unknown")


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False

"""Which slot a line of an order, refund, fee or payout is booked in, by the route's mode. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from fnmatch import fnmatchcase
from types import MappingProxyType

import msgspec

from bridge.model.connections import Route
from bridge.model.documents import Document, DocumentKind
from bridge.model.entries import Mode, Purpose, Slot
from bridge.model.lines import GATEWAY, Line
from bridge.model.periods import closing_day, local_day, month_end, month_of, payout_day
from bridge.model.recognition import counts_at
from bridge.model.slots import BookDay, DayFees, DaySales, DocumentPart, MonthPart, SalesOfMonth, compose
from bridge.plugin import SourceCapabilities

NO_NAMES: Mapping[str, str] = MappingProxyType({})
OTHERWISE = "*"


class Place(msgspec.Struct, frozen=True):
    """Where lines are booked: the slot, the day it is dated, what its entries are for, and what they are called.

    of_refunds, of_payments: what they are called where they hold refunds, or payments, alone; empty where that makes
    no difference.
    """

    slot: Slot
    booked_on: date
    purpose: Purpose
    name: str
    of_refunds: str = ""
    of_payments: str = ""


class PaidOut(msgspec.Struct, frozen=True):
    """The payout that holds a document's money. closed_at: when it was made. pays_at: when it reaches the bank."""

    external_id: str
    closed_at: datetime
    pays_at: datetime | None = None


def place_of_line(
    document: Document,
    line: Line,
    route: Route,
    payout: PaidOut | None,
    channel: str,
    order_names: Mapping[str, str] = NO_NAMES,
) -> Place:
    """The place of one line.

    payout:  of its document's money, where the route books by payout and there is one. channel: its name for people.
    order_names: of orders by id, where the route books by order.
    """
    identity = document.identity
    day = local_day(max(line.occurred_at, counts_at(document, route) or line.occurred_at), route.time_zone)
    if identity.kind is DocumentKind.PAYOUT:
        name = f"{channel} payout {identity.external_id}: fees and adjustments"
        made_on = closing_day(document, route.time_zone)
        return _monthly(made_on, day, identity.external_id, MonthPart, route, Purpose.JOURNAL, name)
    is_journal = identity.kind in {DocumentKind.FEE, DocumentKind.ADJUSTMENT}
    if route.mode is Mode.ORDER:
        part = DocumentPart(identity.kind, identity.external_id, day)
        slot = Slot(route.route_id, Mode.ORDER, document.order_id or identity.external_id, compose(part))
        purpose = Purpose.JOURNAL if is_journal else Purpose(identity.kind.value)
        name = _order_name(document, channel, order_names)
        if _is_later(document, day, route):
            return Place(slot, day, purpose, f"{name}, edited", of_payments=f"{name}, paid later")
        return Place(slot, day, purpose, name)
    if payout is not None and not is_journal:
        name = f"{channel} payout {payout.external_id}:"
        made_on = payout_day(payout.closed_at, payout.pays_at, route.time_zone)
        group, words = payout.external_id, (f"{name} sales", f"{name} refunds")
        return _monthly(made_on, day, group, SalesOfMonth, route, Purpose.DAY, *words)
    what = DayFees() if is_journal else DaySales()
    slot = Slot(route.route_id, Mode.DAY, BookDay(document.currency, day).text, compose(what))
    outside = " outside payouts" if route.mode is Mode.PAYOUT else ""
    ending = f"{outside} of {day} ({document.currency})"
    if is_journal:
        return Place(slot, day, Purpose.JOURNAL, f"{channel} fees and adjustments{ending}")
    return Place(slot, day, Purpose.DAY, f"{channel} sales{ending}", f"{channel} refunds{ending}")


def unmet_patterns(route: Route, gateways: Iterable[str]) -> tuple[str, ...]:
    """The route's own patterns that none of these gateways fits: perhaps misspelt. None where there are no gateways."""
    seen = [gateway.casefold() for gateway in gateways]
    patterns = dict.fromkeys(pattern for pattern, _ in (*route.tenders, *route.tender_classes))
    return tuple(one for one in patterns if seen and not any(fnmatchcase(name, one.casefold()) for name in seen))


def gateway_of(line: Line) -> str:
    """The gateway of a tender."""
    return dict(line.attributes).get(GATEWAY, "")


def is_payable(gateway: str, channel: SourceCapabilities) -> bool:
    """Whether a gateway's money comes in the channel's own payouts."""
    return any(fnmatchcase(gateway.casefold(), pattern.casefold()) for pattern in channel.payable)


def payout_of(references: tuple[str, ...], payouts: Mapping[str, PaidOut]) -> PaidOut | None:
    """The payout that holds a document's money: of several the earliest."""
    found = [payouts[reference] for reference in references if reference in payouts]
    return min(found, key=lambda payout: (payout.closed_at, payout.external_id), default=None)


def _monthly(
    made_on: date,
    day: date,
    group: str,
    what: type[MonthPart | SalesOfMonth],
    route: Route,
    purpose: Purpose,
    *names: str,
) -> Place:
    """A place of a payout: the month part of a day, dated when the payout was made, or at the end of its month."""
    month = month_of(min(max(day, min(route.first_day, made_on)), made_on))
    booked_on = made_on if month == month_of(made_on) else month_end(month)
    slot = Slot(route.route_id, Mode.PAYOUT, group, compose(what(month)))
    return Place(slot, booked_on, purpose, *(f"{name} ({month})" for name in names))


def _is_later(document: Document, day: date, route: Route) -> bool:
    """Whether a day of an order is one after it was booked: what is booked then is what was changed, or paid, of it."""
    at = counts_at(document, route) if document.identity.kind is DocumentKind.ORDER else None
    return at is not None and day > local_day(at, route.time_zone)


def _order_name(document: Document, channel: str, order_names: Mapping[str, str]) -> str:
    identity = document.identity
    if document.is_reversal:
        return f"{channel} {document.title[:1].lower()}{document.title[1:]}"
    if identity.kind is DocumentKind.ORDER:
        return f"{channel} order {document.title or identity.external_id}"
    order_id = document.order_id
    of_order = f" of order {order_names.get(order_id, order_id)}" if order_id else ""
    return f"{channel} {identity.kind} {identity.external_id}{of_order}"

"""Which slot a line of an order, refund, fee or payout is booked in, by the route's mode. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from fnmatch import fnmatchcase

import msgspec

from bridge.model.chart import SUSPENSE
from bridge.model.connections import Route
from bridge.model.documents import Document, DocumentKind
from bridge.model.entries import Mode, Purpose, Slot
from bridge.model.lines import GATEWAY, Line
from bridge.model.periods import closing_day, local_day, month_end, month_of, payout_day
from bridge.model.slots import BookDay, DayFees, DaySales, DocumentPart, MonthPart, SalesOfMonth, compose
from bridge.plugin import SourceCapabilities

OTHERWISE = "*"


class Place(msgspec.Struct, frozen=True):
    """Where lines are booked: the slot, the day it is dated, what its entries are for, and what they are called."""

    slot: Slot
    booked_on: date
    purpose: Purpose
    name: str


class PaidOut(msgspec.Struct, frozen=True):
    """The payout that holds a document's money. closed_at: when it was made. pays_at: when it reaches the bank."""

    external_id: str
    closed_at: datetime
    pays_at: datetime | None = None


def place_of_line(document: Document, line: Line, route: Route, payout: PaidOut | None, channel: str) -> Place:
    """The place of one line.

    payout:  of its document's money, where the route books by payout and there is one. channel: its name for people.
    """
    identity = document.identity
    day = local_day(max(line.occurred_at, document.paid_at or line.occurred_at), route.time_zone)
    if identity.kind is DocumentKind.PAYOUT:
        name = f"{channel} payout {identity.external_id}: fees and adjustments"
        made_on = closing_day(document, route.time_zone)
        return _monthly(made_on, day, identity.external_id, MonthPart, route, Purpose.JOURNAL, name)
    is_journal = identity.kind in {DocumentKind.FEE, DocumentKind.ADJUSTMENT}
    if route.mode is Mode.ORDER:
        part = DocumentPart(identity.kind, identity.external_id, day)
        slot = Slot(route.route_id, Mode.ORDER, document.order_id or identity.external_id, compose(part))
        purpose = Purpose.JOURNAL if is_journal else Purpose(identity.kind.value)
        return Place(slot, day, purpose, _order_name(document, channel))
    if payout is not None and not is_journal:
        name = f"{channel} payout {payout.external_id}: sales"
        made_on = payout_day(payout.closed_at, payout.pays_at, route.time_zone)
        return _monthly(made_on, day, payout.external_id, SalesOfMonth, route, Purpose.DAY, name)
    what = DayFees() if is_journal else DaySales()
    slot = Slot(route.route_id, Mode.DAY, BookDay(document.currency, day).text, compose(what))
    words = "fees and adjustments" if is_journal else "sales"
    if route.mode is Mode.PAYOUT:
        words += " outside payouts"
    name = f"{channel} {words} of {day} ({document.currency})"
    return Place(slot, day, Purpose.JOURNAL if is_journal else Purpose.DAY, name)


def tender_account(gateway: str, route: Route, channel: SourceCapabilities) -> str:
    """The chart number of the account that a gateway's money goes through; suspense when nothing says."""
    for pattern, number in (*route.tenders, *channel.tenders):
        if fnmatchcase(gateway.casefold(), pattern.casefold()):
            return number
    return SUSPENSE


def unmet_patterns(route: Route, gateways: Iterable[str]) -> tuple[str, ...]:
    """The route's own patterns that none of these gateways fits: perhaps misspelt. None where there are no gateways."""
    seen = [gateway.casefold() for gateway in gateways]
    patterns = (pattern for pattern, _ in route.tenders)
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
    name: str,
) -> Place:
    """A place of a payout: the month part of a day, dated when the payout was made, or at the end of its month."""
    month = month_of(min(max(day, min(route.first_day, made_on)), made_on))
    booked_on = made_on if month == month_of(made_on) else month_end(month)
    slot = Slot(route.route_id, Mode.PAYOUT, group, compose(what(month)))
    return Place(slot, booked_on, purpose, f"{name} ({month})")


def _order_name(document: Document, channel: str) -> str:
    identity = document.identity
    if identity.kind is DocumentKind.ORDER:
        return f"{channel} order {document.title or identity.external_id}"
    of_order = f" of order {document.order_id}" if document.order_id else ""
    return f"{channel} {identity.kind} {identity.external_id}{of_order}"

"""Asks a shop for orders: page by page, and what is too long for one answer piece by piece.

An order that was read in several answers says in the first and in the last that it was changed at the same instant;
else it is read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from bridge.errors import ConfigError
from bridge.plugin import MAX_PAGE_BYTES, Count, Page, Unknown, Want
from bridge_shopify.client import Client, TooCostlyError, Variable
from bridge_shopify.facts import digits
from bridge_shopify.objections import is_cut
from bridge_shopify.pages import orders_body
from bridge_shopify.places import Cursor
from bridge_shopify.searching import Listed, between, drained, moment, nothing
from bridge_shopify.streams import ORDER
from bridge_shopify.wire import (
    Agreement,
    At,
    LineItem,
    Order,
    OrderAdjustment,
    Ref,
    Refund,
    RefundLineItem,
    RefundShippingLine,
    Sale,
    ShippingLine,
    Transaction,
    Wire,
)
from bridge_shopify.wire import Page as Connection

T = TypeVar("T")
_FILE = "orders"
_READINGS = 5
_MOST_PAGED, _MOST_COUNTED = 20_000, 25_000  # Shopify pages through, and counts, 25,000 objects of a search
_SHORTEST = timedelta(seconds=2)
_LONGEST_BODY = MAX_PAGE_BYTES // 2


class Size(Struct, frozen=True):
    """How much is asked for at once: orders, and of each its lines and lists."""

    first: int
    lines: int
    shipping: int
    charges: int
    refunds: int
    back: int
    few: int
    paid: int
    agreements: int
    sales: int

    def holds(self, order: Order) -> bool:
        """Whether an order came whole. Lists do not say that they go on: one that is full may."""
        lists_are_whole = len(order.refunds) < self.refunds and len(order.transactions) < self.charges
        return lists_are_whole and not is_cut(order)

    @property
    def of_one(self) -> dict[str, int]:
        """The variables that say how much of an order comes."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if name != "first"}


WIDE = Size(25, lines=20, shipping=3, charges=10, refunds=5, back=5, few=3, paid=5, agreements=5, sales=20)
NARROW = Size(2, lines=5, shipping=2, charges=4, refunds=2, back=2, few=1, paid=2, agreements=2, sales=5)
"""Under 1,000 points even where every object costs one."""


class _Orders(Wire, frozen=True):
    orders: Listed[Order]


class _OrdersById(Wire, frozen=True):
    nodes: list[Order | None]


class _OneOrder(Wire, frozen=True):
    order: Order | None = None


class _Agreement(Agreement, frozen=True):
    sales: Listed[Sale] | None = None


class _Refund(Refund, frozen=True):
    refund_line_items: Listed[RefundLineItem] | None = None
    refund_shipping_lines: Listed[RefundShippingLine] | None = None
    order_adjustments: Listed[OrderAdjustment] | None = None
    transactions: Listed[Transaction] | None = None


class _Piece(Wire, frozen=True):
    """What was asked for of an order."""

    updated_at: At | None = None
    line_items: Listed[LineItem] = Listed()
    shipping_lines: Listed[ShippingLine] = Listed()
    agreements: Listed[_Agreement] = Listed()


class _OnePiece(Wire, frozen=True):
    order: _Piece | None = None


class _OneRefund(Wire, frozen=True):
    refund: _Refund | None = None


class _Owner(Wire, frozen=True):
    order: Ref


class _OwnerOfRefund(Wire, frozen=True):
    refund: _Owner | None = None


class _Ids(Wire, frozen=True):
    orders: Listed[Ref]


class _Number(Wire, frozen=True):
    count: int
    precision: str


class _Numbers(Wire, frozen=True):
    orders_count: _Number | None = None


class _GoneMeanwhileError(Exception):
    """A part of an order is not there any more: the order is read again."""


class By(Enum):
    """Which instant of an order puts it into a window: the search's word for it, and the word to sort by."""

    CHANGED = "updated_at"
    PLACED = "created_at"

    @property
    def sort(self) -> str:
        return self.value.upper()

    def instant(self, order: Order) -> datetime | None:
        return order.updated_at if self is By.CHANGED else order.created_at


class LiveOrders:
    """The orders of one shop. by: which of them are in a window."""

    def __init__(self, client: Client, by: By = By.CHANGED) -> None:
        self._client, self._by = client, by

    def search(self, want: Want) -> str:
        """For the orders of a window."""
        return between(self._by.value, want.since, want.until)

    def pull(self, want: Want, place: Cursor) -> Iterator[Page]:
        """The pages of what a window holds, from there on; the first holds for what was asked since ``begin``.

        Raises: as ``Client.ask``; UnavailableError.
        """
        while True:
            search = between(self._by.value, place.since or want.since, want.until)
            place, found = self._page(search, place)
            came_at, size = self._client.asked_at, NARROW if place.is_narrow else WIDE
            bodies = list(bodies_of(self._whole(found.items(), size)))
            for body in bodies[:-1]:  # whoever goes on from here reads them once more
                yield Page(body, came_at, place.text)
            is_last = not found.is_cut
            place = self._behind(place, found)
            yield Page(bodies[-1], came_at, b"" if is_last else place.text, is_last)
            if is_last:
                return
            self._client.begin()

    def of_ids(self, gids: Sequence[str]) -> Iterator[Order]:
        """Orders as they are now, whole; what the shop shows no more is left out."""
        left, size = list(gids), WIDE
        while left:
            try:
                found = self._get(_OrdersById, "OrdersById", ids=left[: size.first], **size.of_one).nodes
            except TooCostlyError:
                if size is NARROW:
                    raise
                size = NARROW
                continue
            left = left[size.first :]
            yield from self._whole((order for order in found if order is not None), size)

    def one(self, number: str) -> Order | None:
        """An order as it is now, whole; None where the shop shows none."""
        gid = f"gid://shopify/Order/{number}"
        self._client.begin()
        for size in (WIDE, NARROW):
            try:
                order = self._get(_OneOrder, "Order", id=gid, **size.of_one).order
            except TooCostlyError:
                if size is NARROW:
                    raise
                continue
            return order if order is None or size.holds(order) else self._piecewise(gid)
        return None

    def of_refund(self, number: str) -> str:
        """The number of the order that a refund is of; empty where the shop shows no such refund."""
        found = self._client.get(_OwnerOfRefund, _FILE, "RefundOrder", id=f"gid://shopify/Refund/{number}")
        return digits(found.refund.order.id) if found.refund else ""

    def census(self, since: datetime, until: datetime, *, with_ids: bool) -> Count | Unknown:
        """How many orders a window holds; spans of it that hold too many are counted in halves."""
        if not with_ids:
            return self._count(since, until)
        search, sort = between(self._by.value, since, until), self._by.sort
        (refs,) = drained(
            lambda after: [self._client.get(_Ids, "shop", "OrderIds", query=search, sort=sort, **after).orders], "after"
        )
        ids = dict.fromkeys((ORDER, digits(ref.id)) for ref in refs)
        return Count(len(ids), tuple(ids))

    # Inside

    def _get(self, wanted: type[T], operation: str, **variables: Variable) -> T:
        """With the countries of addresses, as long as the app is let near them: they are a buyer's to Shopify."""
        if self._client.sees_addresses:
            try:
                return self._client.get(wanted, _FILE, operation, **variables)
            except ConfigError as error:
                if error.code != "shopify.scope":
                    raise
            found = self._client.get(wanted, _FILE, operation, addresses=False, **variables)
            self._client.sees_addresses = False
            return found
        return self._client.get(wanted, _FILE, operation, addresses=False, **variables)

    def _page(self, search: str, place: Cursor) -> tuple[Cursor, Listed[Order]]:
        """A page of a search, by smaller steps where more at once is refused."""
        for size in (NARROW,) if place.is_narrow else (WIDE, NARROW):
            variables: dict[str, Variable] = {"first": size.first, "sort": self._by.sort, **size.of_one}
            place = msgspec.structs.replace(place, is_narrow=size is NARROW)
            try:
                found = self._get(_Orders, "Orders", query=search, after=place.after, **variables)
            except TooCostlyError:
                if size is NARROW:
                    raise
                continue
            return place, found.orders
        raise self._client.unsettled()

    def _whole(self, orders: Iterable[Order], size: Size) -> Iterator[Order]:
        read = (order if size.holds(order) else self._piecewise(order.id) for order in orders)
        return (order for order in read if order is not None)

    def _piecewise(self, gid: str) -> Order | None:
        """An order in several answers, of one instant; None where it went away meanwhile."""
        for _ in range(_READINGS):
            head = self._get(_OneOrder, "OrderLists", id=gid).order
            if head is None:
                return None
            try:
                order = self._joined(head)
                mark = self._piece("OrderMark", gid)
            except _GoneMeanwhileError:
                continue
            if mark.updated_at == head.updated_at:
                return order
        raise self._client.unsettled()

    def _joined(self, head: Order) -> Order:
        def lines(after: dict[str, str | None]) -> list[Listed[LineItem] | Listed[ShippingLine]]:
            piece = self._piece("OrderLines", head.id, **after)
            return [piece.line_items, piece.shipping_lines]

        items, shipping = drained(lines, "itemsAfter", "shippingAfter")
        return msgspec.structs.replace(
            head,
            line_items=Connection(nodes=items),
            shipping_lines=Connection(nodes=shipping),
            agreements=Connection(nodes=list(self._agreements(head.id))),
            refunds=[self._refund(refund) for refund in head.refunds],
        )

    def _agreements(self, gid: str) -> Iterator[Agreement]:
        """One at a time, for a page of an order's agreements tells no cursors of their sales' pages."""
        after: str | None = None
        while True:
            found: list[Listed[_Agreement]] = []

            def sales(
                place: dict[str, str | None],
                after: str | None = after,
                found: list[Listed[_Agreement]] = found,
            ) -> list[Listed[Sale]]:
                found.append(self._piece("OrderAgreements", gid, after=after, **place).agreements)
                return [one.sales or nothing() for one in found[-1].items()] or [nothing()]

            (all_sales,) = drained(sales, "salesAfter")
            for agreement in found[0].items():
                yield msgspec.structs.replace(agreement, sales=Listed(nodes=all_sales))
            if not found[0].is_cut or not found[0].items():
                return
            after = found[0].end

    def _refund(self, refund: Refund) -> Refund:
        def lines(after: dict[str, str | None]) -> list[Listed[Any]]:
            found = self._client.get(_OneRefund, _FILE, "RefundLines", id=refund.id, **after).refund
            if found is None:
                raise _GoneMeanwhileError
            parts = (found.refund_line_items, found.refund_shipping_lines, found.order_adjustments, found.transactions)
            return [part or nothing() for part in parts]

        names = ("itemsAfter", "shippingAfter", "adjustmentsAfter", "transactionsAfter")
        items, shipping, adjustments, transactions = drained(lines, *names)
        return msgspec.structs.replace(
            refund,
            refund_line_items=Connection(nodes=items),
            refund_shipping_lines=Connection(nodes=shipping),
            order_adjustments=Connection(nodes=adjustments),
            transactions=Connection(nodes=transactions),
        )

    def _piece(self, operation: str, gid: str, **variables: str | None) -> _Piece:
        found = self._client.get(_OnePiece, _FILE, operation, id=gid, **variables).order
        if found is None:
            raise _GoneMeanwhileError
        return found

    def _behind(self, place: Cursor, found: Listed[Order]) -> Cursor:
        """Where to go on behind a page; with another search where this one went on for long."""
        orders = found.items()
        seen = place.seen + len(orders)
        if seen < _MOST_PAGED or not orders:
            return msgspec.structs.replace(place, after=found.end, seen=seen)
        return Cursor(since=self._by.instant(orders[-1]), is_narrow=place.is_narrow)

    def _count(self, since: datetime, until: datetime) -> Count | Unknown:
        search = between(self._by.value, since, until)
        found = self._client.get(_Numbers, "shop", "OrdersCount", query=search).orders_count
        if found is not None and found.precision == "EXACT" and found.count <= _MOST_COUNTED:
            return Count(found.count)
        if until - since < _SHORTEST:
            return Unknown("it does not count so many orders exactly")
        middle = moment(since + (until - since) / 2)
        halves = [self._count(since, middle), self._count(middle, until)]
        counts = [half.owners for half in halves if isinstance(half, Count)]
        return Count(sum(counts)) if len(counts) == len(halves) else Unknown("it does not count so many orders exactly")


def bodies_of(orders: Iterable[Order]) -> Iterator[bytes]:
    """The orders in bodies that are no longer than a page may be; at least one."""
    some, size = list[Order](), 0
    for order in orders:
        length = len(msgspec.json.encode(order))
        if some and size + length > _LONGEST_BODY:
            yield orders_body(some)
            some, size = [], 0
        some.append(order)
        size += length
    yield orders_body(some)

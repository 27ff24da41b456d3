"""Pure: one order to its documents: the sale as it was agreed and edited, and each refund or return.

An order is a dated ledger of agreements, which Shopify never changes: later ones add to it. Its ORDER document holds
what was agreed when it was placed and edited, a REFUND document each refund or return. Together they are the order's
current total, to the minor unit, or all of them wait.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from bridge.model.documents import DocumentKind, Problem, Witness
from bridge.model.lines import SHIP_TO, Part
from bridge.plugin import Concern, DocumentEnd, DocumentStart, FilePart
from bridge.plugin.reading import FactError, Place, in_pieces, printable, problems_of
from bridge_shopify.agreements import RETURN, Agreed, belongs_to, in_time
from bridge_shopify.concerns import concerns
from bridge_shopify.facts import Components, Currencies, digits, in_order, utc
from bridge_shopify.fallback import Items
from bridge_shopify.free_amounts import settle
from bridge_shopify.lines import Attributes, Lines, Meanings
from bridge_shopify.notes import Notes, Seen
from bridge_shopify.objections import Standing, objections, stated_total
from bridge_shopify.taxes import goods_of
from bridge_shopify.tenders import Tenders, add_tenders, covered_at, settled_at, tenders
from bridge_shopify.wire import Order, OrderAnswer, OrderData


class Tables:
    """What is worked out once for all orders of a file. account: of its connection, the shop; empty for none.

    as_of: the instant for which an answer holds that the API gave to bridge itself; None for a file that says none.
    """

    as_of: datetime | None = None

    def __init__(self, place: Place, account: str = "") -> None:
        self.place, self.account, self.notes = place, account, Notes(place)
        self.currencies, self.components, self.meanings = Currencies(), Components(), Meanings()
        self.encoder = msgspec.json.Encoder()


class Back(msgspec.Struct, frozen=True, gc=False):
    """A refund or return in the making."""

    at: datetime
    lines: Lines


class OrderReader:
    """Reads one order."""

    def __init__(self, order: Order, tables: Tables) -> None:
        self._order, self._tables = order, tables
        self._order_id, self._name = digits(order.id), printable(order.name)
        self._amounts = tables.currencies[order.currency_code]
        self._placed_at = utc(order.processed_at or order.created_at)
        self._attributes = _attributes(order)
        self._goods = goods_of(order)
        self._sale = self._lines(Part.SALE)
        self._back: dict[str, Back] = {}
        self._agreed: list[tuple[datetime, int]] = []

    def parts(self) -> Iterator[FilePart]:
        """The order's documents. Raises: FactError for a value that cannot be meant."""
        order, sale = self._order, self._sale
        if order.test:
            self._tables.notes.count(Seen.TEST_ORDERS)
        if not self._add_agreements():
            self._items().add_order(sale, self._placed_at)
        missing = self._missing()
        if missing and order.refunds and self._has_added_refunds(missing):
            missing = 0
        if self._back:
            settle(sale, [back.lines for _, back in self._in_time()])
        money = tenders(order, self._amounts, self._placed_at)
        paid_at = self._paid_at(money)
        add_tenders(sale, money.receipts)
        for refund_id, repaid in money.repaid.items():
            add_tenders(self._back_at(refund_id, repaid[0].at).lines, repaid)
        backs = [back.lines for back in self._back.values()]
        where = self._tables.place(f"order {self._name}")
        standing = Standing(order, self._amounts, sale, backs, money, missing, where)
        yield from self._documents(standing, paid_at)

    def _add_agreements(self) -> bool:
        """Whether there are any."""
        agreements = self._order.agreements.items() if self._order.agreements is not None else ()
        if not agreements:
            return False
        agreed = Agreed(self._order, self._goods, self._amounts, self._tables.components)
        for agreement in in_time(agreements):
            external_id = belongs_to(agreement)
            at, before = utc(agreement.happened_at), self._sale.sold_minor
            lines = self._back_at(external_id, at).lines if external_id else self._sale
            agreed.add(agreement, at, lines, self._tables.meanings)
            if not external_id:
                self._agreed.append((at, self._sale.sold_minor - before))
        return True

    def _missing(self) -> int:
        """The current total less all that was read."""
        agreed = self._sale.total_minor
        for back in self._back.values():
            agreed += back.lines.total_minor
        return self._amounts.shop(self._order.current_total_price_set) - agreed

    def _has_added_refunds(self, missing: int) -> bool:
        """Take refunds without agreement by their lines, if exactly those make what agreements leave open."""
        made: list[tuple[str, Back]] = []
        for refund in self._order.refunds:
            refund_id = digits(refund.id)
            if refund_id not in self._back:
                at = utc(refund.processed_at or refund.created_at or self._placed_at)
                lines = self._lines(Part.REFUND)
                self._items().add_refund(refund, lines, at)
                made.append((refund_id, Back(at, lines)))
        if sum(back.lines.total_minor for _, back in made) != missing:
            return False
        self._back |= made
        return True

    def _paid_at(self, money: Tenders) -> datetime | None:
        """When the order was paid or settled. One that costs nothing: when it was placed."""
        total = self._sale.sold_minor
        if total <= 0:
            return self._placed_at
        paid_at = covered_at(self._agreed or [(self._placed_at, total)], money.receipts)
        if paid_at is not None or not self._back:
            return paid_at
        return settled_at(total, money, [(back.at, back.lines.sold_minor) for back in self._back.values()])

    def _documents(self, standing: Standing, paid_at: datetime | None) -> Iterator[FilePart]:
        order, sale = self._order, self._sale
        status = printable(order.display_financial_status or "").lower()
        payload = self._tables.encoder.encode(OrderAnswer(OrderData(order), self._tables.as_of))
        as_of = self._tables.as_of or (utc(order.updated_at) if order.updated_at else None)

        def start(
            kind: DocumentKind, external_id: str, total: int, at: datetime, title: str, paid: datetime | None
        ) -> DocumentStart:
            return DocumentStart(
                kind=kind,
                external_id=external_id,
                currency=self._amounts.currency,
                total_minor=total,
                opened_at=at,
                closed_at=at,
                title=title,
                paid_at=paid,
                as_of=as_of,
                order_id=self._order_id,
                status=status if kind is DocumentKind.ORDER else "",
                payload=payload,
                agreed_at=self._placed_at,
                witness=Witness.API,
            )

        total = stated_total(standing)
        yield start(DocumentKind.ORDER, self._order_id, total, self._placed_at, self._name, paid_at)
        told = tuple(concerns(standing, self._agreed, paid_at))
        yield from _lines_and_end(sale, standing, objections(standing), told)
        for external_id, back in self._in_time() if self._back else ():
            if back.lines.found:
                since = back.at if paid_at is not None else None
                what = "Return" if external_id.startswith(RETURN) else "Refund"
                total, title = back.lines.total_minor, f"{what} of {self._name}"
                yield start(DocumentKind.REFUND, external_id, total, back.at, title, since)
                yield from _lines_and_end(back.lines, standing)

    def _in_time(self) -> list[tuple[str, Back]]:
        """Refunds and returns by their instants."""
        return sorted(self._back.items(), key=lambda each: (each[1].at, in_order(each[0])))

    def _lines(self, part: Part) -> Lines:
        order, notes = self._order, self._tables.notes
        paid_in = order.presentment_currency_code
        charged_in = "" if paid_in == order.currency_code else paid_in
        return Lines(self._order_id, part, notes, self._attributes, is_test=order.test, charged_in=charged_in)

    def _items(self) -> Items:
        return Items(self._order, self._goods, self._amounts, self._tables.components, self._tables.meanings)

    def _back_at(self, external_id: str, at: datetime) -> Back:
        back = self._back.get(external_id)
        if back is None:
            back = self._back[external_id] = Back(at, self._lines(Part.REFUND))
        return back


def order_parts(order: Order, tables: Tables) -> Iterator[FilePart]:
    """The documents of an order. Raises: DocumentError that names it."""
    try:
        yield from OrderReader(order, tables).parts()
    except FactError as fact:
        raise tables.place.refused(fact, f"order {printable(order.name)}") from fact


def _attributes(order: Order) -> Attributes:
    """What every line says of its order.

    What needs no shipping goes where the buyer is; of goods that a buyer picks up nobody says where they go.
    """
    address = order.shipping_address or (None if order.requires_shipping else order.billing_address)
    country = address.country_code_v2 if address is not None else None
    told = (("source", order.source_name), (SHIP_TO, country))
    return tuple((name, value) for name, value in told if value)


def _lines_and_end(
    lines: Lines, standing: Standing, problems: Sequence[Problem] = (), told: tuple[Concern, ...] = ()
) -> Iterator[FilePart]:
    yield from in_pieces(lines.found)
    unknown = {} if standing.order.test else lines.unclassified
    currency = standing.amounts.currency
    unread = problems_of(unknown, currency, code="shopify.unclassified", where=standing.where) if unknown else ()
    yield DocumentEnd((*problems, *unread) if problems or unknown else (), told)

"""The policy of a source that reports orders: a line goes where the route's mode says, each half closes by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from bridge.books.engine.basis import Basis
from bridge.books.engine.chains import is_unclassified
from bridge.books.engine.draft import Closed
from bridge.books.engine.legs import NAMED_ORDERS, Closing, Leg, closing
from bridge.books.engine.place import NO_NAMES, Place, place_of_line
from bridge.books.engine.sums import Sums, Way
from bridge.books.engine.walk import Part, Walk
from bridge.books.engine.work import Work
from bridge.books.naming import order_names
from bridge.books.tax.taxes import taxes_of, taxes_then
from bridge.model.chart import DUE_FROM_BUYERS, REFUNDS_PAYABLE
from bridge.model.documents import Document, called
from bridge.model.entries import NOTHING_OPEN, Half, JournalEntry, Mode, OpenLegs, Posting, Purpose, Slot
from bridge.model.findings import Finding, Severity
from bridge.model.lines import TENDER, Line
from bridge.model.money import decimal_text
from bridge.model.periods import local_day
from bridge.store.api import UnitOfWork

OPEN, OWED_BACK, TOTAL = "order.open", "refund.owed", "clearing"


class OfOrders:
    """One work of orders, refunds, fees and payouts. parts: the slots of it that are booked."""

    def __init__(self, work: Work, basis: Basis, parts: Mapping[Slot, Part]) -> None:
        self._work, self._basis, self._route, self._parts = work, basis, basis.route, parts
        home_country = basis.ledger.country
        self._taxes = (
            taxes_of(basis.route, home_country=home_country),
            taxes_then(basis.route, home_country=home_country),
        )
        self._ways: dict[tuple[Slot, bool], Way] = {}
        self._at: tuple[str, dict[datetime, Way | None]] = ("", {})

    def way(self, document_id: str, document: Document, line: Line) -> Way | None:
        if self._at[0] != document_id:
            self._at = document_id, {}
        known = self._at[1]
        if line.occurred_at not in known:
            payout, title = self._work.payouts.get(document_id), self._basis.ledger.source.title
            slot = place_of_line(document, line, self._route, payout, title).slot
            known[line.occurred_at] = self.way_in(slot, document.revision, line) if slot in self._parts else None
        return known[line.occurred_at]

    def way_in(self, slot: Slot, revision: int, line: Line) -> Way:
        part = self._parts[slot]
        key = slot, self._is_opening(part.place, line)
        if key not in self._ways:
            chooser = self._basis.rulings.on(part.place.booked_on)
            self._ways[key] = Way(part.fresh, chooser, *self._taxes, is_opening=key[1])
        return self._ways[key]

    def _is_opening(self, place: Place, line: Line) -> bool:
        """Whether a payout's line is from before the route's first day: its sale was never booked here."""
        is_of_payout = place.slot.mode is Mode.PAYOUT and place.purpose is Purpose.JOURNAL
        return is_of_payout and local_day(line.occurred_at, self._route.time_zone) < self._route.first_day

    def is_unclassified(self, entry: JournalEntry, made: Sequence[JournalEntry]) -> bool:
        return is_unclassified((entry,))

    def close(self, uow: UnitOfWork, parts: Mapping[Slot, Part], walk: Walk) -> Closed:
        every = [sums for part in parts.values() for sums in part.sums]
        orders = sorted({order_id for sums in every for order_id in sums.deltas})
        found = uow.entries.open_legs(self._route.route_id, orders, beside=walk.going)
        open_before = {order_id: found.get(order_id, NOTHING_OPEN) for order_id in orders}
        open_legs = dict(open_before)
        names = self._order_names(uow, {order_id for sums in every for order_id in sums.refunded_orders})
        made: list[JournalEntry] = []
        for part in parts.values():
            before: list[JournalEntry] = []
            for sums in part.sums:
                if not sums.is_empty:
                    before.append(self._entry(part, sums, open_legs, names, before, walk))
            made += before
        return Closed(tuple(made), tuple(self._claimable(parts, walk)), open_before=open_before)

    def _entry(
        self,
        part: Part,
        sums: Sums,
        open_legs: dict[str, OpenLegs],
        names: Mapping[str, str],
        before: Sequence[JournalEntry],
        walk: Walk,
    ) -> JournalEntry:
        legs = sums.legs()
        summed = [leg.posting(_refunds_of(leg, names)) for leg in legs]
        postings = (*summed, *closing(self._closing(sums, summed, open_legs), len(summed)))
        is_reversal = sums is not part.fresh
        document = self._only_document(part, walk)
        chain = part.standing.chain
        sent_before = chain.sent_before + len(before)
        made = JournalEntry(
            slot=part.place.slot,
            number=part.standing.number(len(before)),
            document_id=document.document_id if document else "",
            revision=document.revision if document else 0,
            booked_on=part.place.booked_on,
            currency=self._currency(part, walk, is_reversal=is_reversal),
            narration=_narration(part.place, postings, sent_before, is_reversal=is_reversal),
            postings=postings,
            rule_version=self._basis.rulings.newest,
            content_hash=sums.content_hash(),
            plugin_version=document.plugin_version if document else "",
            after=tuple(each.entry_id for each in before),
            sent_before=sent_before,
            purpose=Purpose.REVERSAL if is_reversal else part.place.purpose,
        )
        sums.entry_id = made.entry_id
        return made

    def _closing(self, sums: Sums, summed: Sequence[Posting], open_legs: dict[str, OpenLegs]) -> list[Closing]:
        if sums.place.purpose is Purpose.JOURNAL:
            left = -sum(posting.amount_minor for posting in summed)
            return [(self._route.clearing, TOTAL, left, "Through clearing", Half.NONE)]
        owed_by = owed_to = across = 0
        for order_id, halves in sums.deltas.items():
            before = open_legs.get(order_id, NOTHING_OPEN)
            after = before.owed_by_minor + before.owed_to_minor + sum(halves.values())
            legs = OpenLegs(max(after, 0) - before.owed_by_minor, min(after, 0) - before.owed_to_minor)
            if legs != NOTHING_OPEN:
                sums.open_legs[order_id] = legs
                open_legs[order_id] = OpenLegs(max(after, 0), min(after, 0))
            owed_by += legs.owed_by_minor
            owed_to += legs.owed_to_minor
            across += halves[Half.SALE] - legs.owed_by_minor
        return [
            (DUE_FROM_BUYERS, OPEN, owed_by, "Owed by buyers", Half.SALE),
            (REFUNDS_PAYABLE, OWED_BACK, across, "Owed to buyers", Half.SALE),
            (REFUNDS_PAYABLE, OWED_BACK, owed_to - across, "Owed to buyers", Half.REFUND),
        ]

    def _only_document(self, part: Part, walk: Walk) -> Document | None:
        """The one document that a slot of an order or a payout is made from."""
        if part.place.slot.mode is Mode.DAY or part.place.purpose is Purpose.DAY:
            return None
        named = {document_id for sums in part.sums for document_id in sums.documents}
        return self._booked(part, min(named), walk) if len(named) == 1 else None

    def _booked(self, part: Part, document_id: str, walk: Walk) -> Document:
        """A document as a part books it; one that is only taken back as it now is."""
        return walk.document(document_id, part.fresh.added.get(document_id, 0))

    def _currency(self, part: Part, walk: Walk, *, is_reversal: bool) -> str:
        """The currency of what is booked; of what is taken back, that of the entry that had booked it."""
        if part.taken_from is not None and (is_reversal or not part.fresh.added):
            return part.taken_from.currency
        return self._booked(part, min(part.fresh.added or part.undone.documents), walk).currency

    def _order_names(self, uow: UnitOfWork, refunded: set[str]) -> Mapping[str, str]:
        """What the orders are called whose refunds are told one by one."""
        connection_id = uow.connections.get(self._route.source).connection_id
        return order_names(uow, connection_id, refunded) if refunded else NO_NAMES

    def _claimable(self, parts: Mapping[Slot, Part], walk: Walk) -> list[Finding]:
        """A finding for each free amount with tax inside that is not given back."""
        return [
            _claimable(self._booked(part, document_id, walk), minor, self._route.route_id)
            for part in parts.values()
            for document_id, minor in sorted(part.fresh.claimable.items())
        ]


def _narration(place: Place, postings: Sequence[Posting], sent_before: int, *, is_reversal: bool) -> str:
    if place.slot.mode is Mode.ORDER:
        what = ": reversal" if is_reversal else ", corrected"
    else:
        what = f", supplement {sent_before}"
    is_refunds = place.of_refunds and all(posting.half is not Half.SALE for posting in postings)
    is_payments = place.of_payments and all(posting.kind in {TENDER, OPEN, OWED_BACK} for posting in postings)
    name = place.of_refunds if is_refunds else place.of_payments if is_payments else place.name
    return name + (what if sent_before else "")


def _refunds_of(leg: Leg, order_names: Mapping[str, str]) -> str:
    if not leg.orders:
        return ""  # of one order there may be several
    named = [order_names.get(order_id, order_id) for order_id in sorted(leg.orders)[:NAMED_ORDERS]]
    more = " and others" if len(leg.orders) > NAMED_ORDERS else ""
    orders = "order" if len(leg.orders) == 1 else "orders"
    return f"Refunded from {orders} {', '.join(named)}{more}"


def _claimable(document: Document, minor: int, route_id: str) -> Finding:
    amount = f"{decimal_text(minor, document.currency)} {document.currency}"
    name = called(document.identity.kind, document.identity.external_id, document.title)
    return Finding(
        code="books.tax_in_goodwill",
        severity=Severity.INFO,
        route_id=route_id,
        subject=document.document_id,
        title=f"{name}: {amount} of sales tax could be claimed",
        amount_minor=minor,
        currency=document.currency,
        cause="A free amount was paid back, which names no goods; only tax that was returned to "
        "the buyer can be taken back from the state",
        repair="If the buyer was told that tax was refunded, move it from 4220 to 2100 by hand; then accept this",
    )

"""The lines of one slot, summed choice by choice: what is booked, and what is taken back. Pure.

Memory: what rules and taxes can tell apart, and a little of each document and order; never the lines.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import msgspec

from bridge import ids
from bridge.books.engine.legs import NAMED_ORDERS, Leg, choice_of, settled
from bridge.books.engine.place import Place, gateway_of
from bridge.books.rules.choose import Choice, Chooser
from bridge.books.rules.defaults import IGNORED
from bridge.books.tax.taxes import Taxes, Treated, is_claimable, voucher_treatment
from bridge.model.chart import GIFT_CARDS
from bridge.model.connections import Route
from bridge.model.documents import Document, DocumentKind
from bridge.model.entries import Fate, Half, OpenLegs, Posting, Purpose
from bridge.model.lines import SETTLES, TENDER, Line, Part
from bridge.model.tenders import tender_account
from bridge.plugin import SourceCapabilities
from bridge.store.api import StandingLine

GIFT_CARD = "gift_card"
ZERO = "zero"
_REMEMBERED = 50_000
_HALVES = {
    Part.SALE: Half.SALE,
    Part.RECEIPT: Half.SALE,
    Part.REFUND: Half.REFUND,
    Part.REPAYMENT: Half.REFUND,
}
_WHOLE = frozenset({Purpose.JOURNAL, Purpose.SETTLEMENT})
"""Entries that are not made of halves which close by themselves."""


class Placed(msgspec.Struct, frozen=True):
    """Where lines that nothing can tell apart go. is_tax …: see ``taxes.Treated``."""

    leg: Leg
    is_tax: bool = False
    is_unrated: bool = False
    is_open: bool = False
    alone: str = ""


class Way:
    """How lines of a stretch of time go into the sums of a slot: the rules in force, the taxes of their document.

    then: the taxes of what stands there with a tax code. is_opening: they are from before the books.
    """

    __slots__ = ("chooser", "is_opening", "known", "sums", "taxes", "then")

    def __init__(self, sums: Sums, chooser: Chooser, taxes: Taxes, then: Taxes, *, is_opening: bool = False) -> None:
        self.sums, self.chooser, self.taxes, self.then, self.is_opening = sums, chooser, taxes, then, is_opening
        self.known: dict[Hashable, Placed] = {}

    def key(self, line: Line) -> Hashable:
        """All that decides where a line goes."""
        return self.chooser.key(line), self.taxes.facts(line), line.part


class Sums:
    """What lines come to, leg by leg, and where each of them ends up.

    counts, excluded: by document, how many lines are booked, and for which reasons others are not. open_lines,
    open_minor: lines of which nobody has said whether tax is inside them. claimable: see ``taxes.is_claimable``.
    open_legs: what the entry leaves open, by order, once it is closed. entry_id: empty until there is one.
    """

    def __init__(self, place: Place, route: Route, channel: SourceCapabilities) -> None:
        self.place, self._route, self._channel = place, route, channel
        self._is_whole = place.purpose in _WHOLE
        self._is_statement = place.purpose is Purpose.SETTLEMENT
        self._voucher = "" if self._is_statement else voucher_treatment(route)
        self._legs: dict[Choice, Leg] = {}
        self._deltas: dict[str, dict[Half, int]] = {}
        self._hashes: dict[tuple[str, int], str] = {}
        self._taken: set[str] = set()
        self.open_lines = self.open_minor = 0
        self.counts: dict[str, int] = {}
        self.excluded: dict[str, dict[str, int]] = {}
        self.claimable: dict[str, int] = {}
        self.open_legs: dict[str, OpenLegs] = {}
        self.entry_id = ""

    @property
    def is_empty(self) -> bool:
        """Whether no line moves money: nothing to enter, whatever fates there are."""
        return not self._legs

    @property
    def added(self) -> Mapping[str, int]:
        """The ids of the documents whose lines it books or leaves out, each with the revision that is booked."""
        return dict(self._hashes.keys())

    @property
    def documents(self) -> frozenset[str]:
        """The same, and of those of which it takes a line back."""
        return frozenset((*self.added, *self._taken))

    @property
    def deltas(self) -> Mapping[str, Mapping[Half, int]]:
        """By how much each half of an order changes; orders whose halves are both even are left out."""
        return {order_id: halves for order_id, halves in self._deltas.items() if any(halves.values())}

    @property
    def refunded_orders(self) -> frozenset[str]:
        """The ids of the orders that its legs of refunds name."""
        return frozenset(order_id for leg in self._legs.values() for order_id in leg.orders)

    def content_hash(self) -> str:
        """A hash of the contents it is made from."""
        hashes = list(self._hashes.values())
        return hashes[0] if len(hashes) == 1 else ids.derive("gat", *sorted(hashes))

    def legs(self) -> list[Leg]:
        """In order, and numbered."""
        legs = [leg for _, leg in sorted(self._legs.items())]
        for number, leg in enumerate(legs, start=1):
            leg.number = number
        return legs

    def add(self, way: Way, document: Document, document_id: str, line: Line) -> None:
        """Book one line. document_id: of the document, which is dear to work out for every line."""
        self._hashes[document_id, document.revision] = document.content_hash
        if reason := self._reason_not_to(way, document, line):
            reasons = self.excluded.setdefault(document_id, {})
            reasons[reason] = reasons.get(reason, 0) + 1
            return
        amount = -line.amount_minor
        placed = self._placed(way, line)
        leg = placed.leg
        leg.add(amount, is_tax=placed.is_tax, is_unrated=placed.is_unrated, alone=placed.alone)
        self.counts[document_id] = self.counts.get(document_id, 0) + 1
        if leg.choice.half is not Half.NONE:
            self._count(document.order_id, leg, amount)
            if line.part is Part.REFUND and document.order_id and len(leg.orders) <= NAMED_ORDERS:
                leg.orders.add(document.order_id)
            if is_claimable(line, self._route):
                self.claimable[document_id] = self.claimable.get(document_id, 0) + amount
        elif placed.is_open:
            self.open_lines += 1
            self.open_minor -= amount

    def take(self, way: Way, taken: StandingLine, posting: Posting, order_id: str) -> None:
        """Take one line back from where it was booked. order_id: of its document."""
        choice, line = choice_of(posting), taken.line
        self._taken.add(taken.document_id)
        leg = self._legs.setdefault(choice, Leg(choice))
        treated = way.then.treat(line, way.chooser) if choice.tax_code else Treated(choice)
        is_unrated = treated.is_unrated or (not self._is_statement and _is_card(choice, line))
        leg.add(line.amount_minor, is_tax=treated.is_tax, is_unrated=is_unrated, alone=treated.alone)
        self._count(order_id, leg, line.amount_minor)

    def fate(self, way: Way, document: Document, line: Line) -> Fate:
        """What became of a line that was added, once the legs are numbered and the entry has its id."""
        if reason := self._reason_not_to(way, document, line):
            return Fate(line.key, reason=reason)
        return Fate(line.key, self.entry_id, self._placed(way, line).leg.number)

    def number_of(self, posting: Posting) -> int:
        """The number of the leg that takes back what stood in a posting."""
        return self._legs[choice_of(posting)].number

    def _reason_not_to(self, way: Way, document: Document, line: Line) -> str:
        if not line.amount_minor:
            return ZERO
        if line.kind == IGNORED:
            return IGNORED
        is_matched = line.kind == SETTLES and not self._is_statement
        is_matched = is_matched and document.identity.kind is DocumentKind.PAYOUT and not way.is_opening
        return SETTLES if is_matched else ""

    def _placed(self, way: Way, line: Line) -> Placed:
        key = way.key(line)
        placed = way.known.get(key)
        if placed is None:
            if len(way.known) >= _REMEMBERED:
                way.known.clear()
            placed = way.known[key] = self._place(way, line)
        return placed

    def _place(self, way: Way, line: Line) -> Placed:
        treated = way.taxes.treat(line, way.chooser)
        half = Half.NONE if self._is_whole else _HALVES.get(line.part, Half.NONE)
        is_tender = line.kind == TENDER and not self._is_statement
        tender = tender_account(gateway_of(line), self._route, self._channel.tenders) if is_tender else ""
        choice = settled(treated.choice, self._route, is_opening=way.is_opening, tender=tender)
        choice = msgspec.structs.replace(choice, half=half)
        if is_voucher := bool(self._voucher) and _is_card(choice, line):
            choice = msgspec.structs.replace(choice, tax_code=self._voucher)
        leg = self._legs.setdefault(choice, Leg(choice))
        if not choice.tax_code:
            return Placed(leg)
        return Placed(leg, treated.is_tax, treated.is_unrated or is_voucher, treated.is_open, treated.alone)

    def _count(self, order_id: str, leg: Leg, amount: int) -> None:
        if leg.choice.half is not Half.NONE:
            halves = self._deltas.setdefault(order_id, {Half.SALE: 0, Half.REFUND: 0})
            halves[leg.choice.half] -= amount


def _is_card(choice: Choice, line: Line) -> bool:
    """Whether it is a gift card, sold or taken: where that owes tax, the tax is inside its amount."""
    return choice.account == GIFT_CARDS and line.kind in {GIFT_CARD, TENDER}

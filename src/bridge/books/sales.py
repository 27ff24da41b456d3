"""The lines of one slot into journal entries: what is new is booked, what changed since is taken back. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import msgspec

from bridge import ids
from bridge.books.choose import Choice, Chooser
from bridge.books.defaults import IGNORED
from bridge.books.gather import Place, gateway_of, tender_account
from bridge.books.groups import TAX_ON_FEES
from bridge.books.payout import line_posting
from bridge.books.summarise import ZERO, Leg, Placed, settled
from bridge.books.taxes import TAX_KINDS, is_claimable, taxes_of, voucher_treatment
from bridge.model.chart import DUE_FROM_BUYERS, GIFT_CARDS, REFUNDS_PAYABLE
from bridge.model.connections import Route
from bridge.model.documents import Document, DocumentKind
from bridge.model.entries import NOTHING_OPEN, Fate, Half, JournalEntry, Mode, OpenLegs, Posting, Purpose, Reversal
from bridge.model.lines import SETTLES, TENDER, Line, Part
from bridge.model.periods import local_day
from bridge.plugin import SourceCapabilities

GIFT_CARD = "gift_card"
OPEN, OWED_BACK, TOTAL = "order.open", "refund.owed", "clearing"
_NAMED_ORDERS = 12
_HALVES = {
    Part.SALE: Half.SALE,
    Part.RECEIPT: Half.SALE,
    Part.REFUND: Half.REFUND,
    Part.REPAYMENT: Half.REFUND,
}


class Taken(msgspec.Struct, frozen=True):
    """A line of an earlier revision that is in the ledger and must be taken back from its posting."""

    document_id: str
    revision: int
    line: Line
    booked_entry: str
    posting: Posting


class Sums:
    """What one slot's lines come to, leg by leg, and where each of them ends up.

    choosers: gives the chooser in force on a book date. home_country: the ledger's; empty where it is not known.
    Memory:   a fate a line, not the lines.
    """

    def __init__(
        self,
        place: Place,
        route: Route,
        channel: SourceCapabilities,
        choosers: Callable[[date], Chooser],
        *,
        home_country: str = "",
    ) -> None:
        self.place, self._route, self._channel = place, route, channel
        self._chooser = choosers(place.booked_on)
        self._voucher = voucher_treatment(route)
        self._taxes = taxes_of(route, home_country=home_country)
        self._legs: dict[Choice, Leg] = {}
        self._known: dict[object, Placed] = {}
        self._fates: dict[tuple[str, int], list[tuple[str, Leg | str]]] = {}
        self._reversals: dict[str, list[tuple[Taken, Leg]]] = {}
        self._deltas: dict[str, dict[Half, int]] = {}
        self._hashes: list[str] = []
        self.open_legs: dict[str, OpenLegs] = {}
        self.counts: dict[str, int] = {}
        self.claimable: dict[str, int] = {}
        self.excluded: dict[str, dict[str, int]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether no line moves money: nothing to enter, whatever fates there are."""
        return not self._legs

    @property
    def documents(self) -> frozenset[str]:
        """The ids of the documents whose lines it books or leaves out."""
        return frozenset(document_id for document_id, _ in self._fates)

    def add(self, document: Document, document_id: str, line: Line) -> None:
        """Book one line. document_id: of the document, which is dear to work out for every line."""
        key = document_id, document.revision
        fates = self._fates.get(key)
        if fates is None:
            fates = self._fates[key] = []
            self._hashes.append(document.content_hash)
        if reason := self._reason_not_to(document, line):
            fates.append((line.key, reason))
            reasons = self.excluded.setdefault(document_id, {})
            reasons[reason] = reasons.get(reason, 0) + 1
            return
        placed = self._placed(document, line)
        placed.leg.add(-line.amount_minor, is_tax=placed.is_tax, is_unrated=placed.is_unrated)
        self._count(document.order_id, placed.leg, line.amount_minor)
        fates.append((line.key, placed.leg))
        self.counts[document_id] = self.counts.get(document_id, 0) + 1
        if is_claimable(line, self._route):
            self.claimable[document_id] = self.claimable.get(document_id, 0) - line.amount_minor

    def take(self, taken: Taken, order_id: str) -> None:
        """Take one line back from where it was booked. order_id: of its document."""
        posting, line = taken.posting, taken.line
        choice = Choice(
            posting.account,
            posting.kind,
            posting.rule,
            posting.tracking,
            posting.contact,
            posting.tax_code,
            posting.half,
        )
        leg = self._legs.setdefault(choice, Leg(choice))
        is_tax = bool(posting.tax_code) and line.kind in TAX_KINDS
        is_unrated = bool(posting.tax_code) and not line.tax_rate and (not is_tax or line.kind == TAX_ON_FEES)
        leg.add(line.amount_minor, is_tax=is_tax, is_unrated=is_unrated)
        self._count(order_id, leg, -line.amount_minor)
        self._reversals.setdefault(taken.document_id, []).append((taken, leg))

    def deltas(self) -> Mapping[str, int]:
        """By how much each order's open balance changes; orders whose halves are both even are left out."""
        return {order_id: sum(halves.values()) for order_id, halves in self._deltas.items() if any(halves.values())}

    @property
    def refunded_orders(self) -> frozenset[str]:
        """The ids of the orders that its legs of refunds name."""
        return frozenset(order_id for leg in self._legs.values() for order_id in leg.orders)

    def postings(self, standing: Mapping[str, OpenLegs], order_names: Mapping[str, str]) -> tuple[Posting, ...]:
        """The postings in order: those that sum lines, then what buyers owe and are owed, or the clearing account's.

        standing: what the other live entries have on either account for each order. order_names: by id.
        """
        legs = [leg for _, leg in sorted(self._legs.items())]
        for number, leg in enumerate(legs, start=1):
            leg.number = number
        summed = [_posting(leg, order_names) for leg in legs]
        return (*summed, *_numbered(self._closing(summed, standing), len(summed)))

    def fates(self, entry_id: str) -> Mapping[tuple[str, int], list[Fate]]:
        """The fates of all lines, by document and revision, once ``postings`` has numbered the legs."""
        return {
            key: [
                Fate(name, reason=leg) if isinstance(leg, str) else Fate(name, entry_id, leg.number)
                for name, leg in fates
            ]
            for key, fates in self._fates.items()
        }

    def reversals(self, entry_id: str) -> Mapping[str, list[Reversal]]:
        """What is taken back, by document."""
        return {
            document_id: [
                Reversal(taken.line.key, taken.revision, taken.booked_entry, taken.posting.number, entry_id, leg.number)
                for taken, leg in found
            ]
            for document_id, found in self._reversals.items()
        }

    def content_hash(self) -> str:
        """A hash of the contents it is made from."""
        return self._hashes[0] if len(self._hashes) == 1 else ids.derive("gat", *sorted(self._hashes))

    def _reason_not_to(self, document: Document, line: Line) -> str:
        if not line.amount_minor:
            return ZERO
        if line.kind == IGNORED:
            return IGNORED
        is_matched = line.kind == SETTLES and document.identity.kind is DocumentKind.PAYOUT
        return SETTLES if is_matched and not self._is_opening(line) else ""

    def _is_opening(self, line: Line) -> bool:
        """Whether a payout's line is from before the route's first day: its sale was never booked here."""
        return (
            self.place.slot.mode is Mode.PAYOUT
            and self.place.purpose is Purpose.JOURNAL
            and local_day(line.occurred_at, self._route.time_zone) < self._route.first_day
        )

    def _placed(self, document: Document, line: Line) -> Placed:
        half = Half.NONE if self.place.purpose is Purpose.JOURNAL else _HALVES.get(line.part, Half.NONE)
        is_opening = self._is_opening(line)
        key = (self._chooser.key(line), self._taxes.facts(line), half, is_opening)
        known = self._known.get(key)
        if known is None:
            treated = self._taxes.treat(line, self._chooser)
            tender = tender_account(gateway_of(line), self._route, self._channel) if line.kind == TENDER else ""
            choice = settled(treated.choice, self._route, is_opening=is_opening, tender=tender)
            is_voucher = bool(self._voucher) and choice.account == GIFT_CARDS and line.kind in {GIFT_CARD, TENDER}
            tax_code = self._voucher if is_voucher else choice.tax_code
            choice = msgspec.structs.replace(choice, half=half, tax_code=tax_code)
            leg = self._legs.setdefault(choice, Leg(choice))
            is_tax, is_unrated = treated.is_tax, treated.is_unrated or is_voucher
            known = self._known[key] = Placed(leg, is_tax, is_unrated) if choice.tax_code else Placed(leg)
        leg = known.leg
        if half is Half.REFUND and line.part is Part.REFUND and document.order_id and len(leg.orders) <= _NAMED_ORDERS:
            leg.orders.add(document.order_id)
        return known

    def _count(self, order_id: str, leg: Leg, amount_minor: int) -> None:
        if leg.choice.half is not Half.NONE:
            halves = self._deltas.setdefault(order_id, {Half.SALE: 0, Half.REFUND: 0})
            halves[leg.choice.half] += amount_minor

    def _closing(self, summed: Sequence[Posting], standing: Mapping[str, OpenLegs]) -> list[tuple[str, str, int, Half]]:
        if self.place.purpose is Purpose.JOURNAL:
            left = -sum(posting.amount_minor for posting in summed)
            return [(self._route.clearing, TOTAL, left, Half.NONE)]
        owed_by = owed_to = across = 0
        for order_id, halves in self._deltas.items():
            if not any(halves.values()):
                continue  # it moves nothing between the two, whatever stands open of the order by now
            before = standing.get(order_id, NOTHING_OPEN)
            after = before.owed_by_minor + before.owed_to_minor + sum(halves.values())
            legs = OpenLegs(max(after, 0) - before.owed_by_minor, min(after, 0) - before.owed_to_minor)
            if legs != NOTHING_OPEN:
                self.open_legs[order_id] = legs
            owed_by += legs.owed_by_minor
            owed_to += legs.owed_to_minor
            across += halves[Half.SALE] - legs.owed_by_minor
        return [
            (DUE_FROM_BUYERS, OPEN, owed_by, Half.SALE),
            (REFUNDS_PAYABLE, OWED_BACK, across, Half.SALE),
            (REFUNDS_PAYABLE, OWED_BACK, owed_to - across, Half.REFUND),
        ]


def entry(
    sums: Sums,
    postings: tuple[Posting, ...],
    *,
    document: Document | None,
    number: int,
    sent_before: int,
    rule_version: int,
    currency: str,
    purpose: Purpose | None = None,
    after: tuple[str, ...] = (),
) -> JournalEntry:
    """The entry of a slot. document: the only one it is made from, if there is one. sent_before: 0 for a first one."""
    place = sums.place
    if place.slot.mode is Mode.ORDER:
        what = ": reversal" if purpose is Purpose.REVERSAL else ", corrected"
    else:
        what = f", supplement {sent_before}"
    is_refunds = place.of_refunds and all(posting.half is not Half.SALE for posting in postings)
    is_payments = place.of_payments and all(posting.kind in {TENDER, OPEN, OWED_BACK} for posting in postings)
    name = place.of_refunds if is_refunds else place.of_payments if is_payments else place.name
    return JournalEntry(
        slot=place.slot,
        number=number,
        document_id=document.document_id if document else "",
        revision=document.revision if document else 0,
        booked_on=place.booked_on,
        currency=currency,
        narration=name + (what if sent_before else ""),
        postings=postings,
        rule_version=rule_version,
        content_hash=sums.content_hash(),
        plugin_version=document.plugin_version if document else "",
        after=after,
        sent_before=sent_before,
        purpose=purpose or place.purpose,
    )


def _posting(leg: Leg, order_names: Mapping[str, str]) -> Posting:
    posting = line_posting(leg)
    if not leg.orders:
        return posting
    named = [order_names.get(order_id, order_id) for order_id in sorted(leg.orders)[:_NAMED_ORDERS]]
    more = " and others" if len(leg.orders) > _NAMED_ORDERS else ""
    orders = "order" if len(leg.orders) == 1 else "orders"
    return msgspec.structs.replace(posting, description=f"Refunds of {orders} {', '.join(named)}{more}")


def _numbered(legs: Sequence[tuple[str, str, int, Half]], numbered: int) -> list[Posting]:
    words = {OPEN: "Owed by buyers", OWED_BACK: "Owed to buyers", TOTAL: "Through clearing"}
    return [
        Posting(
            number=number, account=account, amount_minor=amount, kind=kind, rule="", description=words[kind], half=half
        )
        for number, (account, kind, amount, half) in enumerate((leg for leg in legs if leg[2]), start=numbered + 1)
    ]

"""Slots in one unit of work: what stands unsent is replaced, what was sent gets a supplement or a reversal.

The story, in ``_Booking.run``: make way in each slot, compare every changed document with what is booked of it, sum
the lines that are open, enter, and say of each document that it is booked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

import msgspec

from bridge.books import chain
from bridge.books.booking import Basis
from bridge.books.choose import Chooser
from bridge.books.defaults import IGNORED
from bridge.books.gather import PaidOut, Place, place_of_line
from bridge.books.naming import order_names
from bridge.books.outcome import DocumentOutcome, Result
from bridge.books.payout import Settlement, bank_leg
from bridge.books.planning import Waiting
from bridge.books.sales import Sums, Taken, entry
from bridge.errors import StaleError
from bridge.model.documents import Document, DocumentKind, DocumentState, called
from bridge.model.entries import NOTHING_OPEN, JournalEntry, Mode, OpenLegs, Posting, Purpose, Slot
from bridge.model.findings import Finding, Severity
from bridge.model.lines import Line
from bridge.model.money import decimal_text
from bridge.model.rules import in_force
from bridge.model.slots import BankPart
from bridge.store.api import KeptDocument, KeptEntry, PlacedLine, UnitOfWork


class Work(msgspec.Struct, frozen=True):
    """Slots that are booked together, and the documents whose lines go there.

    documents: by id, at the revision to book. payouts: that hold a document's money, by its id. done: documents that
    no later work touches.
    """

    slots: tuple[Slot, ...]
    places: Mapping[Slot, Place]
    documents: Mapping[str, KeptDocument]
    payouts: Mapping[str, PaidOut]
    done: frozenset[str]

    @property
    def name(self) -> str:
        """What a person is told while it is done."""
        return next((place.name for place in self.places.values()), self.slots[0].group if self.slots else "")


def moves_money(lines: Sequence[Line]) -> bool:
    """Whether any of these lines is to be entered."""
    return any(line.amount_minor and line.kind != IGNORED for line in lines)


def book(uow: UnitOfWork, work: Work, basis: Basis) -> list[DocumentOutcome]:
    """Carry one work out. Returns the outcome of each document that is done with it.

    Raises: StaleError when a document changed since it was looked at; nothing is saved then.
    """
    uow.documents.lock_many(sorted(work.documents))
    heads = uow.documents.heads(sorted(work.documents))
    for document_id, kept in work.documents.items():
        if _standing(heads[document_id][0]) != _standing(kept):
            raise StaleError(f"document {document_id}", "changed while it was being booked", "Book again")
    return _Booking(uow, work, basis).run()


def _standing(kept: KeptDocument) -> tuple[int, DocumentState, str]:
    return kept.document.revision, kept.state, kept.reason


class _Gathered:
    """One slot while it is gathered.

    fresh: what is booked now. undone: what is taken back: for an order an entry of its own, else part of the same.
    """

    def __init__(self, slot: Slot, place: Place, live: Sequence[KeptEntry], make: Callable[[Place], Sums]) -> None:
        self.slot, self.place, self.live = slot, place, live
        self.sent: frozenset[str] = frozenset()
        self.fresh = make(place)
        self.undone = make(place) if slot.mode is Mode.ORDER else self.fresh
        self.taken: list[Taken] = []

    @property
    def documents(self) -> frozenset[str]:
        """The ids of all documents that its entries are made from."""
        return self.fresh.documents | {taken.document_id for taken in self.taken}


class _Booking:
    """One work in progress."""

    def __init__(self, uow: UnitOfWork, work: Work, basis: Basis) -> None:
        self._uow, self._work, self._basis = uow, work, basis
        self._route = basis.ledger.route
        self._documents: dict[str, KeptDocument] = dict(work.documents)
        self._entries: dict[str, JournalEntry] = {}
        self._postings: dict[str, Mapping[int, Posting]] = {}
        self._former: dict[tuple[str, int], Mapping[str, Line]] = {}
        self._settled: dict[str, set[str]] = {}
        self._home: dict[tuple[str, str], Slot] = {}
        self._corrected: set[str] = set()
        self._slots: dict[Slot, _Gathered] = {}
        self._slot_of: dict[str, Slot] = {}

    def run(self) -> list[DocumentOutcome]:
        for slot in self._work.slots:
            self._gather(slot)
        for gathered in self._slots.values():
            self._make_way(gathered)
        fates = self._uow.entries.fates_of(sorted(self._documents))
        for document_id, placed in fates.items():
            self._compare(document_id, placed)
        self._sum()
        made = self._enter()
        made += [leg for kept in self._done() for leg in self._bank_leg(kept.document, made)]
        waiting = {each.entry_id: Waiting(chain.is_unclassified((each,))) for each in made}
        for each in made:
            chain.owe(self._uow, each, self._basis.ledger, waiting[each.entry_id], self._basis.now)
        self._tell_claimable()
        return self._outcomes(made)

    # What is there.

    def _gather(self, slot: Slot) -> None:
        live = self._uow.entries.chain(slot, live_only=True)
        first = live[0].entry if live else None
        place = self._work.places.get(slot)
        if place is None and first is not None:
            place = Place(slot, first.booked_on, first.purpose, first.narration)
        if place is not None:
            self._slots[slot] = _Gathered(slot, place, live, self._new_sums)

    def _new_sums(self, place: Place) -> Sums:
        ledger = self._basis.ledger
        return Sums(place, self._route, ledger.channel, self._chooser, home_country=ledger.country)

    def _chooser(self, on: date) -> Chooser:
        rulings = self._basis.rulings
        return rulings.choosers[in_force(rulings.versions, on).version]

    def _make_way(self, gathered: _Gathered) -> None:
        """Replace what stands unsent in a slot: its lines are open again, with the documents they belong to."""
        unsent = [kept.entry for kept in gathered.live if chain.is_replaceable(self._uow, kept.entry)]
        gathered.sent = frozenset(kept.entry.entry_id for kept in gathered.live if kept.entry not in unsent)
        self._slot_of |= dict.fromkeys(gathered.sent, gathered.slot)
        self._rejoin(gathered.slot, [each.entry_id for each in unsent])
        for each in reversed(unsent):
            chain.withdraw(self._uow, each)
            for document_id, reversal in self._uow.entries.replace(each.entry_id):
                line = self._lines(document_id, reversal.revision)[reversal.line_key]
                posting = self._posting(reversal.booked_entry, reversal.booked_posting)
                taken = Taken(document_id, reversal.revision, line, reversal.booked_entry, posting)
                gathered.taken.append(taken)

    def _rejoin(self, slot: Slot, entry_ids: Sequence[str]) -> None:
        """Bring in the documents of entries that give way, at the revision that is booked of each.

        Their lines stay in the slot they were in, whatever the route's settings or newer payouts say by now.
        """
        others = sorted(self._uow.entries.documents_in(entry_ids) - self._work.documents.keys())
        heads, fates = self._uow.documents.heads(others), self._uow.entries.fates_of(others)
        for document_id in others:
            booked = max(placed.revision for placed in fates[document_id].values() if placed.entry_id)
            for key, placed in fates[document_id].items():
                if placed.entry_id in entry_ids:
                    self._home[document_id, key] = slot
            self._documents[document_id] = next(head for head in heads[document_id] if head.document.revision == booked)

    # What changed.

    def _compare(self, document_id: str, placed: Mapping[str, PlacedLine]) -> None:
        """Compare a document with what is booked of it: keep what is equal, take back what is not."""
        document = self._documents[document_id].document
        former = {key: where for key, where in placed.items() if where.revision != document.revision}
        self._settled[document_id] = set(placed) - set(former)
        if not former:
            return
        now = self._lines(document_id, document.revision)
        gone = {
            key
            for key, where in former.items()
            if now.get(key) != self._lines(document_id, where.revision)[key]
            or (where.entry_id and self._entry(where.entry_id).currency != document.currency)
        }
        if self._route.mode is Mode.ORDER:
            gone |= self._with_their_orders(placed, gone)
        same = [key for key in former if key not in gone]
        self._uow.entries.rebind(document_id, document.revision, same)
        self._settled[document_id] = (self._settled[document_id] | set(same)) - gone
        self._uow.entries.drop_exclusions(document_id, [key for key in gone if placed[key].reason])
        for key in gone:
            where = placed[key]
            if where.reason:
                continue
            line = self._lines(document_id, where.revision)[key]
            posting = self._posting(where.entry_id, where.posting)
            self._slots[self._slot_of[where.entry_id]].taken.append(
                Taken(document_id, where.revision, line, where.entry_id, posting)
            )
            self._corrected.add(document_id)

    def _with_their_orders(self, placed: Mapping[str, PlacedLine], gone: set[str]) -> set[str]:
        """The other lines of the slots that something is taken back from: an order is reversed as a whole."""
        slots = {self._slot_of[placed[key].entry_id] for key in gone if placed[key].entry_id}
        return {key for key, where in placed.items() if where.entry_id and self._slot_of.get(where.entry_id) in slots}

    # What it comes to.

    def _sum(self) -> None:
        """Book every line that has no fate, and take back what was gathered for it."""
        documents = [kept.document for _, kept in sorted(self._documents.items())]
        for document_id, lines in self._uow.documents.lines_many([_key(document) for document in documents]):
            document = self._documents[document_id].document
            settled, payout = self._settled.get(document_id, set()), self._work.payouts.get(document_id)
            is_ours, at = document_id in self._work.documents, dict[datetime, Slot]()
            for line in lines:
                if line.key in settled:
                    continue
                if is_ours and line.occurred_at not in at:
                    place = place_of_line(document, line, self._route, payout, self._basis.ledger.source.title)
                    at[line.occurred_at] = place.slot
                slot = at[line.occurred_at] if is_ours else self._home.get((document_id, line.key))
                if slot in self._slots:
                    self._slots[slot].fresh.add(document, document_id, line)
        for gathered in self._slots.values():
            for taken in sorted(gathered.taken, key=lambda one: (one.document_id, one.revision, one.line.key)):
                gathered.undone.take(taken, self._order_id(taken.document_id))

    def _enter(self) -> list[JournalEntry]:
        """Make the entries and save them: first what is taken back, so that each line is free for its new fate."""
        standing, names = self._standing(), self._order_names()
        entered: list[tuple[Sums, JournalEntry | None]] = []
        for gathered in self._slots.values():
            before: list[JournalEntry] = []
            for sums in dict.fromkeys((gathered.undone, gathered.fresh)):
                if not sums.is_empty:
                    before.append(self._made(gathered, sums, standing, names, before))
                entered.append((sums, None if sums.is_empty else before[-1]))
        made = [each for _, each in entered if each is not None]
        for sums, entry_made in entered:
            if entry_made is not None:
                self._uow.entries.add(entry_made)
                self._uow.entries.add_open_legs(self._route.route_id, entry_made.entry_id, sums.open_legs)
        for sums, entry_made in entered:
            for document_id, reversals in sorted(sums.reversals(_id_of(entry_made)).items()):
                self._uow.entries.take_back(document_id, reversals)
        for sums, entry_made in entered:
            fates = sums.fates(_id_of(entry_made))
            self._uow.entries.add_fates_of((*key, fates[key]) for key in sorted(fates))
        return made

    def _made(
        self,
        gathered: _Gathered,
        sums: Sums,
        standing: dict[str, OpenLegs],
        names: Mapping[str, str],
        before: Sequence[JournalEntry],
    ) -> JournalEntry:
        postings = sums.postings(standing, names)
        for order_id, legs in sums.open_legs.items():
            had = standing.get(order_id, NOTHING_OPEN)
            standing[order_id] = OpenLegs(
                had.owed_by_minor + legs.owed_by_minor, had.owed_to_minor + legs.owed_to_minor
            )
        end = chain.end_of(self._uow, gathered.slot)
        return entry(
            sums,
            postings,
            document=self._only_document(gathered),
            number=end.number + 1 + len(before),
            sent_before=end.sent_before + len(before),
            rule_version=self._basis.rulings.newest,
            currency=self._currency(gathered, is_reversal=sums is not gathered.fresh),
            purpose=Purpose.REVERSAL if sums is not gathered.fresh else gathered.place.purpose,
            after=tuple(each.entry_id for each in before),
        )

    def _currency(self, gathered: _Gathered, *, is_reversal: bool) -> str:
        """The currency of what is booked; of what is taken back, that of the entry that had booked it."""
        if gathered.taken and (is_reversal or not gathered.fresh.documents):
            return self._entry(gathered.taken[0].booked_entry).currency
        return self._documents[min(gathered.fresh.documents or gathered.documents)].document.currency

    def _order_names(self) -> Mapping[str, str]:
        """What the orders are called whose refunds are told one by one."""
        refunded = {order_id for each in self._slots.values() for order_id in each.fresh.refunded_orders}
        connections = {kept.connection_id for kept in self._documents.values()} if refunded else ()
        return {key: name for each in connections for key, name in order_names(self._uow, each, refunded).items()}

    def _standing(self) -> dict[str, OpenLegs]:
        """What live entries have open of each order that is touched; those that gave way have nothing any more."""
        every = [sums for each in self._slots.values() for sums in (each.undone, each.fresh)]
        orders = {order_id for sums in every for order_id in sums.deltas()}
        return dict(self._uow.entries.open_legs(self._route.route_id, sorted(orders)))

    def _bank_leg(self, document: Document, made: Sequence[JournalEntry]) -> tuple[JournalEntry, ...]:
        """The leg that moves a payout to the bank: a new one, or the same again where it stands unsent and differs."""
        if document.identity.kind is not DocumentKind.PAYOUT:
            return ()
        settlement = Settlement(
            document,
            self._route,
            self._basis.rulings.newest,
            lambda slot: chain.next_number(self._uow, slot),
            lambda slot: chain.sent_before(self._uow, slot),
        )
        ours = tuple(each.entry_id for each in made if each.slot.group == document.identity.external_id)
        wanted = bank_leg(settlement, ours)
        live = self._uow.entries.chain(settlement.slot(BankPart()), live_only=True)
        is_same = [_moved(kept.entry) for kept in live] == [_moved(each) for each in wanted]
        if is_same and not any(chain.is_withdrawn(self._uow, kept.entry) for kept in live):
            return ()
        if not all(chain.is_replaceable(self._uow, kept.entry) for kept in live):
            if not is_same:
                self._uow.findings.add(_payout_changed(document, live[-1].entry, self._route.route_id), self._basis.now)
            return ()
        for kept in live:
            chain.withdraw(self._uow, kept.entry)
            self._uow.entries.replace(kept.entry.entry_id)
        for each in wanted:
            self._uow.entries.add(each)
        return wanted

    # What is told.

    def _tell_claimable(self) -> None:
        """A finding for each free amount with tax inside that is not given back."""
        for gathered in self._slots.values():
            for document_id, minor in sorted(gathered.fresh.claimable.items()):
                document = self._documents[document_id].document
                self._uow.findings.add(_claimable(document, minor, self._route.route_id), self._basis.now)

    def _outcomes(self, made: Sequence[JournalEntry]) -> list[DocumentOutcome]:
        done = self._done()
        self._uow.documents.set_states([_key(kept.document) for kept in done], DocumentState.BOOKED, "")
        sums = [each for gathered in self._slots.values() for each in {gathered.undone, gathered.fresh}]
        ids = tuple(each.entry_id for each in made)
        return [
            DocumentOutcome(
                document_id := kept.document.document_id,
                kept.document.identity.external_id,
                Result.CORRECTED if document_id in self._corrected else Result.BOOKED,
                entry_ids=ids,
                lines_booked=sum(each.counts.get(document_id, 0) for each in sums),
                excluded=_added([each.excluded.get(document_id, {}) for each in sums]),
            )
            for kept in done
        ]

    def _done(self) -> list[KeptDocument]:
        return [kept for name, kept in sorted(self._work.documents.items()) if name in self._work.done]

    # Look-ups.

    def _only_document(self, gathered: _Gathered) -> Document | None:
        """The one document that a slot of an order or a payout is made from."""
        if gathered.slot.mode is Mode.DAY or gathered.place.purpose is Purpose.DAY:
            return None
        named = gathered.documents
        return self._documents[min(named)].document if len(named) == 1 else None

    def _order_id(self, document_id: str) -> str:
        if document_id not in self._documents:
            self._documents[document_id] = self._uow.documents.heads([document_id])[document_id][0]
        return self._documents[document_id].document.order_id

    def _lines(self, document_id: str, revision: int) -> Mapping[str, Line]:
        key = document_id, revision
        if key not in self._former:
            found = self._uow.documents.lines_many([key])
            self._former[key] = {line.key: line for _, lines in found for line in lines}
        return self._former[key]

    def _posting(self, entry_id: str, number: int) -> Posting:
        if entry_id not in self._postings:
            self._postings[entry_id] = {posting.number: posting for posting in self._entry(entry_id).postings}
        return self._postings[entry_id][number]

    def _entry(self, entry_id: str) -> JournalEntry:
        if entry_id not in self._entries:
            self._entries[entry_id] = self._uow.entries.get(entry_id).entry
        return self._entries[entry_id]


def _payout_changed(document: Document, leg: JournalEntry, route_id: str) -> Finding:
    """What is said where a payout pays another amount than the transfer that is in the ledger moved."""
    moved = sum(posting.amount_minor for posting in leg.postings if posting.amount_minor > 0)
    return Finding(
        code="books.payout_changed",
        severity=Severity.ERROR,
        route_id=route_id,
        subject=document.document_id,
        title=f"{leg.narration}: the channel now says another amount than its transfer in the ledger moves",
        amount_minor=document.total_minor - moved,
        currency=document.currency,
        cause="The channel issued the payout again after its transfer was posted",
        repair="Compare with the bank's line; correct the transfer in the ledger, or accept the difference",
        evidence=(
            ("amount", decimal_text(moved, leg.currency), decimal_text(document.total_minor, document.currency)),
        ),
        entry_id=leg.entry_id,
    )


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


def _moved(leg: JournalEntry) -> tuple[date, tuple[tuple[str, int], ...]]:
    return leg.booked_on, tuple((posting.account, posting.amount_minor) for posting in leg.postings)


def _added(reasons: Sequence[Mapping[str, int]]) -> tuple[tuple[str, int], ...]:
    found: dict[str, int] = {}
    for each in reasons:
        for reason, count in each.items():
            found[reason] = found.get(reason, 0) + count
    return tuple(sorted(found.items()))


def _id_of(entry_made: JournalEntry | None) -> str:
    return entry_made.entry_id if entry_made else ""


def _key(document: Document) -> tuple[str, int]:
    return document.document_id, document.revision

"""Reads what a channel's documents say of each day, and which payouts hold the money that buyers paid."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from itertools import islice

import msgspec

from bridge.drift.sides.days import NO_DAY, Before, Day
from bridge.drift.sides.told import Told
from bridge.model.arrivals import Arrival, as_arrived
from bridge.model.documents import FAILED_STATUS, Document, DocumentKind, DocumentState
from bridge.model.entries import JournalEntry, Mode, Purpose
from bridge.model.findings import InstructionKind
from bridge.model.lines import GATEWAY, SETTLES, TENDER, Line
from bridge.model.periods import local_day
from bridge.model.reasons import ORDERS_THAT_WAIT, Reason
from bridge.model.recognition import counts_at
from bridge.model.slots import is_of_fees
from bridge.store.api import KeptDocument, PlacedLine, UnitOfWork

IGNORED = "ignored"
FEE_KINDS = (DocumentKind.FEE, DocumentKind.ADJUSTMENT)
PAYING = (DocumentKind.SETTLEMENT, DocumentKind.PAYOUT)
KINDS = (DocumentKind.ORDER, DocumentKind.REFUND, *FEE_KINDS)
AT_A_TIME = 500
# Where a payment stands that no payout in the books holds, and one that none of the channel's will ever hold.
IN_NO_PAYOUT, NEVER_IN_ONE = "", None


class RowKind(StrEnum):
    """What a row of the day tie-out is about."""

    DAY = "day"
    FEES = "fees"
    PAYOUT_SALES = "payout_sales"


class Row(msgspec.Struct, frozen=True, order=True):
    """One row. name: the day as ISO text, or the payout's id."""

    name: str
    kind: RowKind
    currency: str


class Said(msgspec.Struct):
    """What the channel's documents say in one row, in minor units. documents: how many of them say it."""

    sales_minor: int = 0
    refunds_minor: int = 0
    documents: int = 0


Shares = Mapping[tuple[str, int], Mapping[str | None, int]]


class Gathered(msgspec.Struct, frozen=True):
    """What the documents say.

    shares:  by (entry, posting), what a posting of payments consists of: by the channel's id of the payout that holds
             them, ``IN_NO_PAYOUT`` or ``NEVER_IN_ONE``. What the posting has beyond that was changed since.
             Of entries in a bundle those of all of them together.
    payouts: those in the books, by the channel's id. waiting: how many documents wait, by kind and reason.
    paying:  every settlement and payout. unbooked: every document whose newest revision should be in the books and is
             not. Both by closing day.
    arrivals: what people said reached the bank of them, by document id.
    days:    what documents say by the day on which all their lines are booked, and these. loose: all others, by id.
    """

    said: Mapping[Row, Said]
    shares: Shares
    payouts: Mapping[str, KeptDocument]
    waiting: Mapping[tuple[DocumentKind, str], int]
    paying: Sequence[KeptDocument]
    unbooked: Sequence[KeptDocument]
    days: Mapping[date, Day] = {}
    loose: tuple[str, ...] = ()
    arrivals: Mapping[str, Arrival] = {}

    def at_bank(self, document: Document) -> Document:
        """A settlement or payout as the bank sees it: as a person said, where it was converted on its way."""
        return as_arrived(document, self.arrivals.get(document.document_id))


def payout_ids(payouts: Mapping[str, KeptDocument]) -> Mapping[str, str]:
    """The channel's ids of payouts by the documents'."""
    return {kept.document.document_id: external_id for external_id, kept in payouts.items()}


NOTHING_GATHERED = Gathered({}, {}, {}, {}, (), ())


def waits(kept: KeptDocument) -> bool:
    """Whether a document rightly waits: for its buyer to pay, or for the payout that it is booked with."""
    return kept.state is DocumentState.HELD and kept.reason in ORDERS_THAT_WAIT


def has_failed(document: Document) -> bool:
    """Whether a payout never reaches the bank: the channel pays its money again with another."""
    return document.status in FAILED_STATUS


def row_of(entry: JournalEntry) -> Row | None:
    """The row an entry is compared in; None for settlements, what a payout adds, and what moves a payout."""
    slot = entry.slot
    if entry.purpose is Purpose.SETTLEMENT or entry.moves_payout:
        return None
    if slot.mode is Mode.PAYOUT:
        is_sales = entry.purpose is not Purpose.JOURNAL
        return Row(slot.group, RowKind.PAYOUT_SALES, entry.currency) if is_sales else None
    return Row(entry.booked_on.isoformat(), RowKind.FEES if is_of_fees(slot.what) else RowKind.DAY, entry.currency)


def gather(unit: UnitOfWork, told: Told, before: Before | None = None) -> Gathered:
    """Read the documents of a route: what those say that report orders, what pays, and what is not booked.

    before: what an earlier check handed on; of that only what was touched since is read again.
    Memory: the lines of some hundred documents at a time; then a row a day, a share a posting and payout, the ids of
    documents of which all is booked, and the documents that pay, or are not booked.
    """
    connection_id = unit.connections.get(told.route.source).connection_id
    paying = tuple(unit.documents.of_connection(connection_id, *PAYING))
    found = _Reading(unit, told, connection_id, paying)
    every = found.again(before) if before else unit.documents.of_connection(connection_id)
    unbooked: list[KeptDocument] = []
    waiting: Counter[tuple[DocumentKind, str]] = Counter()
    while some := list(islice(every, AT_A_TIME)):
        here = [kept for kept in some if kept.reason != Reason.BEFORE_FIRST_DAY]
        reported = [kept for kept in here if kept.document.identity.kind in KINDS]
        found.read(reported)
        found.leave({kept.document.document_id for kept in some} - {kept.document.document_id for kept in reported})
        waiting.update((kept.document.identity.kind, kept.reason) for kept in some if waits(kept))
        unbooked += [kept for kept in here if kept.state is not DocumentState.BOOKED and not waits(kept)]
    days = found.kept | {on: part.day() for on, part in found.parts.items()}
    said, shares = _summed([*(days[on] for on in sorted(days)), found.of_no_day.day()])
    unbooked.sort(key=lambda kept: (kept.document.closed_at, kept.document.document_id))
    loose = tuple(sorted(found.loose))
    return Gathered(said, shares, found.payouts, waiting, paying, unbooked, days, loose, _arrivals(unit))


def _arrivals(unit: UnitOfWork) -> Mapping[str, Arrival]:
    """By document id, of all channels: what was said last, where that was not taken back."""
    last = {one.subject: one for one in unit.instructions.of_kind(InstructionKind.ARRIVED)}
    return {name: Arrival.parse(one) for name, one in last.items() if one.ref}


def _summed(days: Iterable[Day]) -> tuple[Mapping[Row, Said], Shares]:
    """What days say together."""
    said: dict[Row, Said] = defaultdict(Said)
    shares: dict[tuple[str, int], dict[str | None, int]] = defaultdict(lambda: defaultdict(int))
    for day in days:
        for (name, kind, currency), (sales, refunds, documents) in day.said:
            of_row = said[Row(name, RowKind(kind), currency)]
            of_row.sales_minor += sales
            of_row.refunds_minor += refunds
            of_row.documents += documents
        for entry_id, posting, payout, minor in day.shares:
            shares[entry_id, posting][payout] += minor
    return said, shares


class _Part:
    """What the documents of one day say, as it grows; see ``Day``."""

    def __init__(self, day: Day = NO_DAY) -> None:
        self.documents = set(day.documents)
        self.leans, self.holders = set(day.leans), set(day.holders)
        self.said: dict[Row, Said] = defaultdict(Said)
        self.said |= {Row(name, RowKind(kind), currency): Said(*sums) for (name, kind, currency), sums in day.said}
        self.shares: dict[tuple[str, int, str | None], int] = defaultdict(int)
        self.shares |= {(entry_id, posting, payout): minor for entry_id, posting, payout, minor in day.shares}

    def day(self) -> Day:
        shares = sorted(self.shares.items(), key=lambda pair: (*pair[0][:2], pair[0][2] is None, pair[0][2] or ""))
        return Day(
            documents=tuple(sorted(self.documents)),
            said=tuple(
                ((row.name, str(row.kind), row.currency), (some.sales_minor, some.refunds_minor, some.documents))
                for row, some in sorted(self.said.items())
            ),
            shares=tuple((*key, minor) for key, minor in shares),
            leans=tuple(sorted(self.leans)),
            holders=tuple(sorted(self.holders)),
        )


class _Reading:
    """A pass over the documents. paying: those that pay.

    kept: days as they were carried. parts: what was read of days; of_no_day: of documents of no one day. loose: these,
    and all that say nothing, by id.
    """

    def __init__(self, unit: UnitOfWork, told: Told, connection_id: str, paying: Iterable[KeptDocument]) -> None:
        self._unit, self._told, self._connection_id = unit, told, connection_id
        self._is_payable = cache(
            lambda gateway: any(fnmatchcase(gateway, pattern.casefold()) for pattern in told.channel.payable)
        )
        self._row_of = cache(lambda entry_id: row_of(told.entries[entry_id]) if entry_id in told.entries else None)
        made = {entry.document_id for entry in told.entries.values()}
        booked = [
            kept
            for kept in paying
            if kept.document.identity.kind is DocumentKind.PAYOUT
            and (kept.state is DocumentState.BOOKED or kept.document.document_id in made)
        ]
        self.payouts = {kept.document.identity.external_id: kept for kept in booked}
        self._payout_ids = payout_ids(self.payouts)
        self.kept: dict[date, Day] = {}
        self.parts: dict[date, _Part] = {}
        self.of_no_day = _Part()
        self.loose: set[str] = set()

    def again(self, before: Before) -> Iterator[KeptDocument]:
        """What no day holds, and each day of which something was touched; the others are taken over."""
        then, now, told = before.carried.payouts, self._payout_ids, self._told
        waiting = (
            one.document_id
            for state in DocumentState
            if state is not DocumentState.BOOKED
            for one in self._unit.documents.waiting(self._connection_id, state)
        )
        touched = before.documents.union(waiting)
        holders = touched.union(name for name in then.keys() | now.keys() if then.get(name) != now.get(name))
        named = self._unit.documents.references(holders, SETTLES)
        touched = touched.union(self._unit.documents.bearing(self._connection_id, named, TENDER))
        wanted = touched.union(before.carried.loose)
        for on, day in before.carried.days.items():
            is_as_it_was = (
                on not in (told.remade or ())
                and wanted.isdisjoint(day.documents)
                and holders.isdisjoint(day.holders)
                and before.entries.isdisjoint(day.leans)
            )
            if is_as_it_was:
                self.kept[on] = msgspec.structs.replace(day, bundles=(), members=())
            else:
                wanted = wanted.union(day.documents)
        return self._of_ids(sorted(wanted))

    def _of_ids(self, document_ids: Sequence[str]) -> Iterator[KeptDocument]:
        for start in range(0, len(document_ids), AT_A_TIME):
            for newest, *_ in self._unit.documents.heads(document_ids[start : start + AT_A_TIME]).values():
                if newest.connection_id == self._connection_id:
                    yield newest

    def leave(self, document_ids: Collection[str]) -> None:
        """These are of no day."""
        self.loose.update(document_ids)

    def read(self, some: Sequence[KeptDocument]) -> None:
        """Take some documents in: what they say, and what of it buyers paid by which payment."""
        by_id = {kept.document.document_id: kept for kept in some}
        fates = self._unit.entries.fates_of(sorted(by_id))
        keys = [(name, revision) for name, kept in by_id.items() if (revision := _revision(kept, fates.get(name, {})))]
        revisions = dict(keys)
        self.leave(by_id.keys() - revisions.keys())
        payments: list[tuple[_Part, PlacedLine, Line]] = []
        for name, lines in self._unit.documents.lines_many(keys):
            placed = fates.get(name, {})
            meant = [line for line in lines if line.kind != IGNORED and not _is_left_out(placed.get(line.key))]
            part = self._part(by_id[name], lines, placed)
            self._say(part, by_id[name], meant, placed)
            payments += [
                (part, where, line)
                for line in meant
                if line.kind == TENDER
                and (where := placed.get(line.key)) is not None
                and where.revision == revisions[name]
            ]
        self._share(payments)

    def _part(self, kept: KeptDocument, lines: Iterable[Line], placed: Mapping[str, PlacedLine]) -> _Part:
        """That of the day on which all of its lines are booked; else of none."""
        name, on = kept.document.document_id, self._day(kept, lines, placed)
        if on is None:
            self.loose.add(name)
            return self.of_no_day
        if on not in self.parts:
            self.parts[on] = _Part(self.kept.pop(on, NO_DAY))
        part = self.parts[on]
        part.documents.add(name)
        places = (self._told.place(where.entry_id) for where in placed.values() if where.entry_id)
        part.leans.update(place for place in places if place not in self._told.bundles)
        return part

    def _day(self, kept: KeptDocument, lines: Iterable[Line], placed: Mapping[str, PlacedLine]) -> date | None:
        if kept.state is not DocumentState.BOOKED or any(
            line.key not in placed for line in lines if line.kind != IGNORED
        ):
            return None
        entry_ids = {where.entry_id for where in placed.values() if where.entry_id}
        entries = [self._told.entries.get(self._told.place(entry_id)) for entry_id in entry_ids]
        days = {entry.booked_on if entry else None for entry in entries}
        return days.pop() if len(days) == 1 else None

    def _say(self, part: _Part, kept: KeptDocument, lines: Iterable[Line], placed: Mapping[str, PlacedLine]) -> None:
        rows: set[Row] = set()
        is_refund = kept.document.identity.kind is DocumentKind.REFUND
        for line in lines:
            if line.part.is_money:
                continue
            row = self._row(kept, line, placed.get(line.key))
            said = part.said[row]
            if is_refund:
                said.refunds_minor += line.amount_minor
            else:
                said.sales_minor += line.amount_minor
            rows.add(row)
        for row in rows:
            part.said[row].documents += 1

    def _row(self, kept: KeptDocument, line: Line, where: PlacedLine | None) -> Row:
        """Where its entry is compared; of a line that is in no entry, the day that it belongs to."""
        document = kept.document
        if where and (row := self._row_of(self._told.place(where.entry_id))):
            return row
        at = counts_at(document, self._told.route) or line.occurred_at
        day = local_day(max(line.occurred_at, at), self._told.route.time_zone)
        kind = RowKind.FEES if document.identity.kind in FEE_KINDS else RowKind.DAY
        return Row(day.isoformat(), kind, document.currency)

    def _share(self, payments: Sequence[tuple[_Part, PlacedLine, Line]]) -> None:
        payable = [line.reference for _, _, line in payments if line.reference and self._can_be_paid_out(line)]
        holders = self._unit.documents.with_reference(self._connection_id, payable, SETTLES) if payable else {}
        for part, where, line in payments:
            holder, _ = holders.get(line.reference, ("", 0))
            otherwise = IN_NO_PAYOUT if self._can_be_paid_out(line) else NEVER_IN_ONE
            payout = self._payout_ids.get(holder, otherwise)
            part.shares[self._told.place(where.entry_id), where.posting, payout] -= line.amount_minor
            if holder:
                part.holders.add(holder)

    def _can_be_paid_out(self, line: Line) -> bool:
        return self._is_payable(dict(line.attributes).get(GATEWAY, "").casefold())


def _revision(kept: KeptDocument, placed: Mapping[str, PlacedLine]) -> int:
    """The revision that counts: the newest; of one that waits, what is booked of it, if anything."""
    if not waits(kept):
        return kept.document.revision
    return max((where.revision for where in placed.values() if where.entry_id), default=0)


def _is_left_out(where: PlacedLine | None) -> bool:
    return where is not None and bool(where.reason)

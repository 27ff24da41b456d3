"""Reads what a channel's documents say of each day, and which payouts hold the money that buyers paid."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from itertools import islice

import msgspec

from bridge.drift.sides.told import Told
from bridge.model.documents import Document, DocumentKind, DocumentState
from bridge.model.entries import JournalEntry, Mode, Purpose
from bridge.model.lines import GATEWAY, SETTLES, TENDER, Line
from bridge.model.periods import local_day
from bridge.model.reasons import ORDERS_THAT_WAIT, Reason
from bridge.model.slots import is_of_fees
from bridge.store.api import KeptDocument, PlacedLine, UnitOfWork

IGNORED = "ignored"
FEE_KINDS = (DocumentKind.FEE, DocumentKind.ADJUSTMENT)
PAYING = (DocumentKind.SETTLEMENT, DocumentKind.PAYOUT)
KINDS = (DocumentKind.ORDER, DocumentKind.REFUND, *FEE_KINDS)
AT_A_TIME = 500
FAILED_STATUS = ("failed", "canceled", "cancelled")
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
    """

    said: Mapping[Row, Said]
    shares: Shares
    payouts: Mapping[str, KeptDocument]
    waiting: Mapping[tuple[DocumentKind, str], int]
    paying: Sequence[KeptDocument]
    unbooked: Sequence[KeptDocument]


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


def gather(unit: UnitOfWork, told: Told) -> Gathered:
    """Read the documents of a route: what those say that report orders, what pays, and what is not booked.

    Memory: the lines of some hundred documents at a time; then a row a day, a share a posting and payout, and the
    documents that pay, or are not booked.
    """
    connection_id = unit.connections.get(told.route.source).connection_id
    paying = tuple(unit.documents.of_connection(connection_id, *PAYING))
    found, every = _Reading(unit, told, connection_id, paying), unit.documents.of_connection(connection_id)
    unbooked: list[KeptDocument] = []
    waiting: Counter[tuple[DocumentKind, str]] = Counter()
    while some := list(islice(every, AT_A_TIME)):
        here = [kept for kept in some if kept.reason != Reason.BEFORE_FIRST_DAY]
        found.read([kept for kept in here if kept.document.identity.kind in KINDS])
        waiting.update((kept.document.identity.kind, kept.reason) for kept in some if waits(kept))
        unbooked += [kept for kept in here if kept.state is not DocumentState.BOOKED and not waits(kept)]
    return Gathered(found.said, found.shares, found.payouts, waiting, paying, unbooked)


class _Reading:
    """A pass over the documents. paying: those that pay."""

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
        self._payout_ids = {kept.document.document_id: kept.document.identity.external_id for kept in booked}
        self.said: dict[Row, Said] = defaultdict(Said)
        self.shares: dict[tuple[str, int], dict[str | None, int]] = defaultdict(lambda: defaultdict(int))

    def read(self, some: Sequence[KeptDocument]) -> None:
        """Take some documents in: what they say, and what of it buyers paid by which payment."""
        by_id = {kept.document.document_id: kept for kept in some}
        fates = self._unit.entries.fates_of(sorted(by_id))
        keys = [(name, revision) for name, kept in by_id.items() if (revision := _revision(kept, fates.get(name, {})))]
        revisions = dict(keys)
        payments: list[tuple[PlacedLine, Line]] = []
        for name, lines in self._unit.documents.lines_many(keys):
            placed = fates.get(name, {})
            meant = [line for line in lines if line.kind != IGNORED and not _is_left_out(placed.get(line.key))]
            self._say(by_id[name], meant, placed)
            payments += [
                (where, line)
                for line in meant
                if line.kind == TENDER
                and (where := placed.get(line.key)) is not None
                and where.revision == revisions[name]
            ]
        self._share(payments)

    def _say(self, kept: KeptDocument, lines: Iterable[Line], placed: Mapping[str, PlacedLine]) -> None:
        rows: set[Row] = set()
        is_refund = kept.document.identity.kind is DocumentKind.REFUND
        for line in lines:
            if line.part.is_money:
                continue
            row = self._row(kept, line, placed.get(line.key))
            said = self.said[row]
            if is_refund:
                said.refunds_minor += line.amount_minor
            else:
                said.sales_minor += line.amount_minor
            rows.add(row)
        for row in rows:
            self.said[row].documents += 1

    def _row(self, kept: KeptDocument, line: Line, where: PlacedLine | None) -> Row:
        """Where its entry is compared; of a line that is in no entry, the day that it belongs to."""
        document = kept.document
        if where and (row := self._row_of(self._told.place(where.entry_id))):
            return row
        day = local_day(max(line.occurred_at, document.paid_at or line.occurred_at), self._told.route.time_zone)
        kind = RowKind.FEES if document.identity.kind in FEE_KINDS else RowKind.DAY
        return Row(day.isoformat(), kind, document.currency)

    def _share(self, payments: Sequence[tuple[PlacedLine, Line]]) -> None:
        payable = [line.reference for _, line in payments if line.reference and self._can_be_paid_out(line)]
        holders = self._unit.documents.with_reference(self._connection_id, payable, SETTLES) if payable else {}
        for where, line in payments:
            holder, _ = holders.get(line.reference, ("", 0))
            otherwise = IN_NO_PAYOUT if self._can_be_paid_out(line) else NEVER_IN_ONE
            payout = self._payout_ids.get(holder, otherwise)
            self.shares[self._told.place(where.entry_id), where.posting][payout] -= line.amount_minor

    def _can_be_paid_out(self, line: Line) -> bool:
        return self._is_payable(dict(line.attributes).get(GATEWAY, "").casefold())


def _revision(kept: KeptDocument, placed: Mapping[str, PlacedLine]) -> int:
    """The revision that counts: the newest; of one that waits, what is booked of it, if anything."""
    if not waits(kept):
        return kept.document.revision
    return max((where.revision for where in placed.values() if where.entry_id), default=0)


def _is_left_out(where: PlacedLine | None) -> bool:
    return where is not None and bool(where.reason)

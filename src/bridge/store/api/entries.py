"""Entries, and where each line of a document stands."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

import msgspec

from bridge.model.deliveries import DeliveryState
from bridge.model.entries import Fate, JournalEntry, Mode, OpenLegs, Purpose, Reversal, Slot
from bridge.model.lines import Line


class PlacedLine(msgspec.Struct, frozen=True, gc=False):
    """Where a line stands: the revision it is known by, and its posting, or the reason it is excluded."""

    revision: int
    entry_id: str = ""
    posting: int = 0
    reason: str = ""


class Reserve(msgspec.Struct, frozen=True):
    """What one document's booked lines did to a reserve account.

    given_back_minor: of reserves held before, since given_back_at; held_minor: held back now. Both positive.
    """

    document_id: str
    revision: int
    closed_at: datetime
    currency: str
    given_back_minor: int
    held_minor: int
    given_back_at: datetime | None


class KeptEntry(msgspec.Struct, frozen=True):
    """An entry of a chain; ``is_live`` is false once it was replaced before it was sent."""

    entry: JournalEntry
    is_live: bool
    made_at: datetime


class Outline(msgspec.Struct, frozen=True, gc=False):
    """What an entry is, without its postings."""

    made_at: datetime
    booked_on: date
    narration: str
    currency: str
    mode: Mode
    purpose: Purpose


class OpenEntry(msgspec.Struct, frozen=True):
    """What a live entry adds to what the buyer of an order owes; below nothing where it settles."""

    entry_id: str
    booked_on: date
    owed_by_minor: int


class Chain(msgspec.Struct, frozen=True):
    """A slot's chain of entries.

    live:        those that stand, by number. number: of its last entry, replaced ones included; 0 where there is none.
    sent_before: how many come before the next one in the ledger: one more than the last that is there, or may be, was
                 told. Not their count: where a person withdrew one between two that were sent, that would be told anew.
    rounds:      the latest in which a voucher was tried, by how many had been sent before it.
    """

    live: tuple[KeptEntry, ...] = ()
    number: int = 0
    sent_before: int = 0
    rounds: Mapping[int, int] = {}

    def from_round(self, sent_before: int) -> int:
        """Above every round in which a voucher of this slot was tried when so many had been sent before; 0 if none."""
        return self.rounds.get(sent_before, -1) + 1


class OpenLine(msgspec.Struct, frozen=True, gc=False):
    """A line of a revision that is to be booked. has_fate: of an entry that gave way; it is overwritten."""

    document_id: str
    revision: int
    line: Line
    has_fate: bool


class StandingLine(msgspec.Struct, frozen=True, gc=False):
    """A line as it is booked, and the posting of an entry that it stands in."""

    document_id: str
    revision: int
    line: Line
    entry_id: str
    posting: int


class Revised(msgspec.Struct, frozen=True):
    """The revisions of documents that are to be booked, and what of the entries they were booked in goes.

    keys:       (document id, revision). is_new: no line of them ever had a fate. giving_way: entries that are
                replaced, whose lines are open again. taken_back: entries of which every line is taken back, whether
                or not it changed.
    within:     only lines whose key lies behind the first of these, up to and with the second; empty for no end.
    """

    keys: tuple[tuple[str, int], ...]
    is_new: bool
    giving_way: tuple[str, ...] = ()
    taken_back: tuple[str, ...] = ()
    within: tuple[str, str] = ("", "")


class Entries(Protocol):
    def chain(self, slot: Slot, *, live_only: bool = False) -> tuple[KeptEntry, ...]:
        """The entries of a slot by number, replaced ones included unless only live ones are asked for."""
        ...

    def chains(self, slots: Collection[Slot], unsent: Collection[DeliveryState]) -> Mapping[Slot, Chain]:
        """The chain of each slot. unsent: states of vouchers that never were in the ledger. Bulk."""
        ...

    def add(self, entry: JournalEntry) -> None:
        """Save the next of its chain. Raises: StaleError when its number is taken."""
        ...

    def add_many(self, entries: Sequence[JournalEntry], *, is_live: bool = True) -> None:
        """The same of many. is_live: false for those whose lines follow in further units, until ``make_live``. Bulk."""
        ...

    def make_live(self, entry_ids: Sequence[str]) -> None:
        """Let entries stand whose lines are all bound. Raises: StaleError when one is not there, or stands already."""
        ...

    def replace(self, entry_ids: Sequence[str]) -> None:
        """Unsent entries stand no longer, and their lines are open again. Bulk.

        What they had taken back must be taken back by whatever takes their place (``retaken``).
        Raises: StaleError when one does not stand.
        """
        ...

    def get(self, entry_id: str) -> KeptEntry:
        """Raises: ConfigError when there is none."""
        ...

    def days(self, entry_ids: Sequence[str]) -> Mapping[str, date]:
        """On which day each was booked, by id; those that are not there are left out. Bulk."""
        ...

    def outlines(self, entry_ids: Sequence[str]) -> Mapping[str, Outline]:
        """What each is, by id; those that are not there are left out. Bulk."""
        ...

    def get_many(self, entry_ids: Sequence[str]) -> Mapping[str, KeptEntry]:
        """The same of many, by id; those that are not there are left out. Bulk."""
        ...

    def beginning(self, text: str) -> tuple[str, ...]:
        """The ids that begin so."""
        ...

    def of_document(self, document_id: str) -> tuple[KeptEntry, ...]: ...

    def of_documents(self, document_ids: Sequence[str]) -> Mapping[str, tuple[KeptEntry, ...]]:
        """The same of many, by document; those without entries are left out. Bulk."""
        ...

    def of_group(self, route_id: str, group: str) -> tuple[KeptEntry, ...]:
        """The live entries of a route whose slots are of a group: a settlement, a payout, an order or a day."""
        ...

    def of_route(self, route_id: str, *, live_only: bool = True) -> Iterator[KeptEntry]: ...

    def touched(self, route_id: str) -> frozenset[tuple[str, str]]:
        """The accounts of our chart that the live entries of a route went to, with the kinds of those postings."""
        ...

    def with_kind(self, route_id: str, *kinds: str, amounts: Sequence[int] | None = None) -> tuple[KeptEntry, ...]:
        """The live entries of a route with a posting of one of these kinds, by slot.

        kinds: of ``model.entries.MOVING``; no other is looked for. amounts: of the posting, where some are named.
        """
        ...

    def reserves(self, route_id: str, account: str, kind: str) -> tuple[Reserve, ...]:
        """What the lines of a kind that are booked to an account of a route come to, by document and currency."""
        ...

    def have_fates(self, document_ids: Sequence[str]) -> bool:
        """Whether a line of one of these documents has a fate, also by an entry that gave way. Bulk."""
        ...

    def open_lines(self, revised: Revised) -> Iterator[tuple[OpenLine, ...]]:
        """Pages of the lines that no entry which stands holds as they now are, in the order of document and key.

        New ones, those of entries that gave way or are about to, and changed ones. Compared in SQL. Memory: a page.
        """
        ...

    def key_behind(self, document_id: str, revision: int, after: str, count: int) -> str:
        """The key of the line that is so many behind another; empty where there are not as many."""
        ...

    def undone_lines(self, revised: Revised) -> Iterator[tuple[StandingLine, ...]]:
        """Pages of what stands in entries that stay and is otherwise now, or gone; in the order of document and key."""
        ...

    def lines_in(self, entry_ids: Sequence[str]) -> Iterator[tuple[StandingLine, ...]]:
        """Pages of the lines that entries hold, at the revision they are booked by. Bulk."""
        ...

    def gone(self, slots: Collection[Slot]) -> tuple[str, ...]:
        """The entries of these slots, and of those beside them in a group, that do not stand, or not yet. Bulk."""
        ...

    def retaken(self, entry_ids: Sequence[str], within: tuple[str, str]) -> Iterator[tuple[StandingLine, ...]]:
        """Pages of what entries have taken back, by where it is booked. within: as of ``Revised``. Bulk."""
        ...

    def forget_taken(self, lines: Sequence[StandingLine]) -> None:
        """These lines are taken back by no entry any more. Bulk."""
        ...

    def bind(self, bound: Sequence[tuple[OpenLine | StandingLine, Fate]]) -> None:
        """Give each line its fate, in place of that by an entry that gave way. Bulk; the entries may come later.

        Raises: InvariantError when a line already has a live fate (the schema refuses it).
        """
        ...

    def settle_fates(self, revised: Revised) -> None:
        """The fates of revised documents, once what stood is taken back and every open line bound.

        Those left are the revision's now; those of lines that are gone go. Bulk.
        """
        ...

    def fates_of(self, document_ids: Sequence[str]) -> Mapping[str, Mapping[str, PlacedLine]]:
        """Where every line of these documents stands: by document id and line key; of some documents, nowhere.

        Memory: the fates of these documents.
        """
        ...

    def documents_in(self, entry_ids: Sequence[str]) -> frozenset[str]:
        """The ids of all documents of which a line is booked in one of these entries."""
        ...

    def entries_with(self, document_ids: Sequence[str]) -> frozenset[str]:
        """The ids of all entries that book a line of one of these documents, booked it once, or take one back."""
        ...

    def take_back(self, reversals: Sequence[tuple[str, Reversal]]) -> None:
        """Lines of earlier revisions, by document id, are un-booked by another posting; their fates are free. Bulk.

        Raises: InvariantError when a line is taken back twice.
        """
        ...

    def add_open_legs(self, route_id: str, legs: Mapping[str, Mapping[str, OpenLegs]]) -> None:
        """Keep what new entries have open, by entry and order. Gone when one is replaced. Bulk."""
        ...

    def open_legs(
        self, route_id: str, order_ids: Sequence[str], *, beside: Sequence[str] = ()
    ) -> Mapping[str, OpenLegs]:
        """What the live entries of a route, but for these, have open of these orders, of those that have any. Bulk."""
        ...

    def open_by_entry(
        self, route_id: str, order_ids: Sequence[str], *, beside: Sequence[str] = ()
    ) -> Mapping[str, tuple[OpenEntry, ...]]:
        """Which live entries of a route, but for these, change what buyers owe, by order; by day, then as made.

        Bulk.
        """
        ...

    def taken_back_by(self, entry_id: str, posting: int) -> Iterator[tuple[Line, ...]]:
        """Pages of the lines of earlier revisions that a posting takes back; posting 0 for those of every posting."""
        ...

    def lines_of(self, entry_id: str, posting: int) -> Iterator[tuple[Line, ...]]:
        """Pages of the lines a posting sums, those taken back since included; posting 0 for those of every posting.

        A posting is minus the sum of these lines, plus the sum of those it takes back.
        """
        ...

    def exclusions(self, document_id: str) -> tuple[tuple[str, int, int], ...]:
        """(reason, how many lines, sum of their minor units) of a document."""
        ...

    def some_lines_of(self, entry_id: str, posting: int, limit: int) -> tuple[Line, ...]:
        """The first of ``lines_of``, so many at most; the others are not read."""
        ...

    def has_lines(self, entry_id: str, posting: int, since: datetime | None, until: datetime | None) -> bool:
        """Whether ``lines_of`` has one of this time; None for no end. until: the first instant after it."""
        ...

    def some_documents_in(self, entry_id: str, limit: int) -> tuple[tuple[str, ...], int]:
        """The first of ``documents_in`` by id, so many at most, and how many there are."""
        ...

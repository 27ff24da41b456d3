"""One walk over the lines of a work, made twice: outside any unit to sum them, and in one to say what became of each.

What is new, changed or gone is told by the store in key order, a page at a time. Memory: the sums, and the heads of the
documents; never the lines.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from bridge.books.engine.chains import Standing
from bridge.books.engine.place import Place
from bridge.books.engine.sums import Sums, Way
from bridge.books.engine.work import Work
from bridge.model.connections import Route
from bridge.model.documents import Document
from bridge.model.entries import Fate, JournalEntry, Mode, Posting, Reversal, Slot
from bridge.model.lines import Line
from bridge.plugin import SourceCapabilities
from bridge.store.api import KeptDocument, OpenLine, Revised, StandingLine, UnitOfWork

EVERY = ("", "")
"""All lines, whatever their keys."""


class Policy(Protocol):
    """What depends on what a source reports: by which way a line goes into which sums."""

    def way(self, document_id: str, document: Document, line: Line) -> Way | None:
        """Of a line as it is now; None where it goes into no slot of this work."""
        ...

    def way_in(self, slot: Slot, revision: int, line: Line) -> Way:
        """Of a line that stands in a slot, of this revision of its document."""
        ...


class Part:
    """One slot in progress.

    fresh: what is booked now. undone: what is taken back: of an order an entry of its own, else part of the same.
    """

    def __init__(self, standing: Standing, place: Place, route: Route, channel: SourceCapabilities) -> None:
        self.standing, self.place = standing, place
        self.fresh = Sums(place, route, channel)
        self.undone = Sums(place, route, channel) if standing.slot.mode is Mode.ORDER else self.fresh
        self.taken_from: JournalEntry | None = None

    @property
    def sums(self) -> tuple[Sums, ...]:
        """Both, or the one that is both, in the order in which they are entered."""
        return tuple(dict.fromkeys((self.undone, self.fresh)))


class Walk:
    """corrected: documents of which something is taken back."""

    def __init__(self, uow: UnitOfWork, work: Work, parts: Mapping[Slot, Part], policy: Policy) -> None:
        self._work, self._parts, self._policy = work, parts, policy
        self._documents: dict[tuple[str, int], Document] = {}
        self._order_ids: dict[str, str] = {}
        self._learn(work.documents.values())
        self._slot_of: dict[str, Slot] = {}
        self._postings: dict[str, Mapping[int, Posting]] = {}
        for slot, part in parts.items():
            for entry in part.standing.live:
                self._slot_of[entry.entry_id] = slot
                self._postings[entry.entry_id] = {posting.number: posting for posting in entry.postings}
        self._entries = {entry.entry_id: entry for part in parts.values() for entry in part.standing.stays}
        self.going = tuple(entry.entry_id for part in parts.values() for entry in part.standing.giving_way)
        every = (entry for part in parts.values() for entry in part.standing.giving_way)
        self._shared = tuple(entry.entry_id for entry in every if entry.document_id not in work.documents)
        self._gone = (*uow.entries.gone(parts.keys()), *self.going)
        self._revised = self._stirred(uow)
        self.corrected: set[str] = set()

    def sum(self, uow: UnitOfWork) -> None:
        """Add up what is new, and take off what is not any more."""
        for taken in self._standing_lines(uow):
            self._learn_of(uow, {one.document_id for one in taken} - self._order_ids.keys())
            for one in taken:
                self._take(one)
        for page in self._open_lines(uow):
            for each, document, way in self._placed(uow, page):
                way.sums.add(way, document, each.document_id, each.line)

    def bind(self, uow: UnitOfWork, within: tuple[str, str] = EVERY) -> None:
        """Give every line its fate. within: only lines of these keys; see ``Revised``.

        What an entry had taken back that gave way comes first: it is taken back by another, or by none where what it
        was booked in went too.
        """
        revised = msgspec.structs.replace(self._revised, within=within)
        for page in self._retaken(uow, within):
            if page:
                uow.entries.forget_taken(page)
                uow.entries.take_back([self._reversal(each) for each in page if each.entry_id in self._entries])
        for taken in uow.entries.undone_lines(revised):
            uow.entries.take_back([self._reversal(each) for each in taken])
        for fresh in uow.entries.open_lines(revised):
            uow.entries.bind(self._fates(uow, fresh))
        for moved in self._rejoined(uow):
            uow.entries.bind(self._fates(uow, moved))
        done = tuple(key for key in self._revised.keys if key[0] in self._work.done)
        uow.entries.settle_fates(msgspec.structs.replace(revised, keys=done))

    @property
    def is_alone(self) -> bool:
        """Whether no line of other documents is bound with it: what is booked of those, no later run would miss."""
        return not self._shared

    # What is there.

    def _stirred(self, uow: UnitOfWork) -> Revised:
        """What is compared. An order of which anything changed is taken back as a whole."""
        keys = tuple((name, kept.document.revision) for name, kept in sorted(self._work.documents.items()))
        revised = Revised(keys, not uow.entries.have_fates([name for name, _ in keys]), self.going)
        if not any(slot.mode is Mode.ORDER and part.standing.stays for slot, part in self._parts.items()):
            return revised
        changed = {each.entry_id for page in uow.entries.undone_lines(revised) for each in page}
        stirred = {self._slot_of[entry_id] for entry_id in changed}
        whole = (entry.entry_id for slot in stirred for entry in self._parts[slot].standing.stays)
        return Revised(keys, revised.is_new, self.going, tuple(sorted(whole)))

    def _standing_lines(self, uow: UnitOfWork) -> Iterator[Sequence[StandingLine]]:
        yield from uow.entries.undone_lines(self._revised)
        for page in self._retaken(uow, EVERY):
            yield [each for each in page if each.entry_id in self._entries]

    def _retaken(self, uow: UnitOfWork, within: tuple[str, str]) -> Iterator[Sequence[StandingLine]]:
        """What an entry had taken back of the slots of this work that gave way since, or is about to."""
        for page in uow.entries.retaken(self._gone, within):
            yield [each for each in page if each.entry_id in self._slot_of]

    def _open_lines(self, uow: UnitOfWork) -> Iterator[Sequence[OpenLine | StandingLine]]:
        yield from uow.entries.open_lines(self._revised)
        yield from self._rejoined(uow)

    def _rejoined(self, uow: UnitOfWork) -> Iterator[Sequence[StandingLine]]:
        """Lines of other documents in entries that give way; they stay in the slot they were in."""
        if self._shared:
            for page in uow.entries.lines_in(self._shared):
                yield [each for each in page if each.document_id not in self._work.documents]

    def _placed(
        self, uow: UnitOfWork, page: Sequence[OpenLine | StandingLine]
    ) -> Iterator[tuple[OpenLine | StandingLine, Document, Way]]:
        """Those of the lines that go into a slot of this work, with their document and the way they take."""
        known, way_of, way_in = self._documents, self._policy.way, self._policy.way_in
        self._learn_of(uow, {each.document_id for each in page if (each.document_id, each.revision) not in known})
        for each in page:
            document = known[each.document_id, each.revision]
            if isinstance(each, OpenLine):
                way = way_of(each.document_id, document, each.line)
            else:
                way = way_in(self._slot_of[each.entry_id], each.revision, each.line)
            if way is not None:
                yield each, document, way

    def _learn(self, kept: Iterable[KeptDocument]) -> None:
        for each in kept:
            document = each.document
            self._documents[document.document_id, document.revision] = document
            self._order_ids[document.document_id] = document.order_id

    def _learn_of(self, uow: UnitOfWork, unknown: Collection[str]) -> None:
        for heads in uow.documents.heads(sorted(unknown)).values() if unknown else ():
            self._learn(reversed(heads))

    def document(self, document_id: str, revision: int = 0) -> Document:
        """One of those whose lines were met, at this revision of it, else at the newest."""
        if document_id in self._work.documents:
            return self._work.documents[document_id].document
        known = {number: document for (name, number), document in self._documents.items() if name == document_id}
        return known[revision or max(known)]

    # What it comes to.

    def _take(self, each: StandingLine) -> None:
        part = self._parts[self._slot_of[each.entry_id]]
        part.taken_from = part.taken_from or self._entries[each.entry_id]
        way = self._policy.way_in(part.standing.slot, each.revision, each.line)
        posting = self._postings[each.entry_id][each.posting]
        part.undone.take(way, each, posting, self._order_ids[each.document_id])
        self.corrected.add(each.document_id)

    def _fates(
        self, uow: UnitOfWork, page: Sequence[OpenLine | StandingLine]
    ) -> list[tuple[OpenLine | StandingLine, Fate]]:
        return [(each, way.sums.fate(way, document, each.line)) for each, document, way in self._placed(uow, page)]

    def _reversal(self, each: StandingLine) -> tuple[str, Reversal]:
        undone = self._parts[self._slot_of[each.entry_id]].undone
        number = undone.number_of(self._postings[each.entry_id][each.posting])
        reversal = Reversal(each.line.key, each.revision, each.entry_id, each.posting, undone.entry_id, number)
        return each.document_id, reversal

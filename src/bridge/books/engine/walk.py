"""One walk over the lines of a work, made twice: outside any unit to sum them, and in one to say what became of each.

What is new, changed or gone is told by the store in key order, a page at a time. Memory: the sums, and the heads of the
documents; never the lines.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from bridge.books.engine.chains import Standing
from bridge.books.engine.place import Place
from bridge.books.engine.sums import Sums, Way
from bridge.books.engine.work import Work
from bridge.model.connections import Route
from bridge.model.documents import Document
from bridge.model.entries import Fate, JournalEntry, Mode, Posting, Reversal, Slot
from bridge.model.lines import Line
from bridge.plugin import SourceCapabilities
from bridge.store.api import KeptDocument, Key, OpenLine, Revised, StandingLine, UnitOfWork

Since = tuple[int, Key | None]
"""Which of the walk's streams, and behind which key of it."""
START: Since = (0, None)


class Policy(Protocol):
    """What depends on what a source reports: where a line goes, and by which way."""

    def place(self, document_id: str, document: Document, line: Line) -> Slot: ...

    def way(self, slot: Slot, document_id: str, revision: int, line: Line) -> Way:
        """How a line, of this revision of its document, goes into a slot, or had gone."""
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
    """corrected: documents of which something is taken back. met: all that have a line to bind. lines: how many."""

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
        self._revised = self._stirred(uow)
        self.corrected: set[str] = set()
        self.met: set[str] = set()
        self.lines = 0

    def sum(self, uow: UnitOfWork) -> None:
        """Add up what is new, and take off what is not any more."""
        for taken in self._standing_lines(uow):
            self._learn_of(uow, {one.document_id for one in taken} - self._order_ids.keys())
            for one in taken:
                self._take(one)
        for page in self._open_lines(uow):
            self.lines += len(page)
            self.met.update(each.document_id for each in page)
            for each, part, way in self._placed(uow, page):
                document = self._documents[each.document_id, each.revision]
                part.fresh.add(way, document, each.document_id, each.line)

    def bind(self, uow: UnitOfWork, since: Since = START, most: int = 0) -> Since | None:
        """Give every line its fate. most: stop behind about so many; returns where to go on, None when all is done."""
        start, after = since
        streams = (self._bind_retaken, self._bind_undone, self._bind_open, self._bind_rejoined)
        done = 0
        for number in range(start, len(streams)):
            for count, last in streams[number](uow, after):
                done += count
                if most and done >= most:
                    return number, last
            after = None
        uow.entries.settle_fates([key for key in self._revised.keys if key[0] in self._work.done])
        return None

    # What is there.

    def _stirred(self, uow: UnitOfWork) -> Revised:
        """What is compared. An order of which anything changed is taken back as a whole."""
        keys = tuple((name, kept.document.revision) for name, kept in sorted(self._work.documents.items()))
        revised = Revised(keys, self.going)
        if not any(slot.mode is Mode.ORDER and part.standing.stays for slot, part in self._parts.items()):
            return revised
        changed = {each.entry_id for page in uow.entries.undone_lines(revised) for each in page}
        stirred = {self._slot_of[entry_id] for entry_id in changed}
        whole = (entry.entry_id for slot in stirred for entry in self._parts[slot].standing.stays)
        return Revised(keys, self.going, tuple(sorted(whole)))

    def _standing_lines(self, uow: UnitOfWork) -> Iterator[Sequence[StandingLine]]:
        yield from uow.entries.undone_lines(self._revised)
        for page in self._retaken(uow, None):
            yield [each for each in page if each.entry_id in self._entries]

    def _retaken(self, uow: UnitOfWork, after: Key | None) -> Iterator[Sequence[StandingLine]]:
        """What an entry had taken back of the slots of this work that gave way since, or is about to."""
        for page in uow.entries.retaken(self._parts.keys(), self.going, after=after):
            yield [each for each in page if each.entry_id in self._slot_of]

    def _open_lines(self, uow: UnitOfWork) -> Iterator[Sequence[OpenLine | StandingLine]]:
        yield from uow.entries.open_lines(self._revised)
        yield from self._rejoined(uow)

    def _rejoined(self, uow: UnitOfWork) -> Iterator[Sequence[StandingLine]]:
        """Lines of other documents in entries that give way; they stay in the slot they were in."""
        if self.going:
            for page in uow.entries.lines_in(self.going):
                yield [each for each in page if each.document_id not in self._work.documents]

    def _placed(
        self, uow: UnitOfWork, page: Sequence[OpenLine | StandingLine]
    ) -> Iterator[tuple[OpenLine | StandingLine, Part, Way]]:
        """Those of the lines that go into a slot of this work, with the way they take."""
        known = self._documents
        self._learn_of(uow, {each.document_id for each in page if (each.document_id, each.revision) not in known})
        for each in page:
            document = self._documents[each.document_id, each.revision]
            slot = (
                self._slot_of[each.entry_id]
                if isinstance(each, StandingLine)
                else self._policy.place(each.document_id, document, each.line)
            )
            if (part := self._parts.get(slot)) is not None:
                yield each, part, self._policy.way(slot, each.document_id, each.revision, each.line)

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
        way = self._policy.way(part.standing.slot, each.document_id, each.revision, each.line)
        posting = self._postings[each.entry_id][each.posting]
        part.undone.take(way, each, posting, self._order_ids[each.document_id])
        self.corrected.add(each.document_id)
        self.met.add(each.document_id)
        self.lines += 1

    def _bind_undone(self, uow: UnitOfWork, after: Key | None) -> Iterator[tuple[int, Key]]:
        for page in uow.entries.undone_lines(self._revised, after=after):
            uow.entries.take_back([self._reversal(each) for each in page])
            yield len(page), (page[-1].document_id, page[-1].line.key)

    def _bind_retaken(self, uow: UnitOfWork, after: Key | None) -> Iterator[tuple[int, Key]]:
        """What an entry had taken back that gave way is taken back by another; or by none, where its own went too."""
        for page in self._retaken(uow, after):
            if page:
                uow.entries.forget_taken(page)
                uow.entries.take_back([self._reversal(each) for each in page if each.entry_id in self._entries])
                yield len(page), (page[-1].document_id, page[-1].revision, page[-1].line.key)

    def _bind_open(self, uow: UnitOfWork, after: Key | None) -> Iterator[tuple[int, Key]]:
        for page in uow.entries.open_lines(self._revised, after=after):
            uow.entries.bind([self._bound(*placed) for placed in self._placed(uow, page)])
            yield len(page), (page[-1].document_id, page[-1].line.key)

    def _bind_rejoined(self, uow: UnitOfWork, after: Key | None) -> Iterator[tuple[int, Key]]:
        for page in self._rejoined(uow):
            uow.entries.bind([self._bound(*placed) for placed in self._placed(uow, page)])
            yield len(page), ()

    def _bound(self, each: OpenLine | StandingLine, part: Part, way: Way) -> tuple[OpenLine | StandingLine, Fate]:
        return each, part.fresh.fate(way, self._documents[each.document_id, each.revision], each.line)

    def _reversal(self, each: StandingLine) -> tuple[str, Reversal]:
        undone = self._parts[self._slot_of[each.entry_id]].undone
        number = undone.number_of(self._postings[each.entry_id][each.posting])
        reversal = Reversal(each.line.key, each.revision, each.entry_id, each.posting, undone.entry_id, number)
        return each.document_id, reversal

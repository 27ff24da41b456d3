"""What was taken back of some orders on a person's word: written once, kept equal to what it is about, and undone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from bridge.ingest.counter import come_to_the_same, counter, number_of, taken_back
from bridge.model.documents import BRIDGE, Document, DocumentKind, DocumentState
from bridge.model.lines import Line
from bridge.model.reasons import Reason
from bridge.store.api import KeptDocument, UnitOfWork

_TAKEN_BACK = frozenset({DocumentKind.ORDER, DocumentKind.REFUND})


class Reversals:
    """The counters of some orders, as they stand in this unit of work. now: when what is written here is saved."""

    def __init__(self, unit: UnitOfWork, connection_id: str, order_ids: Sequence[str], now: datetime) -> None:
        self._unit, self._connection_id, self._now = unit, connection_id, now
        self._counters: dict[str, list[Document]] = {}
        for kept in unit.documents.of_orders(connection_id, order_ids, plugin=BRIDGE):
            self._counters.setdefault(kept.document.order_id, []).append(kept.document)

    def standing(self, of: Document) -> Document | None:
        """The counter that takes this document back now."""
        number, last = self._last(of)
        return last if number % 2 else None

    def lines(self, of: Document) -> list[Line]:
        """What there is to take back: of an order what it came to with its refunds, and no money; all else whole.

        A refund that was itself taken back came to nothing: what takes it back counts with it.
        """
        if of.identity.kind is not DocumentKind.ORDER:
            return self._lines(of)
        told = [kept.document for kept in self._told(of)]
        backs = [standing for document in told if (standing := self._standing_of_refund(document)) is not None]
        return [line for document in (*told, *backs) for line in self._lines(document) if not line.part.is_money]

    def is_exact(self, of: Document, standing: Document) -> bool:
        """Whether the counter still is what there is to take back; also while that cannot be booked as it is."""
        if not all(_is_sound(kept) for kept in self._told(of)):
            return True
        wanted = taken_back(self.lines(of), standing.closed_at)
        return come_to_the_same(wanted, self._lines(standing))

    def total_minor(self, of: Document) -> int:
        """What the lines to take back come to, money aside."""
        return sum(line.amount_minor for line in self.lines(of) if not line.part.is_money)

    def take_back(self, of: Document, at: datetime) -> None:
        """Take back what there is; with a refund also its order anew, where that stands as taken back."""
        self._add(of, self.lines(of), at)
        if of.identity.kind is DocumentKind.REFUND:
            for order in (kept.document for kept in self._told_of_order(of.order_id, DocumentKind.ORDER)):
                if (standing := self.standing(order)) is not None:
                    self.renew(order, standing, at)

    def undo(self, of: Document, standing: Document, at: datetime) -> None:
        """Let a document stand again; never before it was taken back."""
        self._add(of, self._lines(standing), max(at, standing.closed_at))

    def renew(self, of: Document, standing: Document, at: datetime) -> None:
        """Take back what there is now, in the place of what was there."""
        self.undo(of, standing, at)
        self._add(of, self.lines(of), max(at, standing.closed_at))

    def _standing_of_refund(self, document: Document) -> Document | None:
        return self.standing(document) if document.identity.kind is DocumentKind.REFUND else None

    def _told(self, of: Document) -> list[KeptDocument]:
        """The documents that what is taken back consists of."""
        if of.identity.kind is DocumentKind.ORDER:
            return self._told_of_order(of.order_id, *_TAKEN_BACK)
        told = self._told_of_order(of.order_id, of.identity.kind)
        return [kept for kept in told if kept.document.document_id == of.document_id]

    def _told_of_order(self, order_id: str, *kinds: DocumentKind) -> list[KeptDocument]:
        """What the channel told, but for what was gone before it was booked: that came to nothing."""
        every = self._unit.documents.of_orders(self._connection_id, [order_id])
        return [
            kept
            for kept in every
            if kept.document.identity.kind in kinds and not kept.document.is_reversal and kept.reason != Reason.GONE
        ]

    def _last(self, of: Document) -> tuple[int, Document | None]:
        """The last that is about this document, and its number; an odd one stands."""
        numbered = {number_of(of, one.identity.external_id): one for one in self._counters.get(of.order_id, ())}
        number = max(numbered, default=0)
        return number, numbered[number] if number else None

    def _add(self, of: Document, lines: Sequence[Line], at: datetime) -> None:
        back = taken_back(lines, at)
        document = counter(of, self._last(of)[0] + 1, back, at)
        kept = KeptDocument(document, self._connection_id, document.total_minor, DocumentState.NEW, self._now)
        self._unit.documents.add_many([(kept, back)])
        self._counters.setdefault(of.order_id, []).append(document)

    def _lines(self, document: Document) -> list[Line]:
        pages = self._unit.documents.lines(document.document_id, document.revision)
        return [line for page in pages for line in page]


def _is_sound(kept: KeptDocument) -> bool:
    """Whether it can be booked as it is: else an earlier revision of it is in the books, or none."""
    return kept.lines_minor == kept.document.total_minor and not any(problem.blocking for problem in kept.problems)

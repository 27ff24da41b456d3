"""What is booked together: slots, and the documents whose lines go there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from bridge.books.engine.place import PaidOut, Place
from bridge.model.entries import Slot
from bridge.store.api import KeptDocument


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


def together(works: Iterable[Work]) -> Work:
    """Works whose slots have nothing in common, as one."""
    every = tuple(works)
    return Work(
        tuple(slot for work in every for slot in work.slots),
        {slot: place for work in every for slot, place in work.places.items()},
        {name: kept for work in every for name, kept in work.documents.items()},
        {name: payout for work in every for name, payout in work.payouts.items()},
        frozenset(name for work in every for name in work.done),
    )

"""Which documents are booked together: all that touch a slot, and slots that a changed document takes lines between.

Of a document its id and how it stood is remembered, and of a slot the numbers of its documents: a year of them is some
megabytes. They are read again when their turn comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

import msgspec

from bridge.books.engine.place import PaidOut, Place
from bridge.books.engine.work import Work
from bridge.model.documents import DocumentState
from bridge.model.entries import Slot
from bridge.store.api import KeptDocument, UnitOfWork

_Stood = tuple[int, DocumentState, str]


class Plan(msgspec.Struct, frozen=True):
    """Slots that are booked together. name: what a person is told while it is done.

    documents: numbers of those whose lines go there. done: of those that no later plan touches.
    """

    name: str
    slots: tuple[Slot, ...]
    documents: tuple[int, ...]
    done: tuple[int, ...]


class Joined:
    """Slots and the documents that touch them; slots that a changed document touches are one plan.

    A changed document takes lines back in one slot and books others in another: both or neither. One without lines
    touches none, and is done with.
    """

    def __init__(self) -> None:
        self._names: list[str] = []
        self._stood: list[_Stood] = []
        self._every_stood: dict[_Stood, _Stood] = {}
        self._places: dict[Slot, Place] = {}
        self._documents: dict[Slot, list[int]] = {}
        self._payouts: dict[int, PaidOut] = {}
        self._leader: dict[Slot, Slot] = {}
        self._empty: list[int] = []

    def add(self, kept: KeptDocument, payout: PaidOut | None, places: Iterable[Place], before: frozenset[Slot]) -> None:
        """A document, at the revision to book. before: slots in which lines of it are booked already."""
        number = self._numbered(kept)
        if payout is not None:
            self._payouts[number] = payout
        touched = set(before)
        for place in places:
            self._places.setdefault(place.slot, place)
            touched.add(place.slot)
        if not touched:
            self._empty.append(number)
        for slot in touched:
            self._documents.setdefault(slot, []).append(number)
        if before:
            first, *others = sorted(touched, key=str)
            for other in others:
                self._leader[self._led_by(other)] = self._led_by(first)

    def again(self, slot: Slot) -> None:
        """Build this slot's unsent entry anew."""
        self._documents.setdefault(slot, [])

    def plans(self, before: date | None = None) -> list[Plan]:
        """What is left to do, in the order of its days. A document is done with the last plan that touches it.

        before: only plans that are dated before this day; the others are left. None for all.
        """
        grouped: dict[Slot, list[Slot]] = {}
        for slot in self._documents:
            grouped.setdefault(self._led_by(slot), []).append(slot)
        by_day = sorted(grouped.values(), key=lambda some: min(self._order(slot) for slot in some))
        ready = [some for some in by_day if before is None or self._last_day(some) < str(before)]
        left = [] if before is None else [some for some in by_day if self._last_day(some) >= str(before)]
        last = [0] * len(self._names)
        for place, some in enumerate((*ready, *left)):
            for slot in some:
                for number in self._documents[slot]:
                    last[number] = place
        plans = [self._plan(place, some, last) for place, some in enumerate(ready)]
        if self._empty:
            plans.append(Plan("", (), tuple(self._empty), tuple(self._empty)))
        self._documents = {slot: self._documents[slot] for some in left for slot in some}
        self._empty = []
        return plans

    def work(self, uow: UnitOfWork, plans: Sequence[Plan]) -> Work:
        """Plans that have no slot in common, as one work, with their documents as they stood when they were added."""
        slots = [slot for plan in plans for slot in plan.slots]
        numbers = dict.fromkeys(number for plan in plans for number in plan.documents)
        return Work(
            tuple(slots),
            {slot: self._places[slot] for slot in slots if slot in self._places},
            self._read(uow, numbers),
            {self._names[number]: self._payouts[number] for number in numbers if number in self._payouts},
            frozenset(self._names[number] for plan in plans for number in plan.done),
        )

    def _numbered(self, kept: KeptDocument) -> int:
        stood = kept.document.revision, kept.state, kept.reason
        self._names.append(kept.document.document_id)
        self._stood.append(self._every_stood.setdefault(stood, stood))
        return len(self._names) - 1

    def _read(self, uow: UnitOfWork, numbers: Iterable[int]) -> Mapping[str, KeptDocument]:
        wanted = {self._names[number]: self._stood[number] for number in numbers}
        heads = uow.documents.heads(list(wanted))
        found: dict[str, KeptDocument] = {}
        for name, (revision, state, reason) in wanted.items():
            kept = next(head for head in heads[name] if head.document.revision == revision)
            found[name] = msgspec.structs.replace(kept, state=state, reason=reason)
        return found

    def _plan(self, place: int, some: Sequence[Slot], last: Sequence[int]) -> Plan:
        slots = tuple(sorted(some, key=self._order))
        documents = tuple(dict.fromkeys(number for slot in some for number in self._documents[slot]))
        named = (self._places[slot].name for slot in slots if slot in self._places)
        done = tuple(number for number in documents if last[number] == place)
        return Plan(next(named, slots[0].group), slots, documents, done)

    def _order(self, slot: Slot) -> tuple[str, str, str]:
        place = self._places.get(slot)
        return (str(place.booked_on) if place else ""), slot.group, slot.part

    def _last_day(self, some: Iterable[Slot]) -> str:
        return max(self._order(slot)[0] for slot in some)

    def _led_by(self, slot: Slot) -> Slot:
        while (leader := self._leader.get(slot, slot)) != slot:
            slot = leader
        return slot

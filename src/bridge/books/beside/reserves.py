"""A reserve that was held before the books began is opened by the settlement that gives it back.

A channel holds money back at the end of one settlement and gives it back in the next, to the cent. What the first
settlement in the books gives back was held before: without its opening the reserve would stand in credit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from bridge.books.engine.bank import Move, move, name_of
from bridge.model.chart import MARKETPLACE_RESERVES, OPENING_CLEARING
from bridge.model.connections import Route
from bridge.model.documents import Document
from bridge.model.entries import RESERVE, RESERVE_OPENING, JournalEntry, Mode, Purpose, Slot
from bridge.model.periods import local_day
from bridge.model.slots import OpeningPart, compose
from bridge.store.api import Reserve, UnitOfWork


def unheld(reserves: Iterable[Reserve]) -> Iterator[Reserve]:
    """The settlements whose reserve none here held back, in order; each currency by itself.

    What a settlement gives back is what the latest earlier one held that holds exactly as much and was not given
    back yet. reserves: in any order.
    """
    held: dict[str, list[Reserve]] = defaultdict(list)
    for reserve in sorted(reserves, key=lambda each: (each.closed_at, each.document_id)):
        earlier = held[reserve.currency]
        match = next((one for one in reversed(earlier) if one.held_minor == reserve.given_back_minor), None)
        if match is not None:
            earlier.remove(match)
        elif reserve.given_back_minor:
            yield reserve
        if reserve.held_minor:
            earlier.append(reserve)


def unheld_in(uow: UnitOfWork, route: Route) -> Iterator[tuple[Reserve, Document]]:
    """The reserves of a route that no settlement here held, each with the one that gives it back."""
    for each in unheld(uow.entries.reserves(route.route_id, MARKETPLACE_RESERVES, RESERVE)):
        kept = uow.documents.revision(each.document_id, each.revision)
        if kept is not None:
            yield each, kept.document


def opening(reserve: Reserve, document: Document, route: Route) -> JournalEntry:
    """The entry that opens a reserve, dated the day it is given back."""
    return move(
        document,
        Move(RESERVE_OPENING, MARKETPLACE_RESERVES, OPENING_CLEARING, reserve.given_back_minor),
        Slot(route.route_id, Mode.PAYOUT, document.identity.external_id, compose(OpeningPart())),
        booked_on=local_day(reserve.given_back_at or document.opened_at, route.time_zone),
        narration=f"Reserve from before {name_of(document)}",
        purpose=Purpose.JOURNAL,
    )

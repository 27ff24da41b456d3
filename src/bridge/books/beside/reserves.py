"""A reserve that was held before the books began is opened by the settlement that gives it back.

A channel holds money back at the end of one settlement and gives it back in the next, to the cent. What the first
settlement in the books gives back was held before: without its opening the reserve would stand in credit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import msgspec

from bridge.books.engine.bank import Move, move, name_of
from bridge.books.tax.questions import money
from bridge.model.chart import MARKETPLACE_RESERVES, OPENING_CLEARING
from bridge.model.connections import Route
from bridge.model.documents import Document
from bridge.model.entries import RESERVE_OPENING, JournalEntry, Mode, Purpose, Slot
from bridge.model.findings import Finding, Severity
from bridge.model.periods import local_day
from bridge.model.slots import OpeningPart, compose
from bridge.store.api import Reserve

RESERVE_UNKNOWN = "books.reserve_unknown"


class Unheld(msgspec.Struct, frozen=True):
    """A reserve that was given back and that no settlement here held. is_first: no earlier one here knows a reserve."""

    reserve: Reserve
    is_first: bool


def unheld(reserves: Iterable[Reserve]) -> Iterator[Unheld]:
    """The settlements whose reserve none here held back, in order; each currency by itself.

    What a settlement gives back is what the latest earlier one held that holds exactly as much and was not given
    back yet. reserves: in any order.
    """
    held: dict[str, list[Reserve]] = defaultdict(list)
    known: set[str] = set()
    for reserve in sorted(reserves, key=lambda each: (each.closed_at, each.document_id)):
        earlier = held[reserve.currency]
        match = next((one for one in reversed(earlier) if one.held_minor == reserve.given_back_minor), None)
        if match is not None:
            earlier.remove(match)
        elif reserve.given_back_minor:
            yield Unheld(reserve, reserve.currency not in known)
        known.add(reserve.currency)
        if reserve.held_minor:
            earlier.append(reserve)


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


def unknown(reserve: Reserve, document: Document, route: Route) -> Finding:
    """What is said of a reserve that an earlier settlement should have held."""
    amount = money(reserve.given_back_minor, document)
    return Finding(
        code=RESERVE_UNKNOWN,
        severity=Severity.WARNING,
        route_id=route.route_id,
        subject=document.document_id,
        title=f"settlement {document.identity.external_id} gives back a reserve of {amount} that none here held",
        amount_minor=reserve.given_back_minor,
        currency=document.currency,
        cause="The settlement before it is not in the books, or it is the first of another marketplace",
        repair=f"Bring the settlement before it, and the opening on {OPENING_CLEARING} is taken back; else accept this",
    )

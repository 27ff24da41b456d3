"""Reads what the channel's documents and figures, and the route, tell of the time before the first day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from bridge.books.beside import opening, reserves
from bridge.books.beside.opening import Item, Opening, Untold, Way
from bridge.books.engine.bank import name_of
from bridge.books.engine.basis import first_day_at
from bridge.books.engine.legs import OPENING
from bridge.books.tax.questions import money
from bridge.model.chart import (
    DEFERRED_PROCEEDS,
    GIFT_CARDS,
    MARKETPLACE_RESERVES,
    OPENING_CLEARING,
    PAYMENT_DISPUTES,
)
from bridge.model.connections import Route
from bridge.model.documents import PAYING, Document, DocumentKind, DocumentState
from bridge.model.entries import FIRST_DAY, JournalEntry
from bridge.model.findings import FindingState, Instruction, InstructionKind
from bridge.model.lines import CARRIED_IN, DISPUTE
from bridge.model.money import NOT_KNOWN
from bridge.model.periods import day_start, local_day
from bridge.model.reasons import Reason
from bridge.model.reports import BALANCES, Balance, BalanceName, Reading
from bridge.plugin import SourceCapabilities
from bridge.store.api import KeptDocument, UnitOfWork

STRADDLES = timedelta(days=62)
"""So long after the first day a settlement or payout may still close that holds something from before it."""
STILL_OPEN = timedelta(days=120)
"""So long before the first day a document may have closed that still tells something of it: a dispute lasts months."""
_NEAR = timedelta(days=1)
_HELD = (BalanceName.AVAILABLE, BalanceName.PENDING, BalanceName.TOTAL)
_ON = {BalanceName.DEFERRED: DEFERRED_PROCEEDS, BalanceName.RESERVED: MARKETPLACE_RESERVES}
_STATE = "state it in `opening_items` of the route"


def items(uow: UnitOfWork, route: Route) -> tuple[Item, ...]:
    """Everything that was there, by account and day."""
    early, across = _early(uow, route), _across(uow, route, *PAYING)
    told = [
        *_on_clearing(uow, early, route),
        *_reserves(uow, route),
        *_disputes(uow, [*early, *across], route),
        *_from_before(uow, across),
        *_unpaid(uow, route),
    ]
    has_reserve = {item.currency for item in told if item.account == MARKETPLACE_RESERVES}
    told += (
        item
        for item in _balances(uow, route)
        if item.account != MARKETPLACE_RESERVES or item.currency not in has_reserve
    )
    return tuple(sorted(told, key=lambda item: (item.currency, item.account, item.on, item.what)))


def accepted(uow: UnitOfWork, route: Route) -> Instruction | None:
    """The word of the person who accepted the opening of this first day; None while nobody did."""
    said = uow.instructions.of_subject(route.opening_subject)
    return next((one for one in reversed(said) if one.kind is InstructionKind.ACCEPT), None)


def standing(uow: UnitOfWork, route: Route) -> tuple[JournalEntry, ...]:
    """The opening journals that stand."""
    return tuple(kept.entry for kept in uow.entries.of_group(route.route_id, FIRST_DAY))


def opening_of(uow: UnitOfWork, route: Route, channel: SourceCapabilities | None = None) -> Opening:
    """The first day as it is known now. channel: what it declares, where it is asked what is not told."""
    return _opening(uow, route, items(uow, route), channel)


def clearing_of(uow: UnitOfWork, route: Route) -> Opening:
    """The same, of the clearing account alone.

    Cost: what is held and stated; documents that are booked are looked at only where that is not what it opens with.
    """
    early = _early(uow, route)
    held = _opening(uow, route, (*_in_transit(uow, early, route), *opening.stated(route)), None)
    return _opening(uow, route, _on_clearing(uow, early, route), None) if held.differs else held


def home_currency(uow: UnitOfWork, route: Route, told: Sequence[Item]) -> str:
    """The ledger's own; while that was never seen, the one that most likely is: that of the first item."""
    facts = uow.facts.latest(route.ledger)
    return facts.home_currency if facts else next((item.currency for item in told), NOT_KNOWN)


def _opening(uow: UnitOfWork, route: Route, told: tuple[Item, ...], channel: SourceCapabilities | None) -> Opening:
    currency = home_currency(uow, route, told)
    found = uow.findings.of_route(route.route_id, FindingState.OPEN)
    by = accepted(uow, route)
    return Opening(
        route=route.name,
        first_day=route.first_day,
        clearing=route.clearing,
        currency=currency,
        stated_minor=route.opening_minor,
        unexplained_minor=opening.unexplained(kept.finding for kept in found),
        brought_minor=opening.brought(standing(uow, route), route, currency),
        items_minor=opening.on_clearing(told, route, currency),
        items=told,
        journal=tuple(opening.entries(told, route, currency)),
        untold=tuple(_untold(uow, route, told, channel)) if channel else (),
        accepted_by=by.by if by else "",
    )


def _early(uow: UnitOfWork, route: Route) -> list[KeptDocument]:
    """Settlements, payouts and adjustments that closed before the first day, in the last months before it."""
    connection_id = uow.connections.get(route.source).connection_id
    held = uow.documents.held_for(connection_id, [Reason.BEFORE_FIRST_DAY], since=first_day_at(route) - STILL_OPEN)
    return [kept for kept in held if kept.document.identity.kind in (*PAYING, DocumentKind.ADJUSTMENT)]


def _on_clearing(uow: UnitOfWork, early: Sequence[KeptDocument], route: Route) -> tuple[Item, ...]:
    """What stood on the clearing account; and, beside it, what a person states of any."""
    return (*_in_transit(uow, early, route), *_debts(uow, early, route), *opening.stated(route))


def _debts(uow: UnitOfWork, early: Sequence[KeptDocument], route: Route) -> Iterator[Item]:
    """What the first settlements take over and none that is here left open, where that is not on 1285."""
    booked = _across(uow, route, DocumentKind.SETTLEMENT)
    for kept in booked:
        document = kept.document
        left = {one.document.total_minor for one in (*early, *booked) if one is not kept}
        for page in uow.documents.lines(document.document_id, document.revision, kind=CARRIED_IN):
            for line in page:
                is_of_now = local_day(line.occurred_at, route.time_zone) >= route.first_day
                if is_of_now and line.amount_minor and line.amount_minor not in left:
                    what = f"Debt that {name_of(document)} takes over"
                    yield _item(what, route.clearing, line.amount_minor, document)


def _in_transit(uow: UnitOfWork, early: Iterable[KeptDocument], route: Route) -> Iterator[Item]:
    """What was on its way to the bank; what a person accepted stays, though the channel says by now that it came."""
    paying = (kept.document for kept in early if kept.document.identity.kind in PAYING)
    known = {posting.description for entry in standing(uow, route) for posting in entry.postings}
    return opening.in_transit(paying, route, known)


def _across(uow: UnitOfWork, route: Route, *kinds: DocumentKind) -> list[KeptDocument]:
    """Booked documents of these kinds that may hold something from before the first day."""
    connection_id = uow.connections.get(route.source).connection_id
    booked = uow.documents.with_state(connection_id, DocumentState.BOOKED, kinds=kinds)
    last = first_day_at(route) + STRADDLES
    return [kept for kept in booked if kept.document.closed_at < last]


def _from_before(uow: UnitOfWork, across: Iterable[KeptDocument]) -> Iterator[Item]:
    """What the rows of booked documents from before the first day come to: they stand on 1285 already."""
    kept = {one.document.document_id: one.document for one in across}
    for document_id, entries in uow.entries.of_documents(sorted(kept)).items():
        document = kept[document_id]
        minor = -sum(
            posting.amount_minor
            for one in entries
            if one.is_live
            for posting in one.entry.postings
            if (posting.account, posting.rule) == (OPENING_CLEARING, OPENING)
        )
        if minor:
            what = f"{name_of(document)}: its rows from before the first day"
            yield _item(what, OPENING_CLEARING, -minor, document, Way.DOCUMENT)


def is_of_first_day(settlement: Document, route: Route) -> bool:
    """Whether what it gives back and none here held was there before the first day.

    A settlement that begins later follows one that is missing: what it gives back is opened with it.
    """
    return local_day(settlement.opened_at, route.time_zone) <= route.first_day


def _reserves(uow: UnitOfWork, route: Route) -> Iterator[Item]:
    for each, document in reserves.unheld_in(uow, route):
        if is_of_first_day(document, route):
            what = f"Reserve that {name_of(document)} gives back"
            yield _item(what, MARKETPLACE_RESERVES, each.given_back_minor, document)


def _disputes(uow: UnitOfWork, documents: Iterable[KeptDocument], route: Route) -> Iterator[Item]:
    """What was taken for disputes before the first day and not settled before it, each by its id."""
    open_minor: dict[tuple[str, str], int] = defaultdict(int)
    told_by: dict[tuple[str, str], Document] = {}
    for kept in documents:
        document = kept.document
        for page in uow.documents.lines(document.document_id, document.revision, kind=DISPUTE):
            for line in page:
                if local_day(line.occurred_at, route.time_zone) < route.first_day:
                    key = dict(line.attributes).get(DISPUTE) or line.order_id or line.key, document.currency
                    open_minor[key] -= line.amount_minor
                    told_by.setdefault(key, document)
    for key, minor in sorted(open_minor.items()):
        if minor > 0:  # what was taken for the others is in no document here
            yield _item(f"Dispute {key[0]}, not settled", PAYMENT_DISPUTES, minor, told_by[key])


def _unpaid(uow: UnitOfWork, route: Route) -> Iterator[Item]:
    """Orders that were placed before and are not paid: nothing is booked until they are."""
    connection_id = uow.connections.get(route.source).connection_id
    for kept in uow.documents.held_for(connection_id, [Reason.UNPAID]):
        document = kept.document
        is_early = local_day(document.opened_at, route.time_zone) < route.first_day
        if is_early and document.identity.kind is DocumentKind.ORDER:
            yield _item(f"{name_of(document)}: not paid", "", document.total_minor, document, Way.NONE)


def _balances(uow: UnitOfWork, route: Route) -> Iterator[Item]:
    """What the channel said that it held when the day began."""
    if (reading := _reading(uow, route)) is not None:
        yield from (_balance(one, reading, route) for one in reading.balances if one.minor)


def _balance(one: Balance, reading: Reading, route: Route) -> Item:
    source = f"balances as of {reading.as_of:%Y-%m-%d %H:%M} UTC"
    account, way = _ON.get(one.name, ""), Way.JOURNAL if one.name in _ON else Way.DOCUMENT
    words = "Held by the channel" if one.name in _HELD else "Kept back by the channel"
    what = f"{words}: {one.name}" + (", comes with the payouts" if one.name in _HELD else "")
    return Item(what, account or OPENING_CLEARING, one.minor, one.currency, route.first_day, source, way)


def _reading(uow: UnitOfWork, route: Route) -> Reading | None:
    """The reading of balances nearest to the beginning of the first day, within a day of it."""
    start = day_start(route.first_day, route.time_zone)
    connection_id = uow.connections.get(route.source).connection_id
    near = [one for one in uow.readings.of_report(connection_id, BALANCES) if abs(one.as_of - start) <= _NEAR]
    return min(near, key=lambda one: abs(one.as_of - start), default=None)


def _untold(uow: UnitOfWork, route: Route, told: Iterable[Item], channel: SourceCapabilities) -> Iterator[Untold]:
    """What a person is asked about."""
    accounts = {item.account for item in told}
    if not channel.tells_balances:
        yield Untold("what the channel held", f"{route.source} tells no balances: if it held more, {_STATE}")
    elif _reading(uow, route) is None:
        why = f"its balances were not read within a day of {route.first_day}: if it held more, {_STATE}"
        yield Untold("what the channel held", why)
    early = (kept.document for kept in _early(uow, route) if kept.document.identity.kind is DocumentKind.PAYOUT)
    for document in opening.perhaps_in_transit(early, route):
        amount = money(document.total_minor, document)
        why = f"it is paid, and nobody tells when: if it reached the bank on {route.first_day} or later, {_STATE}"
        yield Untold(f"{name_of(document)} of {document.closed_at:%Y-%m-%d}, {amount}", why)
    for gateway in dict.fromkeys(one.account for one in channel.tenders if one.account != route.clearing):
        if gateway not in accounts:
            why = f"{route.source} does not tell payouts of the gateways of {gateway}: if one was on its way, {_STATE}"
            yield Untold(f"money in transit on {gateway}", why)
    for what, account in (("reserves", MARKETPLACE_RESERVES), ("what was deferred", DEFERRED_PROCEEDS)):
        if account not in accounts:
            yield Untold(what, f"none is known: if there was any, {_STATE}, on {account}")
    if PAYMENT_DISPUTES not in accounts:
        why = f"none is known from the payouts that are here: if one was open, {_STATE}, on {PAYMENT_DISPUTES}"
        yield Untold("open disputes", why)
    if channel.tenders and GIFT_CARDS not in accounts:
        yield Untold("gift cards outstanding", f"no channel tells them: if there were any, {_STATE}, on {GIFT_CARDS}")


def _item(what: str, account: str, minor: int, document: Document, way: Way = Way.JOURNAL) -> Item:
    on = document.closed_at.date()
    return Item(what, account, minor, document.currency, on, name_of(document), way)

"""Orders, refunds, fees and payouts into the books: which are ready, which slots they touch, one unit of work each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from bridge.books.beside import exchange
from bridge.books.engine.basis import Basis, first_day_at
from bridge.books.engine.chains import is_unclassified
from bridge.books.engine.draft import Draft, draft
from bridge.books.engine.of_orders import OfOrders
from bridge.books.engine.place import (
    NO_NAMES,
    PaidOut,
    Place,
    gateway_of,
    is_payable,
    payout_of,
    place_of_line,
)
from bridge.books.engine.sums import GIFT_CARD, Sums
from bridge.books.engine.unit import write
from bridge.books.engine.work import Work, together
from bridge.books.naming import order_names
from bridge.books.outcome import DocumentOutcome, Result
from bridge.books.rules.defaults import IGNORED
from bridge.books.waiting.standing import vouchers, with_entries
from bridge.errors import StaleError
from bridge.model.chart import GIFT_CARDS, SUSPENSE
from bridge.model.connections import Route, TaxRegime
from bridge.model.deliveries import DeliveryState
from bridge.model.documents import Document, DocumentKind, DocumentState, is_of_words
from bridge.model.entries import JournalEntry, Mode, Slot
from bridge.model.lines import SETTLES, TENDER, Line
from bridge.model.money import decimal_text
from bridge.model.periods import closing_day, local_day
from bridge.model.reasons import ORDERS_LOOKED_AT_AGAIN, ORDERS_THAT_WAIT, TAX_QUESTIONS, Reason, unbalanced
from bridge.model.tenders import tender_account
from bridge.plugin import SourceCapabilities
from bridge.store.api import KeptDocument, Store, UnitOfWork

KINDS = frozenset(
    {DocumentKind.ORDER, DocumentKind.REFUND, DocumentKind.FEE, DocumentKind.ADJUSTMENT, DocumentKind.PAYOUT}
)
_PAID_FOR = frozenset({DocumentKind.ORDER, DocumentKind.REFUND, DocumentKind.FEE})
_AT_A_TIME = 500
_SLOTS = 100


def are_gathered(channel: SourceCapabilities) -> bool:
    """Whether a channel reports orders and how they were paid, so that its documents are gathered into slots."""
    return bool(channel.tenders)


class Survey(msgspec.Struct):
    """What is to be done. works: a unit of work each. held: documents that wait, by reason.

    references: of every payment and payout row in it, where the channel pays out what it captured.
    """

    works: list[Work]
    held: list[tuple[KeptDocument, str, str]]
    references: frozenset[str]


def run(
    store: Store, route: Route, basis: Basis, actor: str, told: Callable[[str, int, int], None]
) -> Iterator[DocumentOutcome]:
    """Book what is new or changed of a route whose channel reports orders.

    Twice:  a second run finds nothing. Killed: each unit of work is whole; the next run goes on.
    """
    with store.reading() as uow:
        survey = _survey(uow, route, basis)
    yield from _hold(store, survey.held, actor)
    done, lost = 0, set[str]()
    for some in _batches(survey.works):
        yield from _carry_out(store, some, basis, actor, lost)
        done += len(some)
        told(some[-1].name, done, len(survey.works))
    exchange.book(store, survey.references, basis, actor)


def _batches(works: Sequence[Work]) -> Iterator[Sequence[Work]]:
    """Works that one unit carries out: about a hundred slots, or as many documents as a statement takes."""
    some: list[Work] = []
    slots = documents = 0
    for work in works:
        if some and (slots + len(work.slots) > _SLOTS or documents + len(work.documents) > _AT_A_TIME):
            yield some
            some, slots, documents = [], 0, 0
        some.append(work)
        slots += len(work.slots)
        documents += len(work.documents)
    if some:
        yield some


def _survey(uow: UnitOfWork, route: Route, basis: Basis) -> Survey:
    connection_id = uow.connections.get(route.source).connection_id
    kept = [*uow.documents.with_state(connection_id, DocumentState.NEW)]
    reasons = uow.documents.reasons(connection_id, DocumentState.HELD)
    kept += uow.documents.held_for(
        connection_id, [*sorted(ORDERS_LOOKED_AT_AGAIN), *filter(is_of_words, sorted(reasons))]
    )
    kept += uow.documents.held_for(connection_id, [Reason.BEFORE_FIRST_DAY], since=first_day_at(route))
    kept = [each for each in kept if each.document.identity.kind in KINDS]
    kept.sort(key=lambda each: each.document.identity.kind is not DocumentKind.ORDER)
    asked: set[str] = set()
    joined = _Joined()
    held: list[tuple[KeptDocument, str, str]] = []
    references: set[str] = set()
    for start in range(0, len(kept), _AT_A_TIME):
        some = kept[start : start + _AT_A_TIME]
        placed = _placed_before(uow, some)
        named = _order_names(uow, connection_id, some, route)
        for each, lines, payout in _with_lines(uow, some, route):
            if refusal := _refusal(each, lines, payout, route, basis.ledger.channel, asked):
                if refusal[0] == Reason.GIFT_CARDS and each.document.identity.kind is DocumentKind.ORDER:
                    asked.add(each.document.order_id)
                if (each.state, each.reason) != (DocumentState.HELD, refusal[0]):
                    held.append((each, *refusal))
                continue
            if basis.ledger.channel.payable:
                references |= {line.reference for line in lines}
            by_instant = {line.occurred_at: line for line in lines}.values()
            channel = basis.ledger.source.title
            places = {place_of_line(each.document, line, route, payout, channel, named) for line in by_instant}
            joined.add(each, payout, places, placed.get(each.document.document_id, frozenset()))
    for slot in _outdated(uow, route, basis):
        joined.again(slot)
    return Survey(joined.works(), held, frozenset(references))


def _order_names(uow: UnitOfWork, connection_id: str, some: Sequence[KeptDocument], route: Route) -> Mapping[str, str]:
    """What the orders are called of which these are refunds or fees, where each has an entry of its own."""
    if route.mode is not Mode.ORDER:
        return NO_NAMES
    others = (each.document for each in some if each.document.identity.kind is not DocumentKind.ORDER)
    return order_names(uow, connection_id, (document.order_id for document in others))


def _with_lines(
    uow: UnitOfWork, some: Sequence[KeptDocument], route: Route
) -> Iterator[tuple[KeptDocument, tuple[Line, ...], PaidOut | None]]:
    """Each document with its lines, and the payout that holds its money where the route books by payout."""
    by_id = {each.document.document_id: each for each in some}
    found = dict(uow.documents.lines_many([_key(each.document) for each in some]))
    payouts: Mapping[str, PaidOut] = {}
    if route.mode is Mode.PAYOUT:
        payouts = payouts_of(uow, route, [line.reference for lines in found.values() for line in lines])
    for document_id, each in by_id.items():
        lines = found.get(document_id, ())
        yield each, lines, payout_of(tuple(line.reference for line in lines), payouts)


def payouts_of(uow: UnitOfWork, route: Route, references: Sequence[str]) -> dict[str, PaidOut]:
    """Which payout holds the money of each reference."""
    connection_id = uow.connections.get(route.source).connection_id
    held_in = uow.documents.with_reference(connection_id, sorted(set(references) - {""}), SETTLES)
    heads = uow.documents.heads(sorted({document_id for document_id, _ in held_in.values()}))
    return {
        reference: PaidOut(head.identity.external_id, head.closed_at, head.pays_at)
        for reference, (document_id, _) in held_in.items()
        if (head := heads[document_id][0].document).identity.kind is DocumentKind.PAYOUT
    }


def _placed_before(uow: UnitOfWork, some: Sequence[KeptDocument]) -> dict[str, frozenset[Slot]]:
    """The slots in which lines of these documents are booked: of earlier revisions, or by a run that came half-way."""
    fates = uow.entries.fates_of([each.document.document_id for each in some])
    entries = {placed.entry_id for lines in fates.values() for placed in lines.values() if placed.entry_id}
    slot_of = {entry_id: kept.entry.slot for entry_id, kept in uow.entries.get_many(sorted(entries)).items()}
    return {
        document_id: frozenset(slot_of[placed.entry_id] for placed in lines.values() if placed.entry_id)
        for document_id, lines in fates.items()
    }


def _refusal(
    kept: KeptDocument,
    lines: Sequence[Line],
    payout: PaidOut | None,
    route: Route,
    channel: SourceCapabilities,
    asked: Collection[str],
) -> tuple[str, str] | None:
    """Why a document is not booked now: a stable code, and the sentence for people.

    asked: the orders about whose gift cards somebody must say something first; what is of them waits with them.
    """
    document = kept.document
    kind = document.identity.kind
    if kept.lines_minor != document.total_minor:
        apart = decimal_text(document.total_minor - kept.lines_minor, document.currency)
        return unbalanced(kind), f"its lines miss its total by {apart} {document.currency}"
    if not _moves_money(lines):
        return None
    if kind in _PAID_FOR and document.paid_at is None:
        return Reason.UNPAID, Reason.UNPAID.words
    day = local_day(document.paid_at, route.time_zone) if document.paid_at else closing_day(document, route.time_zone)
    if day < route.first_day:
        return Reason.BEFORE_FIRST_DAY, f"it is of {day}, before the route's first day {route.first_day}"
    asks = _asks_about_gift_cards(lines, route, channel)
    if asks or (document.order_id and document.order_id in asked):
        return Reason.GIFT_CARDS, (
            f"{'it' if asks else 'its order'} sells or takes a gift card, and nobody has said when cards owe VAT: set "
            f"gift_cards of [routes.{route.name}] to multi_purpose (when redeemed) or single_purpose (when sold), then "
            "`bridge apply`"
        )
    awaits = any(line.kind == TENDER and is_payable(gateway_of(line), channel) for line in lines)
    is_order = kind in {DocumentKind.ORDER, DocumentKind.REFUND}
    if route.mode is Mode.PAYOUT and is_order and awaits and payout is None:
        return Reason.PAYOUT_AWAITED, Reason.PAYOUT_AWAITED.words
    return None


def _moves_money(lines: Sequence[Line]) -> bool:
    """Whether any of these lines is to be entered."""
    return any(line.amount_minor and line.kind != IGNORED for line in lines)


def _asks_about_gift_cards(lines: Sequence[Line], route: Route, channel: SourceCapabilities) -> bool:
    if route.tax_regime is not TaxRegime.VAT_STANDARD or route.gift_cards is not None:
        return False
    return any(
        line.kind == GIFT_CARD
        or (line.kind == TENDER and tender_account(gateway_of(line), route, channel.tenders) == GIFT_CARDS)
        for line in lines
        if line.amount_minor
    )


def _hold(store: Store, held: Sequence[tuple[KeptDocument, str, str]], actor: str) -> Iterator[DocumentOutcome]:
    by_reason: dict[str, list[tuple[KeptDocument, str]]] = {}
    for kept, reason, message in held:
        by_reason.setdefault(reason, []).append((kept, message))
    for reason, found in sorted(by_reason.items()):
        with store.unit(actor) as uow:
            uow.documents.set_states([_key(kept.document) for kept, _ in found], DocumentState.HELD, reason)
        result: dict[str, Result] = dict.fromkeys(ORDERS_THAT_WAIT, Result.WAITS)
        result[Reason.BEFORE_FIRST_DAY] = Result.BEFORE_FIRST_DAY
        for kept, message in found:
            document = kept.document
            yield DocumentOutcome(
                document.document_id,
                document.identity.external_id,
                result.get(reason, Result.HELD),
                reason,
                message,
            )


def _carry_out(store: Store, works: Sequence[Work], basis: Basis, actor: str, lost: set[str]) -> list[DocumentOutcome]:
    """Carry works out in one unit; those of which one was overtaken, each by itself.

    lost: documents of which a work was overtaken; no later one is done with them.
    """
    work = together(works)
    work = msgspec.structs.replace(work, done=work.done - lost)
    try:
        with store.reading() as uow:
            made = draft(uow, work, lambda parts: OfOrders(work, basis, parts), basis)
        write(store, made, basis, actor)
    except StaleError as cause:
        if len(works) > 1:
            return [outcome for each in works for outcome in _carry_out(store, [each], basis, actor, lost)]
        lost.update(work.documents)
        return [_lost(kept, cause) for kept in work.documents.values()]
    return _outcomes(made)


def _lost(kept: KeptDocument, cause: StaleError) -> DocumentOutcome:
    document = kept.document
    return DocumentOutcome(
        document.document_id, document.identity.external_id, Result.LOST_RACE, cause.code, str(cause)
    )


def _outcomes(made: Draft) -> list[DocumentOutcome]:
    sums = [each for part in made.parts.values() for each in part.sums]
    entries: dict[str, set[str]] = {}
    for each in sums:
        for document_id in each.documents:
            entries.setdefault(document_id, set()).add(each.entry_id)
    return [_outcome(kept, made, sums, entries.get(kept.document.document_id, set())) for kept in made.booked]


def _outcome(kept: KeptDocument, made: Draft, sums: Sequence[Sums], of_it: Collection[str]) -> DocumentOutcome:
    document_id = kept.document.document_id
    paid = kept.document.identity.external_id
    excluded = Counter[str]()
    for each in sums:
        excluded.update(each.excluded.get(document_id, {}))
    is_corrected = made.walk is not None and document_id in made.walk.corrected
    return DocumentOutcome(
        document_id,
        kept.document.identity.external_id,
        Result.CORRECTED if is_corrected else Result.BOOKED,
        entry_ids=tuple(
            each.entry_id
            for each in made.entries
            if each.entry_id in of_it or (each.is_bank_leg and each.slot.group == paid)
        ),
        lines_booked=sum(each.counts.get(document_id, 0) for each in sums),
        excluded=tuple(sorted(excluded.items())),
    )


def _outdated(uow: UnitOfWork, route: Route, basis: Basis) -> Iterator[Slot]:
    """Slots whose unsent entry holds lines nobody had classified, which newer rules may, or gateways mapped since.

    Also those that waited for their tax regime: they are summed anew by it. A bank leg has no tax.
    """
    asked = {Reason.UNCLASSIFIED, *TAX_QUESTIONS}
    held = [each for each in vouchers(uow, route, DeliveryState.HELD) if each.reason in asked]
    for delivery, entry in with_entries(uow, held):
        is_older = entry.rule_version < basis.rulings.newest and is_unclassified((entry,))
        is_answered = delivery.reason in TAX_QUESTIONS and not entry.is_bank_leg
        if is_answered or is_older or _has_mapped_gateway(uow, entry, route, basis.ledger.channel):
            yield entry.slot


def _has_mapped_gateway(uow: UnitOfWork, entry: JournalEntry, route: Route, channel: SourceCapabilities) -> bool:
    return any(
        tender_account(gateway_of(line), route, channel.tenders) != SUSPENSE
        for posting in entry.postings
        if posting.kind == TENDER and posting.account == SUSPENSE
        for page in uow.entries.lines_of(entry.entry_id, posting.number)
        for line in page
    )


def _key(document: Document) -> tuple[str, int]:
    return document.document_id, document.revision


class _Joined:
    """Slots and the documents that touch them; slots that a changed document touches are one work.

    A changed document takes lines back in one slot and books others in another: both or neither. One without lines
    touches none, and is done with.
    """

    def __init__(self) -> None:
        self._places: dict[Slot, Place] = {}
        self._documents: dict[Slot, dict[str, KeptDocument]] = {}
        self._payouts: dict[str, PaidOut] = {}
        self._leader: dict[Slot, Slot] = {}
        self._touched: dict[str, set[Slot]] = {}
        self._empty: dict[str, KeptDocument] = {}

    def add(self, kept: KeptDocument, payout: PaidOut | None, places: Iterable[Place], before: frozenset[Slot]) -> None:
        document_id = kept.document.document_id
        if payout is not None:
            self._payouts[document_id] = payout
        touched = set(before)
        places = tuple(places)
        if not places and not before:
            self._empty[document_id] = kept
            return
        for place in places:
            self._places.setdefault(place.slot, place)
            touched.add(place.slot)
        self._touched[document_id] = touched
        for slot in touched:
            self._documents.setdefault(slot, {})[document_id] = kept
        if before:
            first, *others = sorted(touched, key=str)
            for other in others:
                self._leader[self._led_by(other)] = self._led_by(first)

    def again(self, slot: Slot) -> None:
        """Build this slot's unsent entry anew."""
        self._documents.setdefault(slot, {})

    def works(self) -> list[Work]:
        """In the order of their days. A document is done with the last work that touches it."""
        grouped: dict[Slot, list[Slot]] = {}
        for slot in self._documents:
            grouped.setdefault(self._led_by(slot), []).append(slot)
        ordered = sorted(grouped.values(), key=lambda some: min(self._order(slot) for slot in some))
        last = {slot: number for number, some in enumerate(ordered) for slot in some}
        ends = {name: max(last[slot] for slot in touched) for name, touched in self._touched.items()}
        works = [self._work(number, some, ends) for number, some in enumerate(ordered)]
        if self._empty:
            works.append(Work((), {}, self._empty, {}, done=frozenset(self._empty)))
        return works

    def _work(self, number: int, some: Sequence[Slot], ends: Mapping[str, int]) -> Work:
        documents = {name: kept for slot in some for name, kept in self._documents[slot].items()}
        return Work(
            slots=tuple(sorted(some, key=self._order)),
            places={slot: self._places[slot] for slot in some if slot in self._places},
            documents=documents,
            payouts={name: self._payouts[name] for name in documents if name in self._payouts},
            done=frozenset(name for name in documents if ends[name] == number),
        )

    def _order(self, slot: Slot) -> tuple[str, str, str]:
        place = self._places.get(slot)
        return (str(place.booked_on) if place else ""), slot.group, slot.part

    def _led_by(self, slot: Slot) -> Slot:
        while (leader := self._leader.get(slot, slot)) != slot:
            slot = leader
        return slot

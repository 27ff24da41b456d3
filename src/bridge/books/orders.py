"""Orders, refunds, fees and payouts into the books: which are ready, which slots they touch, one unit of work each."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from bridge.books.beside import exchange
from bridge.books.engine.basis import Basis, first_day_at
from bridge.books.engine.chains import is_unclassified
from bridge.books.engine.draft import Draft, draft
from bridge.books.engine.joined import Joined, Plan
from bridge.books.engine.of_orders import OfOrders
from bridge.books.engine.place import (
    NO_NAMES,
    PaidOut,
    gateway_of,
    is_payable,
    payout_of,
    place_of_line,
)
from bridge.books.engine.sums import GIFT_CARD, Sums
from bridge.books.engine.unit import write
from bridge.books.naming import order_names
from bridge.books.outcome import DocumentOutcome, Result
from bridge.books.rules.defaults import IGNORED
from bridge.books.waiting.standing import vouchers, with_entries
from bridge.errors import StaleError
from bridge.model.chart import GIFT_CARDS, SUSPENSE
from bridge.model.connections import Route
from bridge.model.deliveries import DeliveryState
from bridge.model.documents import Document, DocumentKind, DocumentState, is_of_words
from bridge.model.entries import JournalEntry, Mode, Slot
from bridge.model.lines import SETTLES, TENDER, Line
from bridge.model.money import decimal_text
from bridge.model.periods import closing_day, local_day
from bridge.model.reasons import ORDERS_LOOKED_AT_AGAIN, ORDERS_THAT_WAIT, TAX_QUESTIONS, Reason, unbalanced
from bridge.model.recognition import counts_at
from bridge.model.tax_regimes import row_of
from bridge.model.tenders import tender_account
from bridge.plugin import SourceCapabilities
from bridge.store.api import KeptDocument, Store, Unbooked, UnitOfWork

KINDS = frozenset(
    {DocumentKind.ORDER, DocumentKind.REFUND, DocumentKind.FEE, DocumentKind.ADJUSTMENT, DocumentKind.PAYOUT}
)
_PAID_FOR = frozenset({DocumentKind.ORDER, DocumentKind.REFUND, DocumentKind.FEE})
_AT_A_TIME = 500
_SLOTS = 100
_LOOKED_AT = 200
"""So many new documents at least are looked at before any of them is booked, if there are as many."""
_NEAR = timedelta(days=14)
"""A payout comes so much later than what it pays out, at most."""


def are_gathered(channel: SourceCapabilities) -> bool:
    """Whether a channel reports orders and how they were paid, so that its documents are gathered into slots."""
    return bool(channel.tenders)


class Survey(msgspec.Struct, frozen=True):
    """What is to be done. held: what is told of documents that wait from now on, each with its revision.

    payouts: ids of those that hold what any of it moved, where the channel pays out what it captured. asked: see
    ``_refusal``. left: ids of documents that were looked at, and are not done with.
    """

    joined: Joined
    held: list[tuple[DocumentOutcome, int]]
    payouts: set[str]
    asked: set[str]
    left: set[str]


class Stretch(msgspec.Struct, frozen=True):
    """Documents that are looked at together, orders first. until: the day from which on others are not looked at yet.

    None where these are the last. No line is booked on a day before that of its document's beginning, so that what is
    dated before ``until`` is complete.
    """

    names: Sequence[str]
    until: date | None


def run(
    store: Store,
    route: Route,
    basis: Basis,
    actor: str,
    told: Callable[[str, int, int], None],
    is_over: Callable[[], bool],
) -> tuple[list[DocumentOutcome], bool]:
    """Book what is new or changed of a route whose channel reports orders; and whether that is all there is.

    A stretch of days at a time, the earliest first; what of it is dated later waits for its day.
    Twice:   a second run finds nothing. Killed: each unit of work is whole; the next run goes on.
    is_over: asked behind each stretch, once any document is done with; where it is so, the next run goes on.
    """
    survey, lost, done = Survey(Joined(), [], set(), set(), set()), set[str](), 0
    outcomes: list[DocumentOutcome] = []
    is_whole = gets_on = False
    for stretch in _stretches(store, route, survey.left):
        with store.reading() as uow:
            _look(uow, stretch, survey, route, basis)
        found = list(_hold(store, survey.held, actor))
        survey.held.clear()
        plans = survey.joined.plans(stretch.until)
        whole = done + len(plans)
        for some in _batches(plans):
            found += _carry_out(store, survey.joined, some, basis, actor, lost)
            done += len(some)
            told(some[-1].name, done, whole)
        outcomes += found
        finished = {one.document_id for one in found if one.result is not Result.LOST_RACE}
        survey.left.difference_update(finished)
        gets_on = gets_on or bool(finished)
        is_whole = stretch.until is None
        if gets_on and not is_whole and is_over():
            break
    exchange.book(store, survey.payouts, basis, actor)
    return outcomes, is_whole


def _batches(plans: Sequence[Plan]) -> Iterator[Sequence[Plan]]:
    """Plans that one unit carries out: about a hundred slots, or as many documents as a statement takes."""
    some: list[Plan] = []
    slots = documents = 0
    for plan in plans:
        if some and (slots + len(plan.slots) > _SLOTS or documents + len(plan.documents) > _AT_A_TIME):
            yield some
            some, slots, documents = [], 0, 0
        some.append(plan)
        slots += len(plan.slots)
        documents += len(plan.documents)
    if some:
        yield some


def _stretches(store: Store, route: Route, left: Collection[str]) -> Iterator[Stretch]:
    """What is new, in whole days, the earliest first; and with its days, what waits for what may have come since.

    What has waited for longer than ``_NEAR`` comes last, lest each of several runs begin with all of it.
    left: those that were looked at already.
    """
    with store.reading() as uow:
        connection_id = uow.connections.get(route.source).connection_id
        again = sorted(_again(uow, connection_id, route), key=_begins)
        new, until = _new(uow, connection_id, route, left)
    far = place = bisect_left(again, new[0].opened_at - _NEAR, key=_begins) if until is not None else 0
    while until is not None:
        end = bisect_left(again, until, key=lambda one: _day(one, route))
        yield _stretch([*new, *again[place:end]], until)
        place = end
        with store.reading() as uow:
            new, until = _new(uow, connection_id, route, left)
    yield _stretch([*new, *again[place:], *again[:far]], None)


def _stretch(found: Iterable[Unbooked], until: date | None) -> Stretch:
    ordered = sorted(found, key=lambda one: one.kind is not DocumentKind.ORDER)
    return Stretch([one.document_id for one in ordered], until)


def _new(
    uow: UnitOfWork, connection_id: str, route: Route, left: Collection[str]
) -> tuple[list[Unbooked], date | None]:
    """The next days of what is new, and the day on which the rest begins; None where there is no rest."""
    many = _LOOKED_AT
    while True:
        found = uow.documents.new(connection_id, many + len(left))
        ours = [one for one in found if one.kind in KINDS and one.document_id not in left]
        if len(found) < many + len(left):
            return ours, None
        until = _day(found[-1], route)
        if some := [one for one in ours if _day(one, route) < until]:
            return some, until
        many *= 2


def _again(uow: UnitOfWork, connection_id: str, route: Route) -> list[Unbooked]:
    """What was held and may be booked by now, though its content is the same."""
    reasons = uow.documents.reasons(connection_id, DocumentState.HELD)
    again = [*sorted(ORDERS_LOOKED_AT_AGAIN), *filter(is_of_words, sorted(reasons))]
    found = [
        *uow.documents.waiting(connection_id, DocumentState.HELD, again),
        *uow.documents.waiting(connection_id, DocumentState.HELD, [Reason.BEFORE_FIRST_DAY], since=first_day_at(route)),
    ]
    return [one for one in found if one.kind in KINDS]


def _begins(one: Unbooked) -> datetime:
    return one.opened_at


def _day(one: Unbooked, route: Route) -> date:
    return local_day(one.opened_at, route.time_zone)


def _look(uow: UnitOfWork, stretch: Stretch, survey: Survey, route: Route, basis: Basis) -> None:
    connection_id = uow.connections.get(route.source).connection_id
    names = stretch.names
    survey.left.update(names)
    for some in (names[start : start + _AT_A_TIME] for start in range(0, len(names), _AT_A_TIME)):
        _look_at(uow, some, survey, connection_id, route, basis)
    if stretch.until is None:
        for slot in _outdated(uow, route, basis):
            survey.joined.again(slot)


def _look_at(
    uow: UnitOfWork, names: Sequence[str], survey: Survey, connection_id: str, route: Route, basis: Basis
) -> None:
    """Where some documents go, or why they wait."""
    heads = uow.documents.heads(names)
    some = [heads[name][0] for name in names]
    placed = _placed_before(uow, some)
    named = _order_names(uow, connection_id, some, route)
    channel, references = basis.ledger.channel, set[str]()
    for each, lines, payout in _with_lines(uow, some, route):
        document = each.document
        if refusal := _refusal(each, lines, payout, route, channel, survey.asked):
            if refusal[0] == Reason.GIFT_CARDS and document.identity.kind is DocumentKind.ORDER:
                survey.asked.add(document.order_id)
            if (each.state, each.reason) != (DocumentState.HELD, refusal[0]):
                survey.held.append((_held(document, *refusal), document.revision))
            continue
        if document.identity.kind is DocumentKind.PAYOUT:
            survey.payouts.add(document.document_id)
        if channel.payable:
            references |= {line.reference for line in lines if line.reference}
        before = placed.get(document.document_id, _NOWHERE)
        by_instant = {line.occurred_at: line for line in lines if line.key not in before.keys}.values()
        title = basis.ledger.source.title
        places = [place_of_line(document, line, route, payout, title, named) for line in by_instant]
        survey.joined.add(each, payout, places, before.slots)
    held_in = uow.documents.with_reference(connection_id, sorted(references), SETTLES)
    survey.payouts.update(document_id for document_id, _ in held_in.values())


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


class _Before(msgspec.Struct, frozen=True):
    """Where a document's lines are booked. slots: of other revisions. keys: of the lines of this one."""

    slots: frozenset[Slot]
    keys: frozenset[str]


_NOWHERE = _Before(frozenset(), frozenset())


def _placed_before(uow: UnitOfWork, some: Sequence[KeptDocument]) -> dict[str, _Before]:
    """Of each that is booked already: at earlier revisions, or half-way, by a run that ended before its last day."""
    revisions = {each.document.document_id: each.document.revision for each in some}
    fates = uow.entries.fates_of(list(revisions))
    names = {placed.entry_id for lines in fates.values() for placed in lines.values() if placed.entry_id}
    entries = uow.entries.get_many(sorted(names))
    gone = {name for name, kept in entries.items() if not kept.is_live}
    found = {}
    for document_id, lines in fates.items():
        keys = {
            key
            for key, placed in lines.items()
            if placed.revision == revisions[document_id] and placed.entry_id not in gone
        }
        booked = {placed.entry_id for key, placed in lines.items() if placed.entry_id and key not in keys}
        found[document_id] = _Before(frozenset(entries[name].entry.slot for name in booked), frozenset(keys))
    return found


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
    at = counts_at(document, route)
    if kind in _PAID_FOR and at is None:
        return Reason.UNPAID, Reason.UNPAID.words
    day = local_day(at, route.time_zone) if at else closing_day(document, route.time_zone)
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
    if not row_of(route.tax_regime).has_vouchers or route.gift_cards is not None:
        return False
    return any(
        line.kind == GIFT_CARD
        or (line.kind == TENDER and tender_account(gateway_of(line), route, channel.tenders) == GIFT_CARDS)
        for line in lines
        if line.amount_minor
    )


def _held(document: Document, reason: str, message: str) -> DocumentOutcome:
    result: dict[str, Result] = dict.fromkeys(ORDERS_THAT_WAIT, Result.WAITS)
    result[Reason.BEFORE_FIRST_DAY] = Result.BEFORE_FIRST_DAY
    became = result.get(reason, Result.HELD)
    return DocumentOutcome(document.document_id, document.identity.external_id, became, reason, message)


def _hold(store: Store, held: Sequence[tuple[DocumentOutcome, int]], actor: str) -> Iterator[DocumentOutcome]:
    by_reason: dict[str, list[tuple[DocumentOutcome, int]]] = {}
    for outcome, revision in held:
        by_reason.setdefault(outcome.reason, []).append((outcome, revision))
    for reason, found in sorted(by_reason.items()):
        keys = [(outcome.document_id, revision) for outcome, revision in found]
        with store.unit(actor) as uow:
            uow.documents.set_states(keys, DocumentState.HELD, reason)
        yield from (outcome for outcome, _ in found)


def _carry_out(
    store: Store, joined: Joined, plans: Sequence[Plan], basis: Basis, actor: str, lost: set[str]
) -> list[DocumentOutcome]:
    """Carry plans out in one unit; those of which one was overtaken, each by itself.

    lost: documents of which a plan was overtaken; no later one is done with them.
    """
    with store.reading() as uow:
        work = joined.work(uow, plans)
    work = msgspec.structs.replace(work, done=work.done - lost)
    try:
        with store.reading() as uow:
            made = draft(uow, work, lambda parts: OfOrders(work, basis, parts), basis)
        write(store, made, basis, actor)
    except StaleError as cause:
        if len(plans) > 1:
            return [one for each in plans for one in _carry_out(store, joined, [each], basis, actor, lost)]
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

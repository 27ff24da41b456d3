"""What waits, for whom or for when: documents that are not booked, and vouchers that are not delivered."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import msgspec

from bridge.desk.wording import BY_ITSELF
from bridge.model.connections import Route, Side
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import DocumentState, Problem, is_of_words
from bridge.model.findings import Instruction, InstructionKind
from bridge.model.reasons import Reason
from bridge.model.tax_setup import TaxQuestion, tax_question
from bridge.model.waiting import GIVEN_UP, Channel, Choice, Feed, Lookout, Order, Thing, calendar
from bridge.store.api import KeptDocument, UnitOfWork

FAILED_SHOWN = 5
DECIDABLE = (DeliveryState.HELD, DeliveryState.PARKED)
UNCLEAR = (DeliveryState.SENDING, DeliveryState.IN_DOUBT)
NEVER_PAID = frozenset({"cancelled", "canceled", "failed", "voided", "expired"})
"""What channels say of an order that most likely nobody will pay; it is booked all the same if somebody does."""


class Held(msgspec.Struct, frozen=True):
    """Everything that waits.

    questions: what must be answered first, by the connection whose documents wait for it. documents: that are not
    booked; unless asked for, not those from before the first day of their route (is_part: such were left out), nor
    orders that were cancelled or failed and never paid (given_up: how many).
    vouchers: for a fact or a person. unclear: sent, without a clear answer. withdrawn: by a person, and not accepted
    as such. failed: transfers of the payouts that failed last. unknown_lines: what the reader said of lines that nobody
    has classified. decided: what a person said last about a voucher, by its id.
    """

    questions: dict[str, TaxQuestion]
    documents: tuple[KeptDocument, ...]
    is_part: bool
    given_up: int
    vouchers: tuple[Delivery, ...]
    unclear: tuple[Delivery, ...]
    withdrawn: tuple[Delivery, ...]
    failed: tuple[Delivery, ...]
    unknown_lines: tuple[Problem, ...]
    decided: dict[str, str]


class Known(msgspec.Struct, frozen=True):
    """Routes by their ids and by the ids of their channels, and what must be answered first, by channel."""

    routes: Mapping[str, Route]
    of_channel: Mapping[str, Route]
    questions: Mapping[str, TaxQuestion]


def known(unit: UnitOfWork, channels: Collection[str] | None = None) -> Known:
    """As it is now. channels: of which questions are asked for; None for all. Each ledger's facts are read once."""
    routes, ids = unit.routes.all(), {one.name: one.connection_id for one in unit.connections.all()}
    of_channel = {ids[route.source]: route for route in routes}
    asked = {one: route for one, route in of_channel.items() if channels is None or one in channels}
    facts = {ledger: unit.facts.latest(ledger) for ledger in sorted({route.ledger for route in asked.values()})}
    told = ((one, tax_question(route, facts[route.ledger])) for one, route in asked.items())
    by_id = {route.route_id: route for route in routes}
    return Known(by_id, of_channel, {one: question for one, question in told if question})


def lookout(given: Known, others: Iterable[str], now: datetime, *, is_all: bool, has_findings: bool) -> Lookout:
    """Where what waits is looked for. others: channels that no route reads. is_all: see ``what_waits``."""
    zones = {name: place for place, name in enumerate(sorted({one.time_zone for one in given.routes.values()}))}
    channels = [
        Channel(name, route.route_id, name in given.questions, zones[route.time_zone])
        for name, route in given.of_channel.items()
    ]
    return Lookout(
        channels=(*channels, *map(Channel, others)),
        feeds=tuple(Feed(name, one.ledger, zones[one.time_zone]) for name, one in given.routes.items()),
        calendars=tuple(calendar(name, now.date()) for name in zones or ["UTC"]),
        left_out="" if is_all else Reason.BEFORE_FIRST_DAY,
        patient=frozenset(BY_ITSELF),
        given_up=frozenset() if is_all else NEVER_PAID,
        failed=FAILED_SHOWN,
        has_findings=has_findings,
    )


def what_waits(unit: UnitOfWork, now: datetime, *, is_all: bool) -> Held:
    """Everything that waits, as it stands; asks no ledger. Memory: all of it.

    is_all: also what is from before the first day of its route, and orders that were given up unpaid.
    """
    given = known(unit)
    sources = [one.connection_id for one in unit.connections.all() if one.side is Side.SOURCE]
    others = [one for one in sources if one not in given.of_channel]
    where = lookout(given, others, now, is_all=is_all, has_findings=False)
    found = unit.waits.some(where, Choice(), Order.OLDEST)
    heads = unit.documents.heads([subject for thing, subject in found if thing is Thing.DOCUMENT])
    deliveries = unit.deliveries.get_many([subject for thing, subject in found if thing is Thing.VOUCHER]).values()
    vouchers = _by_date(one for one in deliveries if one.state in DECIDABLE)
    withdrawn = _by_date(one for one in deliveries if one.is_taken_back)
    said = unit.instructions.of_subjects([one.voucher_id for one in (*vouchers, *withdrawn)])
    is_part = not is_all and any(Reason.BEFORE_FIRST_DAY in _held_for(unit, source) for source in sources)
    groups = () if is_all else unit.waits.groups(where)
    return Held(
        questions=dict(given.questions),
        documents=_by_day(kept for kept, *_ in heads.values()),
        is_part=is_part,
        given_up=sum(group.count for group in groups if group.told == GIVEN_UP),
        vouchers=vouchers,
        unclear=_by_date(one for one in deliveries if one.state in UNCLEAR),
        withdrawn=withdrawn,
        failed=_by_date(one for one in deliveries if is_failed(one)),
        unknown_lines=tuple(unknown_lines(unit, vouchers)),
        decided={one.voucher_id: decision(one, said.get(one.voucher_id, ())) for one in (*vouchers, *withdrawn)},
    )


def is_failed(delivery: Delivery) -> bool:
    """Whether it was to move a payout that then failed."""
    return delivery.state is DeliveryState.WITHDRAWN and delivery.reason == Reason.PAYOUT_FAILED


def _held_for(unit: UnitOfWork, source: str) -> frozenset[str]:
    return unit.documents.reasons(source, DocumentState.HELD)


def _by_day(some: Iterable[KeptDocument]) -> tuple[KeptDocument, ...]:
    return tuple(sorted(some, key=lambda kept: (kept.document.closed_at, kept.document.document_id)))


def _by_date(some: Iterable[Delivery]) -> tuple[Delivery, ...]:
    """By their ledger, then their date; what is not planned yet comes first."""

    def place(one: Delivery) -> tuple[str, str, str]:
        return one.ledger, one.voucher.dated_on.isoformat() if one.voucher else "", one.voucher_id

    return tuple(sorted(some, key=place))


def unknown_lines(unit: UnitOfWork, vouchers: Iterable[Delivery]) -> list[Problem]:
    """What the reader said of the lines for which vouchers wait as unclassified; each once."""
    entry_ids = [one.entry_id for one in vouchers if one.reason == Reason.UNCLASSIFIED]
    kept_entries = unit.entries.get_many(sorted(set(entry_ids)))
    entries = [kept_entries[entry_id].entry for entry_id in entry_ids]
    revisions = dict.fromkeys((entry.document_id, entry.revision) for entry in entries if entry.document_id)
    heads = unit.documents.heads(list(dict.fromkeys(document_id for document_id, _ in revisions)))
    kept = {(one.document.document_id, one.document.revision): one for several in heads.values() for one in several}
    return [problem for key in revisions for problem in kept[key].problems if is_of_words(problem.code)]


def decision(delivery: Delivery, said: Iterable[Instruction]) -> str:
    """What a person said last about a voucher that still waits; empty when nothing, or when it was carried out."""
    over = {InstructionKind.PILOT_OVER}
    if delivery.state is DeliveryState.HELD:
        over.add(InstructionKind.RETRY)  # by it what was parked came to be held
    last = max((one for one in said if one.kind not in over), key=lambda one: one.given_at, default=None)
    is_spent = delivery.state is DeliveryState.PARKED and delivery.due_at and last and last.given_at < delivery.due_at
    if last is None or is_spent or (delivery.is_taken_back and last.kind is not InstructionKind.BOOK_AGAIN):
        return ""
    return f"{last.kind} by {last.by}, with the next sync"

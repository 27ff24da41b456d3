"""Reads one snapshot of the store: what we told the ledger beside what it says, and what each difference means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import msgspec

from bridge.drift import classify, strangers, unfinished
from bridge.drift.chart import Chart, title
from bridge.drift.clearing import Account, Clearing, Known, Leg, Payout, explain
from bridge.drift.observe import Observed
from bridge.drift.setoff import BANK, BY_HAND
from bridge.drift.strangers import Double, Stranger
from bridge.drift.tieout import Tie, tie_out
from bridge.drift.told import Told, told
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.entries import JournalEntry, Posting
from bridge.model.facts import LedgerAccount
from bridge.model.findings import Finding
from bridge.store.api import ClearingMove, KeptDocument, UnitOfWork

_S = DeliveryState
ON_THE_WAY = (_S.HELD, _S.OWED, _S.SENDING, _S.IN_DOUBT, _S.PARKED)
GONE = ("drift.deleted", "drift.missing", "drift.voided")
# The words of the clearing account for what happened to an object; the first that fits.
FAULTS = {
    "drift.deleted": "ours was deleted in the ledger",
    "drift.missing": "ours is not in the ledger",
    "drift.voided": "ours was voided in the ledger",
    "drift.currency": "its currency was changed in the ledger",
    "drift.amount": "its amounts were changed in the ledger",
    "drift.account": "it was re-coded in the ledger",
}
PARTIAL = "bridge's own; not all vouchers of its entry are delivered yet"


class AtZero(msgspec.Struct, frozen=True):
    """An account that stands at zero once all is in: what the objects that were read do to it together."""

    account: str
    amount_minor: int


class Comparison(msgspec.Struct, frozen=True):
    """What one snapshot says; the finding of an unexplained balance is not among ``findings``."""

    findings: tuple[Finding, ...]
    clearing: Clearing
    ties: tuple[Tie, ...]
    at_zero: tuple[AtZero, ...]


class Scope(msgspec.Struct, frozen=True):
    """What is compared. sharing: other routes on the same clearing account. currency: where an account names none."""

    route: Route
    sharing: tuple[Route, ...]
    chart: Chart
    currency: str
    seen: Observed
    today: date


def compare(unit: UnitOfWork, scope: Scope) -> Comparison:
    """Compare one route with its ledger as it was just read.

    Memory: the route's entries, the moves of its clearing account, and what differs.
    """
    route, chart = scope.route, scope.chart
    ours = told(unit, route)
    all_told = (ours, *(told(unit, other) for other in scope.sharing))
    changes = tuple(_changes(unit, scope, ours))
    lost = frozenset(finding.ref for finding in changes if finding.code in GONE)
    others = tuple(_strangers(unit, scope, ours, lost))
    moves = _moves(unit, scope, chart.clearing)
    legs = tuple(_legs(unit, scope, all_told, frozenset(move.ref for move in moves)))
    clearing = explain(
        Account(
            title=title(chart.clearing),
            currency=chart.clearing.currency or scope.currency,
            opening_minor=route.opening_minor,
            opened_on=route.first_day,
            balance_minor=chart.clearing.balance_minor,
        ),
        legs,
        moves,
        Known(
            route_id=route.route_id,
            faults=_partial(all_told) | _faults(changes),
            others={one.copy.ref: (one.reason, one.may_settle) for one in others},
            payouts={key: payout for each in all_told for key, payout in _payouts(each, legs)},
        ),
        today=scope.today,
    )
    documents = unit.documents.of_connection(unit.connections.get(route.source).connection_id)
    at_zero = {account.ledger_id: _by_entry(_moves(unit, scope, account)) for account in chart.at_zero}
    carried = at_zero[chart.carry.ledger_id] if chart.carry else {}
    standing = frozenset(
        entry_id for entry_id, entry in ours.entries.items() if ours.stands(entry, lambda ref: ref not in lost)
    )
    return Comparison(
        findings=(
            *changes,
            *_stranger_findings(others, clearing, route, _doubles(all_told, legs, moves)),
            *_unfinished(documents, ours),
            *unfinished.late_payouts(clearing, route.route_id),
        ),
        clearing=clearing,
        ties=tie_out(documents, ours, _added(_by_entry(moves), carried), standing),
        at_zero=tuple(AtZero(title(account), sum(at_zero[account.ledger_id].values())) for account in chart.at_zero),
    )


def _changes(unit: UnitOfWork, scope: Scope, ours: Told) -> Iterator[Finding]:
    """Differences of this route's objects. One that was neither seen nor denied says nothing."""
    ledger = scope.route.ledger
    for difference in unit.copies.differences(ledger):
        delivery = ours.vouchers.get(difference.voucher_id)
        baseline = unit.deliveries.baseline(ledger, difference.ref) if delivery else None
        if delivery is None or baseline is None:
            continue
        mine = classify.Ours(baseline, scope.route.route_id, delivery.entry_id)
        if difference.ref in scope.seen.absent:
            yield classify.gone(mine, was_deleted=scope.seen.absent[difference.ref])
        elif theirs := unit.copies.get(ledger, difference.ref):
            yield from classify.changed(mine, theirs, scope.chart)


def _strangers(unit: UnitOfWork, scope: Scope, ours: Told, lost: frozenset[str]) -> Iterator[Stranger]:
    ledger = scope.route.ledger
    on_the_way = {
        delivery.voucher.key for delivery in unit.deliveries.with_state(ledger, *ON_THE_WAY) if delivery.voucher
    }
    refs = {delivery.ref for delivery in ours.vouchers.values() if delivery.ref}
    for copy in unit.copies.strangers(ledger, tuple(scope.chart.watched)):
        twin = unit.copies.twin(ledger, copy)
        one = strangers.judge(
            copy,
            clearing_id=scope.chart.clearing.ledger_id,
            twin=unit.deliveries.baseline(ledger, twin) if twin in refs else None,
            twin_stands=twin not in lost,
            is_elsewhere=bool(twin) and twin not in refs,
            is_in_flight=copy.key in on_the_way,
        )
        if one is not None:
            yield one


def _legs(unit: UnitOfWork, scope: Scope, all_told: Iterable[Told], moved: frozenset[str]) -> Iterator[Leg]:
    """Our postings on the clearing account whose objects were seen, or are known to be gone."""
    ledger = scope.route.ledger

    def is_known(ref: str) -> bool:
        return ref in moved or ref in scope.seen.absent or unit.copies.get(ledger, ref) is not None

    for each in all_told:
        for entry_id, entry in each.entries.items():
            postings = [posting for posting in entry.postings if posting.account == each.route.clearing]
            if postings and each.is_delivered(entry_id) and all(map(is_known, each.refs(entry_id))):
                for posting in postings:
                    yield from _legs_of(unit, each.route, entry, posting)


def _legs_of(unit: UnitOfWork, route: Route, entry: JournalEntry, posting: Posting) -> Iterator[Leg]:
    """One leg a posting; one a line where people post the other half line by line."""
    amounts = [posting.amount_minor]
    if posting.kind in BY_HAND and posting.line_count > 1:
        pages = unit.entries.lines_of(entry.entry_id, posting.number)
        amounts = [-line.amount_minor for page in pages for line in page]
    for amount in amounts:
        yield Leg(
            route_id=route.route_id,
            entry_id=entry.entry_id,
            group=entry.slot.group,
            booked_on=entry.booked_on,
            kind=BANK if entry.is_bank_leg else posting.kind,
            amount_minor=amount,
        )


def _faults(changes: Sequence[Finding]) -> dict[str, str]:
    words: dict[str, str] = {}
    for code, word in FAULTS.items():
        for finding in changes:
            if finding.code == code:
                words.setdefault(finding.entry_id, word)
    return words


def _partial(all_told: Iterable[Told]) -> dict[str, str]:
    """Entries of which some vouchers are in the ledger and others are not."""
    return {
        entry_id: PARTIAL
        for each in all_told
        for entry_id in each.entries
        if each.refs(entry_id) and not each.is_delivered(entry_id)
    }


def _payouts(each: Told, legs: Sequence[Leg]) -> Iterator[tuple[tuple[str, str], Payout]]:
    """The transfers of a route that are not in the ledger, by settlement."""
    there = {leg.entry_id for leg in legs if leg.kind == BANK}
    for entry in each.entries.values():
        if entry.is_bank_leg and entry.entry_id not in there:
            for delivery in each.of_entry.get(entry.entry_id, ()):
                yield (each.route.route_id, entry.slot.group), _payout(delivery, entry)


def _payout(delivery: Delivery, entry: JournalEntry) -> Payout:
    match delivery.state, delivery.reason:
        case _S.WITHDRAWN, unfinished.PAYOUT_FAILED:
            return Payout("came back: the channel pays it again with a later settlement", is_coming=False)
        case _S.WITHDRAWN, _:
            return Payout("its transfer was withdrawn, and no bank line is coded to this account yet", is_coming=False)
        case _S.HELD, unfinished.NOT_PAID:
            return Payout(f"on its way to the bank, due {entry.booked_on}", is_coming=True)
        case _S.DELIVERED, _:
            return Payout("its transfer was posted while this check ran", is_coming=True)
        case _:
            return Payout(f"its transfer is not posted: {unfinished.standing(delivery)}", is_coming=True)


def _doubles(all_told: Iterable[Told], legs: Sequence[Leg], moves: Sequence[ClearingMove]) -> dict[int, Double]:
    """What moves each amount on the clearing account: ours, as booked and as it stands, and transfers still to come."""
    booked: dict[str, int] = defaultdict(int)
    for leg in legs:
        booked[leg.entry_id] += leg.amount_minor
    now = _by_entry(moves)
    doubles: dict[int, Double] = {}
    for each in all_told:
        for entry_id, entry in each.entries.items():
            if entry_id in booked:
                for amount in (booked[entry_id], now.get(entry_id, booked[entry_id])):
                    doubles.setdefault(amount, Double(f"bridge's own '{entry.narration}'", is_posted=True))
            elif entry.is_bank_leg and any(one.state in ON_THE_WAY for one in each.of_entry.get(entry_id, ())):
                amount = sum(one.amount_minor for one in entry.postings if one.account == each.route.clearing)
                what = f"bridge's own '{entry.narration}', which is not posted yet"
                doubles.setdefault(amount, Double(what, is_posted=False))
    return doubles


def _stranger_findings(
    others: Iterable[Stranger], clearing: Clearing, route: Route, doubles: Mapping[int, Double]
) -> Iterator[Finding]:
    settles = {settled.ref for settled in clearing.settled}
    for one in others:
        found = strangers.finding(one, route.route_id, settles=one.copy.ref in settles, doubles=doubles)
        if found is not None:
            yield found


def _unfinished(documents: Iterable[KeptDocument], ours: Told) -> Iterator[Finding]:
    """What reached us and not the books, and what reached the books and not the ledger."""
    route_id = ours.route.route_id
    for kept in documents:
        if found := unfinished.never_booked(kept, route_id):
            yield found
    for delivery in ours.vouchers.values():
        if found := unfinished.not_delivered(delivery, ours.entries.get(delivery.entry_id), route_id):
            yield found


def _moves(unit: UnitOfWork, scope: Scope, account: LedgerAccount) -> tuple[ClearingMove, ...]:
    """What moves an account now; an object that a list still showed though it is gone moves nothing."""
    moves = unit.copies.clearing(scope.route.ledger, account.ledger_id)
    return tuple(move for move in moves if move.ref not in scope.seen.absent)


def _by_entry(moves: Iterable[ClearingMove]) -> dict[str, int]:
    """What each entry's objects do to an account; those of others together under the empty id."""
    sums: dict[str, int] = defaultdict(int)
    for move in moves:
        sums[move.entry_id] += move.amount_minor
    return dict(sums)


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {key: one.get(key, 0) + other.get(key, 0) for key in one.keys() | other.keys()}

"""Reads one snapshot of the store: what we told the ledger beside what it says, and what each difference means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import msgspec

from bridge.drift import classify, strangers, unfinished
from bridge.drift.chart import Chart, Watch, title
from bridge.drift.clearing import Account, Clearing, Known, Leg, explain
from bridge.drift.gathered import AT_A_TIME, gather
from bridge.drift.legs import Channel, dues, legs, payouts
from bridge.drift.moves import Moves
from bridge.drift.observe import Observed
from bridge.drift.setoff import BANK
from bridge.drift.strangers import Double, Stranger, Touched
from bridge.drift.tieout import Ledger, Tie, tie_out
from bridge.drift.told import Told, told
from bridge.drift.waiting import Waiting, waiting
from bridge.model.connections import Route
from bridge.model.deliveries import DeliveryState
from bridge.model.documents import DocumentState
from bridge.model.findings import Finding
from bridge.plugin import SourceCapabilities
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
PARTIAL = "bridge's own; not all vouchers of its entry are in the ledger"


class AtZero(msgspec.Struct, frozen=True):
    """An account that stands at zero once all is in: what the objects that were read do to it together."""

    account: str
    amount_minor: int


class Comparison(msgspec.Struct, frozen=True):
    """What one snapshot says; findings of unexplained balances are not among ``findings``.

    clearings: the route's own first; of an account that holds several currencies one a currency.
    """

    findings: tuple[Finding, ...]
    clearings: tuple[Clearing, ...]
    ties: tuple[Tie, ...]
    at_zero: tuple[AtZero, ...]
    waiting: tuple[Waiting, ...]


class Party(msgspec.Struct, frozen=True):
    """A route, and what the channel that feeds it declares."""

    route: Route
    channel: SourceCapabilities


class Scope(msgspec.Struct, frozen=True):
    """What is compared. sharing: others on the same clearing accounts. currency: where an account names none."""

    party: Party
    sharing: tuple[Party, ...]
    chart: Chart
    currency: str
    seen: Observed
    today: date

    @property
    def route(self) -> Route:
        return self.party.route


class Explained(msgspec.Struct, frozen=True):
    """One clearing account: what we told of it, what moves it now, and how that is explained, by currency."""

    watch: Watch
    legs: tuple[Leg, ...]
    moves: tuple[ClearingMove, ...]
    explained: tuple[Clearing, ...]


def compare(unit: UnitOfWork, scope: Scope) -> Comparison:
    """Compare one route with its ledger as it was just read.

    Memory: the route's entries and document heads, the moves of its clearing accounts, and what differs.
    """
    route = scope.route
    documents = unit.documents.of_connection(unit.connections.get(route.source).connection_id)
    channels = tuple(_channels(unit, scope, documents))
    ours = channels[0].told
    moves = Moves(unit, route.ledger, scope.seen.absent)
    changes = tuple(_changes(unit, scope, ours))
    lost = frozenset(finding.ref for finding in changes if finding.code in GONE)
    others = tuple(_strangers(unit, scope, ours, lost))
    accounts = _explained(unit, scope, channels, moves, changes, others)
    standing = frozenset(
        entry_id for entry_id, entry in ours.entries.items() if ours.stands(entry, lambda ref: ref not in lost)
    )
    clearings = tuple(explained for account in accounts for explained in account.explained)
    return Comparison(
        findings=(
            *changes,
            *_stranger_findings(scope, others, accounts, channels),
            *_unfinished(unit, documents, ours),
            *(late for explained in clearings for late in unfinished.late_payouts(explained, route.route_id)),
        ),
        clearings=clearings,
        ties=tie_out(documents, ours, channels[0].gathered, Ledger(moves.by_entry, standing, _numbers(ours))),
        at_zero=tuple(
            AtZero(title(account), sum(moves.by_entry(account.ledger_id).values())) for account in scope.chart.at_zero
        ),
        waiting=waiting(channels[0].gathered.waiting, ours),
    )


def _channels(unit: UnitOfWork, scope: Scope, documents: Sequence[KeptDocument]) -> Iterator[Channel]:
    """The route, then those that share an account; their documents are read where payouts explain that account."""
    ours = told(unit, scope.route, scope.party.channel)
    yield Channel(ours, gather(unit, ours, documents))
    for party in scope.sharing:
        theirs = told(unit, party.route, party.channel)
        connection_id = unit.connections.get(party.route.source).connection_id
        read = unit.documents.of_connection(connection_id) if party.channel.payable else ()
        yield Channel(theirs, gather(unit, theirs, read))


def _numbers(ours: Told) -> Mapping[str, str]:
    """The ledger's accounts by the numbers of our chart, as entries went to them; the latest counts."""
    found: dict[str, str] = {}
    for entry_id in ours.entries:
        found |= ours.accounts(entry_id)
    return found


def _changes(unit: UnitOfWork, scope: Scope, ours: Told) -> Iterator[Finding]:
    """Differences of this route's objects. One that was neither seen nor denied says nothing."""
    ledger = scope.route.ledger
    for difference in unit.copies.differences(ledger):
        delivery = ours.vouchers.get(difference.voucher_id)
        baseline = unit.deliveries.baseline(ledger, difference.ref) if delivery else None
        if delivery is None or baseline is None:
            continue
        entry = ours.entries.get(delivery.entry_id)
        is_one_of_several = len(ours.of_entry[delivery.entry_id]) > 1
        part_of = entry.narration if entry and is_one_of_several else ""
        mine = classify.Ours(baseline, scope.route.route_id, delivery.entry_id, part_of)
        if difference.ref in scope.seen.absent:
            yield classify.gone(mine, was_deleted=scope.seen.absent[difference.ref])
        elif theirs := unit.copies.get(ledger, difference.ref):
            yield from classify.changed(mine, theirs, scope.chart)


def _strangers(unit: UnitOfWork, scope: Scope, ours: Told, lost: frozenset[str]) -> Iterator[Stranger]:
    ledger, chart = scope.route.ledger, scope.chart
    on_the_way = {
        delivery.voucher.key for delivery in unit.deliveries.with_state(ledger, *ON_THE_WAY) if delivery.voucher
    }
    refs = {delivery.ref for delivery in ours.vouchers.values() if delivery.ref}
    vouchers = [delivery.voucher for delivery in ours.vouchers.values() if delivery.voucher]
    numbers = {voucher.number for voucher in vouchers} - {""}
    alike = {(voucher.dated_on, voucher.total_minor) for voucher in vouchers}
    clearing_ids = [watch.account.ledger_id for watch in chart.clearings]
    for copy in unit.copies.strangers(ledger, tuple(chart.watched | scope.seen.receivable)):
        is_near = any(line.account_id in chart.watched for line in copy.lines)
        is_like_ours = copy.key or copy.number in numbers or (copy.dated_on, copy.total_minor) in alike
        twin = unit.copies.twin(ledger, copy) if is_near or is_like_ours else ""
        one = strangers.judge(
            copy,
            clearing_ids=clearing_ids,
            twin=unit.deliveries.baseline(ledger, twin) if twin in refs else None,
            twin_stands=twin not in lost,
            is_elsewhere=bool(twin) and twin not in refs,
            is_in_flight=copy.key in on_the_way,
        )
        if one is not None:
            yield one


def _explained(
    unit: UnitOfWork,
    scope: Scope,
    channels: Sequence[Channel],
    moves: Moves,
    changes: Sequence[Finding],
    others: Sequence[Stranger],
) -> tuple[Explained, ...]:
    """Every clearing account, explained."""
    currencies = {entry_id: entry.currency for each in channels for entry_id, entry in each.told.entries.items()}
    currencies |= {one.copy.ref: one.copy.currency for one in others}
    faults = _partial(channels) | _faults(changes)
    reasons = {one.copy.ref: (one.reason, one.may_settle) for one in others}
    dues_of = {key: due for each in channels for key, due in dues(each)}
    found = []
    for watch in scope.chart.clearings:
        account_id = watch.account.ledger_id
        told_of, now = tuple(legs(unit, channels, account_id, moves)), tuple(moves.of(account_id))
        there = frozenset(leg.entry_id for leg in told_of if leg.kind == BANK)
        known = Known(
            route_id=scope.route.route_id,
            faults=faults,
            others=reasons,
            payouts={key: payout for each in channels for key, payout in payouts(each, there)},
            dues=dues_of,
        )
        explained = tuple(_by_currency(scope, watch, told_of, now, known, currencies))
        found.append(Explained(watch, told_of, now, explained))
    return tuple(found)


def _by_currency(
    scope: Scope,
    watch: Watch,
    told_of: Sequence[Leg],
    now: Sequence[ClearingMove],
    known: Known,
    currencies: Mapping[str, str],
) -> Iterator[Clearing]:
    """One explanation a currency. The ledger's own balance can be compared only where no other is mixed into it."""
    own = watch.account.currency or scope.currency
    legs_in, moves_in = defaultdict[str, list[Leg]](list), defaultdict[str, list[ClearingMove]](list)
    for leg in told_of:
        legs_in[currencies.get(leg.entry_id, own)].append(leg)
    for move in now:
        moves_in[currencies.get(move.entry_id or move.ref, own)].append(move)
    foreign = sorted((legs_in.keys() | moves_in.keys()) - {own})
    for currency in (own, *foreign):
        is_comparable = currency == own and not foreign
        yield explain(
            Account(
                title=title(watch.account),
                currency=currency,
                opening_minor=scope.route.opening_minor if watch.is_own and currency == own else 0,
                opened_on=scope.route.first_day,
                balance_minor=watch.account.balance_minor if is_comparable else None,
                purpose=watch.purpose,
            ),
            legs_in[currency],
            moves_in[currency],
            known,
            today=scope.today,
        )


def _faults(changes: Sequence[Finding]) -> dict[str, str]:
    words: dict[str, str] = {}
    for code, word in FAULTS.items():
        for finding in changes:
            if finding.code == code:
                words.setdefault(finding.entry_id, word)
    return words


def _partial(channels: Iterable[Channel]) -> dict[str, str]:
    """Entries of which some vouchers are in the ledger and others are not."""
    return {
        entry_id: PARTIAL
        for each in channels
        for entry_id in each.told.entries
        if each.told.refs(entry_id) and not each.told.is_delivered(entry_id)
    }


def _doubles(account: Explained, channels: Iterable[Channel]) -> dict[int, Double]:
    """What moves each amount on an account: ours, as booked and as it stands, and transfers still to come."""
    booked: dict[str, int] = defaultdict(int)
    for leg in account.legs:
        booked[leg.entry_id] += leg.amount_minor
    now: dict[str, int] = defaultdict(int)
    for move in account.moves:
        now[move.entry_id] += move.amount_minor
    doubles: dict[int, Double] = {}
    for each in (channel.told for channel in channels):
        for entry_id, entry in each.entries.items():
            if entry_id in booked:
                for amount in (booked[entry_id], now.get(entry_id, booked[entry_id])):
                    doubles.setdefault(amount, Double(f"bridge's own '{entry.narration}'", is_posted=True))
            elif entry.is_bank_leg and any(one.state in ON_THE_WAY for one in each.of_entry.get(entry_id, ())):
                clearing_id = each.accounts(entry_id).get(each.route.clearing)
                if clearing_id == account.watch.account.ledger_id:
                    amount = sum(one.amount_minor for one in entry.postings if one.account == each.route.clearing)
                    what = f"bridge's own '{entry.narration}', which is not posted yet"
                    doubles.setdefault(amount, Double(what, is_posted=False))
    return doubles


def _stranger_findings(
    scope: Scope, others: Iterable[Stranger], accounts: Sequence[Explained], channels: Sequence[Channel]
) -> Iterator[Finding]:
    """Strangers on whatever account they stand by themselves, answering nothing of ours."""
    open_there = [
        {item.ref: item.amount_minor for explained in account.explained for item in explained.items if item.ref}
        for account in accounts
    ]
    doubles = [_doubles(account, channels) for account in accounts]
    for one in others:
        touched = [
            Touched(account.watch, one.effects[account.watch.account.ledger_id], doubled)
            for account, there, doubled in zip(accounts, open_there, doubles, strict=True)
            if one.copy.ref in there and account.watch.account.ledger_id in one.effects
        ]
        found = strangers.finding(one, scope.route.route_id, scope.chart, touched)
        if found is not None:
            yield found


def _unfinished(unit: UnitOfWork, documents: Sequence[KeptDocument], ours: Told) -> Iterator[Finding]:
    """What reached us and not the books, and what reached the books and not the ledger."""
    route_id = ours.route.route_id
    earlier = _earlier_booked(unit, documents)
    for kept in documents:
        if found := unfinished.not_in_books(kept, earlier.get(kept.document.document_id), route_id):
            yield found
    for delivery in ours.vouchers.values():
        if found := unfinished.not_delivered(delivery, ours.entries.get(delivery.entry_id), route_id):
            yield found


def _earlier_booked(unit: UnitOfWork, documents: Iterable[KeptDocument]) -> Mapping[str, KeptDocument]:
    """Of documents whose newest revision is not in the books, the earlier one that is; by document id.

    Memory: the fates of some hundred documents at a time.
    """
    found: dict[str, KeptDocument] = {}
    open_now = [kept.document for kept in documents if kept.state is not DocumentState.BOOKED]
    newest = {document.document_id: document.revision for document in open_now if document.revision > 1}
    names = sorted(newest)
    for start in range(0, len(names), AT_A_TIME):
        booked = {
            name: max((where.revision for where in placed.values() if where.entry_id), default=0)
            for name, placed in unit.entries.fates_of(names[start : start + AT_A_TIME]).items()
        }
        held = [name for name, revision in booked.items() if 0 < revision < newest[name]]
        for name, heads in unit.documents.heads(held).items():
            found[name] = next(kept for kept in heads if kept.document.revision == booked[name])
    return found

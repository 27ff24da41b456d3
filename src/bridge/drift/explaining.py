"""Reads what each account of the balance sheet was told, and what moves it now, and has both explained by currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import msgspec

from bridge.drift.chart import Chart, Purpose, Rolled, Watch, title
from bridge.drift.clearing import Account, Known, Leg, explain
from bridge.drift.explained import Clearing
from bridge.drift.legs import Channel, dues, legs, payouts
from bridge.drift.moves import Moves
from bridge.drift.openorders import by_order
from bridge.drift.rollforward import Rolling, roll_forward
from bridge.drift.setoff import BANK
from bridge.drift.sharing import Sharing
from bridge.drift.strangers import Stranger
from bridge.model.facts import LedgerAccount
from bridge.model.findings import Finding
from bridge.store.api import ClearingMove, KeptDocument, UnitOfWork

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


class Explained(msgspec.Struct, frozen=True):
    """One clearing account: what we told of it, what moves it now, and how that is explained, by currency."""

    watch: Watch
    legs: tuple[Leg, ...]
    moves: tuple[ClearingMove, ...]
    explained: tuple[Clearing, ...]


class Reading(msgspec.Struct, frozen=True):
    """What the explanations of one check are made from.

    channels: the checked route's first, then of those that share an account with it. documents: of the checked one.
    currency: of an account that names none. doubtful: accounts that were being posted to while they were read, by
    ledger id.
    """

    unit: UnitOfWork
    chart: Chart
    channels: Sequence[Channel]
    documents: Sequence[KeptDocument]
    moves: Moves
    sharing: Sharing
    currency: str
    doubtful: frozenset[str]
    today: date

    @property
    def own(self) -> Channel:
        return self.channels[0]


def explain_clearings(
    reading: Reading, changes: Sequence[Finding], others: Sequence[Stranger]
) -> tuple[Explained, ...]:
    """Every clearing account, explained. changes: what happened to the objects of all these routes."""
    currencies = _currencies(reading)
    faults = faults_of(reading.channels, changes)
    reasons = {one.copy.ref: (one.reason, one.may_settle) for one in others}
    dues_of = {key: due for each in reading.channels for key, due in dues(each)}
    found = []
    for watch in reading.chart.clearings:
        account_id = watch.account.ledger_id
        told_of = tuple(legs(reading.unit, reading.channels, account_id, reading.moves))
        now = tuple(reading.moves.of(account_id))
        there = frozenset(leg.entry_id for leg in told_of if leg.kind == BANK)
        waiting = {key: payout for each in reading.channels for key, payout in payouts(each, there)}
        known = Known(faults=faults, others=reasons, payouts=waiting, dues=dues_of)
        explained = tuple(_by_currency(reading, watch, told_of, now, known, currencies))
        found.append(Explained(watch, told_of, now, explained))
    return tuple(found)


def roll_forwards(reading: Reading, changes: Sequence[Finding]) -> Iterator[Clearing]:
    """Every other account of the balance sheet, rolled forward from the checked route's view."""
    currencies = _currencies(reading)
    faults = faults_of(reading.channels[:1], changes)
    for rolled in reading.chart.rolled:
        account_id = rolled.account.ledger_id
        told_of = tuple(legs(reading.unit, reading.channels[:1], account_id, reading.moves))
        now = tuple(reading.moves.of(account_id))
        yield from _rolled(reading, rolled, told_of, now, faults, currencies)


def faults_of(channels: Iterable[Channel], changes: Iterable[Finding]) -> dict[str, str]:
    """What is wrong with an entry's objects, by its id: some are not there yet, or somebody changed them."""
    words = {
        entry_id: PARTIAL
        for each in channels
        for entry_id in each.told.entries
        if each.told.refs(entry_id) and not each.told.is_delivered(entry_id)
    }
    codes = list(FAULTS)
    for finding in sorted((one for one in changes if one.code in FAULTS), key=lambda one: -codes.index(one.code)):
        words[finding.entry_id] = FAULTS[finding.code]
    return words


def _currencies(reading: Reading) -> dict[str, str]:
    """The currency of each entry of ours, by its id: what somebody made of an object of it does not count."""
    return {entry_id: entry.currency for each in reading.channels for entry_id, entry in each.told.entries.items()}


def _by_currency(
    reading: Reading,
    watch: Watch,
    told_of: Sequence[Leg],
    now: Sequence[ClearingMove],
    known: Known,
    currencies: Mapping[str, str],
) -> Iterator[Clearing]:
    """One explanation a currency. The ledger's own balance can be compared only where no other is mixed into it."""
    sharing, account_id = reading.sharing, watch.account.ledger_id
    for currency, legs_in, moves_in, balance in _apart(reading, watch.account, told_of, now, currencies):
        openings = {
            each.told.route.route_id: (each.told.route.first_day, each.told.route.opening_minor)
            for each in reading.channels
            if each.told.clearing_id == account_id and currency == _own_currency(reading, watch.account)
        }
        account = Account(title(watch.account), currency, openings, balance, watch.purpose)
        explained = explain(account, legs_in, moves_in, known, today=reading.today)
        yield msgspec.structs.replace(
            explained,
            sharing=sharing.names_of(account_id),
            doubt=_doubt(reading, watch.account, balance, currency),
            side=watch.side,
            account_id=account_id,
            is_own=bool(sharing.owners[account_id]),
        )


def _rolled(
    reading: Reading,
    rolled: Rolled,
    told_of: Sequence[Leg],
    now: Sequence[ClearingMove],
    faults: Mapping[str, str],
    currencies: Mapping[str, str],
) -> Iterator[Clearing]:
    own = reading.own.told.route
    for currency, legs_in, moves_in, balance in _apart(reading, rolled.account, told_of, now, currencies):
        rolling = Rolling(
            account=rolled,
            currency=currency,
            route_id=own.route_id,
            names=reading.sharing.names,
            since_on=own.first_day,
            balance_minor=balance,
            legs=legs_in,
            moves=moves_in,
            faults=faults,
            is_touched=rolled.account.ledger_id in reading.own.told.touches,
            orders=by_order(reading.unit, own, reading.documents, currency, legs_in),
        )
        forward = roll_forward(rolling, reading.today)
        doubt = "" if rolled.purpose is Purpose.BUSY else _doubt(reading, rolled.account, balance, currency)
        yield msgspec.structs.replace(forward, doubt=doubt)


def _apart(
    reading: Reading,
    account: LedgerAccount,
    told_of: Sequence[Leg],
    now: Sequence[ClearingMove],
    currencies: Mapping[str, str],
) -> Iterator[tuple[str, list[Leg], list[ClearingMove], int | None]]:
    """Legs and moves of each currency, the account's own first, with the balance where it can be compared."""
    own = _own_currency(reading, account)
    legs_in, moves_in = defaultdict[str, list[Leg]](list), defaultdict[str, list[ClearingMove]](list)
    for leg in told_of:
        legs_in[currencies.get(leg.entry_id, own)].append(leg)
    for move in now:
        moves_in[currencies.get(move.entry_id, move.currency)].append(move)
    foreign = sorted((legs_in.keys() | moves_in.keys()) - {own})
    for currency in (own, *foreign):
        is_comparable = currency == own and not foreign and account.ledger_id not in reading.doubtful
        yield currency, legs_in[currency], moves_in[currency], account.balance_minor if is_comparable else None


def _own_currency(reading: Reading, account: LedgerAccount) -> str:
    return account.currency or reading.currency


def _doubt(reading: Reading, account: LedgerAccount, balance: int | None, currency: str) -> str:
    """Why the ledger's balance is not compared; empty where it is."""
    if balance is not None:
        return ""
    if account.ledger_id in reading.doubtful:
        return "entries came in while it was read: check again"
    if account.balance_minor is None:
        return "the ledger tells no balance"
    return f"the ledger's one balance mixes currencies with {currency}"

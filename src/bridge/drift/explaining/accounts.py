"""Reads what each account of the balance sheet was told, and what moves it now, and has both explained by currency."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

import msgspec

from bridge.drift.comparing import Stranger
from bridge.drift.explaining.clearing import Account, Known, Leg, explain
from bridge.drift.explaining.explained import Clearing, Proof
from bridge.drift.explaining.kinds import BANK
from bridge.drift.explaining.legs import dues, legs, payouts
from bridge.drift.explaining.openings import Openings
from bridge.drift.explaining.openorders import by_order
from bridge.drift.explaining.rollforward import Rolling, calendar_of, roll_forward
from bridge.drift.sides import Channel, Purpose, Rolled, Snapshot, Watch, statements, title
from bridge.model.chart import CURRENCY_EXCHANGE
from bridge.model.facts import LedgerAccount
from bridge.model.findings import Finding
from bridge.model.periods import month_before
from bridge.store.api import ClearingMove

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


class _InCurrency(msgspec.Struct, frozen=True):
    """One account in one currency. balance_minor: the ledger's, where it can be compared; doubt: else why not."""

    currency: str
    legs: tuple[Leg, ...]
    moves: tuple[ClearingMove, ...]
    balance_minor: int | None
    doubt: str


class Accounts:
    """Every account of the balance sheet that the routes of one check touch.

    changes: what happened to the objects of all these routes. doubtful: accounts that were being posted to while they
    were read, by ledger id.
    """

    def __init__(self, now: Snapshot, changes: Sequence[Finding], doubtful: frozenset[str]) -> None:
        self._now, self._changes, self._doubtful = now, changes, doubtful
        self._names = frozenset(each.told.route.route_id for each in now.channels)
        self._statements = statements(now.unit, now.route.ledger)
        self.openings = Openings(now)
        # By entry of ours: what somebody made of an object of it does not count.
        self._currencies = {name: entry.currency for each in now.channels for name, entry in each.told.entries.items()}

    def clearings(self, others: Iterable[Stranger]) -> tuple[Explained, ...]:
        """Every clearing account, explained."""
        now = self._now
        faults = _faults(now.channels, self._changes)
        reasons = {one.copy.ref: (one.reason, one.line) for one in others}
        dues_of = {key: due for each in now.channels for key, due in dues(each)}
        explained = []
        for watch in now.chart.clearings:
            account_id = watch.account.ledger_id
            by_order = watch.purpose is Purpose.MANUAL
            ours = tuple(legs(now, now.channels, account_id, by_order=by_order))
            moves = tuple(now.moves.of(account_id))
            there = frozenset(leg.entry_id for leg in ours if leg.kind == BANK)
            waiting = {key: payout for each in now.channels for key, payout in payouts(each, there)}
            known = Known(faults=faults, others=reasons, payouts=waiting, dues=dues_of)
            explained.append(Explained(watch, ours, moves, tuple(self._explained(watch, ours, moves, known))))
        return tuple(explained)

    def rolled(self) -> Iterator[Clearing]:
        """Every other account of the balance sheet, rolled forward from the checked route's view."""
        now, route = self._now, self._now.route
        faults, calendar = _faults(now.channels[:1], self._changes), calendar_of(now)
        for rolled in now.chart.rolled:
            account_id, is_busy = rolled.account.ledger_id, rolled.purpose is Purpose.BUSY
            ours = tuple(legs(now, now.channels[:1], account_id))
            # What others post to a busy account every day is not told, but for what they set against our documents.
            moves = tuple(
                one
                for one in _together(now.moves.of(account_id), self._names)
                if not is_busy or one.route_id == route.route_id or now.moves.answers(one, route.route_id)
            )
            is_ours = account_id in now.ours.postings or any(move.route_id == route.route_id for move in moves)
            if is_busy and not is_ours:
                continue
            for each in self._apart(rolled.account, ours, moves):
                rolling = Rolling(
                    account=rolled,
                    currency=each.currency,
                    route_id=route.route_id,
                    names=now.sharing.names,
                    opening=self.openings.of(account_id, each.currency, each.balance_minor, each.moves),
                    balance_minor=each.balance_minor,
                    calendar=calendar,
                    legs=each.legs,
                    moves=each.moves,
                    faults=faults,
                    is_touched=is_ours,
                    orders=by_order(now, each.currency, each.legs),
                )
                yield msgspec.structs.replace(
                    roll_forward(rolling),
                    doubt="" if is_busy else each.doubt,
                    is_untold=self._is_untold(rolled, each),
                )

    def _is_untold(self, rolled: Rolled, each: _InCurrency) -> bool:
        """Whether the ledger tells no balance of it by its nature: it is a liability, or holds two currencies."""
        is_of_two = rolled.holding.number == CURRENCY_EXCHANGE and each.balance_minor is None
        is_untold = rolled.account.account_class.is_liability and rolled.account.balance_minor is None
        return is_untold or (is_of_two and rolled.account.ledger_id not in self._doubtful)

    def _explained(
        self, watch: Watch, ours: Sequence[Leg], moves: Sequence[ClearingMove], known: Known
    ) -> Iterator[Clearing]:
        """One explanation a currency."""
        now, account_id = self._now, watch.account.ledger_id
        routes = [each.told.route for each in now.channels if each.told.clearing_id == account_id]
        openings = {route.route_id: (route.first_day, route.opening_minor) for route in routes}
        for each in self._apart(watch.account, ours, moves):
            proof = self._proof(watch, each)
            account = Account(
                title(watch.account),
                each.currency,
                openings if each.currency == self._currency_of(watch.account) else {},
                each.balance_minor,
                watch.purpose,
            )
            dues_here = {key: due for key, due in known.dues.items() if due.currency == each.currency}
            of_currency = msgspec.structs.replace(known, dues=dues_here)
            yield msgspec.structs.replace(
                explain(account, each.legs, each.moves, of_currency, today=now.scope.today),
                sharing=now.sharing.names_of(account_id),
                doubt=each.doubt,
                side=watch.side,
                account_id=account_id,
                is_own=bool(now.sharing.owners[account_id]),
                proof=proof,
                unproven=self._unproven(watch),
            )

    def _proof(self, watch: Watch, each: _InCurrency) -> Proof | None:
        """A wallet beside the statement of the latest day, where the ledger's balance can be compared."""
        statement = self._statements.get(watch.account.ledger_id) if watch.purpose is Purpose.WALLET else None
        if statement is None or each.balance_minor is None or statement.currency != each.currency:
            return None
        since = sum(move.amount_minor for move in each.moves if move.dated_on > statement.on)
        return Proof(statement, each.balance_minor - since)

    def _unproven(self, watch: Watch) -> str:
        """Why a wallet is not proven: there is no statement of the end of the last month, or of a later day."""
        statement, ended_on = self._statements.get(watch.account.ledger_id), month_before(self._now.scope.today)
        if watch.purpose is not Purpose.WALLET or (statement is not None and statement.on >= ended_on):
            return ""
        command = f"`bridge routes balance {self._now.route.name} {watch.number} AMOUNT --on {ended_on}`"
        return f"no statement of it of {ended_on} or later is here; enter what it shows by {command}"

    def _apart(
        self, account: LedgerAccount, ours: Iterable[Leg], moves: Iterable[ClearingMove]
    ) -> Iterator[_InCurrency]:
        """Each currency by itself, the account's own first.

        The ledger's own balance can be compared only where no other currency is mixed into it.
        """
        own = self._currency_of(account)
        legs_in, moves_in = defaultdict[str, list[Leg]](list), defaultdict[str, list[ClearingMove]](list)
        for leg in ours:
            legs_in[self._currencies.get(leg.entry_id, own)].append(leg)
        for move in moves:
            moves_in[self._currencies.get(move.entry_id, move.currency)].append(move)
        foreign = sorted((legs_in.keys() | moves_in.keys()) - {own})
        for currency in (own, *foreign):
            is_alone = currency == own and not foreign and account.ledger_id not in self._doubtful
            balance = account.balance_minor if is_alone else None
            doubt = self._doubt(account, currency) if balance is None else ""
            yield _InCurrency(currency, tuple(legs_in[currency]), tuple(moves_in[currency]), balance, doubt)

    def _currency_of(self, account: LedgerAccount) -> str:
        return account.currency or self._now.scope.currency

    def _doubt(self, account: LedgerAccount, currency: str) -> str:
        """Why the ledger's balance is not compared."""
        if account.ledger_id in self._doubtful:
            return "entries came in while it was read: check again"
        if account.balance_minor is None:
            return "the ledger tells no balance"
        return f"the ledger's one balance mixes currencies with {currency}"


def _faults(channels: Iterable[Channel], changes: Iterable[Finding]) -> dict[str, str]:
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


def _together(moves: Iterable[ClearingMove], route_ids: Collection[str]) -> Iterator[ClearingMove]:
    """These moves; of routes that share no account with the checked one only what comes in and goes out of each."""
    sums: dict[tuple[str, str, bool], ClearingMove] = {}
    for move in moves:
        if not move.route_id or move.route_id in route_ids:
            yield move
            continue
        key = move.route_id, move.currency, move.amount_minor > 0
        before = sums.get(key)
        minor, first_on = (before.amount_minor, before.dated_on) if before else (0, move.dated_on)
        sums[key] = msgspec.structs.replace(
            before or move,
            amount_minor=minor + move.amount_minor,
            dated_on=min(first_on, move.dated_on),
            open_minor=None,
        )
    yield from sums.values()

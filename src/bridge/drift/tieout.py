"""Pure: each settlement, payout and day three ways: what the channel says, what we booked, what the ledger holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum

import msgspec

from bridge.drift import unfinished
from bridge.drift.gathered import Gathered, Row, RowKind, Said, row_of
from bridge.drift.setoff import DIFFERENCE, FEES, TOTAL
from bridge.drift.told import Told
from bridge.model.chart import ACCOUNTS_RECEIVABLE, CARRY_FORWARD
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import DocumentKind
from bridge.model.entries import BOUNCED, EXCHANGE, JournalEntry, Mode, Purpose
from bridge.model.lines import TENDER
from bridge.model.periods import closing_day
from bridge.model.reasons import Reason
from bridge.store.api import KeptDocument

CARRY, POSTED, OPEN_INVOICE, GONE = "carry", "posted", "open invoice", "gone from the ledger"
CAME_BACK, NEVER_COMES = "came back", "failed: nothing arrives"
BOOKED, FAILED = "booked", "failed"
# A tie in one of these states is listed, but is not to be tied.
OUT_OF_SCOPE = (Reason.BEFORE_FIRST_DAY, Reason.HOLD_BACK, FAILED)
# Legs by which a day's buyers paid, still owe or are owed, and what fees of a day leave on clearing.
MONEY_KINDS = (TENDER, "order.open", "refund.owed", FEES)


class TieKind(StrEnum):
    """What is tied."""

    SETTLEMENT = "settlement"
    PAYOUT = "payout"
    DAY = "day"


class Tie(msgspec.Struct, frozen=True):
    """One settlement, payout or day, in minor units of its currency.

    channel_minor: what the channel says: a total of its own, of a day the totals of its orders and refunds.
    booked_minor:  what our live entries bring for it: a settlement to clearing (or its open invoice), a payout by its
                   payments and fees, a day to the accounts of its payments.
    ledger_minor:  what those entries' objects bring there in the ledger now.
    parts, parts_missing: its entries, the bank leg apart, and how many of them are not in the ledger whole.
    withdrawn: of those missing, the entries that a person withdrew.
    state: ``booked`` or why it is not. bank: ``posted``, what the transfer waits for, or empty when there is none.
    sales_minor, refunds_minor, documents: of a day, what its orders and refunds say, and how many they are.
    """

    title: str
    closed_on: date
    currency: str
    channel_minor: int
    booked_minor: int
    ledger_minor: int
    parts: int
    parts_missing: int
    state: str
    bank: str
    kind: TieKind = TieKind.SETTLEMENT
    sales_minor: int = 0
    refunds_minor: int = 0
    documents: int = 0
    withdrawn: tuple[str, ...] = ()

    @property
    def called(self) -> str:
        """``settlement 28500000011``, ``fees of 2026-06-03``, ``sales of payout P1``"""
        if self.kind is not TieKind.DAY:
            return f"{self.kind} {self.title}"
        return self.title if " of " in self.title else f"{self.title} of {self.closed_on}"

    @property
    def is_withdrawn(self) -> bool:
        """Whether all that is missing was withdrawn by a person."""
        return 0 < len(self.withdrawn) == self.parts_missing

    @property
    def is_tied(self) -> bool:
        return self.channel_minor == self.booked_minor == self.ledger_minor and not self.parts_missing

    @property
    def is_in_scope(self) -> bool:
        """Whether it should be booked and in the ledger by now."""
        return self.state not in OUT_OF_SCOPE


class Ledger(msgspec.Struct, frozen=True):
    """What is known of our entries in the ledger.

    moved:    what each entry's objects do now to an account, by its ledger id and the entry id.
    standing: the entries that are in the ledger whole, or have the bank's own line in their place.
    accounts: the ledger id of a number of our chart.
    """

    moved: Callable[[str], Mapping[str, int]]
    standing: frozenset[str]
    accounts: Mapping[str, str]


def tie_out(documents: Iterable[KeptDocument], told: Told, gathered: Gathered, ledger: Ledger) -> tuple[Tie, ...]:
    """Tie every settlement, payout and day to the books and to the ledger.

    What a settlement carries in, takes from a card or credits again is set aside: the rest is its own total.
    """
    parts: dict[str, list[JournalEntry]] = defaultdict(list)
    banks: dict[str, JournalEntry] = {}
    for entry in told.entries.values():
        if entry.is_bank_leg:
            banks[entry.document_id] = entry
        elif entry.purpose is Purpose.SETTLEMENT or _takes_back(entry):
            parts[entry.document_id].append(entry)
    payouts = _Payouts(told, gathered, ledger)
    ties = []
    for kept in documents:
        document_id = kept.document.document_id
        match kept.document.identity.kind:
            case DocumentKind.SETTLEMENT:
                ties.append(_settlement(kept, parts[document_id], banks.get(document_id), told, ledger))
            case DocumentKind.PAYOUT:
                ties.append(payouts.tie(kept, banks.get(document_id)))
    return (*ties, *_days(told, gathered, ledger))


def _settlement(
    kept: KeptDocument, parts: list[JournalEntry], bank: JournalEntry | None, told: Told, ledger: Ledger
) -> Tie:
    document, route = kept.document, told.route
    numbers = (route.clearing, CARRY_FORWARD, ACCOUNTS_RECEIVABLE)
    sums = {part.entry_id: _brought(part, numbers) for part in parts}
    is_invoice = any(posting.account == ACCOUNTS_RECEIVABLE for part in parts for posting in part.postings)
    has_come_back = any(map(_takes_back, parts))
    missing = [part for part in parts if part.entry_id not in ledger.standing]
    unpaid = CAME_BACK if has_come_back else OPEN_INVOICE if is_invoice and not missing else ""
    return Tie(
        title=document.identity.external_id,
        closed_on=closing_day(document, route.time_zone),
        currency=document.currency,
        channel_minor=document.total_minor,
        booked_minor=sum(own for own, _ in sums.values()),
        ledger_minor=sum(
            now - aside
            for entry_id, (_, aside) in sums.items()
            if (now := _now(entry_id, {ledger.accounts.get(number, "") for number in numbers}, ledger)) is not None
        ),
        parts=len(parts),
        parts_missing=len(missing),
        state=kept.reason or str(kept.state),
        bank=_bank(bank, told, ledger.standing) if bank else unpaid,
        withdrawn=_withdrawn(missing, told),
    )


def _takes_back(entry: JournalEntry) -> bool:
    """Whether it settles an open document whose payout came back, or corrects what did."""
    return any(posting.kind == BOUNCED for posting in entry.postings)


def _brought(part: JournalEntry, numbers: tuple[str, ...]) -> tuple[int, int]:
    """What a part brings to these accounts of the settlement's own total, and what else it does there."""
    own = aside = 0
    for posting in part.postings:
        if posting.account in numbers:
            if posting.kind in (TOTAL, DIFFERENCE, CARRY):
                own += posting.amount_minor
            else:
                aside += posting.amount_minor
    return own, aside


def _now(entry_id: str, account_ids: Iterable[str], ledger: Ledger) -> int | None:
    """What an entry's objects do to these accounts together; None when they touch none of them."""
    moves = [ledger.moved(account_id) for account_id in account_ids if account_id]
    shown = [of_account[entry_id] for of_account in moves if entry_id in of_account]
    return sum(shown) if shown else None


class _Payouts:
    """Payouts of buyers' money: their payments and fees, as booked and as they are in the ledger."""

    def __init__(self, told: Told, gathered: Gathered, ledger: Ledger) -> None:
        self._told, self._ledger = told, ledger
        self._parts: dict[str, list[JournalEntry]] = defaultdict(list)
        self._booked: dict[str, int] = defaultdict(int)
        self._there: dict[str, int] = defaultdict(int)
        there = ledger.moved(ledger.accounts.get(told.route.clearing, ""))
        for (entry_id, _), shares in gathered.shares.items():
            for payout, amount in shares.items():
                if not payout:
                    continue
                self._booked[payout] += amount
                self._there[payout] += amount if entry_id in there else 0
        for entry in told.entries.values():
            if entry.purpose is Purpose.JOURNAL and entry.slot.mode is Mode.PAYOUT:
                self._add(entry)

    def _add(self, entry: JournalEntry) -> None:
        payout, clearing = entry.slot.group, self._told.route.clearing
        self._parts[payout].append(entry)
        mine = [one for one in entry.postings if one.account == clearing and one.kind in (FEES, EXCHANGE)]
        own = sum(one.amount_minor for one in mine)
        self._booked[payout] += own
        if entry.entry_id in self._ledger.standing:
            account = self._ledger.accounts.get(clearing, "")
            expected = sum(one.amount_minor for one in entry.postings if one.account == clearing)
            self._there[payout] += own + (_now(entry.entry_id, (account,), self._ledger) or 0) - expected

    def booked_minor(self, payout: str) -> int:
        return self._booked[payout]

    def tie(self, kept: KeptDocument, bank: JournalEntry | None) -> Tie:
        document, parts = kept.document, self._parts[kept.document.identity.external_id]
        name = document.identity.external_id
        state = FAILED if document.status in unfinished.FAILED_STATUS else kept.reason or str(kept.state)
        missing = [part for part in parts if part.entry_id not in self._ledger.standing]
        return Tie(
            title=name,
            closed_on=closing_day(document, self._told.route.time_zone),
            currency=document.currency,
            channel_minor=document.total_minor,
            booked_minor=self._booked[name],
            ledger_minor=self._there[name],
            parts=len(parts),
            parts_missing=len(missing),
            state=state,
            bank=_bank(bank, self._told, self._ledger.standing) if bank else "",
            kind=TieKind.PAYOUT,
            withdrawn=_withdrawn(missing, self._told),
        )


def booked_of_payouts(told: Told, gathered: Gathered) -> Callable[[str], int]:
    """What is booked of a payout, by its id: its payments and its fees."""
    return _Payouts(told, gathered, Ledger(lambda _: {}, frozenset(), {})).booked_minor


def _days(told: Told, gathered: Gathered, ledger: Ledger) -> Iterator[Tie]:
    entries: dict[Row, list[JournalEntry]] = defaultdict(list)
    for entry in told.entries.values():
        if (row := row_of(entry)) is not None:
            entries[row].append(entry)
    for row in sorted(entries.keys() | gathered.said.keys()):
        yield _day(row, gathered.said.get(row, Said()), entries.get(row, []), told, ledger)


def _day(row: Row, said: Said, parts: list[JournalEntry], told: Told, ledger: Ledger) -> Tie:
    missing = [part for part in parts if part.entry_id not in ledger.standing]
    titles = {RowKind.DAY: "sales", RowKind.FEES: "fees", RowKind.PAYOUT_SALES: f"sales of payout {row.name}"}
    closed_on = max(part.booked_on for part in parts) if parts else date.fromisoformat(row.name)
    return Tie(
        title=titles[row.kind],
        closed_on=closed_on,
        currency=row.currency,
        channel_minor=said.sales_minor + said.refunds_minor,
        booked_minor=sum(map(_money, parts)),
        ledger_minor=sum(_in_ledger(part, told, ledger) for part in parts),
        parts=len(parts),
        parts_missing=len(missing),
        state=_state(parts, missing, told),
        bank="",
        kind=TieKind.DAY,
        sales_minor=said.sales_minor,
        refunds_minor=said.refunds_minor,
        documents=said.documents,
        withdrawn=_withdrawn(missing, told),
    )


def _withdrawn(missing: Iterable[JournalEntry], told: Told) -> tuple[str, ...]:
    """Of these entries, those that a person withdrew."""
    return tuple(
        sorted(
            entry.entry_id
            for entry in missing
            if any(delivery.is_taken_back for delivery in told.of_entry.get(entry.entry_id, ()))
        )
    )


def _money(entry: JournalEntry) -> int:
    return sum(posting.amount_minor for posting in entry.postings if posting.kind in MONEY_KINDS)


def _in_ledger(entry: JournalEntry, told: Told, ledger: Ledger) -> int:
    """What it brings now to the accounts of its payments: as booked, and what its objects do there otherwise."""
    ids = told.accounts(entry.entry_id)
    numbers = {posting.account for posting in entry.postings if posting.kind in MONEY_KINDS}
    expected = sum(posting.amount_minor for posting in entry.postings if posting.account in numbers)
    now = _now(entry.entry_id, {ids.get(number, "") for number in numbers}, ledger)
    if now is None:
        stands = entry.entry_id in ledger.standing and not expected
        return _money(entry) if stands else 0
    return _money(entry) + now - expected


def _state(parts: list[JournalEntry], missing: list[JournalEntry], told: Told) -> str:
    if not parts:
        return "not booked"
    waiting = [delivery for part in missing for delivery in told.of_entry.get(part.entry_id, ())]
    is_early = waiting and all(delivery.reason == Reason.HOLD_BACK for delivery in waiting)
    return Reason.HOLD_BACK if is_early else BOOKED


def _bank(bank: JournalEntry, told: Told, standing: frozenset[str]) -> str:
    if bank.entry_id in standing:
        return POSTED
    deliveries = told.of_entry.get(bank.entry_id, ())
    return _waits(deliveries[-1], bank) if deliveries else ""


def _waits(delivery: Delivery, bank: JournalEntry) -> str:
    match delivery.state, delivery.reason:
        case DeliveryState.DELIVERED, _:
            return GONE
        case DeliveryState.HELD, Reason.NOT_PAID:
            return f"due {bank.booked_on}"
        case DeliveryState.WITHDRAWN, Reason.PAYOUT_FAILED:
            return NEVER_COMES
        case DeliveryState.WITHDRAWN, _:
            return str(DeliveryState.WITHDRAWN)
        case _:
            return unfinished.standing(delivery)

"""Pure: each settlement, payout and day three ways: what the channel says, what we booked, what the ledger holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum

import msgspec

from bridge.drift.comparing.deposits import Deposit
from bridge.drift.sides import Channel, Row, RowKind, Said, Snapshot, has_failed, row_of, standing
from bridge.model.chart import ACCOUNTS_RECEIVABLE, CARRY_FORWARD
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import DocumentKind
from bridge.model.entries import (
    BOUNCED,
    CARRY,
    EXCHANGE,
    SETTLEMENT_DIFFERENCE,
    SETTLEMENT_TOTAL,
    JournalEntry,
    Mode,
    Purpose,
)
from bridge.model.lines import TENDER
from bridge.model.periods import arrival_day, closing_day
from bridge.model.reasons import OF_A_PILOT, Reason
from bridge.store.api import KeptDocument

FEES = "clearing"
POSTED, OPEN_INVOICE, GONE = "posted bank entry", "open invoice", "gone from the ledger"
WITHDRAWN = str(DeliveryState.WITHDRAWN)
CAME_BACK, NEVER_COMES = "came back", "failed: nothing arrives"
BOOKED, FAILED = "booked", "failed"
# A tie in one of these states is listed, but is not to be tied.
EARLY = frozenset({Reason.HOLD_BACK, Reason.COVERAGE})
_WAITS: Mapping[str, str] = {
    Reason.HOLD_BACK: "waits for its day to be over",
    Reason.COVERAGE: "waits for its channel to be read further",
    Reason.REVIEW: "waits for a person to release it",
    Reason.NOT_PAID: "waits for the bank",
}
_ENDED = (DeliveryState.DELIVERED, DeliveryState.WITHDRAWN)
OUT_OF_SCOPE = (Reason.BEFORE_FIRST_DAY, *EARLY, FAILED)
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
    state: ``booked`` or why it is not. bank: ``posted bank entry``, what the transfer waits for, or empty when there is
    none. due_on: the day on which its money is due at the bank; None of a day. paid: of an open document, what paid it.
    at_bank: what is due at the bank, and its currency: where all of it was converted it is neither of its own.
    waits: for what its parts wait that are not in the ledger, each once, for people.
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
    due_on: date | None = None
    paid: str = ""
    at_bank: tuple[int, str] = (0, "")
    waits: tuple[str, ...] = ()

    @property
    def pays_out(self) -> bool:
        """Whether it brings something to the bank, and does not come back."""
        return self.kind is not TieKind.DAY and self.channel_minor > 0 and self.bank not in (CAME_BACK, NEVER_COMES)

    @property
    def called(self) -> str:
        """``settlement 28500000011``, ``fees of 2026-06-03``, ``sales of payout P1``"""
        if self.kind is not TieKind.DAY:
            return f"{self.kind} {self.title}"
        return self.title if " of " in self.title else f"{self.title} of {self.closed_on}"

    @property
    def called_waiting(self) -> str:
        """The same, with what it waits for: ``sales of 2026-06-03, of which a part waits for its route's pilot``."""
        if not self.waits:
            return self.called
        part = "" if self.parts_missing == self.parts else " of which a part"
        return f"{self.called},{part or ' which'} {' and '.join(self.waits)}"

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


def tie_out(now: Snapshot, whole: frozenset[str], deposits: Mapping[str, Deposit]) -> tuple[Tie, ...]:
    """Tie every settlement, payout and day of the checked route to the books and to the ledger.

    whole: the entries that are in the ledger whole, or have the bank's own line in their place.
    deposits: its open documents, by the payout's id.
    What a settlement carries in, takes from a card or credits again is set aside: the rest is its own total.
    """
    return tuple(_Ties(now, whole, deposits).all())


def booked_of_payouts(channel: Channel) -> Mapping[str, int]:
    """What is booked of each payout of buyers' money, by its id: its payments and its fees."""
    booked: dict[str, int] = defaultdict(int)
    for shares in channel.gathered.shares.values():
        for payout, amount in shares.items():
            if payout:
                booked[payout] += amount
    for entry in channel.told.entries.values():
        if _adds_to_payout(entry):
            booked[entry.slot.group] += _own_of_payout(entry, channel.told.route.clearing)
    return booked


def _adds_to_payout(entry: JournalEntry) -> bool:
    return entry.purpose is Purpose.JOURNAL and entry.slot.mode is Mode.PAYOUT


def _own_of_payout(entry: JournalEntry, clearing: str) -> int:
    """What an entry adds to its payout's payments: its fees, and what a conversion took."""
    return sum(one.amount_minor for one in entry.postings if one.account == clearing and one.kind in (FEES, EXCHANGE))


class _Ties:
    """Every tie of one route."""

    def __init__(self, now: Snapshot, whole: frozenset[str], deposits: Mapping[str, Deposit]) -> None:
        self._now, self._told, self._gathered = now, now.ours, now.own.gathered
        self._standing, self._deposits = whole, deposits
        self._parts: dict[str, list[JournalEntry]] = defaultdict(list)
        self._banks: dict[str, JournalEntry] = {}
        self._days: dict[Row, list[JournalEntry]] = defaultdict(list)
        for entry in self._told.entries.values():
            if entry.is_bank_leg:
                self._banks[entry.document_id] = entry
            elif entry.purpose is Purpose.SETTLEMENT or _takes_back(entry):
                self._parts[entry.document_id].append(entry)
            if _adds_to_payout(entry):
                self._parts[entry.slot.group].append(entry)
            if (row := row_of(entry)) is not None:
                self._days[row].append(entry)

    def all(self) -> Iterator[Tie]:
        booked, there = booked_of_payouts(self._now.own), self._payouts_in_ledger()
        for kept in self._gathered.paying:
            name = kept.document.identity.external_id
            match kept.document.identity.kind:
                case DocumentKind.SETTLEMENT:
                    yield self._settlement(kept, self._parts[kept.document.document_id], self._parts[name])
                case DocumentKind.PAYOUT:
                    sums = booked.get(name, 0), there.get(name, 0)
                    yield self._of_document(kept, TieKind.PAYOUT, self._parts[name], sums)
        for row in sorted(self._days.keys() | self._gathered.said.keys()):
            yield self._day(row, self._gathered.said.get(row, Said()), self._days.get(row, []))

    def _settlement(self, kept: KeptDocument, own: Sequence[JournalEntry], beside: Sequence[JournalEntry]) -> Tie:
        """own: its entries. beside: those that convert all of it, which move nothing of its own total."""
        parts = (*own, *beside)
        numbers = (self._told.route.clearing, CARRY_FORWARD, ACCOUNTS_RECEIVABLE)
        sums = {part.entry_id: _brought(part, numbers) for part in parts}
        shown = ((self._shown(entry_id, self._ids(entry_id, numbers)), aside) for entry_id, (_, aside) in sums.items())
        there = sum(minor - aside for minor, aside in shown if minor is not None)
        return self._of_document(kept, TieKind.SETTLEMENT, parts, (sum(own for own, _ in sums.values()), there))

    def _of_document(
        self, kept: KeptDocument, kind: TieKind, parts: Sequence[JournalEntry], sums: tuple[int, int]
    ) -> Tie:
        """Of a settlement or a payout. sums: what is booked of it, and what of that is in the ledger."""
        document = kept.document
        at_bank = self._gathered.at_bank(document)
        if kind is TieKind.PAYOUT or (parts and all(part.currency == at_bank.currency for part in parts)):
            document = at_bank
        missing = self._missing(parts)
        is_failed_payout = kind is TieKind.PAYOUT and has_failed(document)
        bank = self._bank(document.document_id, parts if kind is TieKind.SETTLEMENT else ())
        deposit = self._deposits.get(document.identity.external_id) if bank == OPEN_INVOICE else None
        return Tie(
            title=document.identity.external_id,
            closed_on=closing_day(kept.document, self._told.route.time_zone),
            currency=document.currency,
            channel_minor=document.total_minor,
            booked_minor=sums[0],
            ledger_minor=sums[1],
            parts=len(parts),
            parts_missing=len(missing),
            state=FAILED if is_failed_payout else kept.reason or str(kept.state),
            bank=bank,
            kind=kind,
            withdrawn=self._withdrawn(missing),
            due_on=arrival_day(at_bank, self._told.route.time_zone),
            paid=deposit.words if deposit else "",
            at_bank=(at_bank.total_minor, at_bank.currency),
            waits=self._waits_for(missing),
        )

    def _day(self, row: Row, said: Said, parts: Sequence[JournalEntry]) -> Tie:
        missing = self._missing(parts)
        titles = {RowKind.DAY: "sales", RowKind.FEES: "fees", RowKind.PAYOUT_SALES: f"sales of payout {row.name}"}
        return Tie(
            title=titles[row.kind],
            closed_on=max(part.booked_on for part in parts) if parts else date.fromisoformat(row.name),
            currency=row.currency,
            channel_minor=said.sales_minor + said.refunds_minor,
            booked_minor=sum(map(_money, parts)),
            ledger_minor=sum(map(self._money_in_ledger, parts)),
            parts=sum(self._told.count(part.entry_id) for part in parts),
            parts_missing=len(missing),
            state=self._state(parts, missing),
            bank="",
            kind=TieKind.DAY,
            sales_minor=said.sales_minor,
            refunds_minor=said.refunds_minor,
            documents=said.documents,
            withdrawn=self._withdrawn(missing),
            waits=self._waits_for(missing),
        )

    def _payouts_in_ledger(self) -> Mapping[str, int]:
        """What the payments and fees of each payout of buyers' money do to clearing in the ledger now."""
        clearing = self._told.route.clearing
        there: dict[str, int] = defaultdict(int)
        for (entry_id, _), shares in self._gathered.shares.items():
            for payout, amount in shares.items():
                if payout and self._shown(entry_id, self._ids(entry_id, (clearing,))) is not None:
                    there[payout] += amount
        for entry in self._told.entries.values():
            if _adds_to_payout(entry) and entry.entry_id in self._standing:
                expected = sum(one.amount_minor for one in entry.postings if one.account == clearing)
                shown = self._shown(entry.entry_id, self._ids(entry.entry_id, (clearing,))) or 0
                there[entry.slot.group] += _own_of_payout(entry, clearing) + shown - expected
        return there

    def _missing(self, parts: Iterable[JournalEntry]) -> list[JournalEntry]:
        return [part for part in parts if part.entry_id not in self._standing]

    def _withdrawn(self, missing: Iterable[JournalEntry]) -> tuple[str, ...]:
        """Of these entries, those that a person withdrew."""
        ids = (entry.entry_id for entry in missing)
        return tuple(
            sorted(name for name in ids if any(one.is_taken_back for one in self._told.of_entry.get(name, ())))
        )

    def _waits_for(self, missing: Iterable[JournalEntry]) -> tuple[str, ...]:
        waiting = (one for entry in missing for one in self._told.of_entry.get(entry.entry_id, ()))
        return tuple(sorted({_why_it_waits(one) for one in waiting if one.state not in _ENDED}))

    def _ids(self, entry_id: str, numbers: Iterable[str]) -> set[str]:
        """The ledger's accounts of these numbers of our chart that an entry went to."""
        accounts = self._told.accounts(entry_id)
        return {accounts.get(number, "") for number in numbers}

    def _shown(self, entry_id: str, account_ids: Iterable[str]) -> int | None:
        """What an entry's objects do to these accounts together now; None when they touch none of them."""
        moves = [self._now.moves.by_entry(account_id) for account_id in account_ids if account_id]
        shown = [of_account[entry_id] for of_account in moves if entry_id in of_account]
        return sum(shown) if shown else None

    def _money_in_ledger(self, entry: JournalEntry) -> int:
        """What it brings now to the accounts of its payments: as booked, and what its objects do there otherwise."""
        numbers = {posting.account for posting in entry.postings if posting.kind in MONEY_KINDS}
        expected = sum(posting.amount_minor for posting in entry.postings if posting.account in numbers)
        shown = self._shown(entry.entry_id, self._ids(entry.entry_id, numbers))
        if shown is None:
            return _money(entry) if entry.entry_id in self._standing and not expected else 0
        return _money(entry) + shown - expected

    def _state(self, parts: Sequence[JournalEntry], missing: Iterable[JournalEntry]) -> str:
        if not parts:
            return "not booked"
        waiting = [delivery for part in missing for delivery in self._told.of_entry.get(part.entry_id, ())]
        reasons = {delivery.reason for delivery in waiting}
        return max(reasons) if reasons and reasons <= EARLY else BOOKED

    def _bank(self, document_id: str, parts: Sequence[JournalEntry]) -> str:
        """Where the money's way to the bank stands: by its transfer, or as the open invoice it is booked to."""
        bank = self._banks.get(document_id)
        if bank is None:
            is_invoice = any(posting.account == ACCOUNTS_RECEIVABLE for part in parts for posting in part.postings)
            is_open = is_invoice and not self._missing(parts)
            return CAME_BACK if any(map(_takes_back, parts)) else OPEN_INVOICE if is_open else ""
        if bank.entry_id in self._standing:
            return POSTED
        deliveries = self._told.of_entry.get(bank.entry_id, ())
        return _waits(deliveries[-1], bank) if deliveries else ""


def _why_it_waits(delivery: Delivery) -> str:
    if delivery.reason in OF_A_PILOT:
        return "waits for its route's pilot"
    return _WAITS.get(delivery.reason) or standing(delivery)


def _takes_back(entry: JournalEntry) -> bool:
    """Whether it settles an open document whose payout came back, or corrects what did."""
    return any(posting.kind == BOUNCED for posting in entry.postings)


def _brought(part: JournalEntry, numbers: Collection[str]) -> tuple[int, int]:
    """What a part brings to these accounts of the settlement's own total, and what else it does there."""
    own = aside = 0
    for posting in part.postings:
        if posting.account in numbers:
            if posting.kind in (SETTLEMENT_TOTAL, SETTLEMENT_DIFFERENCE, CARRY):
                own += posting.amount_minor
            else:
                aside += posting.amount_minor
    return own, aside


def _money(entry: JournalEntry) -> int:
    return sum(posting.amount_minor for posting in entry.postings if posting.kind in MONEY_KINDS)


def _waits(delivery: Delivery, bank: JournalEntry) -> str:
    match delivery.state, delivery.reason:
        case DeliveryState.DELIVERED, _:
            return GONE
        case DeliveryState.HELD, Reason.NOT_PAID:
            return f"due {bank.booked_on}"
        case DeliveryState.WITHDRAWN, Reason.PAYOUT_FAILED:
            return NEVER_COMES
        case DeliveryState.WITHDRAWN, _:
            return WITHDRAWN
        case _:
            return standing(delivery)

"""Each payout that is booked as one open document: what paid that document, or that nothing did in time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import msgspec

from bridge.drift.comparing.ours import Evidence, name
from bridge.drift.sides import Chart, Snapshot
from bridge.model.connections import TenderClass
from bridge.model.deliveries import DeliveryState
from bridge.model.entries import BOUNCED
from bridge.model.findings import MISSING_AT_BANK, Finding, Severity
from bridge.model.money import decimal_text
from bridge.model.periods import arrival_day, bank_days_after
from bridge.model.tenders import LATE_AFTER
from bridge.model.vouchers import LedgerCopy

LATE_AFTER_BANK_DAYS = LATE_AFTER[TenderClass.MARKETPLACE_PAYOUT] or 0
MATCHED = "matched to the bank"
UNPAID, PART_PAID, PAID_OTHERWISE = "drift.deposit_unpaid", "drift.deposit_part_paid", "drift.deposit_paid_otherwise"


class Deposit(msgspec.Struct, frozen=True):
    """The open document of one payout, as the ledger shows it. called: the payout, for people.

    total_minor, open_minor: of the document: what it is for, and what nobody has paid yet.
    by_bank: what paid it from an account of a bank. others: what else paid it, or is set against it.
    bank_minor: what came from the bank. is_late: nothing more is to be waited for.
    """

    called: str
    document: LedgerCopy
    entry_id: str
    due_on: date
    total_minor: int
    open_minor: int
    by_bank: tuple[LedgerCopy, ...]
    others: tuple[LedgerCopy, ...]
    bank_minor: int
    is_late: bool

    @property
    def is_matched(self) -> bool:
        """Whether one entry of the bank paid all of it."""
        return not self.open_minor and len(self.by_bank) == 1 and self.bank_minor == self.total_minor

    @property
    def is_untouched(self) -> bool:
        return self.open_minor == self.total_minor

    @property
    def words(self) -> str:
        """Where its money stands, for people."""
        if self.is_matched:
            return f"{MATCHED} on {self.by_bank[0].dated_on}"
        if self.is_untouched:
            return f"unpaid, due {self.due_on}" if self.is_late else f"awaits its bank line, due {self.due_on}"
        return "part paid" if self.open_minor else "paid, but not by one line of the bank"


def deposits(now: Snapshot) -> Mapping[str, Deposit]:
    """Every open document of the checked route, by its payout's id at the channel; not of a payout that came back.

    Only those of which the ledger tells what is open.
    """
    ours = now.ours
    due = {entry.document_id for entry in ours.entries.values() if entry.due_on and entry.document_id}
    heads = {name: kept.document for name, (kept, *_) in now.unit.documents.heads(sorted(due)).items()}
    bounced = {
        entry.document_id
        for entry in ours.entries.values()
        if any(posting.kind == BOUNCED for posting in entry.postings)
    }
    found: dict[str, tuple[str, LedgerCopy]] = {}
    for entry_id, entry in ours.entries.items():
        if entry.due_on and entry.document_id in heads and entry.document_id not in bounced:
            for copy in _documents(now, entry_id):
                found[entry.document_id] = entry_id, copy
    payers = _payers(now, {copy.ref for _, copy in found.values()})
    made = {}
    for document_id, (entry_id, copy) in found.items():
        head = heads[document_id]
        called = f"{head.identity.kind} {head.identity.external_id}"
        due_on = arrival_day(now.own.gathered.at_bank(head), ours.route.time_zone)
        made[head.identity.external_id] = _deposit(now, called, entry_id, copy, due_on, payers[copy.ref])
    return made


def _documents(now: Snapshot, entry_id: str) -> Iterator[LedgerCopy]:
    """The open documents of an entry, as they stand."""
    for delivery in now.ours.of_entry.get(entry_id, ()):
        is_open = delivery.voucher is not None and delivery.voucher.due_on is not None
        if is_open and delivery.state is DeliveryState.DELIVERED and delivery.ref not in now.scope.seen.absent:
            copy = now.unit.copies.get(now.route.ledger, delivery.ref)
            if copy and copy.open_minor is not None and not copy.is_voided:
                yield copy


def _payers(now: Snapshot, refs: set[str]) -> Mapping[str, list[LedgerCopy]]:
    payers: dict[str, list[LedgerCopy]] = defaultdict(list)
    for copy in now.unit.copies.settling(now.route.ledger, refs):
        for ref in refs.intersection(copy.settles) if copy.ref not in now.scope.seen.absent else ():
            payers[ref].append(copy)
    return payers


def _deposit(
    now: Snapshot, called: str, entry_id: str, copy: LedgerCopy, due_on: date, payers: Iterable[LedgerCopy]
) -> Deposit:
    chart = now.chart
    every = sorted(payers, key=lambda payer: (payer.dated_on, payer.ref))
    by_bank = tuple(payer for payer in every if _from_bank(payer, chart))
    return Deposit(
        called=called,
        document=copy,
        entry_id=entry_id,
        due_on=due_on,
        total_minor=sum(line.amount_minor for line in copy.lines if line.account_id in chart.receivable_ids),
        open_minor=copy.open_minor or 0,
        by_bank=by_bank,
        others=tuple(payer for payer in every if payer not in by_bank),
        bank_minor=sum(_from_bank(payer, chart) for payer in by_bank),
        is_late=now.scope.today > bank_days_after(due_on, LATE_AFTER_BANK_DAYS),
    )


def _from_bank(payer: LedgerCopy, chart: Chart) -> int:
    return sum(line.amount_minor for line in payer.lines if line.account_id in chart.banks)


def of_deposits(found: Iterable[Deposit], route_id: str, chart: Chart) -> Iterator[Finding]:
    """One for each document that the bank did not pay in full, once, and in time."""
    for deposit in found:
        if not deposit.is_matched and (deposit.is_late or not deposit.is_untouched):
            yield _finding(deposit, route_id, chart)


def _finding(deposit: Deposit, route_id: str, chart: Chart) -> Finding:
    currency, document = deposit.document.currency, name(deposit.document, chart)
    total, still = (decimal_text(minor, currency) for minor in (deposit.total_minor, deposit.open_minor))
    if deposit.is_untouched:
        code, what = UNPAID, f"unpaid more than {LATE_AFTER_BANK_DAYS} bank days after its deposit was due"
        cause = f"{deposit.called} was due at the bank on {deposit.due_on}, and nothing paid its document"
        repair = f"Look for the money in the bank feed and match its line with {document}, or ask the channel"
    elif deposit.open_minor:
        code, what = PART_PAID, f"part paid, {still} of {total} {currency} is still open"
        cause = f"Of {deposit.called} less came than is due, or a part of it was coded elsewhere"
        repair = f"Look for the rest in the bank feed and match it with {document}; of what never comes ask the channel"
    else:
        code, what = PAID_OTHERWISE, f"paid, but not by one line of the bank: {_how(deposit, chart)}"
        cause = f"One line of the bank of {total} {currency} was due for {deposit.called} on {deposit.due_on}"
        repair = f"Take back what paid it and match the bank's own line with {document}; if it is right so, accept this"
    return Finding(
        code=code,
        severity=Severity.WARNING,
        route_id=route_id,
        subject=deposit.document.ref,
        title=f"{document}: {what}",
        amount_minor=deposit.open_minor or deposit.total_minor,
        currency=currency,
        cause=cause,
        repair=repair,
        evidence=tuple(_evidence(deposit, chart)),
        entry_id=deposit.entry_id,
        ref=deposit.document.ref,
        account=chart.name(_owed_on(deposit.document, chart)),
        binding=MISSING_AT_BANK if deposit.open_minor else "",
    )


def _owed_on(document: LedgerCopy, chart: Chart) -> str:
    """The account of open invoices that it stands on."""
    return next((line.account_id for line in document.lines if line.account_id in chart.receivable_ids), "")


def _how(deposit: Deposit, chart: Chart) -> str:
    """Which other way it was paid."""
    ways = [f"by {name(payer, chart)} ({_coded(payer, chart)})" for payer in deposit.others]
    if len(deposit.by_bank) > 1:
        ways.append(f"by {len(deposit.by_bank)} entries of the bank")
    return " and ".join(ways) or "a credit or an overpayment is set against it"


def _evidence(deposit: Deposit, chart: Chart) -> Evidence:
    currency = deposit.document.currency
    told = [
        (f"{name(payer, chart)}, {_coded(payer, chart)}", "", decimal_text(payer.total_minor, currency))
        for payer in (*deposit.by_bank, *deposit.others)
    ]
    told.append(("still open", "0.00" if currency else "", decimal_text(deposit.open_minor, currency)))
    return (("due at the bank", deposit.due_on.isoformat(), ""), *told)


def _coded(payer: LedgerCopy, chart: Chart) -> str:
    """The accounts that it is on, but receivables."""
    accounts = dict.fromkeys(line.account_id for line in payer.lines if line.account_id not in chart.receivable_ids)
    return " and ".join(map(chart.name, accounts)) or "no other account"

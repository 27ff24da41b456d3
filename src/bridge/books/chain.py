"""A slot's chain of entries: its next number, what of it may still be replaced, and the vouchers a new one is owed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

from bridge.books.planning import Ledger, Waiting, early, first_deliveries, plan
from bridge.books.withdrawal import is_taken_back
from bridge.model.chart import SUSPENSE
from bridge.model.deliveries import DeliveryState
from bridge.model.entries import JournalEntry, Slot
from bridge.model.findings import Finding, Severity
from bridge.model.lines import TENDER, UNCLASSIFIED
from bridge.model.reasons import TAX_QUESTIONS, Reason
from bridge.store.api import ChainEnd, UnitOfWork

UNSENT = frozenset({DeliveryState.HELD, DeliveryState.OWED, DeliveryState.PARKED, DeliveryState.WITHDRAWN})


def end_of(uow: UnitOfWork, slot: Slot) -> ChainEnd:
    """Where a slot's chain ends."""
    return uow.entries.end_of(slot, UNSENT)


def next_number(uow: UnitOfWork, slot: Slot) -> int:
    return end_of(uow, slot).number + 1


def sent_before(uow: UnitOfWork, slot: Slot) -> int:
    return end_of(uow, slot).sent_before


def is_sent(uow: UnitOfWork, entry: JournalEntry) -> bool:
    """Whether a voucher of an entry is in the ledger, or may be."""
    return any(delivery.state not in UNSENT for delivery in uow.deliveries.of_entry(entry.entry_id))


def is_replaceable(uow: UnitOfWork, entry: JournalEntry) -> bool:
    """Whether an entry may give way to another: nothing of it was sent, and nobody took it into their own hands."""
    deliveries = uow.deliveries.of_entry(entry.entry_id)
    return all(
        delivery.state in UNSENT and not is_taken_back(delivery, uow.instructions.of_subject(delivery.voucher_id))
        for delivery in deliveries
    )


def is_withdrawn(uow: UnitOfWork, entry: JournalEntry) -> bool:
    """Whether every voucher of an entry was withdrawn, by whoever it was."""
    deliveries = uow.deliveries.of_entry(entry.entry_id)
    return bool(deliveries) and all(delivery.state is DeliveryState.WITHDRAWN for delivery in deliveries)


def awaited_regime(uow: UnitOfWork, entry: JournalEntry) -> bool:
    """Whether an entry was booked by a tax regime that was then asked about, and waits for the answer."""
    return any(delivery.reason in TAX_QUESTIONS for delivery in uow.deliveries.of_entry(entry.entry_id))


def withdraw(uow: UnitOfWork, entry: JournalEntry) -> None:
    """Withdraw the vouchers of an entry that is about to be replaced."""
    for delivery in uow.deliveries.of_entry(entry.entry_id):
        if delivery.state is not DeliveryState.WITHDRAWN:
            uow.deliveries.move(
                delivery,
                msgspec.structs.replace(
                    delivery, state=DeliveryState.WITHDRAWN, reason=Reason.REPLACED, note=Reason.REPLACED.words
                ),
            )


def owe(uow: UnitOfWork, entry: JournalEntry, ledger: Ledger, waiting: Waiting, now: datetime) -> None:
    """Owe the vouchers of a new entry, or hold a place for them; one that moves nothing is owed none."""
    if not any(posting.amount_minor for posting in entry.postings):
        if any(posting.tax_minor for posting in entry.postings):
            uow.findings.add(_tax_alone(entry), now)
        return
    after = [delivery.voucher_id for before in entry.after for delivery in uow.deliveries.of_entry(before)]
    planned = plan(entry, ledger, after)

    def read_through() -> datetime | None:
        return uow.windows.through(uow.connections.get(ledger.route.source).connection_id)

    waiting = msgspec.structs.replace(waiting, early=early(entry, ledger.route, now, read_through))
    # A round in which its keys have never been tried: a vendor may repeat an old refusal for an old one.
    from_round = uow.deliveries.next_round(entry.slot, entry.sent_before)
    for delivery in first_deliveries(entry, planned, waiting, ledger.route, now, from_round=from_round):
        uow.deliveries.add(delivery)


def is_unclassified(entries: Iterable[JournalEntry]) -> bool:
    """Whether entries of a document hold lines that nobody has classified: they stand in suspense."""
    return any(
        posting.kind in {UNCLASSIFIED, TENDER} and posting.account == SUSPENSE
        for entry in entries
        for posting in entry.postings
    )


def _tax_alone(entry: JournalEntry) -> Finding:
    """What is said where tax changed and no amount did: no voucher can carry that."""
    tax = sum(posting.tax_minor for posting in entry.postings)
    return Finding(
        code="books.tax_alone",
        severity=Severity.ERROR,
        route_id=entry.slot.route_id,
        subject=entry.entry_id,
        title=f"{entry.narration}: its tax changed, and none of its amounts",
        amount_minor=tax,
        currency=entry.currency,
        cause="The channel corrected the tax inside amounts that were sent before",
        repair="Adjust the tax by hand in the ledger, then accept this with a reason",
        entry_id=entry.entry_id,
    )

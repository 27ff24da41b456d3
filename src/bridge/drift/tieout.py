"""Pure: each settlement three ways: what the channel says, what we booked, what the ledger holds now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

import msgspec

from bridge.drift import unfinished
from bridge.drift.setoff import TOTAL
from bridge.drift.told import Told
from bridge.model.chart import CARRY_FORWARD
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.entries import JournalEntry
from bridge.model.periods import local_day
from bridge.store.api import KeptDocument

CARRY, POSTED, GONE = "carry", "posted", "gone from the ledger"
BEFORE_FIRST_DAY = "before_first_day"


class Tie(msgspec.Struct, frozen=True):
    """One settlement, in minor units of its currency.

    channel_minor: the channel's own total. booked_minor: what our live entries bring to clearing for it.
    ledger_minor: what those entries' objects bring there in the ledger now, what they carry over a month end included.
    parts, parts_missing: its entries, the bank leg apart, and how many of them are not in the ledger whole.
    state: ``booked`` or why it is not. bank: ``posted``, what the transfer waits for, or empty when there is none.
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

    @property
    def is_tied(self) -> bool:
        return self.channel_minor == self.booked_minor == self.ledger_minor and not self.parts_missing

    @property
    def is_in_scope(self) -> bool:
        """Whether the route books it at all."""
        return self.state != BEFORE_FIRST_DAY


def tie_out(
    documents: Iterable[KeptDocument], told: Told, moved: Mapping[str, int], standing: frozenset[str]
) -> tuple[Tie, ...]:
    """Tie every document to the books and to the ledger.

    moved:    what each entry's objects do now to the clearing and the carry-forward account together, by entry id.
    standing: the entries that are in the ledger whole.
    What a settlement carries in, takes from a card or credits again is set aside: the rest is its own total.
    """
    parts: dict[str, list[JournalEntry]] = defaultdict(list)
    banks: dict[str, JournalEntry] = {}
    for entry in told.entries.values():
        if entry.is_bank_leg:
            banks[entry.document_id] = entry
        else:
            parts[entry.document_id].append(entry)
    return tuple(
        _tie(kept, parts[kept.document.document_id], banks.get(kept.document.document_id), told, moved, standing)
        for kept in documents
    )


def _tie(
    kept: KeptDocument,
    parts: list[JournalEntry],
    bank: JournalEntry | None,
    told: Told,
    moved: Mapping[str, int],
    standing: frozenset[str],
) -> Tie:
    document, route = kept.document, told.route
    sums = {part.entry_id: _brought(part, route.clearing) for part in parts}
    return Tie(
        title=document.identity.external_id,
        closed_on=local_day(document.closed_at, route.time_zone),
        currency=document.currency,
        channel_minor=document.total_minor,
        booked_minor=sum(own for own, _ in sums.values()),
        ledger_minor=sum(
            moved[entry_id] - aside for entry_id, (_, aside) in sums.items() if moved.get(entry_id) is not None
        ),
        parts=len(parts),
        parts_missing=sum(part.entry_id not in standing for part in parts),
        state=kept.reason or str(kept.state),
        bank=_bank(bank, told, standing) if bank else "",
    )


def _brought(part: JournalEntry, clearing: str) -> tuple[int, int]:
    """What a part brings to clearing and carry-forward of the settlement's own total, and what else it does there."""
    own = aside = 0
    for posting in part.postings:
        if posting.account in (clearing, CARRY_FORWARD):
            if posting.kind in (TOTAL, CARRY):
                own += posting.amount_minor
            else:
                aside += posting.amount_minor
    return own, aside


def _bank(bank: JournalEntry, told: Told, standing: frozenset[str]) -> str:
    if bank.entry_id in standing:
        return POSTED
    deliveries = told.of_entry.get(bank.entry_id, ())
    return _waits(deliveries[-1], bank) if deliveries else ""


def _waits(delivery: Delivery, bank: JournalEntry) -> str:
    match delivery.state, delivery.reason:
        case DeliveryState.DELIVERED, _:
            return GONE
        case DeliveryState.HELD, unfinished.NOT_PAID:
            return f"due {bank.booked_on}"
        case DeliveryState.WITHDRAWN, unfinished.PAYOUT_FAILED:
            return "came back"
        case DeliveryState.WITHDRAWN, _:
            return "withdrawn"
        case _:
            return unfinished.standing(delivery)

"""The chains of slots as they stand: what of them stays, what gives way, and what comes next."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import msgspec

from bridge.books.planning.withdrawal import is_taken_back, is_wanted_again
from bridge.model.chart import SUSPENSE
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.entries import JournalEntry, Slot
from bridge.model.findings import Instruction
from bridge.model.lines import TENDER, UNCLASSIFIED
from bridge.model.reasons import TAX_QUESTIONS, Reason
from bridge.store.api import Chain, UnitOfWork

UNSENT = frozenset({DeliveryState.HELD, DeliveryState.OWED, DeliveryState.PARKED, DeliveryState.WITHDRAWN})


class Standing(msgspec.Struct, frozen=True):
    """A slot's chain.

    giving_way: entries that may give way to another: nothing of them was sent, and nobody took them into their own
    hands. stays: the others that stand. vouchers: of each of them.
    """

    slot: Slot
    chain: Chain
    giving_way: tuple[JournalEntry, ...]
    stays: tuple[JournalEntry, ...]
    vouchers: Mapping[str, tuple[Delivery, ...]]

    @property
    def live(self) -> tuple[JournalEntry, ...]:
        return tuple(kept.entry for kept in self.chain.live)

    @property
    def mark(self) -> tuple[object, ...]:
        """What must be the same when something is written that was worked out from it."""
        going = tuple(entry.entry_id for entry in self.giving_way)
        return self.chain.number, tuple(entry.entry_id for entry in self.live), going

    def number(self, made: int = 0) -> int:
        """Of the next entry, behind those made of it meanwhile."""
        return self.chain.number + 1 + made

    def is_sent(self, entry: JournalEntry) -> bool:
        """Whether a voucher of an entry is in the ledger, or may be."""
        return any(delivery.state not in UNSENT for delivery in self.vouchers.get(entry.entry_id, ()))

    def is_withdrawn(self, entry: JournalEntry) -> bool:
        """Whether every voucher of an entry was withdrawn, by whoever it was."""
        return all_withdrawn(self.vouchers.get(entry.entry_id, ()))

    def awaited_regime(self, entry: JournalEntry) -> bool:
        """Whether it was booked by a tax regime that was then asked about, and waits for the answer."""
        return any(delivery.reason in TAX_QUESTIONS for delivery in self.vouchers.get(entry.entry_id, ()))


def all_withdrawn(deliveries: Sequence[Delivery]) -> bool:
    """Whether there are any, and all are."""
    return bool(deliveries) and all(delivery.state is DeliveryState.WITHDRAWN for delivery in deliveries)


def standing(uow: UnitOfWork, slots: Collection[Slot]) -> dict[Slot, Standing]:
    """Of each slot; a few statements for some hundred of them."""
    chains = uow.entries.chains(slots, UNSENT)
    vouchers = uow.deliveries.of_entries([kept.entry.entry_id for chain in chains.values() for kept in chain.live])
    unsent = [each.voucher_id for several in vouchers.values() for each in several if each.state in UNSENT]
    decisions = uow.instructions.of_subjects(unsent)
    return {slot: _standing(slot, chain, vouchers, decisions) for slot, chain in chains.items()}


def _standing(
    slot: Slot,
    chain: Chain,
    vouchers: Mapping[str, tuple[Delivery, ...]],
    decisions: Mapping[str, tuple[Instruction, ...]],
) -> Standing:
    live = [kept.entry for kept in chain.live]
    own = {entry.entry_id: vouchers.get(entry.entry_id, ()) for entry in live}
    giving_way = tuple(entry for entry in live if _gives_way(own[entry.entry_id], decisions))
    return Standing(slot, chain, giving_way, tuple(entry for entry in live if entry not in giving_way), own)


def _gives_way(deliveries: Sequence[Delivery], decisions: Mapping[str, tuple[Instruction, ...]]) -> bool:
    said = ((each, decisions.get(each.voucher_id, ())) for each in deliveries)
    return all(each.state in UNSENT and (is_wanted_again(each, of) or not is_taken_back(each, of)) for each, of in said)


def withdraw(uow: UnitOfWork, vouchers: Iterable[Delivery]) -> None:
    """Withdraw the vouchers of entries that are about to be replaced."""
    for delivery in vouchers:
        if delivery.state is not DeliveryState.WITHDRAWN:
            words = {"state": DeliveryState.WITHDRAWN, "reason": Reason.REPLACED, "note": Reason.REPLACED.words}
            uow.deliveries.move(delivery, msgspec.structs.replace(delivery, **words))


def is_unclassified(entries: Iterable[JournalEntry]) -> bool:
    """Whether entries of a document hold lines that nobody has classified: they stand in suspense."""
    return any(
        posting.kind in {UNCLASSIFIED, TENDER} and posting.account == SUSPENSE
        for entry in entries
        for posting in entry.postings
    )

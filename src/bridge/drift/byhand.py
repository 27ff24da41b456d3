"""Pure: which of our entries that a person withdrew are answered by a line of the bank that people coded instead."""

from __future__ import annotations

from collections.abc import Iterable

from bridge.drift.explained import Clearing
from bridge.drift.setoff import BANK, FAILED, TOTAL
from bridge.drift.told import Told
from bridge.model.entries import JournalEntry


def coded_instead(ours: Told, clearings: Iterable[Clearing]) -> frozenset[str]:
    """By entry id: what was to move a payout, was withdrawn, and has the bank's own line in its place.

    A transfer is answered by a line that takes its settlement's or payout's total; what settles the open document of a
    payout that came back, by one that takes up the amount which a later settlement credits again.
    """
    settled = [one for each in clearings for one in each.settled if one.route_id == ours.route.route_id]
    totals = {one.group for one in settled if one.kind in (TOTAL, BANK)}
    returns = {(one.group, one.amount_minor) for one in settled if one.kind == FAILED}
    return frozenset(
        entry.entry_id
        for entry in ours.entries.values()
        if entry.moves_payout
        and any(each.is_taken_back for each in ours.of_entry.get(entry.entry_id, ()))
        and (entry.slot.group in totals if entry.is_bank_leg else bool(returns & _returns(entry, ours)))
    )


def _returns(entry: JournalEntry, ours: Told) -> set[tuple[str, int]]:
    """Where the amount is credited again that this entry takes up: the settlement, and the amount on clearing."""
    credited_by = [other for other in map(ours.entries.get, entry.after) if other and not _opens(entry, other)]
    return {(other.slot.group, -posting.amount_minor) for other in credited_by for posting in entry.postings}


def _opens(entry: JournalEntry, other: JournalEntry) -> bool:
    """Whether that is the open document itself."""
    return other.document_id == entry.document_id

"""Journal entries: dated postings in one currency that add up to zero, and the slots they fill."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import msgspec

from bridge import ids
from bridge.errors import InvariantError, UnbalancedEntryError
from bridge.model.lines import Line


class Mode(StrEnum):
    """How a route groups lines into entries."""

    PAYOUT = "payout"
    ORDER = "order"
    DAY = "day"


class Slot(msgspec.Struct, frozen=True):
    """The place of an entry: it holds a numbered chain of them.

    group: document id, settlement id, or store and day. part: a month (``2026-06``), or ``bank`` for the
    leg that moves a payout to the bank.
    """

    route_id: str
    mode: Mode
    group: str
    part: str

    def entry_id(self, number: int) -> str:
        return ids.derive("ent", self.route_id, self.mode, self.group, self.part, number)


class Posting(msgspec.Struct, frozen=True):
    """One leg of an entry: positive debit, negative credit.

    account: a number of the route's chart (roles are resolved before this). kind: the kind of the lines it
    sums, or what a derived leg is for (``settlement.total``, ``carry``, ``bank``, ``tax.residue``).
    rule:    the id of the mapping rule that chose the account. line_count: how many lines it sums; zero for a
    derived leg. The lines themselves are bound to (entry, posting number) in the store.
    """

    number: int
    account: str
    amount_minor: int
    kind: str
    rule: str
    line_count: int = 0
    tax_code: str = ""
    tax_minor: int = 0
    contact: str = ""
    tracking: str = ""
    item: str = ""
    description: str = ""


class JournalEntry(msgspec.Struct, frozen=True):
    """A dated set of postings in one currency that adds up to zero.

    after: entries whose vouchers must be in the ledger before this one's. rule_version and
    content_hash are provenance: with the plugin version they say from what it was made; they are not identity.
    is_bank_leg: it moves a payout from clearing to the bank, and goes out only once that payout is paid.
    sent_before: how many entries of its slot went to the ledger before it; those replaced unsent do not count.
    """

    slot: Slot
    number: int
    document_id: str
    revision: int
    booked_on: date
    currency: str
    narration: str
    postings: tuple[Posting, ...]
    rule_version: int
    content_hash: str
    plugin_version: str
    after: tuple[str, ...] = ()
    is_bank_leg: bool = False
    sent_before: int = 0

    def __post_init__(self) -> None:
        if off := sum(posting.amount_minor for posting in self.postings):
            raise UnbalancedEntryError(entry=self.narration, off_minor=off)
        if [posting.number for posting in self.postings] != list(range(1, len(self.postings) + 1)):
            raise InvariantError(
                f"entry {self.narration}", "its postings are not numbered from 1", "Report this as a bug"
            )

    @property
    def entry_id(self) -> str:
        return self.slot.entry_id(self.number)

    @property
    def intent_id(self) -> str:
        """What idempotency keys derive from: the same in a rebuilt store, however often it was booked anew unsent."""
        slot = self.slot
        return ids.derive("int", slot.route_id, slot.mode, slot.group, slot.part, self.sent_before)


class Fate(msgspec.Struct, frozen=True, gc=False):
    """What became of one line: booked to a posting of an entry, or excluded with a reason; never both."""

    line_key: str
    entry_id: str = ""
    posting: int = 0
    reason: str = ""

    def __post_init__(self) -> None:
        if bool(self.entry_id) == bool(self.reason):
            raise InvariantError(f"line {self.line_key}", "must be booked or excluded, one of the two", "Report it")


class BookedLine(msgspec.Struct, frozen=True):
    """A line with its fate, as ``explain`` shows it."""

    line: Line
    fate: Fate | None

"""Journal entries: dated postings in one currency that add up to zero, and the slots they fill."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from functools import cached_property

import msgspec

from bridge import ids
from bridge.errors import InvariantError, UnbalancedEntryError
from bridge.model.lines import PAYOUT_FAILED
from bridge.model.slots import SlotPart, parse


class Mode(StrEnum):
    """How a route groups lines into entries."""

    PAYOUT = "payout"
    ORDER = "order"
    DAY = "day"


class Purpose(StrEnum):
    """What an entry is for; a sink chooses its vouchers by it (docs/bookings).

    settlement: a channel's statement, with sales, fees and its total. order, refund: one of them. day: all sales and
    refunds of a day, or of a payout. journal: fees, adjustments and what else moves no money of a buyer. bank: a
    payout on its way from clearing to the bank. bounced: the open document of a payout that failed, which is the first
    voucher of the first entry in ``after``, is settled from clearing. reversal: undoes an entry that was sent.
    """

    SETTLEMENT = "settlement"
    ORDER = "order"
    REFUND = "refund"
    DAY = "day"
    JOURNAL = "journal"
    BANK = "bank"
    BOUNCED = "bounced"
    REVERSAL = "reversal"


class Half(StrEnum):
    """Which half of an order, a refund or a day a posting belongs to: each half adds up to zero by itself."""

    SALE = "sale"
    REFUND = "refund"
    NONE = ""


BANK = "bank"
"""The kind of the postings that move a payout from clearing to the bank."""
EXCHANGE = "channel.exchange"
"""The kind of what was captured of buyers less what came of it in a payout, where the channel converted."""
CARRY = "carry"
"""The kind of what earlier months of a settlement carry into its last."""
ARRIVAL_FEE = "bank.fee"
ARRIVAL_GAIN = "bank.exchange"
"""The kinds of what a bank kept of a payout that it converted, as a person said, and of what it made of it beside what
that stood at in the books; less than nothing is a loss."""
SETTLEMENT_TOTAL, BOUNCED = "settlement.total", "payout.bounced"
SETTLEMENT_DIFFERENCE = "settlement.difference"
"""The kind of what a settlement that was issued again comes to beside its former total, which stays what it was."""
RESERVE, RESERVE_OPENING = "reserve", "reserve.opening"
OPENING_ITEM, OPENING_STATED = "opening.item", "opening.stated"
"""The kinds of what was there before a route's first day: an item, and what the ledger held of it already."""
MOVING = (BANK, BOUNCED, PAYOUT_FAILED, RESERVE, RESERVE_OPENING, SETTLEMENT_TOTAL)
"""Kinds of postings that are looked for over a whole route: few, however long its history."""


FIRST_DAY = "first day"
"""The group of the slots that hold what was there before a route's first day."""


class Slot(msgspec.Struct, frozen=True):
    """The place of an entry: it holds a numbered chain of them.

    group: settlement or payout id, order id, book day, or ``FIRST_DAY``. part: which part of that it holds, as
    ``model.slots`` composes it; a sink needs neither.
    """

    route_id: str
    mode: Mode
    group: str
    part: str

    @property
    def what(self) -> SlotPart:
        """The part that it holds. Raises: InvariantError for a text that no part is stored as."""
        return parse(self.part)

    def entry_id(self, number: int) -> str:
        return ids.derive("ent", self.route_id, self.mode, self.group, self.part, number)


class Posting(msgspec.Struct, frozen=True):
    """One leg of an entry: positive debit, negative credit.

    account: a number of the route's chart (roles are resolved before this). kind: the kind of the lines it
    sums, or what a derived leg is for (``settlement.total``, ``carry``, ``bank``, ``tax.residue``).
    rule:    the id of the mapping rule that chose the account. line_count: how many lines it sums; zero for a
    derived leg. The lines themselves are bound to (entry, posting number) in the store.
    tax_code: the tax treatment (``sale:20``, see ``model.tax``), empty where the route's regime knows none. The
    amount then includes tax_minor, which has its sign.
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
    half: Half = Half.NONE


class JournalEntry(msgspec.Struct, frozen=True, dict=True):
    """A dated set of postings in one currency that adds up to zero.

    after: entries whose vouchers must be in the ledger before this one's. rule_version and
    content_hash are provenance: with the plugin version they say from what it was made; they are not identity.
    document_id, revision: of the one document it is made from; empty and 0 where a day or payout gathers many.
    sent_before: how many entries of its slot went to the ledger before it; those replaced unsent do not count.
    due_on: the day on which the money of an open document is said to arrive; None where it leaves nothing open.
    rate, rate_into: of one half of a conversion, what one unit of its currency came to in the other, as the channel
    itself converted it: exact decimal text, and that currency; both empty where the channel converted nothing.
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
    sent_before: int = 0
    purpose: Purpose = Purpose.SETTLEMENT
    due_on: date | None = None
    rate: str = ""
    rate_into: str = ""

    def __post_init__(self) -> None:
        if off := sum(posting.amount_minor for posting in self.postings):
            raise UnbalancedEntryError(entry=self.narration, off_minor=off)
        if [posting.number for posting in self.postings] != list(range(1, len(self.postings) + 1)):
            raise InvariantError(
                f"entry {self.narration}", "its postings are not numbered from 1", "Report this as a bug"
            )

    @cached_property
    def entry_id(self) -> str:
        return self.slot.entry_id(self.number)

    @property
    def told_in(self) -> str:
        """The currency of the lines that it sums: of a statement that is booked as what reached the bank, its own."""
        return self.rate_into if self.purpose is Purpose.SETTLEMENT and self.rate_into else self.currency

    @property
    def is_bank_leg(self) -> bool:
        """It moves a payout from clearing to the bank, and goes out only once that payout is paid."""
        return self.purpose is Purpose.BANK

    @property
    def moves_payout(self) -> bool:
        """It moves a payout: to the bank, or back out of its open document; a bank line may be coded in its place."""
        return self.purpose in {Purpose.BANK, Purpose.BOUNCED}

    @cached_property
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


class Reversal(msgspec.Struct, frozen=True, gc=False):
    """A line of an earlier revision that was booked to one posting and is taken back by another."""

    line_key: str
    revision: int
    booked_entry: str
    booked_posting: int
    entry_id: str
    posting: int


class OpenLegs(msgspec.Struct, frozen=True, gc=False):
    """What an entry has of one order on the accounts of what is open; debit positive.

    owed_by_minor: by the buyer, on 1150. owed_to_minor: to the buyer, on 2220.
    """

    owed_by_minor: int
    owed_to_minor: int


NOTHING_OPEN = OpenLegs(0, 0)

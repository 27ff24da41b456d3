"""What a run of the books did, as values for people and exit codes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from bridge.errors import Disposition
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery
from bridge.model.entries import JournalEntry
from bridge.model.facts import LedgerFacts
from bridge.model.reasons import Reason
from bridge.model.tax_setup import TaxQuestion
from bridge.plugin import Sink


class Result(StrEnum):
    """What became of one document in a run.

    corrected: what changed since it was sent is booked. waits, before_first_day: as it should be; held and
    needs_correction wait for a person.
    """

    BOOKED = "booked"
    REBOOKED = "rebooked"
    CORRECTED = "corrected"
    HELD = "held"
    WAITS = "waits"
    BEFORE_FIRST_DAY = Reason.BEFORE_FIRST_DAY.value
    NEEDS_CORRECTION = "needs_correction"
    LOST_RACE = "lost_race"


class DocumentOutcome(msgspec.Struct, frozen=True):
    """One document's outcome. reason: stable code where it was not booked; message: the sentence for people.

    excluded: (reason, how many lines).
    """

    document_id: str
    external_id: str
    result: Result
    reason: str = ""
    message: str = ""
    entry_ids: tuple[str, ...] = ()
    lines_booked: int = 0
    excluded: tuple[tuple[str, int], ...] = ()


class BookRun(msgspec.Struct, frozen=True):
    """One run over a route.

    owed, held, withdrawn: vouchers this run put there, new ones included. waiting: (reason, how many vouchers) held
    now. silence: what the ledger said where its facts could not be had; why_silent: what must happen next. question:
    why nothing at all was booked. is_cut: its time was over before all that is new was booked; the next run goes on.
    """

    route: str
    documents: tuple[DocumentOutcome, ...]
    owed: int = 0
    held: int = 0
    withdrawn: int = 0
    waiting: tuple[tuple[str, int], ...] = ()
    silence: str = ""
    why_silent: Disposition | None = None
    question: TaxQuestion | None = None
    is_cut: bool = False

    def count(self, result: Result) -> int:
        """How many documents had this outcome."""
        return sum(outcome.result is result for outcome in self.documents)


class Foreseen(msgspec.Struct, frozen=True):
    """What would be held or owed on a route after the next run, each voucher with its entry.

    facts: the ledger's, of an earlier day while it is silent; then sink is None. refs: the ledger's ids of what must be
    there before one of them.
    """

    route: Route
    facts: LedgerFacts | None
    sink: Sink | None
    vouchers: tuple[tuple[Delivery, JournalEntry], ...]
    refs: Mapping[str, str]

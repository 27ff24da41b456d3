"""Findings, and the instructions people give about them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from bridge import ids

PAYOUT_BOUNCED = "books.payout_bounced"
"""The code of a payout that failed after its transfer came into the ledger: a person takes it out there."""


FACILITATOR_RESIDUE = "books.facilitator_residue"
"""The code of tax that a marketplace collected and did not withhold within a settlement, or the other way."""

ECHO_DIFFERS = "delivery.echo_differs"
"""The code of an object of which the ledger kept something else than it was sent."""

MISSING_AT_BANK = "money is missing at the bank"
"""Why nobody may accept a finding: no word of a person brings a payout to the bank."""

UNEXPLAINED = "drift.unexplained"
"""The code of an account whose balance is not what its opening and its moves add up to."""


NOT_PAID_OUT = "drift.not_paid_out"
"""The code of payments that no posted bank entry answers, when they are late."""


class Severity(StrEnum):
    """How much a finding matters: an error changes what the books say."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class FindingLine(msgspec.Struct, frozen=True):
    """A line of an entry that is not in the ledger any more, to be entered again; tax_minor is in the amount."""

    account: str
    amount_minor: int
    description: str = ""
    tax_code: str = ""
    tax_minor: int = 0


class Finding(msgspec.Struct, frozen=True):
    """One difference between what should be and what is.

    code:         stable (``drift.amount``). subject: what it is about (voucher id, ledger object, document).
    amount_minor: what is at stake in ``currency``, signed as ledger minus ours where both exist; debit positive.
    account:      the account it changes by that amount, as people call it; empty where it is of no account.
    cause:        what probably happened. repair: what bridge proposes. evidence: (field, ours, ledger's).
    lines:        of an entry that was taken out, all that it said.
    binding:      why nobody may accept it, as what must not be left to a person's word; empty: one may.
    """

    code: str
    severity: Severity
    route_id: str
    subject: str
    title: str
    amount_minor: int
    currency: str
    cause: str
    repair: str
    evidence: tuple[tuple[str, str, str], ...] = ()
    entry_id: str = ""
    ref: str = ""
    account: str = ""
    lines: tuple[FindingLine, ...] = ()
    binding: str = ""

    @property
    def finding_id(self) -> str:
        return ids.derive("fnd", self.route_id, self.code, self.subject)

    @property
    def changes_books(self) -> bool:
        """Whether what a person decides about it is booked; drift checks find others."""
        return self.severity is Severity.ERROR and self.code.startswith(("channel.", "books."))


class FindingState(StrEnum):
    """Open until it is gone, or accepted by a person until its facts change."""

    OPEN = "open"
    ACCEPTED = "accepted"
    CLOSED = "closed"


class KeptFinding(msgspec.Struct, frozen=True):
    """A finding as carried from run to run."""

    finding: Finding
    state: FindingState
    first_seen_at: datetime
    last_seen_at: datetime
    accepted_by: str = ""
    accepted_reason: str = ""
    accepted_until: datetime | None = None


REISSUED = "books.reissued"
"""A settlement or payout in the books was issued again, and its new content waits for a person."""


class InstructionKind(StrEnum):
    """What a person may decide; each is carried out by the room that owns the row it moves."""

    RELEASE = "release"
    RETRY = "retry"
    WITHDRAW = "withdraw"
    BOOK_AGAIN = "book_again"
    ADOPT = "adopt"
    ACCEPT = "accept"
    REVERSE = "reverse"
    BOOK_ALONE = "book_alone"
    SUPPLEMENT = "supplement"
    RESTORED = "restored"
    UNDO = "undo"
    CREATE = "create"
    PILOT = "pilot"
    PILOT_OVER = "pilot_over"
    ARRIVED = "arrived"


class Instruction(msgspec.Struct, frozen=True):
    """A decision of a named person, saved before anyone acts on it.

    subject: a voucher id (release, retry, withdraw, book_again, adopt, undo; pilot: it goes out as a
             part of its route's, pilot_over: it no longer does), a finding id (accept, reverse,
             supplement), a document id (book_alone; arrived: what of a payout reached the bank), the id
             of a route whose opening is accepted (accept), what is accepted of a route's pilot (accept,
             see ``Route.pilot_subject``), or the name of a ledger that may hold what this database does not
             know of, for it was restored (restored; bridge too says so), or a ledger and what is to be made in
             its lists (create).
             arrived what did, as ``model.arrivals`` composes it, or empty where that is taken back.
    """

    kind: InstructionKind
    subject: str
    by: str
    reason: str
    given_at: datetime
    until: datetime | None = None
    ref: str = ""

    @property
    def instruction_id(self) -> str:
        return ids.derive("ins", self.kind, self.subject, self.given_at.isoformat())

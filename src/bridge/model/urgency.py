"""How much something that waits matters, and by when it should be seen to: by what it keeps back, not by its amount."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from bridge.model.documents import PAYING, DocumentKind
from bridge.model.findings import FACILITATOR_RESIDUE, NOT_PAID_OUT, PAYOUT_BOUNCED
from bridge.model.periods import bank_days_after
from bridge.model.reasons import TAX_QUESTIONS, Reason


class Urgency(StrEnum):
    """The gravest first. What keeps a payout from the books or the bank, what is of tax, the rest."""

    PAYOUT = "payout"
    TAX = "tax"
    OTHER = "other"

    @property
    def rank(self) -> int:
        """The gravest is 0."""
        return list(Urgency).index(self)

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS = {Urgency.PAYOUT: "blocks a payout", Urgency.TAX: "tax", Urgency.OTHER: "other"}
_DAYS = {Urgency.PAYOUT: 1, Urgency.TAX: 2, Urgency.OTHER: 5}
TAX_REASONS: frozenset[str] = TAX_QUESTIONS | {
    Reason.VAT_IN_ROWS,
    Reason.TWO_PARTIES,
    Reason.TAX_CODE_MISSING,
    Reason.TAX_CODE_RATE,
    Reason.TAXED_JOURNAL,
}
OF_PAYOUTS = frozenset(
    {
        "drift.payout_unmatched",
        "drift.payout_rows",
        "drift.deposit_unpaid",
        "drift.deposit_part_paid",
        "drift.deposit_paid_otherwise",
        "drift.coded_elsewhere",
        "books.payout_changed",
        NOT_PAID_OUT,
        PAYOUT_BOUNCED,
    }
)
OF_TAX = frozenset({"drift.tax", "books.tax_alone", "books.tax_recomputed", FACILITATOR_RESIDUE})


def due_on(urgency: Urgency, since: date) -> date:
    """By when it should be seen to: one working day where it blocks a payout, two where it is tax, else five."""
    return bank_days_after(since, _DAYS[urgency])


def of_document(kind: DocumentKind, reason: str) -> Urgency:
    """Of a document that is not booked: a settlement or a payout keeps back what it brings to the bank."""
    if kind in PAYING:
        return Urgency.PAYOUT
    return Urgency.TAX if reason in TAX_REASONS else Urgency.OTHER


def of_voucher(reason: str, *, is_of_payout: bool) -> Urgency:
    """Of a voucher that is not in the ledger. is_of_payout: a payout, or what is paid by one, is in it."""
    if is_of_payout:
        return Urgency.PAYOUT
    return Urgency.TAX if reason in TAX_REASONS else Urgency.OTHER


def of_finding(code: str) -> Urgency:
    """Of a finding."""
    if code in OF_PAYOUTS:
        return Urgency.PAYOUT
    return Urgency.TAX if code in OF_TAX else Urgency.OTHER

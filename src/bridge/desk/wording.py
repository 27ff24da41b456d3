"""What waits in words: what a thing is called, why it waits, and what leads on. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import DocumentKind, called
from bridge.model.reasons import TAX_QUESTIONS, Cure, Reason
from bridge.plugin.wording import object_name
from bridge.store.api import KeptDocument

WordsOf = Callable[[str], Mapping[str, str]]
"""What a ledger calls its objects, by type; the ledger by the name of its connection."""

# Reasons that pass by themselves, with what is said of a document that has no words of its own.
BY_ITSELF: Mapping[str, str] = {
    Reason.HOLD_BACK: "more may come for its day",
    Reason.COVERAGE: "its channel is not read beyond its day",
    Reason.UNPAID: "not paid: it is booked on the day on which it is",
    Reason.PAYOUT_AWAITED: "booked with the payout that holds it",
    Reason.NOT_PAID: "the bank has not paid it out yet",
}
_CURES: Final[Mapping[Cure, str]] = {
    Cure.ANSWER: "Answer the question of its route in the settings",
    Cure.RELEASE: "Look at it in `bridge preview`, then release it",
    Cure.PILOT: "Try its route out with a few vouchers, and accept that: `bridge pilot ROUTE`",
    Cure.ADOPT: "Say which object of the ledger it is, if it is there already",
    Cure.RETRY: "Put right what the ledger refused, then retry",
    Cure.BOOK_AGAIN: "Book it again, or accept its finding where it was entered by hand",
    Cure.ACCEPTANCE: "Compare both in `bridge drift`, then accept or supplement its finding",
    Cure.MAPPING: "Map it to another account or tax code of the ledger in the settings",
    Cure.LOOK: "Put it right in the ledger: the next delivery looks again",
    Cure.ORDER: "Bring its order from the channel, or book it alone",
    Cure.CONTENT: "Bring a newer version of it from the channel",
    Cure.PAYOUT: "Nothing: it is booked with its payout",
    Cure.TIME: "Nothing: it goes on by itself",
    Cure.READING: "Nothing: it goes on once its channel is read further",
}
_REASONS = {str(reason): reason for reason in Reason}


def document_name(kept: KeptDocument) -> str:
    """``refund 88 of order 75``, ``settlement 28500000011``, ``Refund 88 of order #75: reversal``"""
    document = kept.document
    if document.is_reversal:
        return called(document.identity.kind, document.identity.external_id, document.title)
    of = document.order_id if document.identity.kind is not DocumentKind.ORDER else ""
    return f"{document.identity.kind} {document.identity.external_id}{f' of order {of}' if of else ''}"


def document_why(kept: KeptDocument) -> str:
    """What its reader said of it; else why it goes on by itself."""
    return "; ".join(problem.message for problem in kept.problems[:3]) or BY_ITSELF.get(kept.reason, "")


def patience(kept: KeptDocument) -> str:
    """Why it goes on by itself; of an unpaid order also what the channel says of it."""
    status = f" ({kept.document.status})" if kept.reason == Reason.UNPAID and kept.document.status else ""
    words = BY_ITSELF[kept.reason]
    return words.replace("not paid:", f"not paid{status}:")


def voucher_name(delivery: Delivery, words: WordsOf) -> str:
    """``Journal entry SHP-1 of 2025-03-31``"""
    voucher = delivery.voucher
    if voucher is None:
        return "cannot be planned yet"
    return f"{object_name(voucher.type, voucher.number, words(delivery.ledger))} of {voucher.dated_on}"


def voucher_why(delivery: Delivery) -> str:
    """What was said of it when it was held or parked."""
    return "its route books nothing yet: see above" if delivery.reason in TAX_QUESTIONS else delivery.note


def voucher_shortly(delivery: Delivery) -> str:
    """The same without commands to type: beside it stands what to do."""
    why = voucher_why(delivery) or BY_ITSELF.get(delivery.reason, "")
    row = _REASONS.get(delivery.reason)
    return why.partition(":")[0] if row and why == row.words and "`" in why else why


def what_to_do(reason: str, state: DeliveryState | None = None) -> str:
    """What ends such a wait, in words; of a reason of a plugin, by where it stands."""
    row = _REASONS.get(reason)
    if row is None:
        is_parked = state is DeliveryState.PARKED
        return "Put right what the ledger refused, then retry" if is_parked else "Put right what is said there"
    if row is Reason.UNCLASSIFIED:
        return "Name its lines by a rule; or look at it in `bridge preview`, then release it to suspense"
    words = [words for cure, words in _CURES.items() if cure in row.cures]
    return "; or: ".join(words[:2]) or "Nothing leads on by itself: look at it, and decide"

"""Pure: what never arrived: documents that are not in the books, vouchers that are not in the ledger, late payouts."""

from __future__ import annotations

from bridge.drift.clearing import Clearing
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import DocumentState
from bridge.model.entries import JournalEntry
from bridge.model.findings import Finding, Severity
from bridge.model.money import decimal_text
from bridge.store.api import KeptDocument

BEFORE_FIRST_DAY, REISSUED = "before_first_day", ".reissued"
UNPAID, PAYOUT_AWAITED = "order.unpaid", "payout.awaited"
NOT_PAID, PAYOUT_FAILED, REVIEW, HOLD_BACK = "payout.not_paid", "payout.failed", "review", "hold_back"
FAILED_STATUS = ("failed", "canceled", "cancelled")
ARRIVED = (DeliveryState.DELIVERED, DeliveryState.WITHDRAWN)


def waits(kept: KeptDocument) -> bool:
    """Whether a document rightly waits: for its buyer to pay, or for the payout that it is booked with."""
    return kept.state is DocumentState.HELD and kept.reason in (UNPAID, PAYOUT_AWAITED)


def not_in_books(kept: KeptDocument, booked: KeptDocument | None, route_id: str) -> Finding | None:
    """The finding of a document that reached us but not the books, or of which only an earlier revision is in them.

    booked: that earlier revision, if any; the amount is then the newer total less its total.

    None when it is booked, when it closed before the route's first day, when it rightly waits, or when an earlier
    revision is booked and this one waits for a person: the books say so themselves.
    """
    is_told_elsewhere = kept.reason == BEFORE_FIRST_DAY or kept.reason.endswith(REISSUED)
    if kept.state is DocumentState.BOOKED or is_told_elsewhere or waits(kept):
        return None
    document = kept.document
    total, lines = (decimal_text(minor, document.currency) for minor in (document.total_minor, kept.lines_minor))
    apart = "" if total == lines else f"; its total is {total}, but its lines add up to {lines}"
    is_newer = booked is not None
    standing_minor = booked.document.total_minor if booked and booked.document.currency == document.currency else 0
    missing = "a newer version is not in the books yet, the older one is" if is_newer else "not in the books"
    return Finding(
        code="drift.newer_not_booked" if is_newer else "drift.never_booked",
        severity=Severity.ERROR,
        route_id=route_id,
        subject=document.document_id,
        title=f"{document.identity.kind} {document.identity.external_id}: {missing}",
        amount_minor=document.total_minor - standing_minor,
        currency=document.currency,
        cause=f"It is held: {kept.reason}{apart}" if kept.reason else "It was imported but not booked yet",
        repair="Run `bridge sync`; if it stays held, see `bridge held`",
        evidence=tuple((problem.code, "", problem.message[:200]) for problem in kept.problems[:5]),
    )


def not_delivered(delivery: Delivery, entry: JournalEntry | None, route_id: str) -> Finding | None:
    """The finding of a voucher that should be in the ledger and is not.

    None when it is there or withdrawn, when its entry was replaced, or when it rightly waits: for its payout, or for
    what may still come for its day.
    """
    if delivery.state in ARRIVED or delivery.reason in (NOT_PAID, HOLD_BACK) or entry is None:
        return None
    voucher = delivery.voucher
    total = sum(posting.amount_minor for posting in entry.postings if posting.amount_minor > 0)
    waits_quietly = delivery.state is DeliveryState.OWED or delivery.reason == REVIEW
    called = f"{voucher.type} {voucher.number}".strip() if voucher else "No voucher yet"
    return Finding(
        code="drift.not_delivered",
        severity=Severity.WARNING if waits_quietly else Severity.ERROR,
        route_id=route_id,
        subject=delivery.voucher_id,
        title=f"{called} for {entry.narration}: {standing(delivery)}",
        amount_minor=voucher.total_minor if voucher else total,
        currency=entry.currency,
        cause=(delivery.note or delivery.reason or "It waits to be sent").rstrip("."),
        repair=f"Run `bridge deliver`, or decide: `bridge decide {delivery.voucher_id} ...`",
        evidence=(("state", "", f"{delivery.state}: {delivery.reason}" if delivery.reason else str(delivery.state)),),
        entry_id=delivery.entry_id,
    )


def standing(delivery: Delivery) -> str:
    """Where an unfinished delivery stands, for people."""
    words = {
        DeliveryState.OWED: "waits to be sent",
        DeliveryState.HELD: "held",
        DeliveryState.PARKED: "refused or stopped; waits for a person",
        DeliveryState.SENDING: "is being sent",
        DeliveryState.IN_DOUBT: "sent without a clear answer",
    }
    return words.get(delivery.state, str(delivery.state))


def late_payouts(explained: Clearing, route_id: str) -> list[Finding]:
    """Payouts that nothing in the ledger takes out of the clearing account, long after they should have arrived."""
    return [
        Finding(
            code="drift.payout_unmatched",
            severity=Severity.WARNING,
            route_id=route_id,
            subject=item.what,
            title=f"{item.what}: no posted bank entry matches its payout",
            amount_minor=item.amount_minor,
            currency=explained.currency,
            cause=f"Since {item.since} it stands in the clearing account ({item.reason})",
            repair="Look for the money in the bank feed and code its line to the clearing account, or ask the channel",
            evidence=(("open since", "", item.since.isoformat()),),
        )
        for item in explained.items
        if item.is_late
    ]


def unexplained(explained: Clearing, route: Route, *, is_own: bool) -> Finding | None:
    """The finding of a balance that the moves do not add up to; None when they do or the ledger tells none.

    is_own: it is the route's own clearing account, whose opening balance the route states. What stood on another
    before the first day is not known here: a person says so once.
    """
    if not explained.unexplained_minor:
        return None
    if is_own:
        cause = "The opening balance is not the one stated on the route, or entries lie outside the period read"
        repair = "Correct `opening` on the route, or find the entries dated before its first day"
    else:
        cause = f"It had a balance before {route.first_day}, or entries lie outside the period read"
        repair = f"If that much stood there before {route.first_day}, accept it with that reason; else find the entries"
    return Finding(
        code="drift.unexplained",
        severity=Severity.ERROR if is_own else Severity.WARNING,
        route_id=route.route_id,
        subject=explained.account,
        title=f"Clearing account {explained.account}: balance and entries do not agree",
        amount_minor=explained.unexplained_minor,
        currency=explained.currency,
        cause=cause,
        repair=repair,
    )

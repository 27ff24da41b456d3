"""Pure: what never arrived: documents that are not in the books, vouchers that are not in the ledger, late payouts."""

from __future__ import annotations

from bridge.drift.chart import Chart
from bridge.drift.explained import Clearing, OpenItem
from bridge.drift.stake import of_entry, of_lines
from bridge.model import documents
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import AWAITED, DocumentState
from bridge.model.entries import JournalEntry, Purpose
from bridge.model.findings import Finding, Severity
from bridge.model.money import decimal_text
from bridge.model.reasons import OF_TIME, ORDERS_THAT_WAIT, REISSUED, RELEASABLE, Reason
from bridge.store.api import KeptDocument

FAILED_STATUS = ("failed", "canceled", "cancelled")
ARRIVED = (DeliveryState.DELIVERED, DeliveryState.WITHDRAWN)
CODE_THE_RETURN = "Code the bank line that came back to the clearing account, and this is gone. "


def waits(kept: KeptDocument) -> bool:
    """Whether a document rightly waits: for its buyer to pay, or for the payout that it is booked with."""
    return kept.state is DocumentState.HELD and kept.reason in ORDERS_THAT_WAIT


def not_in_books(kept: KeptDocument, booked: KeptDocument | None, route_id: str) -> Finding | None:
    """The finding of a document that reached us but not the books, or of which only an earlier revision is in them.

    booked: that earlier revision, if any; the amount is then the newer total less its total.

    None when it is booked, when it closed before the route's first day, when it rightly waits, or when an earlier
    revision is booked and this one waits for a person: the books say so themselves.
    """
    is_told_elsewhere = kept.reason in {Reason.BEFORE_FIRST_DAY, *REISSUED}
    if kept.state is DocumentState.BOOKED or is_told_elsewhere or waits(kept):
        return None
    document = kept.document
    total, lines = (decimal_text(minor, document.currency) for minor in (document.total_minor, kept.lines_minor))
    adds_up = total == lines or kept.reason in AWAITED
    apart = "" if adds_up else f"; its total is {total}, but its lines add up to {lines}"
    is_newer = booked is not None
    standing_minor = booked.document.total_minor if booked and booked.document.currency == document.currency else 0
    missing = "a newer version is not in the books yet, the older one is" if is_newer else "not in the books"
    return Finding(
        code="drift.newer_not_booked" if is_newer else "drift.never_booked",
        severity=Severity.ERROR,
        route_id=route_id,
        subject=document.document_id,
        title=f"{documents.called(document.identity.kind, document.identity.external_id, document.title)}: {missing}",
        amount_minor=document.total_minor - standing_minor,
        currency=document.currency,
        cause=f"It is held: {kept.reason}{apart}" if kept.reason else "It was imported but not booked yet",
        repair="Run `bridge sync`; if it stays held, see `bridge held`",
        evidence=tuple((problem.code, "", problem.message[:200]) for problem in kept.problems[:5]),
    )


def not_delivered(delivery: Delivery, entry: JournalEntry, chart: Chart) -> Finding | None:
    """The finding of a voucher that should be in the ledger and is not.

    None when it is there or withdrawn, or when it rightly waits: for its payout, or for what may still come for its
    day.
    """
    if delivery.state in ARRIVED or delivery.reason in OF_TIME:
        return None
    waits_quietly = delivery.state is DeliveryState.OWED or delivery.reason == Reason.REVIEW
    return _lacking(
        "not_delivered",
        delivery,
        entry,
        chart,
        severity=Severity.WARNING if waits_quietly else Severity.ERROR,
        title=f"{called(delivery)} for {entry.narration}: {standing(delivery)}",
        cause=(delivery.note or delivery.reason or "It waits to be sent").rstrip("."),
        repair=next_step(delivery),
    )


def withdrawn(delivery: Delivery, entry: JournalEntry, chart: Chart, *, is_late: bool = False) -> Finding:
    """The finding of a voucher that a person withdrew.

    A payout's transfer only warns, for the bank's own line may be coded in its place. is_late: and is not yet, long
    after it should have come.
    """
    only_warns = entry.is_bank_leg and not is_late
    steps = CODE_THE_RETURN + next_step(delivery) if entry.purpose is Purpose.BOUNCED else next_step(delivery)
    late = "; and no posted bank entry matches its payout" if is_late else ""
    return _lacking(
        "withdrawn",
        delivery,
        entry,
        chart,
        severity=Severity.WARNING if only_warns else Severity.ERROR,
        title=f"{called(delivery)} for {entry.narration}: withdrawn, so it is not in the ledger{late}",
        cause=f"Withdrawn by {delivery.note}".rstrip(".") if delivery.note else "A person withdrew it",
        repair=steps,
    )


def _lacking(
    code: str,
    delivery: Delivery,
    entry: JournalEntry,
    chart: Chart,
    *,
    severity: Severity,
    title: str,
    cause: str,
    repair: str,
) -> Finding:
    voucher = delivery.voucher
    at_stake = of_lines(voucher.lines, chart) if voucher else of_entry(entry, chart)
    return Finding(
        code=f"drift.{code}",
        severity=severity,
        route_id=delivery.route_id,
        subject=delivery.voucher_id,
        title=title,
        amount_minor=at_stake.amount_minor,
        currency=entry.currency,
        cause=cause,
        repair=repair,
        evidence=(("state", "", f"{delivery.state}: {delivery.reason}" if delivery.reason else str(delivery.state)),),
        entry_id=delivery.entry_id,
        account=at_stake.account,
    )


def called(delivery: Delivery) -> str:
    """A voucher for people."""
    voucher = delivery.voucher
    return f"{voucher.type} {voucher.number}".strip() if voucher else "No voucher yet"


def next_step(delivery: Delivery) -> str:
    """The command that brings it on."""
    decide = f"`bridge decide {delivery.voucher_id} {{}} --reason '...'`"
    match delivery.state, delivery.reason:
        case DeliveryState.HELD, _ if delivery.reason in RELEASABLE:
            return f"Run {decide.format('release')}, then `bridge sync`"
        case DeliveryState.HELD, _:
            return "Put right what it names, then run `bridge sync`"
        case DeliveryState.PARKED, _:
            retry, withdraw = decide.format("retry"), decide.format("withdraw")
            return f"Put right what it names and run {retry}, or give it up with {withdraw}; then `bridge deliver`"
        case DeliveryState.WITHDRAWN, _:
            again = decide.format("book_again")
            return f"To send it after all run {again}, then `bridge sync`; if it was entered by hand, accept this"
        case _:
            return "Run `bridge deliver`"


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


def payout_unmatched(item: OpenItem, currency: str, route_id: str) -> Finding:
    """The finding of a payout that nothing in the ledger takes out of clearing, long after it should have arrived.

    One that failed never arrives: it waits for the channel to pay it again.
    """
    if item.has_failed:
        what = "it failed, and the channel has not paid it again"
        repair = "Ask the channel when it pays again; code no bank line to the clearing account for it"
    else:
        what = "no posted bank entry matches its payout"
        repair = "Look for the money in the bank feed and code its line to the clearing account, or ask the channel"
    return Finding(
        code="drift.payout_unmatched",
        severity=Severity.WARNING,
        route_id=route_id,
        subject=item.what,
        title=f"{item.what}: {what}",
        amount_minor=item.amount_minor,
        currency=currency,
        cause=f"Since {item.since} it stands in the clearing account ({item.reason})",
        repair=repair,
        evidence=(("open since", "", item.since.isoformat()),),
    )


def unexplained(explained: Clearing, home: str, route: Route) -> Finding | None:
    """The finding of a balance that the moves do not add up to; None when they do or the ledger tells none.

    home: the route that answers for the account. Of a route's own clearing account the opening balance is stated on
    it; what stood on another before the first day is not known: a person says so once.
    """
    if not explained.unexplained_minor:
        return None
    if explained.is_own:
        cause = "The opening balance is not the one stated on the route, or entries lie outside the period read"
        repair = "Correct `opening` on the route and run `bridge apply`, or find the entries dated before its first day"
    else:
        cause = f"It had a balance before {route.first_day}, or entries lie outside the period read"
        repair = f"If that much stood there before {route.first_day}, accept it with that reason; else find the entries"
    return Finding(
        code="drift.unexplained",
        severity=Severity.ERROR if explained.is_own else Severity.WARNING,
        route_id=home,
        subject=explained.account,
        title=f"Clearing account {explained.account}: balance and entries do not agree",
        amount_minor=explained.unexplained_minor,
        currency=explained.currency,
        cause=cause,
        repair=repair,
        account=explained.account,
    )

"""Pure: what never arrived (documents not in the books, vouchers not in the ledger), and what waits as it should."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from bridge.drift.comparing.stake import of_entry, of_lines
from bridge.drift.comparing.tieout import BOOKED, Tie
from bridge.drift.sides import Chart, Told, standing, waits
from bridge.model import documents
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import AWAITED, DocumentKind, DocumentState
from bridge.model.entries import JournalEntry, Purpose
from bridge.model.findings import MISSING_AT_BANK, Finding, Severity
from bridge.model.lines import Line
from bridge.model.money import decimal_text
from bridge.model.reasons import OF_TIME, REISSUED, RELEASABLE, Reason
from bridge.plugin.wording import object_name
from bridge.store.api import KeptDocument

ARRIVED = (DeliveryState.DELIVERED, DeliveryState.WITHDRAWN)
CODE_THE_RETURN = "Code the bank line that came back to the clearing account, and this is gone. "
_BRING_ORDERS = (
    "Bring in the orders that these payments belong to. Where they are from before the route's first day, they are "
    "part of its opening balance: accept this"
)
_BRING_ANSWERS = (
    "Bring the answers of the channel's API about this payout, with its balance transactions: an export's rows name no "
    "payment, so they prove their own sum and no more. Orders and amounts may be alike, so bridge pairs nothing by them"
)


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
        title=f"{called(delivery, chart)} for {entry.narration}: {standing(delivery)}",
        cause=(delivery.note or delivery.reason or "It waits to be sent").rstrip("."),
        repair=next_step(delivery),
    )


def taken_back(delivery: Delivery, entry: JournalEntry, chart: Chart, *, is_late: bool = False) -> Finding:
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
        title=f"{called(delivery, chart)} for {entry.narration}: withdrawn, so it is not in the ledger{late}",
        cause=f"Withdrawn by {delivery.note}".rstrip(".") if delivery.note else "A person withdrew it",
        repair=steps,
        binding=MISSING_AT_BANK if is_late else "",
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
    binding: str = "",
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
        binding=binding,
    )


def called(delivery: Delivery, chart: Chart) -> str:
    """A voucher for people."""
    voucher = delivery.voucher
    return object_name(voucher.type, voucher.number, chart.words) if voucher else "No voucher yet"


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


def unmatched_rows(kept: KeptDocument, tie: Tie, route_id: str, lacking: Sequence[Line]) -> Finding | None:
    """The finding of a payout that is booked, and some of whose rows no booked payment matches; None where all do.

    lacking: those rows.
    """
    minor = sum(line.amount_minor for line in lacking)
    if not lacking or tie.is_tied or tie.state != BOOKED:
        return None
    told, booked = (decimal_text(amount, tie.currency) for amount in (tie.channel_minor, tie.booked_minor))
    return Finding(
        code="drift.payout_rows",
        severity=Severity.WARNING,
        route_id=route_id,
        subject=kept.document.document_id,
        title=f"{tie.called}: {_counted(len(lacking))} no booked payment",
        amount_minor=minor,
        currency=tie.currency,
        cause=f"It pays {told} {tie.currency}; the books hold payments and fees of {booked} {tie.currency} for it",
        repair=_BRING_ORDERS if all(line.reference for line in lacking) else _BRING_ANSWERS,
        evidence=(("booked for it", booked, told),),
    )


def _counted(rows: int) -> str:
    return "1 row of it matches" if rows == 1 else f"{rows:,} rows of it match"


class Waiting(msgspec.Struct, frozen=True):
    """So many documents or entries that wait for one reason. words: ``3 orders not paid``."""

    reason: str
    count: int
    words: str


_OF_DOCUMENTS: Mapping[str, Mapping[DocumentKind, tuple[str, str]]] = {
    Reason.UNPAID: {
        DocumentKind.ORDER: ("order not paid", "orders not paid"),
        DocumentKind.REFUND: ("refund of an order that is not paid", "refunds of orders that are not paid"),
        DocumentKind.FEE: ("fee of an order that is not paid", "fees of orders that are not paid"),
    },
    Reason.PAYOUT_AWAITED: {
        DocumentKind.ORDER: ("order in no payout yet", "orders in no payout yet"),
        DocumentKind.REFUND: ("refund in no payout yet", "refunds in no payout yet"),
    },
}
_OF_ENTRIES = {
    Reason.HOLD_BACK: ("entry whose day is not over or held back", "entries whose days are not over or held back"),
    Reason.COVERAGE: (
        "entry whose channel is not read beyond its day",
        "entries whose channel is not read beyond their days",
    ),
    Reason.NOT_PAID: ("payout on its way to the bank", "payouts on their way to the bank"),
}


def waiting(documents: Mapping[tuple[DocumentKind, str], int], ours: Told) -> tuple[Waiting, ...]:
    """What waits: documents by kind and reason, entries by reason."""
    found = []
    for (kind, reason), count in sorted(documents.items()):
        words = _OF_DOCUMENTS.get(reason, {}).get(kind, (f"{kind}: {reason}", f"{kind}: {reason}"))
        found.append(_waiting(reason, count, words))
    for reason, words in _OF_ENTRIES.items():
        held = {
            delivery.entry_id
            for delivery, _ in ours.unfinished
            if delivery.state is DeliveryState.HELD and delivery.reason == reason
        }
        if held:
            found.append(_waiting(reason, len(held), words))
    return tuple(found)


def _waiting(reason: str, count: int, words: tuple[str, str]) -> Waiting:
    return Waiting(reason, count, f"{count} {words[0] if count == 1 else words[1]}")

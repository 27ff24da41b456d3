"""Pure: payouts of which the books do not hold all payments, and what leads on."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.drift.tieout import BOOKED, Tie
from bridge.model.findings import Finding, Severity
from bridge.model.lines import Line
from bridge.model.money import decimal_text
from bridge.store.api import KeptDocument

_BRING_ORDERS = (
    "Bring in the orders that these payments belong to. Where they are from before the route's first day, they are "
    "part of its opening balance: accept this"
)
_BRING_ANSWERS = (
    "Bring the answers of the channel's API about this payout, with its balance transactions: an export's rows name no "
    "payment, so they prove their own sum and no more. Orders and amounts may be alike, so bridge pairs nothing by them"
)


def rows_of(kept: KeptDocument, tie: Tie, route_id: str, lacking: Sequence[Line]) -> Finding | None:
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

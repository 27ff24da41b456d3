"""Pure: which money settles what, in order; and what joins money that went back to what its buyer owes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridge.errors import HoldError
from bridge.model.chart import REFUNDS_PAYABLE
from bridge.model.entries import Half, Posting
from bridge.model.reasons import Reason
from bridge.plugin.sink import PlanRequest

NO_POSTING = -1
"""The number of what joins two objects and is no posting of the entry: nothing is found for it there."""


def share_out(paid: Sequence[int], owed: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """What each payment gives to each debt: place among the payments, place among the debts, and how much.

    The first payment goes to the first debt, what is left of it to the next. Whatever is paid beyond all debts, or is
    owed beyond all payments, is in none of them. Units: whole numbers of anything, none below nothing.
    """
    left = list(owed)
    for payer, amount in enumerate(paid):
        for debt, open_minor in enumerate(left):
            if part := min(amount, open_minor):
                yield payer, debt, part
                amount -= part
                left[debt] -= part


def passed_on(request: PlanRequest, amount_minor: int, beside: Sequence[Posting]) -> tuple[Posting, ...]:
    """What one object leaves on 2220 Refunds payable for another of the same entry to take from there; none of nothing.

    beside: what is sold or taken back in that entry: it stands in the same name.
    Raises: HoldError ``account.missing`` where the ledger has no such account.
    """
    if amount_minor and REFUNDS_PAYABLE not in request.accounts:
        raise HoldError(
            f"entry {request.entry.narration}",
            f"money went back beside what is owed, which passes through {REFUNDS_PAYABLE} Refunds payable, and the "
            "ledger has no such account",
            "Create it there as a current liability, or map it in the route's accounts; then run again",
            code=Reason.ACCOUNT_MISSING,
        )
    contact = next((posting.contact for posting in beside), "")
    owed = Posting(NO_POSTING, REFUNDS_PAYABLE, amount_minor, "refund.owed", "", contact=contact, half=Half.REFUND)
    return (owed,) if amount_minor else ()

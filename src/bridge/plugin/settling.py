"""Pure: which money settles what, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


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

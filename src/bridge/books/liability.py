"""Who owes the tax: the marketplace where it withheld it, else the merchant (docs/bookings, facilitator tax)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from bridge.books.choose import Choice
from bridge.model.chart import FACILITATOR_TAX, SALES_TAX_PAYABLE

TAX_COLLECTED = "tax.collected"
TAX_FACILITATOR = "tax.facilitator"
RESIDUE = "tax.residue"
WITHHELD = "bridge:withheld"


def when_withheld(choice: Choice) -> Choice | None:
    """The choice for such a line where the marketplace withheld the tax of its group; None where it is no matter.

    Collected tax whose group has a withheld leg meets that leg on the pass-through account, whatever the rules
    say of tax that the merchant remits.
    """
    if choice.kind != TAX_COLLECTED:
        return None
    return msgspec.structs.replace(choice, account=FACILITATOR_TAX, rule=WITHHELD)


def residue_legs(postings: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """The legs that bring the pass-through account to zero over a settlement: (account, amount), or none.

    What collected and withheld tax leave over is the merchant's to clear up: it goes to sales tax payable.
    """
    residue = sum(amount for account, amount in postings if account == FACILITATOR_TAX)
    return ((FACILITATOR_TAX, -residue), (SALES_TAX_PAYABLE, residue)) if residue else ()

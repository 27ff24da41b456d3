"""Who owes the tax: the marketplace where it withheld it, else the merchant (docs/bookings, facilitator tax)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from bridge.books.rules.choose import Choice
from bridge.model.chart import FACILITATOR_TAX, ROUNDING_DIFFERENCES
from bridge.plugin import residual

TAX_COLLECTED = "tax.collected"
TAX_FACILITATOR = "tax.facilitator"
TAX_RETROCHARGE = "tax.retrocharge"
PASSED_THROUGH = (TAX_COLLECTED, TAX_FACILITATOR, TAX_RETROCHARGE)
RESIDUE = "tax.residue"
WITHHELD = "bridge:withheld"


class Share(msgspec.Struct, frozen=True):
    """What was collected of one group's tax, and what of it the marketplace withheld (with the opposite sign)."""

    group: str
    collected_minor: int
    withheld_minor: int

    @property
    def left_minor(self) -> int:
        return self.collected_minor + self.withheld_minor

    def has_two_parties(self, taxed_lines: int) -> bool:
        """Whether more was collected than withheld, by more than rounding: the rest is the merchant's own to remit."""
        beyond = abs(self.collected_minor) - abs(self.withheld_minor)
        is_opposite = self.collected_minor * self.withheld_minor < 0
        return is_opposite and beyond > 0 and not is_rounding(beyond, taxed_lines)


def is_rounding(left_minor: int, taxed_lines: int) -> bool:
    """Whether so much may be left over by rounding so many lines."""
    return residual(left_minor, 0, taxed_lines) == left_minor


def when_withheld(choice: Choice) -> Choice | None:
    """The choice for such a line where the marketplace withheld the tax of its group; None where it is no matter.

    Collected tax whose group has a withheld leg meets that leg on the pass-through account, whatever the rules
    say of tax that the merchant remits.
    """
    if choice.kind != TAX_COLLECTED:
        return None
    return msgspec.structs.replace(choice, account=FACILITATOR_TAX, rule=WITHHELD)


def left_over(postings: Iterable[tuple[str, int]]) -> int:
    """What collected and withheld tax leave on the pass-through account over a settlement; debit positive."""
    return sum(amount for account, amount in postings if account == FACILITATOR_TAX)


def residue_legs(left_minor: int, taxed_lines: int) -> tuple[tuple[str, int], ...]:
    """The legs that clear the pass-through account of rounding: (account, amount), or none.

    More than rounding stays there: it is owed by somebody, and nobody has said by whom.
    """
    if not left_minor or not is_rounding(left_minor, taxed_lines):
        return ()
    return (FACILITATOR_TAX, -left_minor), (ROUNDING_DIFFERENCES, left_minor)

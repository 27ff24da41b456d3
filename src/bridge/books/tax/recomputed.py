"""What a ledger works out from the amounts and rates of an entry, beside the tax that is stated there. Pure.

A ledger rounds the tax of each line by itself and adds up. So do we before anything is sent: what is stated may differ
by the rounding of what was sold one by one, and by no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from bridge.books.tax.taxes import inclusive_tax
from bridge.model.entries import Posting
from bridge.model.tax import rate_of
from bridge.plugin import residual


class Recomputed(msgspec.Struct, frozen=True):
    """The tax of one treatment over an entry, in minor units, debit positive: as it is stated, as a ledger has it."""

    treatment: str
    stated_minor: int
    computed_minor: int

    @property
    def off_minor(self) -> int:
        return self.stated_minor - self.computed_minor


def off_their_rate(postings: Iterable[Posting]) -> Iterator[Recomputed]:
    """The treatments whose tax their rate does not give.

    Rounding: half up, away from zero, a posting; half a minor unit for each line that a posting sums, at most 100; or,
              where many units were rounded one by one, a hundredth of the tax. What a discount bears may be told of
              another posting of its rate, so all of them are added up.
    """
    by_rate: dict[str, list[Posting]] = {}
    for posting in postings:
        if rate_of(posting.tax_code):
            by_rate.setdefault(posting.tax_code, []).append(posting)
    for treatment, several in sorted(by_rate.items()):
        rate = rate_of(treatment)
        stated = sum(posting.tax_minor for posting in several)
        computed = sum(inclusive_tax(posting.amount_minor, rate) for posting in several)
        lines = sum(max(posting.line_count, 1) for posting in several)
        gross = sum(abs(posting.tax_minor) for posting in several)
        if 100 * abs(stated - computed) > gross and not _is_rounding(stated, computed, lines):
            yield Recomputed(treatment, stated, computed)


def _is_rounding(stated: int, computed: int, lines: int) -> bool:
    return residual(stated, computed, lines) == stated - computed

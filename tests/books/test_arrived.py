"""A statement as what reached the bank: whatever the rate, its total is exact, and what was even stays even."""

from __future__ import annotations

from datetime import date

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bridge.books.engine.arrived import converted
from bridge.model.arrivals import Arrival
from bridge.model.chart import CARRY_FORWARD, FACILITATOR_TAX
from bridge.model.entries import ARRIVAL_FEE, CARRY, SETTLEMENT_TOTAL, JournalEntry, Mode, Posting, Slot
from tests.model.test_arrivals import payout

AMOUNTS = st.lists(st.integers(-100_000, 100_000).filter(bool), min_size=1, max_size=8)


def entry(part: str, *legs: tuple[str, str, int]) -> JournalEntry:
    postings = tuple(Posting(n, account, minor, kind, "", 1) for n, (account, kind, minor) in enumerate(legs, start=1))
    slot = Slot("rte", Mode.PAYOUT, "778", part)
    return JournalEntry(slot, 1, "doc", 1, date(2026, 6, 26), "EUR", "Settlement", postings, 1, "h", "1")


@given(AMOUNTS, AMOUNTS, AMOUNTS, st.integers(1, 10**7), st.integers(0, 500), st.integers(1, 10**7))
def test_every_entry_adds_up_and_the_total_is_what_arrived(
    first: list[int], last: list[int], tax: list[int], arrives: int, fee: int, total: int
) -> None:
    carried = -sum(first)
    taxes = [(FACILITATOR_TAX, "tax", minor) for minor in (*tax, -sum(tax)) if minor]
    rest = -(sum(last) - carried + total)
    month = entry("2026-05", *(("4000", "sale", minor) for minor in first), (CARRY_FORWARD, CARRY, carried))
    legs = [*(("4000", "sale", minor) for minor in last), ("6000", "fee", rest), *taxes]
    final = entry("2026-06", *legs, (CARRY_FORWARD, CARRY, -carried), ("1200", SETTLEMENT_TOTAL, total))
    document = msgspec.structs.replace(payout(), total_minor=total)
    made = converted([month, final], document, Arrival("USD", arrives, date(2026, 6, 30), fee))
    sums: dict[str, int] = {}
    for one in (posting for each in made for posting in each.postings):
        sums[one.kind] = sums.get(one.kind, 0) + one.amount_minor

    assert sums[SETTLEMENT_TOTAL] == arrives
    assert (sums.get(CARRY, 0), sums.get("tax", 0), sums.get(ARRIVAL_FEE, 0)) == (0, 0, fee)
    assert {each.currency for each in made} == {"USD"}
    assert [one.number for one in made[1].postings] == list(range(1, len(made[1].postings) + 1))

"""Days on the calendar of banks."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.periods import bank_days_after

FRIDAY, SATURDAY, SUNDAY, MONDAY = (date(2026, 6, day) for day in (26, 27, 28, 29))


@pytest.mark.parametrize(
    ("day", "count", "wanted"),
    [
        (FRIDAY, 0, FRIDAY),
        (SATURDAY, 0, SATURDAY),
        (FRIDAY, 1, MONDAY),
        (SATURDAY, 1, MONDAY),
        (FRIDAY, 5, date(2026, 7, 3)),
        (SUNDAY, 5, date(2026, 7, 3)),
        (MONDAY, -1, FRIDAY),
        (SUNDAY, -1, FRIDAY),
        (MONDAY, -2, date(2026, 6, 25)),
    ],
)
def test_weekends_are_no_bank_days(day: date, count: int, wanted: date) -> None:
    assert bank_days_after(day, count) == wanted


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(1, 60))
def test_there_and_back_ends_on_the_day_or_the_bank_day_beside_it(day: date, count: int) -> None:
    there = bank_days_after(day, count)

    assert there.weekday() < 5
    assert 0 <= (day - bank_days_after(there, -count)).days <= 2

"""Rates that two amounts say."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.rates import rate_between, turned


@pytest.mark.parametrize(
    ("minor", "currency", "into_minor", "into", "rate"),
    [
        (16729, "EUR", 18121, "USD", "1.083208799091"),
        (10000, "USD", 15000, "JPY", "150"),
        (15000, "JPY", 10000, "USD", "0.006666666667"),
        (-5000, "EUR", -5420, "USD", "1.084"),
        (1000, "KWD", 326, "USD", "3.26"),
        (100, "EUR", -100, "USD", ""),
        (100, "EUR", 0, "USD", ""),
        (0, "EUR", 100, "USD", ""),
    ],
)
def test_a_rate_is_units_of_the_other_currency_for_one(
    minor: int, currency: str, into_minor: int, into: str, rate: str
) -> None:
    assert rate_between(minor, currency, into_minor, into) == rate


def test_the_same_rate_is_told_from_the_other_side() -> None:
    assert turned("1.083208799091", 6) == "0.923183"


@given(st.integers(1, 10**8), st.integers(1, 10**8))
def test_a_ledger_that_multiplies_by_it_comes_to_the_other_amount_to_the_cent(captured: int, paid: int) -> None:
    """Up to a million."""
    came_to = Decimal(captured) * Decimal(rate_between(captured, "EUR", paid, "USD"))

    assert abs(came_to - paid) < Decimal("0.5")

"""Sums that authors are given: the rounding residual, and the tax inside a price."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.plugin import residual, tax_inside

RATES = st.decimals(0, 100, places=3)
AMOUNTS = st.integers(-(10**18), 10**18)


@pytest.mark.parametrize(
    ("gross", "rate", "tax"),
    [
        (1200, "20", 200),
        (1199, "20", 200),
        (100, "20", 17),
        (-1200, "20", -200),
        (800, "0", 0),
        (0, "20", 0),
        (3, "100", 2),
        (-3, "100", -2),
        (10888, "8.875", 888),
    ],
)
def test_the_tax_inside_a_price_is_rounded_half_up_away_from_zero(gross: int, rate: str, tax: int) -> None:
    assert tax_inside(gross, Decimal(rate)) == tax


@given(AMOUNTS, RATES)
def test_the_tax_inside_a_price_is_exact(gross: int, rate: Decimal) -> None:
    with localcontext(prec=80):
        exact = (gross * rate / (100 + rate)).quantize(Decimal(1), ROUND_HALF_UP)

    assert tax_inside(gross, rate) == int(exact)


@given(AMOUNTS, RATES)
def test_tax_given_back_is_the_tax_that_was_taken(gross: int, rate: Decimal) -> None:
    assert tax_inside(-gross, rate) == -tax_inside(gross, rate)


@pytest.mark.parametrize("rate", ["-1", "NaN", "Infinity", "-Infinity", "1E-999999", "1E999999"])
def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    with pytest.raises(ValueError, match="not negative"):
        tax_inside(1200, Decimal(rate))


@pytest.mark.parametrize(
    ("total", "parts", "taxed", "added"),
    [
        (1000, 1000, 3, 0),
        (1001, 1000, 1, 1),
        (999, 1000, 1, -1),
        (1001, 1000, 0, 0),
        (1002, 1000, 2, 0),
        (1002, 1000, 3, 2),
        (1100, 1000, 500, 100),
        (1101, 1000, 500, 0),
    ],
)
def test_a_residual_is_what_rounding_can_leave_and_no_more(total: int, parts: int, taxed: int, added: int) -> None:
    assert residual(total, parts, taxed) == added


@pytest.mark.parametrize(
    ("total", "parts", "taxed", "unit", "added"),
    [
        (68700, 68726, 2, 100, -26),
        (68700, 68651, 2, 100, 49),
        (68700, 68752, 2, 100, 0),
        (68700, 68600, 500, 100, 100),
        (68705, 68703, 1, 5, 2),
        (68705, 68709, 1, 5, 0),
    ],
)
def test_a_channel_that_rounds_totals_to_a_larger_unit_may_leave_half_of_it(
    total: int, parts: int, taxed: int, unit: int, added: int
) -> None:
    """C24."""
    assert residual(total, parts, taxed, unit) == added

"""Money: nothing is lost, nothing is rounded unless the rule is named."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import DocumentError
from bridge.model.money import (
    allocate_minor,
    decimal_text,
    exponent,
    minor_from_decimal,
    minor_from_text,
)

CURRENCIES = st.sampled_from(["USD", "EUR", "GBP", "JPY", "BHD", "CLF", "CAD"])
MINORS = st.integers(-(10**15), 10**15)


@given(MINORS, CURRENCIES)
def test_text_and_minor_units_are_two_forms_of_one_amount(minor: int, currency: str) -> None:
    text = decimal_text(minor, currency)
    assert minor_from_text(text, currency) == minor
    assert minor_from_decimal(Decimal(text), currency) == minor


@given(MINORS, st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any))
def test_allocation_loses_no_minor_unit_and_is_fair_to_one_unit(total: int, weights: list[int]) -> None:
    parts = allocate_minor(total, weights)
    assert sum(parts) == total
    assert len(parts) == len(weights)
    for part, weight in zip(parts, weights, strict=True):
        exact = Decimal(total) * weight / sum(weights)
        assert abs(part - exact) < 1 or weight == 0
        assert weight or part == 0


def test_the_earlier_part_gains_the_odd_unit() -> None:
    assert allocate_minor(100, [1, 1, 1]) == (34, 33, 33)
    assert allocate_minor(-100, [1, 1, 1]) == (-34, -33, -33)


def test_weights_must_be_usable() -> None:
    for weights in ([], [0, 0], [1, -1]):
        with pytest.raises(ValueError, match="weights"):
            allocate_minor(1, weights)


@pytest.mark.parametrize(
    "text",
    ["", "1,00", "1.234.5", "1e3", "NaN", "Infinity", "--1", "0x10", "١٢", "1_000", " 1", "1.001", "9" * 41],
)
def test_what_is_no_plain_amount_of_dollars_is_refused(text: str) -> None:
    with pytest.raises(DocumentError) as refused:
        minor_from_text(text, "USD")
    assert refused.value.code == "money.amount"


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "1E+400", "0.001", "1E+20"])
def test_decimals_that_are_not_money_are_refused(amount: str) -> None:
    with pytest.raises(DocumentError):
        minor_from_decimal(Decimal(amount), "USD")


def test_decimals_follow_iso_4217() -> None:
    assert [exponent(code) for code in ("USD", "JPY", "BHD")] == [2, 0, 3]
    assert minor_from_text("100", "JPY") == 100
    with pytest.raises(DocumentError, match="more decimals"):
        minor_from_text("100.5", "JPY")


@pytest.mark.parametrize("code", ["", "usd", "XXY", "XXX", "XAU", "DOLLARS"])
def test_a_currency_must_be_one(code: str) -> None:
    with pytest.raises(DocumentError):
        exponent(code)

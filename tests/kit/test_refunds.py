"""What a free amount gives back of its order: exact, never more tax than is left, the same every time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.plugin import TaxedAmount, give_back

RATES = ("0", "5", "8.875", "20", "")
SOLD = st.builds(TaxedAmount, st.sampled_from(RATES), st.integers(0, 10**7), st.integers(0, 10**6))
ORDERS = st.lists(SOLD, max_size=8)
AMOUNTS = st.integers(0, 10**8)


def total(amounts: Sequence[TaxedAmount]) -> int:
    return sum(each.base_minor + each.tax_minor for each in amounts)


def tax_by_rate(amounts: Sequence[TaxedAmount]) -> dict[str, int]:
    return {rate: sum(each.tax_minor for each in amounts if each.rate == rate) for rate in RATES}


def negative(amounts: Sequence[TaxedAmount]) -> list[TaxedAmount]:
    return [TaxedAmount(each.rate, -each.base_minor, -each.tax_minor) for each in amounts]


@pytest.mark.parametrize(
    ("amount", "left", "back"),
    [
        (1200, [("20", 10000, 2000)], [("20", 1000, 200)]),
        (1000, [("20", 10000, 2000), ("0", 6000, 0)], [("0", 333, 0), ("20", 556, 111)]),
        (1, [("20", 10000, 2000)], [("20", 1, 0)]),
        (3, [("20", 10000, 2000)], [("20", 2, 1)]),
        (18000, [("20", 10000, 2000), ("0", 6000, 0)], [("0", 6000, 0), ("20", 10000, 2000)]),
        (12500, [("20", 10000, 2000)], [("0", 500, 0), ("20", 10000, 2000)]),
        (700, [], [("0", 700, 0)]),
        (0, [("20", 10000, 2000)], []),
        (600, [("20", 10000, 2000), ("20", -9500, -1900)], [("20", 500, 100)]),
        (600, [("20", 100, 20), ("20", -200, -40)], [("0", 600, 0)]),
    ],
)
def test_a_free_amount_is_shared_over_what_is_left(
    amount: int, left: list[tuple[str, int, int]], back: list[tuple[str, int, int]]
) -> None:
    """C15."""
    assert give_back(amount, [TaxedAmount(*each) for each in left]) == tuple(TaxedAmount(*each) for each in back)


@given(AMOUNTS, ORDERS, ORDERS)
def test_base_and_tax_given_back_are_the_amount_and_never_more_tax_than_is_left(
    amount: int, sold: list[TaxedAmount], returned: list[TaxedAmount]
) -> None:
    left = [*sold, *negative(returned)]
    back = give_back(amount, left)

    assert total(back) == amount
    assert all(each.base_minor >= 0 and each.tax_minor >= 0 for each in back)
    assert all(tax <= max(0, tax_by_rate(left)[rate]) for rate, tax in tax_by_rate(back).items())


@given(ORDERS)
def test_all_that_is_left_gives_back_exactly_that(sold: list[TaxedAmount]) -> None:
    back = give_back(total(sold), sold)

    assert tax_by_rate(back) == tax_by_rate(sold)
    assert total(back) == total(sold)


@given(st.lists(st.integers(0, 10**5), max_size=8), ORDERS)
def test_free_amounts_one_after_another_never_give_back_more_tax_than_was_sold(
    amounts: list[int], sold: list[TaxedAmount]
) -> None:
    given_back: list[TaxedAmount] = []
    for amount in amounts:
        given_back += give_back(amount, [*sold, *negative(given_back)])

    assert all(tax <= tax_by_rate(sold)[rate] for rate, tax in tax_by_rate(given_back).items())
    assert total(given_back) == sum(amounts)


@given(AMOUNTS, ORDERS.flatmap(lambda sold: st.tuples(st.just(sold), st.permutations(sold))))
def test_the_order_of_what_is_left_changes_nothing(
    amount: int, orders: tuple[list[TaxedAmount], list[TaxedAmount]]
) -> None:
    sold, shuffled = orders

    assert give_back(amount, shuffled) == give_back(amount, sold)


def test_a_refund_that_takes_money_is_refused() -> None:
    with pytest.raises(ValueError, match="not negative"):
        give_back(-1, [TaxedAmount("20", 1000, 200)])

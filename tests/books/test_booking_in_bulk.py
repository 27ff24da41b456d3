"""Orders are booked about a hundred at a time: what a voucher costs is a share of a few statements."""

from __future__ import annotations

import pytest

from bridge.model.entries import Mode
from tests.books.shop import MakeShop, Shop, order
from tests.fakes.statements import statements

PARTS = {"sale.product": 1000, "tax.collected": 80}


def orders(shop: Shop, count: int, *, more: int = 0) -> int:
    """Statements of a run that books so many orders, or books them anew where a cent more was paid for each."""
    parts = PARTS | {"tip": more} if more else PARTS
    shop.receive(*(order(f"{number}", f"2026-06-0{1 + number % 9} 12:00", parts) for number in range(count)))
    with statements() as sent:
        shop.run()
    return len(sent)


@pytest.mark.parametrize("mode", [Mode.ORDER, Mode.DAY])
def test_a_voucher_of_an_order_costs_at_most_four_statements(make_shop: MakeShop, mode: Mode) -> None:
    for then in (lambda shop: None, Shop.deliver):
        few, many = make_shop(mode=mode), make_shop(mode=mode)
        first = orders(few, 10), orders(many, 90)
        assert first[1] - first[0] <= 80
        then(few), then(many)
        again = orders(few, 10, more=1), orders(many, 90, more=1)
        assert again[1] - again[0] <= 4 * 80

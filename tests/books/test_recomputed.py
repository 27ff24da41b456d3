"""What a ledger would work out from amounts and rates is worked out before anything is sent (C24)."""

from __future__ import annotations

import pytest

from bridge.books.tax.recomputed import off_their_rate
from bridge.model.entries import Posting
from bridge.model.line_tax import taxed_at
from tests.books.shop import MakeShop, money, order, sale


def posting(gross: int, tax: int, treatment: str, lines: int = 1) -> Posting:
    return Posting(1, "4000", gross, "sale.product", "r", lines, treatment, tax)


@pytest.mark.parametrize(
    ("postings", "off"),
    [
        ([posting(-1200, -200, "sale:20")], []),
        ([posting(-1200, -201, "sale:20")], []),
        ([posting(-120_000, -20_150, "sale:20", lines=300)], []),
        ([posting(-2998, -498, "sale:20")], []),
        ([posting(-11_000, -1000, "sale:20")], [("sale:20", 833)]),
        ([posting(-11_498, -1498, "sale:5+9.975@CA-QC")], []),
        ([posting(-2458, -375, "sale:20"), posting(208, 0, "sale:20")], []),
        ([posting(-1000, 0, "sale:0"), posting(-1000, 0, "none"), posting(-1000, 0, "")], []),
    ],
)
def test_tax_that_is_not_what_its_rate_comes_to_is_named(postings: list[Posting], off: list[tuple[str, int]]) -> None:
    """By more than the rounding of its lines, or a hundredth where units were rounded one by one."""
    assert [(each.treatment, each.off_minor) for each in off_their_rate(postings)] == off


@pytest.mark.parametrize(("tax", "codes"), [(2000, []), (1000, ["books.tax_recomputed"])])
def test_a_channel_whose_tax_is_not_its_rates_is_told_before_it_is_sent(
    make_shop: MakeShop, tax: int, codes: list[str]
) -> None:
    shop = make_shop(country="GB", tax_regime="vat_standard")
    at = "2026-06-03 12:00"
    lines = [
        sale("a", "sale.product", 10_000, at, tax=taxed_at("20")),
        sale("a:tax", "tax.collected", tax, at, tax=taxed_at("20", base="sale.product")),
        money("t", "card", -10_000 - tax, at),
    ]
    shop.book(order("1", at, {}, {}).with_lines(lines))

    assert [finding.code for finding in shop.findings()] == codes

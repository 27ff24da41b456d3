"""A shop that shows no decimals rounds its totals to whole units, and rounding may then go that far; no other's may."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.model.documents import DocumentKind
from bridge_woocommerce.facts import shown_amount
from plugins.woocommerce.tests.shop import (
    Reading,
    gather,
    item,
    one,
    order,
    read,
    refund,
    shipping,
    shop,
    tax,
    tax_line,
)


def rounded(number: int = 75, total: str = "687.000000", **more: Any) -> dict[str, Any]:
    """Goods of 528.26 and shipping of 70.00 with 89 of tax: 687.26, which the shop makes 687."""
    fields = {
        "currency": "NOK",
        "total_tax": "89.000000",
        "line_items": [item(1, "528.260870", [tax(1, "79.239130")], total_tax="79.239130")],
        "shipping_lines": [{**shipping(2, "70.000000", [tax(1, "10.500000")]), "total_tax": "10.500000"}],
        "tax_lines": [tax_line(1, 15, "79.000000", "10.000000")],
    }
    return order(number, total, **{**fields, **more})


def untaxed(number: int, exact: str, total: str) -> dict[str, Any]:
    return order(number, total, currency="NOK", line_items=[item(1, exact, subtotal=exact)])


def plain(found: Reading) -> dict[str, int]:
    return {kind: minor for kind, minor in found.by_kind().items() if kind != "tender"}


def test_a_shop_without_decimals_may_round_by_half_a_unit() -> None:
    """C24, P10: every order of such a shop has fractions."""
    found = one(rounded())

    assert plain(found) == {"sale.product": 52826, "sale.shipping": 7000, "tax.collected": 8900, "rounding": -26}
    assert found.line("1:tax:1").amount_minor == 7900
    assert (found.start.total_minor, found.off_minor) == (68700, 0)


def test_one_round_total_alone_proves_nothing() -> None:
    found = one(untaxed(75, "20.940000", "21.000000"))
    assert (found.off_minor, found.codes) == (-6, ["woocommerce.whole_total"])
    assert "`decimals = 0`" in found.problems[0].message

    pair = read([untaxed(75, "20.940000", "21.000000"), untaxed(76, "30.300000", "30.000000")])
    assert [each.off_minor for each in pair] == [0, 0]
    assert [each.by_kind()["rounding"] for each in pair] == [6, -30]


@pytest.mark.parametrize(
    "other",
    [
        untaxed(77, "12.34", "12.34"),
        untaxed(77, "12.34", "12.340000"),
        order(77, "12.00", total_tax="2.05", line_items=[item(1, "9.95")], currency="NOK"),
    ],
)
def test_one_total_with_decimals_says_that_the_shop_shows_them(other: dict[str, Any]) -> None:
    found = {each.start.external_id: each for each in read([untaxed(75, "20.940000", "21.000000"), rounded(76), other])}

    assert found["75"].off_minor != 0


def test_fractions_that_are_only_those_of_six_decimals_prove_nothing() -> None:
    """Three lines of 4.00 with 20 % inside: 9.999999 and 2.000001."""
    lines = [item(number, "3.333333", [tax(1, "0.666667")], total_tax="0.666667") for number in (1, 2, 3)]
    told = [
        order(number, "12.000000", total_tax="2.000000", line_items=lines, tax_lines=[tax_line(1, 20, "2.000001")])
        for number in (75, 76)
    ]
    off = order(77, "13.000000", line_items=[item(1, "12.600000")])

    assert [each.off_minor for each in read([*told, off])] == [0, 0, -40]


def test_gift_cards_that_leave_a_round_total_prove_nothing() -> None:
    told = [
        order(number, "35.00", line_items=[item(1, "60.40")], gift_cards=[{"amount": "25.40"}]) for number in (75, 76)
    ]
    off = order(77, "13.00", line_items=[item(1, "12.60")])

    assert [each.off_minor for each in read([*told, off])] == [0, 0, -40]


@pytest.mark.parametrize(("decimals", "off"), [(0, 0), (1, -6), (2, -6), (None, -6)])
def test_the_connection_may_say_it(decimals: int | None, off: int) -> None:
    assert one(untaxed(75, "20.940000", "21.000000"), source=shop(decimals=decimals)).off_minor == off


def test_what_the_connection_says_counts_before_what_files_show() -> None:
    (problem,) = one(rounded(), source=shop(decimals=2)).problems

    assert (problem.code, problem.blocking) == ("woocommerce.money_beside_lines", True)


def test_more_than_half_a_unit_is_no_rounding_in_any_shop() -> None:
    found = read([rounded(), untaxed(76, "20.480000", "21.000000")])

    assert [each.off_minor for each in found] == [0, -52]


def test_yen_have_no_decimals_to_lose() -> None:
    yen = [order(number, "1001", currency="JPY", line_items=[item(1, "1000")]) for number in (75, 76)]

    assert [each.by_kind()["rounding"] for each in read(yen)] == [1, 1]
    assert [each.off_minor for each in read([order(77, "1002", currency="JPY", line_items=[item(1, "1000")])])] == [-2]


def test_what_was_found_out_is_kept_with_the_order_for_later_readings() -> None:
    kept = one(rounded()).start.payload
    (again,) = read([json.loads(kept)])
    joined = gather(shop().read_order("75", [kept, json.dumps(refund(88, "687.00")).encode()]))

    assert again.off_minor == 0
    assert [each.off_minor for each in joined] == [0, 0]
    back = next(each for each in joined if each.start.kind is DocumentKind.REFUND)
    assert plain(back) == {
        "refund.product": -52826,
        "refund.shipping": -7000,
        "tax.collected": -8900,
        "rounding": 26,
    }


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("10.000000", "10.00"),
        ("10.5", "10.50"),
        ("10.005000", "10.005"),
        ("1000", "1000"),
        ("-3.10", "-3.10"),
        ("x", "?"),
    ],
)
def test_an_amount_is_told_without_the_zeros_of_its_answer(text: str, shown: str) -> None:
    assert shown_amount(text) == shown

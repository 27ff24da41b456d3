"""What an order's lines say, case by case."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.errors import DocumentError
from bridge.model.documents import DocumentKind
from bridge.model.lines import Line, Part
from plugins.woocommerce.tests.shop import (
    Reading,
    fee,
    item,
    meta,
    notes,
    one,
    order,
    read,
    recorded,
    refund,
    shipping,
    tax,
    tax_line,
)

REFUND = DocumentKind.REFUND


def amounts(found: Reading) -> dict[str, int]:
    return {line.key: line.amount_minor for line in found.booked}


def test_a_coupon_is_a_discount_of_its_own_and_carries_the_rate_of_its_line() -> None:
    sold = item(1, "9.00", [tax(1, "1.80", "2.00")], subtotal="10.00")
    found = one(order(total="10.80", total_tax="1.80", line_items=[sold], tax_lines=[tax_line(1, 20, "1.80")]))

    assert amounts(found) == {"1": 1000, "1:discount": -100, "1:tax:1": 200, "1:discount:tax:1": -20}
    assert [line.kind for line in found.booked] == ["sale.product", "discount.product", *["tax.collected"] * 2]
    assert {line.tax_rate for line in found.booked} == {"20"}
    assert {line.sku for line in found.booked} == {"SKU-1"}
    assert found.line("1:tax:1").tax_base == "sale.product"
    assert found.line("1:discount:tax:1").tax_base == "discount.product"


def test_goods_given_for_nothing_have_their_tax_and_their_discount_has_it_too() -> None:
    sold = item(1, "0.00", [tax(1, "0.00", "2.00")], subtotal="10.00")
    found = one(order(total="0.00", line_items=[sold], tax_lines=[tax_line(1, 20, "0.00")]))

    assert amounts(found) == {"1": 1000, "1:discount": -1000, "1:tax:1": 200, "1:discount:tax:1": -200}


@pytest.mark.parametrize("before", ["", "1.80", "1.70"])
def test_tax_before_a_discount_that_is_not_told_or_cannot_be_leaves_all_of_it_with_the_goods(before: str) -> None:
    sold = item(1, "9.00", [tax(1, "1.80", before)], subtotal="10.00")
    found = one(order(total="10.80", total_tax="1.80", line_items=[sold], tax_lines=[tax_line(1, 20, "1.80")]))

    assert amounts(found) == {"1": 1000, "1:discount": -100, "1:tax:1": 180}


def test_a_line_given_back_without_tax_gives_back_that_of_its_price_after_the_discount() -> None:
    """Not that of the price before it."""
    sold = item(1, "9.00", [tax(1, "1.80", "2.00")], subtotal="10.00")
    rates = [tax_line(1, 20, "1.80")]
    told = order(total="10.80", total_tax="1.80", prices_include_tax=True, line_items=[sold], tax_lines=rates)
    taken = item(11, "-5.40", meta_data=[meta("_refunded_item_id", "1")])
    back = one([told, refund(88, "5.40", line_items=[taken])], DocumentKind.REFUND)

    assert amounts(back) == {"11": -450, "11:tax:1": -90}


def test_cents_go_to_the_lines_whose_rounding_left_out_most_of_them() -> None:
    """32.475 and 6.125 would be 32.48 and 6.13, a penny more than the shop's total."""
    sold = [item(1, "32.475", [tax(1, "6.495")]), item(2, "6.125", [tax(1, "1.225")])]
    rates = [tax_line(1, 20, "7.72", "0.798")]
    sent = [shipping(3, "3.99", [tax(1, "0.798")])]
    found = one(order(total="51.11", total_tax="8.52", line_items=sold, shipping_lines=sent, tax_lines=rates))

    assert [found.line(key).amount_minor for key in ("1", "2", "3")] == [3247, 613, 399]
    assert "rounding" not in found.by_kind()


def test_cents_that_the_shop_itself_misses_stay_a_rounding() -> None:
    sold = [item(1, "32.48"), item(2, "6.13")]

    assert one(order(total="38.60", line_items=sold)).by_kind()["rounding"] == -1


def test_several_rates_on_a_line_are_one_rate_to_its_tax_treatment() -> None:
    sold = item(1, "10.00", [tax(1, "0.725000"), tax(2, "0.225000"), tax(3, "")])
    rates = [tax_line(1, 7.25, "0.73"), tax_line(2, 2.25, "0.22"), tax_line(3, 6.25, "0.00")]
    found = one(order(total="10.95", total_tax="0.95", line_items=[sold], tax_lines=rates))

    assert amounts(found) == {"1": 1000, "1:tax:1": 73, "1:tax:2": 22}
    assert {line.tax_rate for line in found.booked} == {"9.5"}
    assert [each.rate for each in found.line("1").tax] == ["7.25", "2.25"]
    assert [found.line(key).tax[0].rate for key in ("1:tax:1", "1:tax:2")] == ["7.25", "2.25"]


def test_each_rate_of_a_line_is_a_component_by_the_shops_name_of_it() -> None:
    sold = item(1, "9.00", [tax(1, "0.360000", "0.40"), tax(2, "0.405000", "0.45")], subtotal="10.00")
    state = tax_line(1, 4, "0.36") | {"rate_code": "US-NY-STATE-1"}
    rates = [state, tax_line(2, 4.5, "0.41") | {"rate_code": "US-NY-COUNTY-2"}]
    told = order(total="9.77", total_tax="0.77", line_items=[sold], tax_lines=rates)
    back = refund(88, "9.77")
    borne = [("4", "US-NY-STATE-1"), ("4.5", "US-NY-COUNTY-2")]

    for found, goods, of_goods in (
        (one(told), "sale.product", "1"),
        (one([told, back], REFUND), "refund.product", "1"),
    ):
        assert named(found.line(of_goods)) == named(found.line("1:tax:1")) == borne
        assert named(found.line("1:tax:2")) == named(found.line("1:discount:tax:2")) == borne[::-1]
        assert {each.base for each in found.line("1:tax:1").tax} == {goods}
        assert {each.base for each in found.line(of_goods).tax} == {""}


def named(line: Line) -> list[tuple[str, str]]:
    return [(each.rate, each.jurisdiction) for each in line.tax]


def test_untaxed_and_zero_rated_lines_say_so() -> None:
    sold = [item(1), item(2, "5.00", [tax(3, "0.000000")])]
    found = one(order(total="15.00", line_items=sold, tax_lines=[tax_line(3, 0, "0.00")]))

    assert [line.tax_rate for line in found.booked] == ["0", "0"]


def test_a_rate_the_shop_does_not_tell_stays_open() -> None:
    """Shops before 3.7 name no percent; neither do some tax plugins."""
    told = {"id": 9, "rate_id": 75, "rate_code": "US-CA", "tax_total": "1.35", "shipping_tax_total": "0.00"}
    found = one(
        order(total="11.35", total_tax="1.35", line_items=[item(1, "10.00", [tax(75, "1.35")])], tax_lines=[told])
    )

    assert amounts(found) == {"1": 1000, "1:tax:75": 135}
    assert {line.tax_rate for line in found.booked} == {""}


def test_tax_of_the_order_is_shared_out_over_its_lines_without_a_cent_lost() -> None:
    """F18: three lines of a third of a penny too little each; the order's own tax is the truth."""
    sold = [item(number, "10.00", [tax(1, "1.663000")]) for number in (1, 2, 3)]
    found = one(order(total="34.99", total_tax="4.99", line_items=sold, tax_lines=[tax_line(1, 16.63, "4.989000")]))

    assert [amounts(found)[f"{number}:tax:1"] for number in (1, 2, 3)] == [167, 166, 166]
    assert found.off_minor == 0
    assert "rounding" not in amounts(found)


def test_tax_that_no_line_bears_is_a_line_of_the_document() -> None:
    found = one(order(total="13.00", total_tax="3.00", tax_lines=[tax_line(1, 20, "2.00", "1.00")]))

    assert amounts(found) == {"1": 1000, "tax:1": 200, "tax:1:shipping": 100}
    assert found.line("tax:1").tax_rate == "20"


def test_tax_without_any_rate_is_still_there() -> None:
    assert amounts(one(order(total="12.00", total_tax="2.00"))) == {"1": 1000, "tax:": 200}


def test_parts_that_miss_the_total_by_more_than_rounding_are_left_for_the_host_to_hold() -> None:
    """F18, C24: one line may be half a unit off, rounded up; a penny more is no rounding."""
    near, far = one(order(total="10.01")), one(order(total="10.02"))

    assert (amounts(near), near.off_minor) == ({"1": 1000, "rounding": 1}, 0)
    assert (amounts(far), far.off_minor) == ({"1": 1000}, -2)


def test_fees_are_surcharges_tips_or_discounts() -> None:
    fees = [
        fee(2, "3.50", [tax(1, "0.70")]),
        fee(3, "4.00", name="Tip &amp; thanks"),
        fee(4, "1.00", [tax(1, "0.20")], name="Tip"),
        fee(5, "-2.00", [tax(1, "-0.40")], name="Loyalty &ndash; card"),
    ]
    sold = item(1, "10.00", [tax(1, "2.00")])
    rates = [tax_line(1, 20, "2.50")]
    found = one(order(total="19.00", total_tax="2.50", line_items=[sold], fee_lines=fees, tax_lines=rates))

    assert [(line.key, line.kind, line.words) for line in found.booked if line.words.startswith("fee")] == [
        ("2", "sale.other", "fee|Handling"),
        ("3", "tip", "fee|Tip & thanks"),
        ("4", "sale.other", "fee|Tip"),
        ("5", "discount.product", "fee|Loyalty – card"),
    ]
    assert found.line("5:tax:1").tax_base == "discount.product"
    assert found.off_minor == 0


def test_a_negative_fee_is_shared_over_the_rates_whose_tax_it_lowers() -> None:
    """Its tax says how much was taken off each; no line ever bears two rates of VAT at once."""
    sold = [item(1, "100.00", [tax(1, "20.00")]), item(2, "100.00", [tax(2, "5.00")]), item(3, "50.00", [tax(3, "0")])]
    voucher = fee(9, "-10.00", [tax(1, "-0.80"), tax(2, "-0.20"), tax(3, "0.00")], name="Gift voucher GV-1")
    rates = [tax_line(1, 20, "19.20"), tax_line(2, 5, "4.80"), tax_line(3, 0, "0.00")]
    found = one(order(total="264.00", total_tax="24.00", line_items=sold, fee_lines=[voucher], tax_lines=rates))

    assert {line.key: (line.amount_minor, line.tax_rate) for line in found.booked if line.key.startswith("9")} == {
        "9:1": (-400, "20"),
        "9:1:tax:1": (-80, "20"),
        "9:2": (-400, "5"),
        "9:2:tax:2": (-20, "5"),
        "9:3": (-200, "0"),
    }
    assert found.off_minor == 0


def test_a_negative_fee_on_rates_charged_together_stays_whole() -> None:
    sold = item(1, "100.00", [tax(3, "4.00"), tax(4, "4.875")])
    voucher = fee(9, "-10.00", [tax(3, "-0.40"), tax(4, "-0.4875")])
    rates = [tax_line(3, 4, "3.60"), tax_line(4, 4.875, "4.39")]
    found = one(order(total="97.99", total_tax="7.99", line_items=[sold], fee_lines=[voucher], tax_lines=rates))

    assert (found.line("9").amount_minor, found.line("9").tax_rate) == (-1000, "8.875")
    assert found.off_minor == 0


def test_a_negative_fee_whose_rates_fit_no_other_line_has_no_rate() -> None:
    voucher = fee(9, "-1.00", [tax(1, "-0.10"), tax(2, "-0.02")])
    rates = [tax_line(1, 20, "-0.10"), tax_line(2, 5, "-0.02")]
    found = one(order(total="8.88", total_tax="-0.12", fee_lines=[voucher], tax_lines=rates))

    assert (found.line("9").amount_minor, found.line("9").tax_rate) == (-100, "")
    assert found.off_minor == 0


def test_shipping_is_taxed_as_shipping() -> None:
    sent = shipping(7, "3.99", [tax(1, "0.798000")])
    sold = item(1, "10.825000", [tax(1, "2.165000")])
    rates = [tax_line(1, 20, "2.165000", "0.798000")]
    found = one(
        order(total="17.780000", total_tax="2.960000", line_items=[sold], shipping_lines=[sent], tax_lines=rates)
    )

    assert amounts(found) == {"1": 1083, "1:tax:1": 216, "7": 399, "7:tax:1": 80}
    assert found.line("7:tax:1").tax_base == "sale.shipping"
    assert found.off_minor == 0


def test_quantity_zero_with_money_and_fractions_are_as_the_shop_has_them() -> None:
    sold = [item(1, "6.00", quantity=0), item(2, "4.00", quantity=1.25, sku=None)]
    found = one(order(total="10.00", line_items=sold))

    assert [dict(line.attributes)["quantity"] for line in found.booked] == ["0", "1.25"]
    assert [line.sku for line in found.booked] == ["SKU-1", ""]


def test_a_line_dearer_than_its_price_is_no_discount_of_the_buyer() -> None:
    assert amounts(one(order(total="12.00", line_items=[item(1, "12.00", subtotal="10.00")]))) == {
        "1": 1000,
        "1:discount": 200,
    }


def test_a_free_order_has_no_payment() -> None:
    sold = item(1, "0.00", subtotal="10.00")
    found = one(order(total="0.00", line_items=[sold], payment_method="", transaction_id=""))

    assert (found.start.total_minor, found.by_kind()) == (0, {"sale.product": 1000, "discount.product": -1000})
    assert found.start.paid_at is not None


def test_a_total_of_a_penny_below_nothing_is_a_penny_given_to_the_buyer() -> None:
    """A negative fee cut down to the order, and rounding: seen in a shop."""
    sold, taken = item(1, "10.00", [tax(1, "2.00")]), fee(2, "-10.00", [tax(1, "-2.01")])
    rates = [tax_line(1, 20, "-0.01")]
    found = one(order(total="-0.01", total_tax="-0.01", line_items=[sold], fee_lines=[taken], tax_lines=rates))

    assert (found.start.total_minor, found.off_minor) == (-1, 0)
    assert (found.line("tender").part, found.line("tender").amount_minor) == (Part.RECEIPT, 1)


def test_yen_in_a_shop_that_counts_cents_are_whole_yen() -> None:
    """D02: what a currency cannot hold is rounded once, and what is missing is rounding."""
    sold = item(1, "7142.857143", [tax(1, "714.285714")])
    rates = [tax_line(1, 10, "714.285714")]
    told = order(currency="JPY", total="7857.14", total_tax="714.29", line_items=[sold], tax_lines=rates)
    found = one(told)

    assert (found.start.total_minor, amounts(found)) == (7857, {"1": 7143, "1:tax:1": 714})


def test_a_shop_that_shows_no_decimals_is_booked_as_it_stands_and_named() -> None:
    told = order(total="21", line_items=[item(1, "20.940000", subtotal="20.940000")])
    found = one(told)

    assert found.start.total_minor == 2100
    assert found.codes == ["woocommerce.whole_total"]
    assert [note.code for note in notes(json.dumps(told).encode())] == ["woocommerce.few_decimals"]
    assert found.off_minor == -6  # no rounding of one line: the host holds it


def test_an_answer_asked_for_without_decimals_is_refused() -> None:
    told = recorded(order(total="21"), path="/wp-json/wc/v3/orders/75?dp=0")

    with pytest.raises(DocumentError, match="dp=0") as refused:
        read(told)
    assert refused.value.code == "woocommerce.file.decimals"


@pytest.mark.parametrize("status", ["pending", "on-hold", "failed", "checkout-draft", "processing"])
def test_without_a_date_of_payment_nothing_was_paid(status: str) -> None:
    """C14: cash on delivery is processing, and unpaid until it is completed."""
    found = one(order(status=status, date_paid_gmt=None))

    assert (found.start.paid_at, found.start.status) == (None, status)
    assert not [line for line in found.lines if line.part.is_money]


def test_statuses_of_plugins_are_their_own_word() -> None:
    assert one(order(status="wc-Awaiting-Parts")).start.status == "awaiting-parts"


def test_title_is_the_number_and_identity_the_id() -> None:
    """Numbering plugins replace the number; the id stays."""
    start = one({**order(75), "number": "RE-2026/0001"}).start

    assert (start.title, start.external_id, start.order_id) == ("#RE-2026/0001", "75", "75")


def test_a_gateway_without_a_name_is_unknown_and_words_are_no_transaction() -> None:
    found = one(order(payment_method="", transaction_id="paid at the counter"))

    assert dict(found.line("tender").attributes) == {"gateway": "unknown"}
    assert found.line("tender").reference == ""


@pytest.mark.parametrize(
    ("told", "as_of"),
    [
        (order(), "2026-03-10T09:00:05+00:00"),
        (recorded(order()), "2026-03-12T09:00:00+00:00"),
        ({**recorded(order()), "headers": {"date": "Thu, 12 Mar 2026 10:00:00 +0100"}}, "2026-03-12T09:00:00+00:00"),
        ({**recorded(order()), "headers": {"Date": "soon"}}, "2026-03-10T09:00:05+00:00"),
        ({**recorded(order()), "headers": []}, "2026-03-10T09:00:05+00:00"),
    ],
)
def test_an_answer_stands_for_the_instant_it_was_given(told: Any, as_of: str) -> None:
    """In shops with orders as posts the date of modification stays, whatever is edited."""
    at = one(told).start.as_of

    assert at is not None
    assert at.isoformat() == as_of


def test_lines_that_share_an_id_stay_apart() -> None:
    found = one(order(total="20.00", line_items=[item(1), item(1)]))

    assert amounts(found) == {"1": 1000, "1#2": 1000}

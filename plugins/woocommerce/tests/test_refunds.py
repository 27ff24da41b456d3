"""What a refund gives back: its amount is the truth, its order says what is in it."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import DocumentError
from bridge.model.documents import Awaits, DocumentKind
from bridge.model.lines import Part
from bridge.model.money import NOT_KNOWN
from bridge.plugin import ConcernKind, StandIn
from plugins.woocommerce.tests.shop import (
    Reading,
    fee,
    gather,
    item,
    join,
    meta,
    one,
    order,
    read,
    recorded,
    refund,
    shipping,
    shop,
    tax,
    tax_line,
)


def sold(**more: Any) -> dict[str, Any]:
    """A paid order: a mug of 10.00 and a cap of 30.00 at 20 %, a book of 20.00 at 0 %, shipping of 5.00 at 20 %."""
    fields = {
        "total": "74.00",
        "total_tax": "9.00",
        "prices_include_tax": True,
        "line_items": [
            item(1, "10.00", [tax(1, "2.00")], sku="MUG"),
            item(2, "30.00", [tax(1, "6.00")], sku="CAP"),
            item(3, "20.00", [tax(2, "0.00")], sku="BOOK"),
        ],
        "shipping_lines": [shipping(4, "5.00", [tax(1, "1.00")])],
        "tax_lines": [tax_line(1, 20, "8.00", "1.00"), tax_line(2, 0, "0.00")],
    }
    return order(**{**fields, **more})


def back(number: int, total: str, taxes: Any = (), sold: int | None = None, **more: Any) -> dict[str, Any]:
    """A line of a refund, which names what it takes back."""
    named = [meta("_refunded_item_id", str(sold))] if sold is not None else []
    return item(number, total, list(taxes), meta_data=named, **{"sku": "", "quantity": -1, **more})


def given_back(told: Any = None, **more: Any) -> Reading:
    """A refund beside its order."""
    return one([told or sold(), refund(**more)], DocumentKind.REFUND)


def refunds(told: Any, *backs: Any) -> list[Reading]:
    return [each for each in read([told, *backs]) if each.start.kind is DocumentKind.REFUND]


# All that is left


WHOLE = {
    ("refund.product", "20"): -4000,
    ("refund.product", "0"): -2000,
    ("refund.shipping", "20"): -500,
    ("tax.collected", "20"): -900,
}


def test_a_refund_is_called_by_the_number_of_its_order() -> None:
    """A shop may count its orders otherwise than the database does; the id stays the document's own."""
    start = given_back({**sold(), "number": "RE-2026/0001"}, amount="5.00").start

    assert start.title == f"Refund {start.external_id} of order #RE-2026/0001"
    assert start.order_id == str(sold()["id"])


@pytest.mark.parametrize("lines", [{}, {"line_items": [back(9, "-60.00")]}, {"line_items": [back(9, "-1.00")]}])
def test_a_refund_of_the_whole_order_gives_back_exactly_its_lines_and_taxes(lines: Any) -> None:
    """C15, F19, P07: also without lines, as a status set by hand makes it, and with lines that say something else."""
    found = given_back(amount="74.00", **lines)

    assert (found.by_rate(), found.off_minor, found.problems) == (WHOLE, 0, ())
    assert {line.sku for line in found.booked if line.kind == "refund.product"} == {"MUG", "CAP", "BOOK"}
    assert {line.tax_base for line in found.booked if line.kind == "tax.collected"} == {
        "refund.product",
        "refund.shipping",
    }


def test_discounts_go_back_as_discounts_and_surcharges_as_what_they_were() -> None:
    told = order(
        total="13.20",
        total_tax="2.20",
        line_items=[item(1, "9.00", [tax(1, "1.80")], subtotal="10.00")],
        fee_lines=[fee(2, "2.00", [tax(1, "0.40")])],
        tax_lines=[tax_line(1, 20, "2.20")],
    )

    assert given_back(told, amount="13.20").by_rate() == {
        ("refund.product", "20"): -1000,
        ("refund.discount", "20"): 100,
        ("refund.other", "20"): -200,
        ("tax.collected", "20"): -220,
    }


def test_the_last_of_several_refunds_gives_back_what_the_others_left() -> None:
    """C15: by date and id, whatever order they stand in."""
    told = sold()
    mug = refund(
        81, "12.00", line_items=[back(9, "-10.00", [tax(1, "-2.00")], sold=1)], tax_lines=[tax_line(1, 20, "-2.00")]
    )
    free = refund(82, "6.20")
    rest = refund(83, "55.80", date_created_gmt="2026-03-12T10:00:01")
    found = refunds(told, rest, free, mug)

    assert [each.start.external_id for each in found] == ["81", "82", "83"]
    sums: dict[tuple[str, str], int] = {}
    for each in found:
        for (kind, rate), minor in each.by_rate().items():
            key = ("tax" if kind == "tax.collected" else "base", rate)
            sums[key] = sums.get(key, 0) + minor
    assert sums == {("base", "20"): -4500, ("base", "0"): -2000, ("tax", "20"): -900}


def test_a_minor_unit_between_the_amount_and_all_that_is_left_is_rounding() -> None:
    """See woocommerce #64668: lines refunded one by one come to a cent more than the order."""
    found = given_back(amount="74.01")

    assert found.by_rate() == WHOLE | {("rounding", ""): -1}


# Lines that say what for


def test_lines_that_fit_the_amount_say_what_for() -> None:
    mug = back(9, "-10.00", [tax(1, "-2.00")], sold=1)
    found = given_back(amount="12.00", line_items=[mug], tax_lines=[tax_line(1, 20, "-2.00")])

    assert (found.start.total_minor, found.off_minor, found.problems) == (-1200, 0, ())
    assert found.by_rate() == {("refund.product", "20"): -1000, ("tax.collected", "20"): -200}
    assert found.line("9:tax:1").tax_base == "refund.product"
    assert dict(found.line("9").attributes) == {"quantity": "-1"}


@pytest.mark.parametrize("taxes", [[], [tax(1, "0.00")], [tax(1, "")]])
@pytest.mark.parametrize("rates", [[], [tax_line(1, 20, "0.00")]])
def test_a_line_without_tax_gives_back_at_the_rate_it_was_sold_at(taxes: Any, rates: Any) -> None:
    """P14: made over the API or in the admin, 5.00 off a mug of 12.00 hold 0.83 of VAT where prices hold it."""
    found = given_back(amount="5.00", line_items=[back(9, "-5.00", taxes, sold=1)], tax_lines=rates)

    assert found.by_rate() == {("refund.product", "20"): -417, ("tax.collected", "20"): -83}
    assert found.problems == ()


def test_a_line_without_tax_takes_back_zero_rated_goods_at_zero() -> None:
    found = given_back(amount="5.00", line_items=[back(9, "-5.00", sold=3)])

    assert found.by_rate() == {("refund.product", "0"): -500}


def test_where_prices_are_without_tax_an_amount_without_tax_gave_none_back_and_that_is_said() -> None:
    """C15: only tax returned to the buyer can be claimed back."""
    told = sold(prices_include_tax=False)
    found = given_back(told, amount="5.00", line_items=[back(9, "-5.00", sold=1)])

    assert found.by_rate() == {("refund.product", "20"): -500}
    assert found.codes == ["woocommerce.refund_without_tax"]
    assert "5.00 GBP" in found.problems[0].message


@pytest.mark.parametrize("includes_tax", [True, False, None])
def test_an_amount_that_is_its_lines_and_their_tax_gives_that_tax_back(includes_tax: bool | None) -> None:
    """The API takes 12.00 with a line of 10.00 and no tax: the shop's own figures say what the 2.00 are."""
    told = sold(prices_include_tax=includes_tax)
    found = given_back(told, amount="12.00", line_items=[back(9, "-10.00", sold=1)])

    assert found.by_rate() == {("refund.product", "20"): -1000, ("tax.collected", "20"): -200}
    assert found.problems == ()


def test_several_rates_of_a_line_go_back_together() -> None:
    """US: state and city on one line."""
    told = order(
        total="109.50",
        total_tax="9.50",
        prices_include_tax=False,
        line_items=[item(1, "100.00", [tax(1, "7.25"), tax(2, "2.25")])],
        tax_lines=[tax_line(1, 7.25, "7.25"), tax_line(2, 2.25, "2.25")],
    )
    found = given_back(told, amount="10.95", line_items=[back(9, "-10.00", sold=1)])

    assert {line.key: (line.amount_minor, line.tax_rate) for line in found.booked} == {
        "9": (-1000, "9.5"),
        "9:tax:1": (-73, "9.5"),
        "9:tax:2": (-22, "9.5"),
    }


@pytest.mark.parametrize("line", [back(9, "-5.00", sku="MUG"), back(9, "-5.00", sku="MUG", sold=77)])
def test_a_line_that_names_nothing_takes_back_the_only_goods_of_its_sku(line: Any) -> None:
    assert given_back(amount="5.00", line_items=[line]).by_rate() == {
        ("refund.product", "20"): -417,
        ("tax.collected", "20"): -83,
    }


def test_a_line_that_tells_neither_its_tax_nor_what_it_takes_back_is_a_free_amount() -> None:
    found = given_back(amount="7.40", line_items=[back(9, "-7.40")])

    assert found.by_rate() == {
        ("refund.goodwill", "0"): -200,
        ("refund.goodwill", "20"): -450,
        ("tax.collected", "20"): -90,
    }


def test_rates_of_before_an_edit_are_those_the_goods_have_now() -> None:
    """An edit taxes the whole order anew; a refund from before still names rates that are gone."""
    told = sold()
    mug = back(9, "-10.00", [tax(7, "-1.90")], sold=1)
    found = given_back(told, amount="11.90", line_items=[mug], tax_lines=[tax_line(7, 19, "-1.90")])

    assert found.by_rate()[("tax.collected", "20")] == -190


def test_a_penny_between_lines_and_amount_is_rounding() -> None:
    """F18, woocommerce #64668."""
    mug = back(9, "-10.00", [tax(1, "-2.00")], sold=1)
    found = given_back(amount="11.99", line_items=[mug], tax_lines=[tax_line(1, 20, "-2.00")])

    assert found.by_kind() | {"tender": 0} == {
        "refund.product": -1000,
        "tax.collected": -200,
        "rounding": 1,
        "tender": 0,
    }
    assert not found.problems


def test_shipping_surcharges_and_tax_alone_come_back_as_themselves() -> None:
    told = sold(fee_lines=[fee(5, "4.00")], total="78.00")
    found = given_back(
        told,
        amount="10.40",
        line_items=[back(9, "0.00", [tax(1, "-0.40")], sold=1, quantity=0)],
        shipping_lines=[shipping(7, "-5.00", [tax(1, "-1.00")])],
        fee_lines=[fee(8, "-4.00")],
        tax_lines=[tax_line(1, 20, "-0.40", "-1.00")],
    )

    assert found.by_kind() == {
        "refund.shipping": -500,
        "refund.other": -400,
        "tax.collected": -140,
        "tender": 1040,
    }


def test_tax_without_rates_comes_from_the_lines() -> None:
    """Older answers show no tax lines on refunds."""
    mug = back(9, "-10.00", sold=1, total_tax="-2.00")

    found = given_back(sold(tax_lines=[], total_tax="9.00"), amount="12.00", line_items=[mug])
    assert found.by_kind()["tax.collected"] == -200


def test_a_discount_on_what_comes_back_is_told_apart() -> None:
    """C15, as far as the shop tells: mostly it names the discounted price alone."""
    line = back(9, "-9.00", sold=3, subtotal="-10.00")

    assert given_back(amount="9.00", line_items=[line]).by_rate() == {
        ("refund.product", "0"): -1000,
        ("refund.discount", "0"): 100,
    }


def test_what_the_shop_keeps_is_a_restocking_fee_or_the_discount_taken_back() -> None:
    kept = fee(8, "1.00", name="Restocking")
    discount = fee(7, "0.50", meta_data=[meta("_refunded_item_id", "55")])
    told = order(total="9.50", fee_lines=[fee(55, "-0.50")])
    found = given_back(told, amount="8.50", line_items=[back(9, "-10.00", sold=1)], fee_lines=[kept, discount])

    assert found.by_rate() == {
        ("refund.product", "0"): -1000,
        ("restocking", "0"): 100,
        ("refund.discount", "0"): 50,
    }


def test_a_tip_given_back_is_a_tip() -> None:
    told = order(total="14.00", fee_lines=[fee(5, "4.00", name="Tip")])

    assert given_back(told, amount="4.00", fee_lines=[fee(8, "-4.00", name="Tip")]).by_kind() == {
        "tip": -400,
        "tender": 400,
    }


# Free amounts


def test_an_amount_without_lines_is_a_concession_with_tax_at_the_mix_of_the_order() -> None:
    """C15, F19: 5.40 at 20 % to 2.00 at 0 %; the books decide by their regime whether that tax goes back."""
    found = given_back(amount="7.40")

    assert found.by_rate() == {
        ("refund.goodwill", "20"): -450,
        ("tax.collected", "20"): -90,
        ("refund.goodwill", "0"): -200,
    }
    assert {line.tax_base for line in found.booked if line.kind == "tax.collected"} == {"refund.goodwill"}
    assert found.problems == ()


def test_a_concession_on_an_untaxed_order_bears_no_tax() -> None:
    assert given_back(order(), amount="3.00").by_rate() == {("refund.goodwill", "0"): -300}


def test_what_the_lines_leave_of_the_amount_is_a_free_amount_at_the_mix_of_what_is_left_and_is_named() -> None:
    mug = back(9, "-10.00", [tax(1, "-2.00")], sold=1)
    found = given_back(amount="18.20", line_items=[mug], tax_lines=[tax_line(1, 20, "-2.00")])

    assert found.by_rate() == {
        ("refund.product", "20"): -1000,
        ("refund.goodwill", "20"): -350,
        ("tax.collected", "20"): -270,
        ("refund.goodwill", "0"): -200,
    }
    assert found.codes == ["woocommerce.refund_contradictory"]


def test_lines_beyond_the_amount_say_what_for_and_the_amount_how_much() -> None:
    """F19; woocommerce #68172: the API takes 3.00 with lines of 12.00."""
    mug = back(9, "-10.00", [tax(1, "-2.00")], sold=1)
    found = given_back(amount="3.00", line_items=[mug], tax_lines=[tax_line(1, 20, "-2.00")])

    assert found.by_rate() == {("refund.product", "20"): -250, ("tax.collected", "20"): -50}
    assert found.codes == ["woocommerce.refund_contradictory"]


def test_tax_beyond_what_is_left_goes_back_as_money_and_not_as_tax() -> None:
    mug = back(9, "-10.00", [tax(1, "-20.00")], sold=1)
    found = given_back(amount="30.00", line_items=[mug], tax_lines=[tax_line(1, 20, "-20.00")])

    assert found.by_kind()["tax.collected"] == -900
    assert found.off_minor == 0


def test_more_than_the_order_ever_was_bears_no_more_tax() -> None:
    found = given_back(amount="100.00")

    assert found.by_rate()[("tax.collected", "20")] == -900
    assert (found.start.total_minor, found.off_minor) == (-10000, 0)


@pytest.mark.parametrize("amount", ["", "-", "0.00", "-0.00"])
@pytest.mark.parametrize("lines", [[], [back(9, "-10.00", [tax(1, "-2.00")], sold=1)]])
def test_a_refund_of_nothing_is_there_and_moves_nothing(amount: str, lines: Any) -> None:
    found = given_back(amount=amount, line_items=lines)

    assert (found.start.total_minor, found.lines, found.problems) == (0, (), ())


def test_an_amount_below_nothing_is_refused() -> None:
    with pytest.raises(DocumentError, match="refund 88") as refused:
        given_back(amount="-3.00")
    assert refused.value.code == "woocommerce.file.amount"


# How it went back


def test_money_goes_back_the_way_it_came() -> None:
    paid_back = given_back().line("tender")

    assert (paid_back.part, paid_back.amount_minor, paid_back.reference) == (Part.REPAYMENT, 300, "stripe:ch_1")
    assert dict(paid_back.attributes) == {"gateway": "stripe", "refunded_payment": "yes"}


def test_a_refund_that_no_gateway_was_asked_to_pay_is_booked_as_its_and_named() -> None:
    """Most are paid in the gateway's own pages; the clearing account tells where one was not."""
    found = given_back(refunded_payment=False)
    (concern,) = found.concerns

    assert dict(found.line("tender").attributes) == {"gateway": "stripe", "refunded_payment": "no"}
    assert (concern.kind, concern.amount_minor, concern.at) == (
        ConcernKind.MANUAL_REFUND,
        -300,
        found.start.opened_at,
    )
    assert "the shop did not ask stripe to pay it" in concern.message
    assert given_back().concerns == ()


def test_an_answer_that_does_not_tell_whether_the_gateway_was_asked_says_nothing_of_it() -> None:
    told = refund(88, "3.00")
    del told["refunded_payment"]
    back = one([sold(), told], DocumentKind.REFUND)

    assert (back.concerns, dict(back.line("tender").attributes)) == ((), {"gateway": "stripe"})


@pytest.mark.parametrize("gateway", ["cod", "bacs", "cheque", ""])
def test_what_was_paid_by_hand_is_paid_back_by_hand_without_a_word(gateway: str) -> None:
    assert given_back(sold(payment_method=gateway), refunded_payment=False).concerns == ()


def test_a_refund_of_an_unpaid_order_is_unpaid() -> None:
    assert given_back(sold(date_paid_gmt=None)).start.paid_at is None


def test_a_refund_stands_for_the_instant_at_which_it_or_its_order_was_told_last() -> None:
    """Its lines follow from both."""
    early, late = "Thu, 12 Mar 2026 11:00:00 GMT", "Fri, 13 Mar 2026 09:00:00 GMT"
    for of_order, of_refund in ((early, late), (late, early)):
        told = [recorded([sold(refunds=[{"id": 88}])], at=of_order), recorded([refund()], at=of_refund)]
        as_of = one(told, DocumentKind.REFUND).start.as_of
        assert as_of is not None
        assert as_of.isoformat() == "2026-03-13T09:00:00+00:00"


# Whose refund


@pytest.mark.parametrize(
    "told",
    [
        refund(parent_id=75),
        recorded([{**refund(), "parent_id": 0}], path="/wp-json/wc/v3/orders/75/refunds?per_page=100"),
        recorded({**refund(), "parent_id": 0}, path="/wp-json/wc/v3/orders/75/refunds/88"),
        {**refund(), "parent_id": 0, "_links": {"up": [{"href": "https://shop.example/wp-json/wc/v3/orders/75"}]}},
    ],
)
def test_the_order_is_named_by_the_refund_the_path_or_the_link(told: Any) -> None:
    assert one(told, DocumentKind.REFUND).start.order_id == "75"


def test_a_refund_of_no_order_is_refused() -> None:
    with pytest.raises(DocumentError) as refused:
        read({**refund(), "parent_id": 0})
    assert refused.value.code == "woocommerce.refund.order"
    assert "refund 88" in str(refused.value)


# Of an order that is edited


GROWN = {
    "total": "124.00",
    "line_items": [*sold()["line_items"], item(5, "50.00", [tax(2, "0.00")], sku="ATLAS")],
}
"""The order with an atlas of 50.00 at 0 % more."""


def seen(day: int, back: Any = None, **more: Any) -> Any:
    """The order as it was on a day at noon, with or without a refund. Its date of modification never moves."""
    shown = [{"id": back["id"], "total": f"-{back['amount']}"}] if back else []
    at = f"Thu, {day} Mar 2026 12:00:00 GMT"
    return recorded([sold(refunds=shown, **more)], at=at)


def own(back: Any) -> Any:
    return recorded([back], path="/wp-json/wc/v3/refunds", at="Thu, 13 Mar 2026 12:00:00 GMT")


def back_of(*files: Any, number: int = 88) -> Reading:
    return next(each for each in join(*files) if each.name == (DocumentKind.REFUND, str(number)))


@pytest.mark.parametrize("amount", ["74.00", "30.00", "80.00"])
@pytest.mark.parametrize("turn", [1, -1])
def test_a_refund_stays_as_it_was_whatever_its_order_becomes_later(amount: str, turn: int) -> None:
    """All of it, a part, or more than there was; the shop was seen with it before the edit."""
    back = refund(amount=amount)
    before, edit = [seen(13, back), own(back)], seen(20, back, **GROWN)

    assert back_of(*[*before, edit][::turn]).lines == back_of(*before).lines


def test_in_a_shop_whose_answers_tell_no_instant_the_refund_that_was_shown_before_an_edit_is_the_earlier() -> None:
    back = refund(amount="74.00")
    shown = [{"id": 88, "total": "-74.00"}]
    first, edited = sold(refunds=shown), sold(refunds=shown, **GROWN)

    assert back_of([first, back], edited).by_rate() == WHOLE


def test_a_refund_after_an_edit_finds_the_edited_order_less_what_went_back_before_it() -> None:
    first = refund(amount="74.00")
    rest = refund(89, "50.00", date_created_gmt="2026-03-21T10:00:00")
    found = {
        each.name[1]: each.by_rate()
        for each in join(seen(11), seen(13, first), own(first), seen(20, first, **GROWN), own(rest))
    }

    assert (found["88"], found["89"]) == (WHOLE, {("refund.product", "0"): -5000})


@pytest.mark.parametrize(
    ("amount", "lines"),
    [
        ("124.00", []),
        ("50.00", [back(9, "-50.00", sold=5)]),
        ("44.00", [back(9, "-40.00", [tax(1, "-4.00")], sold=1)]),
    ],
    ids=["more than there was", "a line that was not there", "more of a line than was sold"],
)
@pytest.mark.parametrize("turn", [1, -1])
def test_a_refund_that_needs_an_edit_seen_with_it_was_made_after_it(amount: str, lines: Any, turn: int) -> None:
    """The edit is dated the answer that shows it first, and that is after the refund."""
    dearer = item(1, "40.00", [tax(1, "8.00")], sku="MUG")
    grown = {**GROWN, "line_items": [dearer, *GROWN["line_items"][1:]], "total": "160.00", "total_tax": "15.00"}
    given = refund(amount=amount, line_items=lines)
    edited = seen(13, given, **grown)

    late = back_of(*[seen(11), edited, own(given)][::turn])
    assert late.lines == back_of(edited, own(given)).lines


def test_a_refund_that_fits_what_was_seen_before_it_leaves_an_edit_seen_with_it_aside() -> None:
    """Nothing tells which came first; the books date the edit after it."""
    back = refund(amount="74.00")

    assert back_of(seen(11), seen(13, back, **GROWN), own(back)).by_rate() == WHOLE


@pytest.mark.parametrize("turn", [1, -1])
def test_an_edit_that_is_brought_late_but_was_made_before_a_refund_counts_for_it(turn: int) -> None:
    back = refund(amount="74.00")
    files = [seen(10), own(back), recorded([sold(**GROWN)], at="Thu, 12 Mar 2026 09:59:00 GMT")]
    found = back_of(*files[::turn])

    assert found.by_rate() != WHOLE
    assert found.lines == back_of(seen(11, **GROWN), own(back)).lines


# Without its order


def test_a_refund_without_its_order_waits_in_no_currency_and_says_what_to_bring() -> None:
    """F27: 1,000 of an order in yen is never 1,000.00 of a default currency."""
    (found,) = read([refund(amount="1000")])

    start = found.start
    assert (start.awaits, start.currency, start.total_minor, start.order_id) == (Awaits.ORDER, NOT_KNOWN, 0, "75")
    assert found.lines == ()
    (problem,) = found.problems
    assert (problem.code, problem.blocking) == ("woocommerce.refund.awaits_order", True)
    assert "refund 88 over 1000" in problem.message
    assert "/wp-json/wc/v3/orders/75?dp=6" in problem.message


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ({"amount": "ten"}, "amount"),
        ({"line_items": [back(9, "1,000.00")]}, "amount"),
        ({"date_created_gmt": None}, "dates"),
    ],
)
def test_what_could_not_be_read_with_its_order_is_not_kept_without_it(broken: Any, code: str) -> None:
    with pytest.raises(DocumentError, match="refund 88") as refused:
        read([refund(**broken)])
    assert refused.value.code == f"woocommerce.file.{code}"


def test_a_refund_asked_for_without_decimals_is_refused_with_and_without_its_order() -> None:
    asked = recorded([refund()], path="/wp-json/wc/v3/refunds?dp=0")
    for told in (asked, [asked, recorded([sold()])]):
        with pytest.raises(DocumentError, match="dp=0") as refused:
            read(told)
        assert refused.value.code == "woocommerce.file.decimals"


@pytest.mark.parametrize("turn", [1, -1])
def test_order_and_refund_come_out_the_same_whichever_is_brought_first(turn: int) -> None:
    """F27: in yen."""
    told = sold(currency="JPY", total="74", refunds=[{"id": 88, "total": "-1000"}])
    told = order(75, "4772", currency="JPY", line_items=[item(1, "4772", [])], refunds=[{"id": 88}])
    files = [recorded([told]), recorded([refund(amount="1000")], path="/wp-json/wc/v3/refunds")][::turn]
    found = {each.start.kind: each for each in join(*files)}

    assert found.keys() == {DocumentKind.ORDER, DocumentKind.REFUND}
    back = found[DocumentKind.REFUND]
    assert (back.start.currency, back.start.total_minor, back.start.awaits) == ("JPY", -1000, None)
    assert back.line("tender").amount_minor == 1000


def test_a_person_may_say_what_stands_in_for_an_order_nobody_can_bring() -> None:
    """All refunds of it are free amounts then, without tax; once it comes it counts."""
    files = [refund(88, "3.00"), refund(89, "4.00", refunded_payment=True)]
    found = join(files, stand_in=StandIn("EUR", "ppcp-gateway"))

    assert [(each.start.currency, each.start.total_minor) for each in found] == [("EUR", -300), ("EUR", -400)]
    assert [each.by_rate() for each in found] == [{("refund.goodwill", "0"): -300}, {("refund.goodwill", "0"): -400}]
    assert dict(found[1].line("tender").attributes)["gateway"] == "ppcp-gateway"
    assert all(each.start.paid_at == each.start.opened_at and each.start.awaits is None for each in found)

    kept = [each.start.payload for each in (*found, one(sold()))]
    again = gather(shop().read_order("75", kept, StandIn("EUR", "ppcp-gateway")))
    assert {each.start.currency for each in again} == {"GBP"}

"""Orders and refunds by day: tenders, what is owed, late lines, changes, and payouts that only settle."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from bridge.books.outcome import Result
from bridge.model.entries import Mode
from bridge.model.line_tax import taxed_at
from bridge.model.lines import Line, Part
from bridge.plugin import Tender, TenderClass
from tests.books.shop import MakeShop, Shop, at, money, order, payout, refund, sale

MUG = {"sale.product": 5000, "discount.product": -500, "sale.shipping": 600, "tax.collected": 400}


def test_a_day_has_one_debit_a_tender(shop: Shop) -> None:
    shop.book(
        order("1001", "2026-06-03 12:00", MUG),
        order("1002", "2026-06-03 14:00", {"sale.product": 2000, "tip": 300}, {"gift_card": 2000, "cash": 300}),
        order("1003", "2026-06-04 09:00", {"gift_card": 2500}, {"paypal": 2500}),
    )

    assert (
        shop.text()
        == """\
2026-06-03 Shop sales of 2026-06-03 (USD)
    1210     55.00 tender
    1250      3.00 tender
    2100     -4.00 tax.collected
    2200     20.00 tender
    2400     -3.00 tip
    4000    -70.00 sale.product
    4050     -6.00 sale.shipping
    4100      5.00 discount.product
2026-06-04 Shop sales of 2026-06-04 (USD)
    1230     25.00 tender
    2200    -25.00 gift_card"""
    )
    shop.check()


def test_f_an_unpaid_order_waits_and_is_booked_on_the_day_it_is_paid(shop: Shop) -> None:
    run = shop.book(order("1", "2026-06-03 12:00", {"sale.product": 1000}, {}))
    assert [outcome.reason for outcome in run.documents] == ["order.unpaid"]
    assert run.count(Result.WAITS) == 1
    assert shop.reasons() == {"1": "held order.unpaid"}

    paid = order("1", "2026-06-03 12:00", {"sale.product": 1000}, {"bank": 1000}, paid_at=at("2026-06-09 10:00"))
    shop.book(paid)

    assert (
        shop.text()
        == """\
2026-06-09 Shop sales of 2026-06-09 (USD)
    1240     10.00 tender
    4000    -10.00 sale.product"""
    )
    shop.check()


def test_an_order_on_terms_is_a_sale_of_its_day_and_its_money_of_the_days_it_comes(make_shop: MakeShop) -> None:
    """S4, S8: from a day on; what was placed before that day, or is no sale before it is paid, waits as ever."""
    shop = make_shop(placed_from=date(2026, 6, 3))
    placed = at("2026-06-03 12:00")
    sold = order("1", "2026-06-03 12:00", {"sale.product": 1000}, {}, agreed_at=placed)
    early = order("2", "2026-06-02 12:00", {"sale.product": 300}, {}, agreed_at=at("2026-06-02 12:00"))
    cart = order("3", "2026-06-04 12:00", {"sale.product": 500}, {})
    shop.book(sold, early, cart)
    assert shop.reasons() == {"1": "booked", "2": "held order.unpaid", "3": "held order.unpaid"}
    shop.deliver_all()

    part = sold.with_lines([*sold.lines, money("T1", "card", -400, "2026-06-05 10:00", order_id="1")])
    back = refund("R1", "1", "2026-06-07 12:00", {"refund.product": -100}, {})
    shop.book(part, msgspec.structs.replace(back, agreed_at=placed, paid_at=None))
    whole = part.with_lines([*part.lines, money("T2", "bank", -500, "2026-06-09 10:00", order_id="1")])
    shop.book(msgspec.structs.replace(whole, paid_at=at("2026-06-09 10:00")))

    assert (
        shop.text()
        == """\
2026-06-03 Shop sales of 2026-06-03 (USD)
    4000    -10.00 sale.product
    1150     10.00 order.open
2026-06-05 Shop sales of 2026-06-05 (USD)
    1210      4.00 tender
    1150     -4.00 order.open
2026-06-07 Shop sales of 2026-06-07 (USD)
    4200      1.00 refund.product
    1150     -1.00 order.open
    2220      1.00 refund.owed
    2220     -1.00 refund.owed
2026-06-09 Shop sales of 2026-06-09 (USD)
    1240      5.00 tender
    1150     -5.00 order.open"""
    )
    shop.check()


@pytest.mark.parametrize("mode", [Mode.DAY, Mode.ORDER])
def test_a_sale_that_was_booked_when_it_was_placed_stays_there_when_the_route_goes_back(
    make_shop: MakeShop, mode: Mode
) -> None:
    """S4: what was told the ledger of a day does not move to another because a setting did."""
    shop = make_shop(placed_from=date(2026, 6, 1), mode=mode)
    sold = order("1", "2026-06-03 12:00", {"sale.product": 1000}, {}, agreed_at=at("2026-06-03 12:00"))
    shop.book(sold)
    shop.deliver_all()
    shop.change_route(placed_from=None)
    paid = sold.with_lines([*sold.lines, money("T1", "bank", -1000, "2026-07-09 10:00", order_id="1")])
    shop.book(msgspec.structs.replace(paid, paid_at=at("2026-07-09 10:00")))

    legs = [(str(entry.booked_on), {each.account for each in entry.postings}) for entry in shop.entries()]
    assert legs == [("2026-06-03", {"4000", "1150"}), ("2026-07-09", {"1240", "1150"})]
    shop.check()


def test_a_refund_agreed_before_it_is_paid_is_owed_to_the_buyer_until_then(shop: Shop) -> None:
    shop.book(order("1", "2026-06-03 12:00", {"sale.product": 1000}))
    shop.book(refund("R1", "1", "2026-06-05 12:00", {"refund.product": -400}, {}))
    later = refund("R1", "1", "2026-06-05 12:00", {"refund.product": -400}, {})
    paid = [*later.lines, money("T9", "card", 400, "2026-06-20 08:00", Part.REPAYMENT)]
    shop.deliver_all()
    shop.book(later.with_lines(paid))

    assert (
        shop.text()
        == """\
2026-06-03 Shop sales of 2026-06-03 (USD)
    1210     10.00 tender
    4000    -10.00 sale.product
2026-06-05 Shop refunds of 2026-06-05 (USD)
    4200      4.00 refund.product
    2220     -4.00 refund.owed
2026-06-20 Shop refunds of 2026-06-20 (USD)
    1210     -4.00 tender
    2220      4.00 refund.owed"""
    )
    shop.check()


def test_an_order_that_grew_unpaid_is_owed_by_the_buyer_until_it_is_paid(shop: Shop) -> None:
    first = order("1", "2026-06-03 12:00", {"sale.product": 1000})
    shop.book(first)
    shop.deliver_all()
    grown = first.with_lines([*first.lines, sale("edit", "sale.product", 250, "2026-06-07 10:00")])
    shop.book(grown)
    shop.deliver_all()
    assert shop.balances() == {"1210": 1000, "1150": 250, "4000": -1250}

    shop.book(grown.with_lines([*grown.lines, money("T2", "paypal", -250, "2026-06-08 10:00")]))

    assert shop.balances() == {"1210": 1000, "1230": 250, "4000": -1250}
    shop.check()


def test_an_exchange_moves_across_the_halves_and_nothing_stays_open(shop: Shop) -> None:
    first = order("1", "2026-06-03 12:00", {"sale.product": 3000})
    shop.book(first)
    shop.deliver_all()
    exchanged = first.with_lines([*first.lines, sale("new", "sale.product", 2000, "2026-06-07 10:00")])
    shop.book(exchanged, refund("R1", "1", "2026-06-07 10:00", {"refund.product": -3000}, {"card": 1000}))

    assert (
        shop.text().split("\n", 3)[3]
        == """\
2026-06-07 Shop sales of 2026-06-07 (USD)
    1210    -10.00 tender
    4000    -20.00 sale.product
    4200     30.00 refund.product
    2220     20.00 refund.owed
    2220    -20.00 refund.owed"""
    )
    shop.check()


def test_what_comes_late_replaces_an_unsent_day_and_supplements_a_sent_one(shop: Shop) -> None:
    shop.book(order("1", "2026-06-03 12:00", {"sale.product": 1000}))
    shop.book(order("2", "2026-06-03 13:00", {"sale.product": 200}))
    assert len(shop.entries()) == 1
    shop.deliver_all()
    shop.book(order("3", "2026-06-03 14:00", {"sale.product": 30}))

    assert (
        shop.text()
        == """\
2026-06-03 Shop sales of 2026-06-03 (USD)
    1210     12.00 tender
    4000    -12.00 sale.product
2026-06-03 Shop sales of 2026-06-03 (USD), supplement 1
    1210      0.30 tender
    4000     -0.30 sale.product"""
    )
    shop.check()


def test_a_changed_order_of_a_sent_day_is_one_supplement_with_only_the_differences(shop: Shop) -> None:
    shop.book(order("1", "2026-06-03 12:00", MUG), order("2", "2026-06-03 13:00", {"sale.product": 200}))
    shop.deliver_all()
    run = shop.book(order("1", "2026-06-03 12:00", {**MUG, "sale.product": 5200, "sale.other": 100}))

    assert run.count(Result.CORRECTED) == 1
    assert (
        shop.text().split("supplement 1\n")[1]
        == """\
    1210      3.00 tender
    4000     -2.00 sale.product
    4060     -1.00 sale.other"""
    )
    shop.check()
    shop.run()
    assert len(shop.entries()) == 2
    shop.check()


def test_a_change_of_an_unsent_day_leaves_one_entry_with_the_new_content(shop: Shop) -> None:
    shop.book(order("1", "2026-06-03 12:00", MUG), order("2", "2026-06-03 13:00", {"sale.product": 200}))
    shop.book(order("1", "2026-06-03 12:00", {"sale.product": 700}))

    assert (
        shop.text()
        == """\
2026-06-03 Shop sales of 2026-06-03 (USD)
    1210      9.00 tender
    4000     -9.00 sale.product"""
    )
    shop.check()


def test_a_second_change_replaces_an_unsent_supplement(shop: Shop) -> None:
    shop.book(order("1", "2026-06-03 12:00", {"sale.product": 1000}))
    shop.deliver_all()
    for minor in (1100, 1250, 900):
        shop.book(order("1", "2026-06-03 12:00", {"sale.product": minor}))

    assert [len(shop.entries()), shop.balances()] == [2, {"1210": 900, "4000": -900}]
    shop.check()
    shop.deliver_all()
    shop.book(order("1", "2026-06-03 12:00", {"sale.product": 1000}))
    assert [len(shop.entries()), shop.balances()] == [3, {"1210": 1000, "4000": -1000}]
    shop.check()


def test_an_order_whose_day_changes_leaves_one_and_joins_the_other_at_once(shop: Shop) -> None:
    shop.book(order("1", "2026-06-03 12:00", {"sale.product": 1000}))
    shop.deliver_all()
    shop.book(order("1", "2026-06-05 12:00", {"sale.product": 1000}))

    assert (
        shop.text()
        == """\
2026-06-03 Shop sales of 2026-06-03 (USD)
    1210     10.00 tender
    4000    -10.00 sale.product
2026-06-03 Shop sales of 2026-06-03 (USD), supplement 1
    1210    -10.00 tender
    4000     10.00 sale.product
2026-06-05 Shop sales of 2026-06-05 (USD)
    1210     10.00 tender
    4000    -10.00 sale.product"""
    )
    shop.check()


def test_a_payout_settles_what_was_booked_and_books_its_fees(shop: Shop) -> None:
    shop.book(order("1", "2026-06-03 12:00", {"sale.product": 1000}))
    rows = [
        Line(
            key="b1",
            kind="settles",
            part=Part.SALE,
            amount_minor=1000,
            occurred_at=at("2026-06-03 12:00"),
            reference="card:1/card",
        ),
        Line(key="b1:fee", kind="fee.payment", part=Part.FEE, amount_minor=-59, occurred_at=at("2026-06-03 12:00")),
    ]
    run = shop.book(payout("P1", "2026-06-05 00:00", rows))

    assert ("settles", 1) in run.documents[-1].excluded
    assert (
        shop.text().split("\n", 3)[3]
        == """\
2026-06-05 Shop payout P1: fees and adjustments (2026-06)
    6100      0.59 fee.payment
    1210     -0.59 clearing
2026-06-05 Payout P1 of Shop
    1000      9.41 bank
    1210     -9.41 bank"""
    )
    assert shop.balances() == {"1000": 941, "4000": -1000, "6100": 59}
    shop.check()


def test_p35_a_payout_dated_by_a_day_alone_keeps_it_west_of_utc(make_shop: MakeShop) -> None:
    """Its midnight in UTC is the evening before in New York, of another month and from before the first day."""
    shop = make_shop(time_zone="America/New_York", first_day=at("2026-07-01 00:00").date())
    rows = [
        Line(
            key="b1",
            kind="settles",
            part=Part.SALE,
            amount_minor=1000,
            occurred_at=at("2026-06-30 15:00"),
            reference="card:1/card",
        ),
        Line(key="b1:fee", kind="fee.payment", part=Part.FEE, amount_minor=-59, occurred_at=at("2026-06-30 15:00")),
    ]
    run = shop.book(payout("P1", "2026-07-01 00:00", rows))

    assert not run.count(Result.BEFORE_FIRST_DAY)
    assert (
        shop.text()
        == """\
2026-07-01 Shop payout P1: fees and adjustments (2026-07)
    1285      0.59 fee.payment
    1285    -10.00 settles
    1210      9.41 clearing
2026-07-01 Payout P1 of Shop
    1000      9.41 bank
    1210     -9.41 bank"""
    )


def test_a_payout_that_becomes_paid_books_nothing_twice_and_releases_its_transfer(shop: Shop) -> None:
    rows = [
        Line(key="b1", kind="settles", part=Part.SALE, amount_minor=1000, occurred_at=at("2026-06-03 12:00")),
        Line(key="f", kind="fee.payment", part=Part.FEE, amount_minor=-59, occurred_at=at("2026-06-03 12:00")),
    ]
    shop.book(payout("P1", "2026-06-05 00:00", rows, status="scheduled"))
    waiting = dict(shop.run().waiting)
    assert waiting == {"payout.not_paid": 1}

    shop.book(payout("P1", "2026-06-05 00:00", rows, status="paid"))

    assert len(shop.entries()) == 2
    assert dict(shop.run().waiting) == {}
    shop.check()


def test_a_payout_that_fails_withdraws_its_transfer(shop: Shop) -> None:
    rows = [Line(key="b1", kind="settles", part=Part.SALE, amount_minor=1000, occurred_at=at("2026-06-03 12:00"))]
    shop.book(payout("P1", "2026-06-05 00:00", rows, status="scheduled"))
    run = shop.book(payout("P1", "2026-06-05 00:00", rows, status="failed"))
    assert run.withdrawn == 1


def test_what_a_first_payout_holds_from_before_the_first_day_goes_to_opening_clearing(make_shop: MakeShop) -> None:
    shop = make_shop(first_day=at("2026-06-01 00:00").date())
    rows = [
        Line(key="b1", kind="settles", part=Part.SALE, amount_minor=1000, occurred_at=at("2026-05-30 12:00")),
        Line(key="b1:fee", kind="fee.payment", part=Part.FEE, amount_minor=-59, occurred_at=at("2026-05-30 12:00")),
        Line(key="b2", kind="settles", part=Part.SALE, amount_minor=500, occurred_at=at("2026-06-02 12:00")),
    ]
    run = shop.book(
        order("0", "2026-05-30 12:00", {"sale.product": 1000}),
        order("1", "2026-06-02 12:00", {"sale.product": 500}),
        payout("P1", "2026-06-05 00:00", rows),
    )
    assert run.count(Result.BEFORE_FIRST_DAY) == 1
    assert shop.balances() == {"1000": 1441, "1285": -941, "4000": -500}
    shop.check()


def test_a_day_waits_until_it_is_over_and_held_back(make_shop: MakeShop) -> None:
    shop = make_shop(hold_back_hours=30)
    now = shop.clock.now()
    shop.book(order("1", f"{now:%Y-%m-%d %H:%M}", {"sale.product": 1000}))
    assert dict(shop.run().waiting) == {"hold_back": 1}
    shop.clock.advance(24 * 3600)
    assert dict(shop.run().waiting) == {"hold_back": 1}
    shop.clock.advance(30 * 3600)
    assert dict(shop.run().waiting) == {}


def test_orders_of_two_currencies_are_days_of_their_own(shop: Shop) -> None:
    shop.book(
        order("1", "2026-06-03 12:00", {"sale.product": 1000}),
        order("2", "2026-06-03 12:00", {"sale.product": 700}, currency="EUR"),
    )
    assert [entry.currency for entry in shop.entries()] == ["EUR", "USD"]
    assert dict(shop.run().waiting) == {"rate.missing": 1}


def test_test_orders_are_left_out_and_counted(shop: Shop) -> None:
    run = shop.book(order("1", "2026-06-03 12:00", {"ignored": 1000}, {}))
    assert (run.documents[0].result, run.documents[0].excluded) == (Result.BOOKED, (("ignored", 1),))
    assert shop.entries() == []


def test_an_order_put_in_the_bin_after_it_was_sent_is_taken_back(shop: Shop) -> None:
    shop.book(order("1", "2026-06-03 12:00", {"sale.product": 1000}))
    shop.deliver_all()
    binned = order("1", "2026-06-03 12:00", {"sale.product": 1000})
    shop.book(binned.ignored())
    assert shop.balances() == {}
    shop.check()


def test_order_mode_gives_each_order_and_refund_an_entry(make_shop: MakeShop) -> None:
    shop = make_shop(mode=Mode.ORDER)
    shop.book(
        order("1", "2026-06-03 12:00", MUG),
        refund("R1", "1", "2026-06-08 12:00", {"refund.product": -4500, "tax.collected": -400}),
    )
    assert (
        shop.text()
        == """\
2026-06-03 Shop order #1
    1210     55.00 tender
    2100     -4.00 tax.collected
    4000    -50.00 sale.product
    4050     -6.00 sale.shipping
    4100      5.00 discount.product
2026-06-08 Shop refund R1 of order #1
    1210    -49.00 tender
    2100      4.00 tax.collected
    4200     45.00 refund.product"""
    )
    shop.check()


def test_a_sent_order_that_changes_is_reversed_and_replaced(make_shop: MakeShop) -> None:
    shop = make_shop(mode=Mode.ORDER)
    shop.book(order("1", "2026-06-03 12:00", {"sale.product": 1000, "sale.shipping": 100}))
    shop.deliver_all()
    shop.book(order("1", "2026-06-03 12:00", {"sale.product": 900, "sale.shipping": 100}))

    assert (
        shop.text()
        == """\
2026-06-03 Shop order #1
    1210     11.00 tender
    4000    -10.00 sale.product
    4050     -1.00 sale.shipping
2026-06-03 Shop order #1: reversal
    1210    -11.00 tender
    4000     10.00 sale.product
    4050      1.00 sale.shipping
2026-06-03 Shop order #1, corrected
    1210     10.00 tender
    4000     -9.00 sale.product
    4050     -1.00 sale.shipping"""
    )
    shop.check()
    shop.book(order("1", "2026-06-03 12:00", {"sale.product": 950, "sale.shipping": 100}))
    assert [len(shop.entries()), shop.balances()["4000"]] == [3, -950]
    shop.check()


def test_what_came_after_an_order_was_paid_is_called_otherwise(make_shop: MakeShop) -> None:
    shop = make_shop(mode=Mode.ORDER)
    told = order("1", "2026-06-03 12:00", {"sale.product": 1000})
    more = (sale("more", "sale.product", 500, "2026-06-05 12:00"), money("late", "card", -500, "2026-06-07 12:00"))
    shop.book(told.with_lines((*told.lines, *more)))

    assert [entry.narration for entry in shop.entries()] == [
        "Shop order #1",
        "Shop order #1, edited",
        "Shop order #1, paid later",
    ]
    shop.check()


def test_payout_mode_books_with_the_payout_and_the_rest_in_a_companion_day(make_shop: MakeShop) -> None:
    shop = make_shop(mode=Mode.PAYOUT)
    run = shop.book(
        order("1", "2026-05-30 12:00", {"sale.product": 1000}),
        order("2", "2026-06-01 12:00", {"sale.product": 500}, {"gift_card": 200, "card": 300}),
        order("3", "2026-06-01 12:00", {"sale.product": 70}, {"paypal": 70}),
        order("4", "2026-06-01 12:00", {"sale.product": 90}),
    )
    assert {outcome.reason for outcome in run.documents} == {"payout.awaited", ""}
    rows = [
        Line(
            key="b1",
            kind="settles",
            part=Part.SALE,
            amount_minor=1000,
            occurred_at=at("2026-05-30 12:00"),
            reference="card:1/card",
        ),
        Line(
            key="b2",
            kind="settles",
            part=Part.SALE,
            amount_minor=300,
            occurred_at=at("2026-06-01 12:00"),
            reference="card:2/card",
        ),
        Line(key="b2:fee", kind="fee.payment", part=Part.FEE, amount_minor=-40, occurred_at=at("2026-06-01 12:00")),
    ]
    shop.book(payout("P1", "2026-06-05 00:00", rows))

    assert (
        shop.text()
        == """\
2026-05-31 Shop payout P1: sales (2026-05)
    1210     10.00 tender
    4000    -10.00 sale.product
2026-06-01 Shop sales outside payouts of 2026-06-01 (USD)
    1230      0.70 tender
    4000     -0.70 sale.product
2026-06-05 Shop payout P1: fees and adjustments (2026-06)
    6100      0.40 fee.payment
    1210     -0.40 clearing
2026-06-05 Payout P1 of Shop
    1000     12.60 bank
    1210    -12.60 bank
2026-06-05 Shop payout P1: sales (2026-06)
    1210      3.00 tender
    2200      2.00 tender
    4000     -5.00 sale.product"""
    )
    assert shop.reasons()["4"] == "held payout.awaited"
    shop.check()


def test_vat_rides_inside_the_line_it_was_charged_on(make_shop: MakeShop) -> None:
    shop = make_shop(country="GB", tax_regime="vat_standard")
    lines = [
        sale("a", "sale.product", 2083, "2026-06-03 12:00", tax=taxed_at("20")),
        sale("a:tax", "tax.collected", 417, "2026-06-03 12:00", tax=taxed_at("20", base="sale.product")),
        sale("b", "sale.product", 1000, "2026-06-03 12:00", tax=taxed_at("0")),
        money("t", "card", -3500, "2026-06-03 12:00"),
    ]
    shop.book(order("1", "2026-06-03 12:00", {}, {}).with_lines(lines))

    assert (
        shop.text()
        == """\
2026-06-03 Shop sales of 2026-06-03 (USD)
    1210     35.00 tender none 0.00
    4000    -10.00 sale.product sale:0 0.00
    4000    -25.00 sale.product sale:20 -4.17"""
    )
    shop.check()


def test_an_order_that_grows_twice_before_its_supplement_is_sent_owes_what_it_owes(shop: Shop) -> None:
    shop.book(order("1", "2026-06-03 12:00", {"sale.product": 1000}))
    shop.deliver_all()
    for minor in (1100, 1200):
        grown = order("1", "2026-06-03 12:00", {"sale.product": minor}, {"card": 1000}, paid_at=at("2026-06-03 12:00"))
        shop.book(grown)

    assert shop.balances() == {"1210": 1000, "1150": 200, "4000": -1200}
    shop.check()


def test_a_gateway_that_nobody_mapped_waits_and_goes_out_once_it_is(make_shop: MakeShop) -> None:
    shop = make_shop()
    shop.tenders(Tender("card", "1210", TenderClass.MARKETPLACE_PAYOUT))
    shop.book(order("1", "2026-06-03 12:00", {"sale.product": 1000}, {"twint": 1000}))
    assert dict(shop.run().waiting) == {"unclassified": 1}
    assert shop.balances() == {"1990": 1000, "4000": -1000}

    shop.change_route(tenders=(("twint", "1240"),))
    shop.run()

    assert dict(shop.run().waiting) == {}
    assert shop.balances() == {"1240": 1000, "4000": -1000}
    shop.check()


def test_a_number_that_two_vouchers_bore_means_the_one_that_stands(shop: Shop) -> None:
    shop.book(order("1", "2026-06-03 12:00", {"sale.product": 1000}))
    shop.book(order("1", "2026-06-03 12:00", {"sale.product": 900}))
    with shop.store.reading() as uow:
        first, second = sorted(uow.deliveries.of_route(shop.route.route_id), key=lambda each: each.state)
    assert first.voucher is not None
    assert second.voucher is not None

    (found,) = shop.views().explain(first.voucher.number)
    assert found.kept.is_live


def test_orders_from_before_the_first_day_are_let_in_by_the_day_they_were_paid_when_the_first_day_moves(
    make_shop: MakeShop,
) -> None:
    shop = make_shop(first_day=date(2026, 9, 1))
    shop.book(
        order("1", "2026-08-30 12:00", {"sale.product": 10_00}),
        order("2", "2026-08-30 12:00", {"sale.product": 20_00}, paid_at=at("2026-09-02 12:00")),
        order("3", "2026-08-01 12:00", {"sale.product": 40_00}),
    )
    assert shop.reasons() == {"1": "held before_first_day", "2": "booked", "3": "held before_first_day"}

    shop.change_route(first_day=date(2026, 8, 15))
    shop.run()

    assert shop.reasons() == {"1": "booked", "2": "booked", "3": "held before_first_day"}
    assert shop.balances()["4000"] == -30_00


def test_what_an_order_owes_stays_apart_from_what_it_is_owed_when_days_of_it_are_built_anew_alone(shop: Shop) -> None:
    """A day on which an order's halves are even moves nothing between the two, whatever stands open by then."""
    first = order("1", "2026-06-10 12:00", {"sale.product": 100_00})
    less = first.with_lines([*first.lines, sale("less", "sale.product", -77, "2026-06-12 10:00")])
    more = less.with_lines([*less.lines, sale("more", "sale.product", 1_48, "2026-06-14 10:00")])
    for fact in (first, less, more):
        shop.book(fact)
    second = order("2", "2026-06-10 12:00", {"sale.product": 10_00})
    shop.book(second)
    shop.book(second.with_lines([*second.lines, sale("more", "sale.product", 2_00, "2026-06-12 10:00")]))
    shop.book(order("3", "2026-06-10 12:00", {"sale.product": 5_00}))

    assert shop.balances() == {"1150": 2_71, "1210": 115_00, "4000": -117_71}
    shop.check()

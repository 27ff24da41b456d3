"""What came in, what went back, and when an order was paid."""

from __future__ import annotations

import pytest

from plugins.shopify.tests.shop import (
    LATER,
    LATEST,
    Json,
    agreement,
    bag,
    kinds,
    order,
    orders,
    read,
    refund,
    sale,
    sold,
    transaction,
)


def tenders(node: Json) -> list[tuple[str, int]]:
    return [
        (line.reference, line.amount_minor)
        for document in read(orders(node))
        for line in document.lines
        if line.part.is_money
    ]


def test_only_successful_sales_captures_change_and_refunds_move_money() -> None:
    moves = [
        transaction(1, "100.00", "AUTHORIZATION"),
        transaction(2, "60.00", "CAPTURE"),
        transaction(3, "45.00", "SALE", gateway="cash"),
        transaction(4, "5.00", "CHANGE", gateway="cash"),
        transaction(5, "100.00", "VOID"),
        transaction(6, "100.00", "SALE", status="FAILURE"),
        transaction(7, "100.00", "SALE", status="PENDING"),
        transaction(8, "100.00", "SUGGESTED_REFUND"),
        transaction(9, "100.00", "EMV_AUTHORIZATION"),
    ]

    assert tenders(sold(transactions=moves)) == [("shopify_payments:2", -6000), ("cash:3", -4500), ("cash:4", 500)]


def test_an_order_is_paid_at_the_instant_its_payments_cover_it() -> None:
    moves = [
        transaction(3, "10.00", at=LATEST),
        transaction(1, "40.00", at="2026-09-02T00:00:00+02:00"),
        transaction(2, "60.00", at=LATER),
    ]
    (document,) = read(orders(sold(transactions=moves)))

    assert document.start.paid_at is not None
    assert document.start.paid_at.isoformat() == "2026-09-05T11:00:00+00:00"


@pytest.mark.parametrize("moves", [[], [transaction(1, "99.99")], [transaction(1, "100.00", status="PENDING")]])
def test_an_order_that_is_not_covered_is_not_paid(moves: list[Json]) -> None:
    assert read(orders(sold(transactions=moves)))[0].start.paid_at is None


def test_an_order_that_costs_nothing_is_paid_when_it_is_placed() -> None:
    node = order([agreement(201, [sale(301, "0.00", discount="100.00", item=1)])], "0.00", transactions=[])
    (document,) = read(orders(node))

    assert document.start.paid_at == document.start.opened_at
    assert kinds(document) == [("sale.product", 10000), ("discount.product", -10000)]


def test_an_order_cut_down_before_it_was_paid_in_full_is_paid_when_nothing_is_owed() -> None:
    first = agreement(201, [sale(301, "60.00", item=1), sale(302, "40.00", item=1)])
    cut = agreement(202, [sale(303, "-40.00", action="RETURN", item=1)], LATER, "Refund", 601)
    node = order([first, cut], "100.00", "60.00", transactions=[transaction(1, "60.00")], refunds=[refund(601)])
    sold_, back = read(orders(node))

    assert sold_.start.paid_at == back.start.opened_at == back.start.paid_at


def test_a_cancelled_order_that_nobody_paid_stays_unpaid() -> None:
    first = agreement(201, [sale(301, "60.00", item=1)])
    cut = agreement(202, [sale(303, "-60.00", action="RETURN", item=1)], LATER, "Refund", 601)
    found = read(orders(order([first, cut], "60.00", "0.00", transactions=[], refunds=[refund(601)])))

    assert [document.start.paid_at for document in found] == [None, None]


def test_a_gateway_is_lower_case_and_an_unnamed_one_unknown() -> None:
    moves = [transaction(1, "50.00", gateway=" Bank Deposit "), transaction(2, "50.00", gateway=None)]
    (document,) = read(orders(sold(transactions=moves)))

    assert [dict(line.attributes)["gateway"] for line in document.lines[1:]] == ["bank deposit", "unknown"]
    assert [line.reference for line in document.lines[1:]] == ["bank deposit:1", "unknown:2"]


def test_a_payment_of_a_test_gateway_on_a_real_order_is_ignored() -> None:
    (document,) = read(orders(sold(transactions=[transaction(1, "100.00", test=True)])))

    assert kinds(document)[1] == ("ignored", -10000)
    assert document.start.paid_at is None


@pytest.mark.parametrize("cash", ["100.00", "100.02"])
def test_cash_rounding_is_a_line_of_its_own_whether_or_not_the_amount_has_it_inside(cash: str) -> None:
    move = transaction(1, cash, gateway="cash", amountRoundingSet=bag("0.02"))
    (document,) = read(orders(sold(transactions=[move])))

    assert kinds(document) == [("sale.product", 10000), ("rounding", 2), ("tender", -10002)]
    assert document.start.total_minor == 10002
    assert document.is_tied
    assert document.start.paid_at is not None
    assert not document.blocking


def test_cash_rounding_of_a_refund_goes_back_with_it() -> None:
    first = agreement(201, [sale(301, "100.00", item=1)])
    back = agreement(202, [sale(302, "-10.01", action="RETURN", item=1)], LATER, "Refund", 601)
    repaid = transaction(2, "10.01", "REFUND", LATER, gateway="cash", amountRoundingSet=bag("-0.01"))
    node = order(
        [first, back],
        "100.00",
        "89.99",
        transactions=[transaction(1, "100.00"), repaid],
        refunds=[refund(601, [repaid])],
    )
    _, document = read(orders(node))

    assert kinds(document) == [("refund.product", -1001), ("rounding", 1), ("tender", 1000)]
    assert document.is_tied


def test_a_pending_repayment_waits_and_joins_its_refund_when_it_succeeds() -> None:
    """F20."""
    first = agreement(201, [sale(301, "100.00", item=1)])
    back = agreement(202, [sale(302, "-100.00", action="RETURN", item=1)], LATER, "Refund", 601)

    def node(status: str) -> Json:
        repaid = transaction(2, "100.00", "REFUND", LATER, status=status)
        return order(
            [first, back],
            "100.00",
            "0.00",
            transactions=[transaction(1, "100.00"), repaid],
            refunds=[refund(601, [repaid])],
        )

    _, pending = read(orders(node("PENDING")))
    _, done = read(orders(node("SUCCESS")))

    assert kinds(pending) == [("refund.product", -10000)]
    assert done.lines[:1] == pending.lines
    assert kinds(done)[1:] == [("tender", 10000)]


def bulk_like(refunds: list[Json], moves: list[Json], current: str = "0.00") -> Json:
    first = agreement(201, [sale(301, "100.00", item=1)])
    backs = [
        agreement(
            210 + place,
            [sale(310 + place, f"-{each['totalRefundedSet']['shopMoney']['amount']}", action="RETURN", item=1)],
            each["createdAt"],
            "Refund",
            601 + place,
        )
        for place, each in enumerate(refunds)
    ]
    return order([first, *backs], "100.00", current, transactions=[transaction(1, "100.00"), *moves], refunds=refunds)


def test_repayments_that_no_refund_lists_go_to_the_refund_of_their_amount_nearest_in_time() -> None:
    """As in bulk files, in which refunds are headers only."""
    refunds = [
        refund(601, None, LATER, totalRefundedSet=bag("50.00")),
        refund(602, None, LATEST, totalRefundedSet=bag("50.00")),
    ]
    moves = [
        transaction(3, "50.00", "REFUND", "2026-09-09T12:00:05Z"),
        transaction(2, "50.00", "REFUND", "2026-09-05T11:00:05Z"),
    ]
    _, first, second = read(orders(bulk_like(refunds, moves)))

    assert [line.reference for line in first.lines[1:]] == ["shopify_payments:2"]
    assert [line.reference for line in second.lines[1:]] == ["shopify_payments:3"]


def test_a_refund_over_two_gateways_takes_both_repayments() -> None:
    refunds = [refund(601, None, LATER, totalRefundedSet=bag("100.00"))]
    moves = [transaction(2, "70.00", "REFUND", LATER), transaction(3, "30.00", "REFUND", LATEST, gateway="gift_card")]
    _, back = read(orders(bulk_like(refunds, moves)))

    assert [line.amount_minor for line in back.lines[1:]] == [7000, 3000]
    assert not back.blocking


def test_a_repayment_of_no_known_refund_holds_the_order() -> None:
    node = sold(transactions=[transaction(1, "100.00"), transaction(2, "30.00", "REFUND", LATER)])
    (document,) = read(orders(node))

    assert document.blocking == ["shopify.order.repayment"]
    assert "30.00 USD" in document.problems[0].message


def test_payments_that_miss_what_was_received_hold_the_order() -> None:
    """F41: a list has no page info; what it lost shows in the order's own sum."""
    node = sold(totalReceivedSet=bag("100.00"), transactions=[transaction(1, "60.00")])
    (document,) = read(orders(node))

    assert document.blocking == ["shopify.order.received"]
    assert not read(orders(sold(totalReceivedSet=bag("100.00"))))[0].problems


def test_a_refund_listed_before_its_transaction_reached_the_order_is_booked_once() -> None:
    """F19: the same repayment stands in the refund and in the order."""
    repaid = transaction(2, "100.00", "REFUND", LATER)
    first = agreement(201, [sale(301, "100.00", item=1)])
    back = agreement(202, [sale(302, "-100.00", action="RETURN", item=1)], LATER, "Refund", 601)
    changes = {"refunds": [refund(601, [repaid])]}
    both = order([first, back], "100.00", "0.00", transactions=[transaction(1, "100.00"), repaid], **changes)
    one = order([first, back], "100.00", "0.00", transactions=[transaction(1, "100.00")], **changes)

    assert tenders(both) == tenders(one) == [("shopify_payments:1", -10000), ("shopify_payments:2", 10000)]

"""Payouts, their rows, and disputes."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import DocumentError
from bridge.model.documents import DocumentKind
from bridge.model.lines import kinds as known_kinds
from bridge_shopify.vocabulary import ROW, vocabulary
from plugins.shopify.tests.shop import (
    Json,
    account,
    amount,
    checks,
    dispute,
    kinds,
    note_codes,
    notes,
    orders,
    payout,
    read,
    row,
    sold,
)


def test_a_payout_is_its_rows_without_the_transfer_that_is_its_total() -> None:
    rows = [
        row(1, "100.00", fee="3.20", sourceOrderTransactionId="501", associatedOrder={"id": "gid://shopify/Order/7"}),
        row(2, "-96.80", "TRANSFER"),
    ]
    (document,) = read(account([payout(5001, "96.80")], rows))

    assert kinds(document) == [("settles", 10000), ("fee.payment", -320)]
    assert [(line.key, line.part.value, line.order_id) for line in document.lines] == [
        ("1", "payout", "7"),
        ("1:fee", "fee", "7"),
    ]
    assert document.lines[0].reference == "shopify_payments:501"
    assert document.start.pays_at == document.start.closed_at
    assert document.is_tied
    assert not document.problems


def test_rows_that_miss_the_net_hold_the_payout_with_the_exact_difference() -> None:
    """F22, D02: drop any one row and the payout waits."""
    rows = [row(1, "100.00", fee="3.20"), row(2, "50.00", fee="2.00"), row(3, "-20.00", "REFUND")]
    assert not read(account([payout(5001, "124.80")], rows))[0].blocking

    for place, less in enumerate(("96.80", "48.00", "-20.00")):
        kept = rows[:place] + rows[place + 1 :]
        (document,) = read(account([payout(5001, "124.80")], kept))

        assert document.blocking == ["shopify.payout.total"]
        assert not document.is_tied
        told = f"{less.removeprefix('-')} USD {'more' if less.startswith('-') else 'less'} than the 124.80 USD"
        assert told in document.problems[0].message


def test_a_payout_that_failed_is_not_changed_by_the_rows_by_which_it_left_and_came_back() -> None:
    rows = [row(1, "100.00"), row(2, "-100.00", "TRANSFER"), row(3, "100.00", "TRANSFER_FAILURE")]
    (failed,) = read(account([payout(5001, "100.00", status="FAILED")], rows))
    (anew,) = read(account([payout(5001, "100.00")], [row(3, "100.00", "TRANSFER_FAILURE")]))

    assert (kinds(failed), failed.start.status, failed.blocking) == ([("settles", 10000)], "failed", [])
    assert (kinds(anew), anew.blocking) == ([("payout.failed", 10000)], [])


SUMMARY: list[tuple[dict[str, Any], list[str]]] = [
    ({"chargesGross": amount("100.00"), "chargesFee": amount("3.20")}, []),
    ({"chargesGross": amount("100.00"), "chargesFee": amount("3.21")}, ["shopify.payout.summary"]),
    ({"chargesGross": amount("120.00"), "refundsFeeGross": amount("-20.00"), "chargesFee": amount("3.20")}, []),
    ({}, []),
]


@pytest.mark.parametrize(("summary", "codes"), SUMMARY)
def test_a_summary_must_come_to_the_net(summary: dict[str, Any], codes: list[str]) -> None:
    (document,) = read(account([payout(5001, "96.80", summary=summary)], [row(1, "100.00", fee="3.20")]))

    assert document.blocking == codes


def test_a_transfer_row_must_be_the_net() -> None:
    rows = [row(1, "100.00", fee="3.20"), row(2, "-90.00", "TRANSFER")]

    assert read(account([payout(5001, "96.80")], rows))[0].blocking == ["shopify.payout.summary"]


def test_a_row_that_is_not_amount_less_fee_holds_its_payout() -> None:
    rows = [row(1, "100.00", fee="3.20", net=amount("96.00"))]
    (document,) = read(account([payout(5001, "96.00")], rows))

    assert "shopify.payout.row" in document.blocking


@pytest.mark.parametrize("net", ["-30.00", "30.00"])
def test_a_withdrawal_takes_money_from_the_bank(net: str) -> None:
    payouts = [payout(5001, net, transactionType="WITHDRAWAL", status="IN_TRANSIT")]
    (document,) = read(account(payouts, [row(1, "-30.00", "REFUND")]))

    assert (document.start.total_minor, document.start.status) == (-3000, "in_transit")
    assert document.is_tied
    assert not document.blocking


def test_reserves_are_held_and_released_and_what_is_taken_for_good_waits() -> None:
    """C23."""
    rows = [
        row(1, "-10.00", "RESERVED_FUNDS"),
        row(2, "25.00", "RESERVED_FUNDS_REVERSAL"),
        row(3, "-5.00", "RESERVED_FUNDS_WITHDRAWAL"),
    ]
    (document,) = read(account([payout(5001, "10.00")], rows))

    assert kinds(document) == [("reserve", -1000), ("reserve", 2500), ("unclassified", -500)]
    assert document.blocking == ["shopify.unclassified"]


def test_a_row_of_a_type_nobody_knows_keeps_the_total_and_waits() -> None:
    """F23: the list of types grows."""
    (document,) = read(account([payout(5001, "-7.00")], [row(1, "-7.00", "MOON_TAX_DEBIT")]))

    assert kinds(document) == [("unclassified", -700)]
    assert document.is_tied
    assert "MOON_TAX_DEBIT" in document.problems[0].message


def test_an_adjustment_over_several_orders_joins_each_of_them() -> None:
    parts = [
        {"name": "#1", "orderTransactionId": "501", "amount": amount("-6.00")},
        {"name": "#2", "orderTransactionId": 502, "amount": amount("-4.00")},
    ]
    rows = [row(1, "-10.00", "CHARGE_ADJUSTMENT", adjustmentsOrders=parts, adjustmentReason="correction")]
    (document,) = read(account([payout(5001, "-10.00")], rows))

    assert [(line.key, line.reference, line.amount_minor) for line in document.lines] == [
        ("1:1", "shopify_payments:501", -600),
        ("1:2", "shopify_payments:502", -400),
    ]
    assert document.lines[0].words == "CHARGE_ADJUSTMENT|correction"


def test_a_disputed_amount_and_its_fee_leave_and_come_back() -> None:
    """F30, C16: a won dispute leaves nothing behind."""
    facts: Json = {"sourceType": "DISPUTE", "sourceId": "77"}
    rows = [
        row(1, "-50.00", "DISPUTE_WITHDRAWAL", "15.00") | facts,
        row(2, "50.00", "DISPUTE_REVERSAL", "-15.00") | facts,
        row(3, "100.00"),
    ]
    (document,) = read(account([payout(5001, "100.00")], rows, [dispute(77, "50.00", "WON")]))

    assert kinds(document)[:4] == [
        ("dispute", -5000),
        ("fee.dispute", -1500),
        ("dispute", 5000),
        ("fee.dispute", 1500),
    ]
    assert dict(document.lines[0].attributes) == {"dispute": "77"}


@pytest.mark.parametrize("status", ["LOST", "ACCEPTED"])
def test_a_lost_dispute_moves_from_in_progress_to_lost(status: str) -> None:
    """C16."""
    (document,) = read(account(disputes=[dispute(77, "50.00", status)]))

    assert (document.start.kind, document.start.external_id) == (DocumentKind.ADJUSTMENT, "dispute:77")
    assert (document.start.total_minor, document.start.order_id) == (0, "450000009001")
    assert kinds(document) == [("dispute.lost", -5000), ("dispute", 5000)]
    assert document.start.opened_at.isoformat() == "2026-10-02T00:00:00+00:00"
    assert document.is_tied


def test_disputes_that_took_nothing_for_good_are_counted() -> None:
    disputes = [
        dispute(1, "5.00", "UNDER_REVIEW"),
        dispute(2, "5.00", "NEEDS_RESPONSE"),
        dispute(3, "5.00", "WON"),
        dispute(4, "5.00", "LOST", finalizedOn=None),
        dispute(5, "5.00", "LOST", type="INQUIRY"),
    ]
    told = notes(account([payout(5001, "10.00")], [row(1, "10.00")], disputes))

    assert [(problem.code, problem.message.split()[0], problem.blocking) for problem in told] == [
        ("shopify.dispute.open", "2", False),
        ("shopify.dispute.undated", "1", False),
        ("shopify.dispute.inquiry", "1", False),
    ]


def test_rows_without_payout_of_other_payouts_and_of_tests_are_counted_and_not_booked() -> None:
    rows = [
        row(1, "10.00"),
        row(2, "3.00", payout=None),
        row(3, "3.00", payout=4999),
        row(4, "3.00", test=True),
        row(5, "3.00", associatedPayout=None),
    ]
    answer = account([payout(5001, "10.00")], rows)
    (document,) = read(answer)

    assert kinds(document) == [("settles", 1000)]
    assert [(problem.code, problem.message.split()[0]) for problem in notes(answer)] == [
        ("shopify.payout.pending", "2"),
        ("shopify.payout.absent", "1"),
        ("shopify.payout.test", "1"),
    ]
    assert not document.problems


def test_an_answer_without_rows_checks_its_payouts() -> None:
    (check,) = checks(account([payout(5001, "96.80")], None))

    assert (check.kind, check.external_id, check.total_minor) == (DocumentKind.PAYOUT, "5001", 9680)
    assert check.title == "Shopify payout of 2026-09-07"


def test_an_answer_with_nothing_but_pending_rows_says_so() -> None:
    """F10: done with nothing is no success."""
    with pytest.raises(DocumentError, match=r"1 balance transaction\(s\) belong to no payout yet") as caught:
        read(account(rows=[row(1, "3.00", payout=None)]))

    assert caught.value.code == "shopify.file.nothing"


def test_a_row_in_another_currency_than_its_payout_is_refused() -> None:
    """F27."""
    with pytest.raises(DocumentError) as caught:
        read(account([payout(5001, "10.00")], [row(1, "10.00", amount=amount("10.00", "CAD"))]))

    assert caught.value.code == "shopify.file.currency"


def test_further_pages_of_payouts_are_told() -> None:
    answer = account([payout(5001, "10.00")], [row(1, "10.00")])
    answer["data"]["shopifyPaymentsAccount"]["payouts"]["pageInfo"]["hasNextPage"] = True

    assert note_codes(answer) == ["shopify.answer.more_pages"]


def test_a_shop_without_shopify_payments_has_nothing_to_read() -> None:
    with pytest.raises(DocumentError) as caught:
        read({"data": {"shopifyPaymentsAccount": None}})

    assert caught.value.code == "shopify.file.nothing"


def test_every_kind_the_vocabulary_names_is_a_kind_of_line() -> None:
    for word in sorted(vocabulary().words(ROW) - {"TRANSFER"}):
        (document,) = read(account([payout(5001, "-12.00")], [row(1, "-10.00", word, "2.00")]))

        assert document.is_tied
        assert {line.kind for line in document.lines} <= known_kinds().keys()


def test_what_is_noted_of_a_file_comes_once_behind_documents_and_checks() -> None:
    both = {"data": orders(sold(), more=True)["data"] | account([payout(5001, "96.80")], None)["data"]}

    assert note_codes(both) == ["shopify.answer.more_pages"]
    assert (read(both)[0].codes, len(checks(both))) == ([], 1)

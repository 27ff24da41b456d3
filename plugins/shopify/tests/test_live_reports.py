"""What Shopify says of itself: orders by the shop's own days, what each payout comes to, what it holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.errors import BridgeError, DocumentError
from bridge.model.reports import Balance, BalanceName, Balances, Figures
from bridge.plugin import Unknown
from bridge.sandbox import FaultKind
from plugins.shopify.tests.seller import NOON, Seller

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def seller() -> Iterator[Seller]:
    made = Seller()
    yield made
    assert made.sandbox.server.crashes == []
    made.sandbox.stop()


def figures(seller: Seller, report: str, since: datetime = NOON - 3 * DAY, until: datetime = NOON) -> Figures:
    told = seller.source.figures(report, since, until, seller.source.survey())
    assert isinstance(told, Figures)
    return told


def test_days_are_the_shops_own_and_whole_and_one_may_have_23_hours(seller: Seller) -> None:
    spring = datetime(2026, 3, 8, 5, tzinfo=UTC)
    for hours in (-1, 1, 22, 23, 30):
        seller.sandbox.clock.set(spring + hours * HOUR)
        seller.shop.sell("1.00")
    seller.sandbox.clock.run()
    told = figures(seller, "days", spring - 2 * DAY + HOUR, spring + 2 * DAY)

    assert [((one.since - spring) / HOUR, (one.until - one.since) / HOUR, one.value) for one in told.figures] == [
        (-24, 24, 1),
        (0, 23, 2),
        (23, 24, 2),
    ]


def test_a_month_is_counted_by_eight_days_a_question_and_one_without_orders_by_one(seller: Seller) -> None:
    month = NOON - 33 * DAY, NOON + DAY
    told = figures(seller, "days", *month)
    assert [one.value for one in told.figures] == [0] * 33
    assert seller.sandbox.requests.count(label="DayCounts") == 1

    seller.shop.sell("1.00")
    told = figures(seller, "days", *month)
    assert (len(told.figures), sum(one.value for one in told.figures)) == (33, 1)
    assert seller.sandbox.requests.count(label="DayCounts") == 1 + 6


def test_a_count_that_is_not_exact_is_none(seller: Seller) -> None:
    seller.shop.days_wrong = 30_000
    told = seller.source.figures("days", NOON - 3 * DAY, NOON, seller.source.survey())
    assert told == Unknown("Shopify does not count exactly any more how many orders a day has")


def test_payouts_are_told_by_shopifys_own_sums_on_all_pages(seller: Seller) -> None:
    for _ in range(23):
        seller.shop.sell("10.00")
        seller.shop.pay_out(fee="0.30")
    told = figures(seller, "paid_out", until=NOON + HOUR)
    assert {one.external_id: (one.value, one.currency) for one in told.figures} == {
        str(number): (970, "USD") for number in seller.shop.payouts
    }


def payout(**more: Any) -> dict[str, Any]:
    money = {"amount": "12.00", "currencyCode": "USD"}
    node: dict[str, Any] = {
        "id": "gid://shopify/ShopifyPaymentsPayout/7",
        "issuedAt": "2026-07-01T00:00:00Z",
        "status": "PAID",
    }
    node |= {"transactionType": "WITHDRAWAL", "net": money, "summary": None, **more}
    listed = {"pageInfo": {"hasNextPage": False, "endCursor": None}, "nodes": [node]}
    return {"data": {"shopifyPaymentsAccount": {"payouts": listed}}}


def answering(seller: Seller, body: object) -> Figures | Unknown:
    facts = seller.source.survey()
    seller.faults.order(FaultKind.ANSWER, status=200, body=json.dumps(body))
    return seller.source.figures("paid_out", NOON - 3 * DAY, NOON, facts)


def test_without_a_summary_a_payout_comes_to_its_net_and_one_that_the_bank_pays_is_negative(seller: Seller) -> None:
    told = answering(seller, payout())
    assert isinstance(told, Figures)
    assert [(one.value, one.external_id) for one in told.figures] == [(-1200, "7")]


def test_an_amount_that_is_none_is_refused(seller: Seller) -> None:
    with pytest.raises(DocumentError):
        answering(seller, payout(net={"amount": "twelve", "currencyCode": "USD"}))


def test_what_is_held_is_told_by_currency(seller: Seller) -> None:
    seller.shop.sell("10.00")
    seller.shop.pay_out()
    seller.shop.sell("2.50")
    told = seller.source.balances(seller.source.survey())
    assert isinstance(told, Balances)
    assert told.balances == (Balance(BalanceName.TOTAL, 250, "USD"),)


def test_a_shop_without_shopify_payments_holds_nothing(seller: Seller) -> None:
    seller.shop.has_payments = False
    told = seller.source.balances(seller.source.survey())
    assert isinstance(told, Balances)
    assert (told.balances, figures(seller, "paid_out").figures) == ((), ())


def test_a_scope_that_is_lacking_is_named(seller: Seller) -> None:
    seller.shop.scopes = ["read_orders", "read_all_orders"]
    facts = seller.source.survey()
    paid_out = seller.source.figures("paid_out", NOON - DAY, NOON, facts)
    assert paid_out == Unknown("the app lacks read_shopify_payments_payouts")
    assert seller.source.balances(facts) == Unknown("the app lacks read_shopify_payments_accounts")
    seller.shop.scopes = []
    with pytest.raises(BridgeError) as refused:
        seller.source.figures("days", NOON - 3 * DAY, NOON, facts)
    assert refused.value.code == "shopify.scope"

"""Which webhooks a shop sends the app: what it lists, and what it does not let the app see."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from bridge.errors import BridgeError
from bridge.model.reports import Subscription
from bridge.plugin import Unknown
from bridge.sandbox import FaultKind
from plugins.shopify.tests.seller import Seller


@pytest.fixture
def seller() -> Iterator[Seller]:
    made = Seller()
    yield made
    assert made.sandbox.server.crashes == []
    made.sandbox.stop()


def test_a_subscription_is_told_in_the_words_of_its_notices_and_is_gone_when_the_shop_gave_up(seller: Seller) -> None:
    facts = seller.source.survey()
    for topic in ("ORDERS_UPDATED", "REFUNDS_CREATE", "APP_UNINSTALLED"):
        seller.shop.subscribe(topic, "https://books.example/shop")
    seller.shop.subscribe("ORDERS_UPDATED", "pubsub://project:topic")
    assert seller.source.subscriptions(facts) == (
        Subscription("orders/updated", "https://books.example/shop"),
        Subscription("refunds/create", "https://books.example/shop"),
        Subscription("orders/updated", "pubsub://project:topic"),
    )

    seller.shop.give_up("ORDERS_UPDATED")
    assert seller.source.subscriptions(facts) == (Subscription("refunds/create", "https://books.example/shop"),)


def test_a_scope_that_is_lacking_tells_nothing_and_another_refusal_stops(seller: Seller) -> None:
    facts = seller.source.survey()
    denied = {"code": "ACCESS_DENIED", "requiredAccess": "`read_webhooks` access scope."}
    errors = [{"message": "Access denied.", "extensions": denied}]
    seller.faults.order(FaultKind.ANSWER, status=200, body=json.dumps({"data": None, "errors": errors}))
    told = seller.source.subscriptions(facts)
    assert told == Unknown("does not let the app read what needs read_webhooks")

    seller.faults.order(FaultKind.UNAUTHORIZED)
    with pytest.raises(BridgeError) as refused:
        seller.source.subscriptions(facts)
    assert refused.value.code == "shopify.token"

"""The fake shop as a person and a test use it: options, the admin door, and what its API refuses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from bridge.sandbox import BadRequestError
from bridge_shopify.client import VERSION, query
from bridge_shopify_sandbox import ShopifySandbox, create_sandbox
from bridge_shopify_sandbox.nodes import Order

SHOP = {"query": "{ shop { myshopifyDomain currencyCode } }"}


@pytest.fixture
def sandbox() -> Iterator[ShopifySandbox]:
    made = create_sandbox(options={"shop": "practice.myshopify.com", "currency": "EUR", "orders": "2"})
    yield made
    assert made.server.crashes == []
    made.stop()


def ask(sandbox: ShopifySandbox, body: dict[str, Any], token: str = "shpat_sandbox") -> requests.Response:  # noqa: S107
    url = f"{sandbox.base_url}/admin/api/{VERSION}/graphql.json"
    return requests.post(url, json=body, headers={"X-Shopify-Access-Token": token}, timeout=60)


def test_it_says_how_to_use_it(sandbox: ShopifySandbox) -> None:
    told = sandbox.summary()

    assert all(part in told for part in (sandbox.base_url, "practice.myshopify.com", "EUR", "shpat_sandbox"))
    assert ask(sandbox, SHOP).json()["data"] == {
        "shop": {"myshopifyDomain": "practice.myshopify.com", "currencyCode": "EUR"}
    }


@pytest.mark.parametrize(
    "options",
    [{"shop": "x", "colour": "red"}, {"limits": "perhaps"}, {"orders": "many"}, {"year": "soon"}, {"year": "9000"}],
)
def test_an_option_that_cannot_be_meant_is_refused(options: dict[str, str]) -> None:
    with pytest.raises(BadRequestError):
        create_sandbox(options=options)


def lived(**options: str) -> dict[int, Order]:
    made = create_sandbox(options={"orders": "300", "year": "2025", **options})
    made.stop()
    assert {one.at.year for one in made.shop.orders.values()} == {2025}
    assert len(made.shop.payouts) > 200
    return made.shop.orders


def test_a_year_holds_whatever_happens_to_orders_and_a_seed_tells_the_same_again() -> None:
    orders = lived(seed="7")
    happened = (
        [one for one in orders.values() if one.edits],
        [one for one in orders.values() if one.backs and one.backs[0].at - one.at > timedelta(days=1)],
        [one for one in orders.values() if one.cancelled_at],
        [one for one in orders.values() if one.pays_in],
        [one for one in orders.values() if one.by_gift_card],
        [one for one in orders.values() if one.is_test],
        [good for one in orders.values() for good in one.goods if good.kind == "TIP"],
        [good for one in orders.values() for good in one.goods if good.off],
    )

    assert all(happened)
    assert len(orders) < 300, "some are deleted"
    assert lived(seed="7") == orders
    assert lived(seed="8") != orders


def test_it_keeps_nothing_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadRequestError, match="keeps nothing"):
        create_sandbox(options={}, data=tmp_path / "shop.db")


def test_the_admin_door_sells_and_refunds(sandbox: ShopifySandbox) -> None:
    def order(**what: object) -> requests.Response:
        return requests.post(f"{sandbox.base_url}/_sandbox/shop", json=what, timeout=60)

    number = order(op="sell", total="30.00", items=3).json()["number"]
    assert order(op="refund", order=number, amount="10.00").status_code == 201
    assert [back.minor for back in sandbox.shop.orders[number].backs] == [1000]
    assert order(op="refund", order=7, amount="10.00").status_code == 400
    assert "sell" in order(op="dance").text


def test_limits_are_switched_at_the_admin_door(sandbox: ShopifySandbox) -> None:
    body = {"query": query("orders"), "operationName": "Orders", "variables": {"first": 10}}
    assert ask(sandbox, body).json()["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"
    requests.post(f"{sandbox.base_url}/_sandbox/service", json={"limits": False}, timeout=60).raise_for_status()

    answer = ask(sandbox, body).json()
    assert len(answer["data"]["orders"]["nodes"]) == 2
    assert answer["extensions"]["cost"]["requestedQueryCost"] > 1_000
    assert requests.post(f"{sandbox.base_url}/_sandbox/service", json={}, timeout=60).status_code == 400


def test_a_wrong_token_and_a_wrong_query_are_refused_as_shopify_does(sandbox: ShopifySandbox) -> None:
    assert ask(sandbox, SHOP, "shpat_other").status_code == 401
    wrong = ask(sandbox, {"query": "{ shop { buyers } }"})
    assert (wrong.status_code, "errors" in wrong.json(), "data" in wrong.json()) == (200, True, False)
    assert requests.get(f"{sandbox.base_url}/admin/orders.json", timeout=60).status_code == 404


@pytest.mark.parametrize("kind", ["throttle", "unauthorized"])
def test_refusals_to_order_are_in_shopifys_words(sandbox: ShopifySandbox, kind: str) -> None:
    sandbox.faults.order(kind)
    answer = ask(sandbox, SHOP)

    assert answer.status_code == (401 if kind == "unauthorized" else 200)
    assert "errors" in answer.json()

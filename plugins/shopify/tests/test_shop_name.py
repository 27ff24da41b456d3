"""A file of another shop than the connection's is refused by name, where it names its shop."""

from __future__ import annotations

import pytest

from bridge.errors import DocumentError
from bridge_shopify.source import ShopifySource
from plugins.shopify.tests.shop import Json, account, orders, payout, read, row, sold

SHOP: Json = {"myshopifyDomain": "acme-gb.myshopify.com", "primaryDomain": {"host": "shop.acme.example"}}
ORDERS, PAYMENTS = orders(sold()), account([payout(5001, "10.00")], [row(1, "10.00")])


def of_shop(answer: Json, shop: Json | None) -> Json:
    return {"data": answer["data"] | {"shop": shop}}


@pytest.mark.parametrize("answer", [ORDERS, PAYMENTS])
@pytest.mark.parametrize(
    "name",
    [
        "acme-gb.myshopify.com",
        "ACME-GB.myshopify.com",
        "https://acme-gb.myshopify.com/admin",
        "acme-gb",
        "shop.acme.example",
        "www.shop.acme.example.",
        "",
    ],
)
def test_the_connections_shop_is_known_however_its_domain_is_written(answer: Json, name: str) -> None:
    assert read(of_shop(answer, SHOP), ShopifySource(name))


@pytest.mark.parametrize("answer", [ORDERS, PAYMENTS])
@pytest.mark.parametrize("name", ["acme-us.myshopify.com", "acme", "acme.example", "acme-gb.myshopify.com.example"])
def test_an_answer_of_another_shop_is_refused_naming_both(answer: Json, name: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(of_shop(answer, SHOP), ShopifySource(name))

    assert caught.value.code == "shopify.file.other_shop"
    assert "acme-gb.myshopify.com" in caught.value.cause
    assert name in caught.value.cause


@pytest.mark.parametrize("shop", [None, {}, {"name": "Acme"}])
def test_an_answer_that_names_no_shop_is_read(shop: Json | None) -> None:
    assert read(of_shop(ORDERS, shop), ShopifySource("acme-us.myshopify.com"))

"""Nothing of a buyer leaves the plugin: not in lines, titles, problems, payloads or errors."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from bridge.errors import DocumentError
from bridge_shopify.source import ShopifySource
from plugins.shopify.tests.shop import (
    LATER,
    Json,
    MemoryFile,
    account,
    agreement,
    bag,
    dispute,
    order,
    orders,
    payout,
    read,
    refund,
    row,
    sale,
    sample,
    transaction,
)

MARK = "Zoe-Marked-Buyer"
ADDRESS = {
    name: f"{MARK} {name}"
    for name in ("firstName", "lastName", "name", "address1", "address2", "city", "zip", "phone", "company")
}
CUSTOMER = {"id": f"gid://shopify/Customer/{MARK}", "email": MARK, "displayName": MARK, "phone": MARK, "note": MARK}
BUYER: Json = {
    "email": f"{MARK}@example.com",
    "phone": f"+44 {MARK}",
    "note": MARK,
    "tags": [MARK],
    "poNumber": MARK,
    "clientIp": MARK,
    "customer": CUSTOMER,
    "billingAddress": ADDRESS,
    "shippingAddress": ADDRESS,
    "displayAddress": ADDRESS,
    "customAttributes": [{"key": MARK, "value": MARK}],
    "confirmationNumber": MARK,
    "cartToken": MARK,
    "customerJourneySummary": {"firstVisit": {"landingPage": MARK}},
    "localizedFields": {"nodes": [{"value": MARK}]},
    "metafields": {"nodes": [{"value": MARK}]},
    "cancellation": {"staffNote": MARK},
    "discountCodes": [MARK],
    "statusPageUrl": MARK,
}


def marked() -> Json:
    """An order with a refund, marked wherever a buyer or a note to one may stand."""
    repaid = transaction(2, "40.00", "REFUND", LATER, paymentDetails={"name": MARK, "number": MARK}, receiptJson=MARK)
    back = agreement(202, [sale(302, "-40.00", action="RETURN", item=1)], LATER, "Refund", 601)
    node = order(
        [agreement(201, [sale(301, "100.00", item=1)]), back],
        "100.00",
        "60.00",
        transactions=[transaction(1, "100.00", accountNumber=MARK, user={"name": MARK}), repaid],
        refunds=[refund(601, [repaid]) | {"note": MARK, "staffMember": {"name": MARK}}],
    )
    goods = node["lineItems"]["nodes"][0]
    goods |= {"title": MARK, "name": MARK, "variantTitle": MARK, "customAttributes": [{"key": MARK, "value": MARK}]}
    return node | BUYER


def test_nothing_of_a_buyer_is_in_what_is_read() -> None:
    found = read(orders(marked()))

    assert len(found) == 2
    for document in found:
        assert MARK not in repr(document)
        assert MARK.encode() not in document.start.payload
        assert msgspec.json.decode(document.start.payload)["data"]["order"]["name"] == "#9001"


def test_nothing_of_a_buyer_is_in_problems_either() -> None:
    broken = marked() | {"currentTotalPriceSet": bag("1.00")}
    found = read(orders(broken))

    assert any(document.blocking for document in found)
    assert MARK not in repr(found)


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where an order holds a text, a number, a list or an object."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    below = [found for name, each in pairs for found in _paths(each, (*path, name))]
    return [path, *below] if path else below


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _replaced(copy[path[0]], path[1:], new)
    return copy


# Fields whose text is Shopify's or the merchant's own, or a number to the schema, and is kept.
KEPT = {"name", "sku", "gateway", "title", "sourceName", "displayFinancialStatus", "kind", "status", "actionType"}
KEPT |= {"lineType", "id", "reason", "__typename", "amount", "currencyCode"}


def test_a_buyers_words_in_any_field_are_passed_over_or_refused_and_never_repeated() -> None:
    """Each field in turn, whatever it should hold, holds a buyer's words."""
    node = marked()
    for path in _paths(node):
        if path[-1] in KEPT and path[0] not in BUYER:
            continue
        for words in (MARK, [MARK], {"nodes": [MARK]}, {MARK: MARK}):
            try:
                told = repr(read(orders(_replaced(node, path, words))))
            except DocumentError as error:
                told = f"{error} {error.thing} {error.cause} {error.next_step}"
            assert MARK not in told, path


@pytest.mark.parametrize("name", ["orders_export.csv", "payment_transactions_export.csv", "payouts_export.csv"])
def test_a_damaged_export_is_refused_without_its_cells(name: str) -> None:
    lines = sample(name).decode().splitlines()
    for place in range(len(lines[1].split(","))):
        cells = lines[1].split(",")
        cells[place] = MARK
        damaged = "\n".join([lines[0], ",".join(cells), *lines[2:]])
        try:
            told = repr(list(ShopifySource().read_file(MemoryFile(damaged))))
        except DocumentError as error:
            told = str(error)
        told = told.replace(f"title='{MARK}'", "")  # the order's own name
        header = lines[0].split(",")[place]
        assert MARK not in told or header in {"Checkout", "Order"}, header


def test_payouts_keep_no_more_than_is_listed() -> None:
    rows = [row(1, "10.00") | {"buyer": MARK, "associatedOrder": {"id": "gid://shopify/Order/1", "name": MARK}}]
    lost = dispute(7, "5.00", "LOST") | {"evidence": {"customerFirstName": MARK}, "reasonDetails": {"reason": MARK}}
    lost["order"] = {"id": "gid://shopify/Order/1", "email": MARK}
    found = read(account([payout(5001, "10.00") | {"note": MARK}], rows, [lost]))

    assert len(found) == 2
    assert MARK not in repr(found)


def test_a_bulk_file_keeps_no_more_either() -> None:
    lines = [json.loads(line) | BUYER for line in sample("bulk_orders_us.jsonl").decode().splitlines()]
    found = read("\n".join(json.dumps(line) for line in lines))

    assert len(found) == 10
    assert MARK not in repr(found)

"""A shop on loopback that answers a reader's questions, a few orders a page: WooCommerce's way, and Shopify's."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from graphql import get_operation_ast, parse, validate

from bridge.sandbox import FaultKind, Request, Response, SandboxServer, json_response
from bridge_shopify_sandbox.schema import schema
from plugins.woocommerce.tests.shop import order, recorded, refund
from tests.docs.pages import ROOT

SHOP = """
[connections.shop]
plugin = "woocommerce"
account = "us-shop.example"

[routes.shop]
source = "shop"
ledger = "books-us"
time_zone = "America/Los_Angeles"
first_day = 2026-01-01
mode = "order"
"""
KEY, SECRET, TOKEN = "ck_1", "cs_2", "shpat_3"
WOOCOMMERCE = ROOT / "plugins/woocommerce/tests/samples/us_exclusive"
SHOPIFY = ROOT / "plugins/shopify/tests"
A_PAGE = 12


class Shop:
    """Both shops at once; each refuses whoever does not show what it gave out."""

    def handle(self, request: Request) -> Response:
        if request.path.startswith("/wp-json/wc/v3/"):
            return self._woocommerce(request)
        return self._shopify(request.json_object(), request.header("x-shopify-access-token"))

    def refuse(self, kind: FaultKind, request: Request) -> Response:
        return json_response({"message": "refused"}, 401)

    def label(self, request: Request) -> str:
        return request.path

    def _woocommerce(self, request: Request) -> Response:
        shown = base64.b64decode(request.header("authorization").removeprefix("Basic ")).decode()
        if shown != f"{KEY}:{SECRET}" or request.query.get("dp") != "6":
            return self.refuse(FaultKind.UNAUTHORIZED, request)
        rows = _recorded(request.path.rpartition("/")[2], request.query.get("status", ""))
        size = min(A_PAGE, int(request.query["per_page"]))
        first = (int(request.query["page"]) - 1) * size
        told = {"Date": "Thu, 02 Apr 2026 15:00:03 GMT", "X-WP-TotalPages": str(-(-len(rows) // size))}
        return Response(200, json.dumps(rows[first : first + size]).encode(), headers=told)

    def _shopify(self, asked: dict[str, Any], token: str) -> Response:
        if token != TOKEN:
            return json_response({"errors": "[API] Invalid API key or access token"}, 401)
        document = parse(asked["query"])
        if wrong := validate(schema(), document):
            return json_response({"errors": [{"message": error.message} for error in wrong]})
        operation = get_operation_ast(document, asked.get("operationName"))
        name = operation.name.value if operation and operation.name else ""
        samples = {"Orders": "orders_us_tax_exclusive.json", "Payments": "shopify_payments_us.json"}
        answer = json.loads((SHOPIFY / "samples/synthetic" / samples[name]).read_bytes())
        if name == "Orders":
            _cut(answer["data"]["orders"], asked["variables"])
        return json_response(answer)


def _cut(orders: dict[str, Any], asked: dict[str, Any]) -> None:
    """Leave the page that was asked for; the cursor is a place."""
    first, size = int(asked.get("after") or 0), min(asked["first"], 5)
    orders["pageInfo"] = {"hasNextPage": len(orders["nodes"]) > first + size, "endCursor": str(first + size)}
    orders["nodes"] = orders["nodes"][first : first + size]


def _recorded(what: str, status: str) -> list[Any]:
    name = {"orders": "all_dp6_oldest_first", "refunds": "all_dp6"}[what]
    name = "status_trash" if status == "trash" else name
    rows: list[Any] = json.loads((WOOCOMMERCE / what / f"{name}.json").read_bytes())["body"]
    return rows


@contextmanager
def open_shop() -> Iterator[str]:
    """Its address."""
    with SandboxServer(Shop()) as server:
        yield server.base_url
        assert server.crashes == []


def shop_answers(day: str, *, refunds: str = "", refund_id: str = "", status: str = "processing") -> str:
    """What a WooCommerce shop answers on a day of March: its order 75 with the refunds that it shows, or a refund."""
    at = f"Thu, {day} Mar 2026 09:00:00 GMT"
    if refund_id:
        told = recorded([refund(int(refund_id))], path="/wp-json/wc/v3/refunds", at=at)
    else:
        shown = [{"id": int(number), "total": "-3.00"} for number in refunds.split(",") if number]
        told = recorded([order(refunds=shown, status=status, currency="USD")], at=at)
    return json.dumps(told)

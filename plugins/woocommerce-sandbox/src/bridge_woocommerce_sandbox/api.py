"""The shop's side of HTTP: which address means what, who is let in, what is answered."""

from __future__ import annotations

import hmac
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from bridge.sandbox import FaultKind, JsonObject, Request, Response, encode, html_response
from bridge_woocommerce_sandbox import oauth
from bridge_woocommerce_sandbox.analytics import stats, status
from bridge_woocommerce_sandbox.present import chosen, present
from bridge_woocommerce_sandbox.refusals import RefusalError, cannot_view, invalid_id, no_route, unproven
from bridge_woocommerce_sandbox.select import listed
from bridge_woocommerce_sandbox.shop import Shop

_JSON = "application/json; charset=UTF-8"
_API = "/wp-json"
_ANALYTICS = "/wc-analytics"
_MARKS = ("wp-json/wc/", "wp-json/wc-")


class WooCommerceVendor:
    """Answers for one shop. on_answer: called before each answer; a test may edit the shop there."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._nonces: set[str] = set()
        self.on_answer: Callable[[], None] = lambda: None

    def label(self, request: Request) -> str:
        """Name the operation by its route, ids left out: ``orders``, ``orders.id``, ``orders.id.refunds``."""
        parts = (self._route(request) or "").removeprefix("/wc/v3").strip("/").split("/")
        return ".".join("id" if part.isdecimal() else part for part in parts) or "index"

    def refuse(self, kind: FaultKind, _request: Request) -> Response:
        """Say ``throttle`` as hosts do, and ``unauthorized`` as the shop does."""
        if kind is FaultKind.THROTTLE:
            page = html_response("<html><body>Too Many Requests</body></html>", 429)
            return Response(429, page.body, page.content_type, {"Retry-After": "90"})
        return cannot_view().response

    def handle(self, request: Request) -> Response:
        """Answer a request."""
        self.on_answer()
        with self._shop.lock:
            route = self._route(request)
            if route is None:
                return self._page(request)
            try:
                return self._answer(route, request)
            except RefusalError as refusal:
                return refusal.response

    def _route(self, request: Request) -> str | None:
        """The route of the API that is meant; None for a page of the shop."""
        path = request.path.removeprefix(self._shop.settings.path.rstrip("/"))
        if asked := request.query.get("rest_route"):
            return asked
        is_api = path.startswith(_API) and self._shop.settings.permalinks == "pretty"
        return path.removeprefix(_API).rstrip("/") or "/" if is_api else None

    def _page(self, request: Request) -> Response:
        """What WordPress says to an address that is none of the API: where permalinks are plain, another address."""
        if request.path.startswith(f"{self._shop.settings.path}{_API}"):
            return Response(301, b"", "text/html; charset=UTF-8", {"Location": f"{self._shop.settings.path}/"})
        return html_response("<!doctype html><html><body>Shop</body></html>", 404)

    def _answer(self, route: str, request: Request) -> Response:
        if route == "/":
            return _answered(chosen(self._index(), request.query))
        self._let_in(request)
        if route.startswith(_ANALYTICS):
            return self._analytics(route.removeprefix(_ANALYTICS), request)
        parts = route.removeprefix("/wc/v3/").strip("/").split("/")
        if request.method != "GET" or not route.startswith("/wc/v3/"):
            raise no_route()
        match parts:
            case ["orders" | "refunds" | "webhooks" as name]:
                shop = self._shop
                rows = {"orders": shop.orders, "refunds": shop.refunds, "webhooks": shop.webhooks}[name]
                return self._list(list(rows.values()), request.query)
            case ["orders", number]:
                return _answered(present(self._order(number), request.query, self._shop.settings))
            case ["orders", number, "refunds"]:
                return self._refunds(self._order(number), request.query)
            case ["settings", "general" | "tax" as group]:
                return _answered([chosen(one, request.query) for one in self._settings(group)])
            case ["system_status"]:
                told = {"settings": {"HPOS_enabled": self._shop.settings.storage == "tables"}}
                return _answered(chosen(told, request.query))
        raise no_route()

    def _analytics(self, route: str, request: Request) -> Response:
        is_off = self._shop.settings.report_import == "off"
        match route:
            case "/reports/revenue/stats" if not is_off:
                return _answered(stats(self._shop, request.query))
            case "/imports/status" if not is_off:
                return _answered(status(self._shop))
        raise no_route()

    def _let_in(self, request: Request) -> None:
        """Keys are looked at only where the address holds one of the marks, in its path or in its query."""
        if not any(mark in text for text in (request.path, *request.query.values()) for mark in _MARKS):
            raise cannot_view()
        check = self._check_signature if self._shop.settings.scheme == "http" else self._check_key
        check(request)

    def _check_key(self, request: Request) -> None:
        kind, _, told = request.header("Authorization").partition(" ")
        try:
            key, _, secret = b64decode(told).decode().partition(":")
        except ValueError:
            raise cannot_view() from None
        settings = self._shop.settings
        if kind != "Basic" or not hmac.compare_digest(key.encode(), settings.key.encode()):
            raise cannot_view()
        if not hmac.compare_digest(secret.encode(), settings.secret.encode()):
            raise unproven()

    def _check_signature(self, request: Request) -> None:
        settings = self._shop.settings
        if not hmac.compare_digest(request.query.get("oauth_consumer_key", "").encode(), settings.key.encode()):
            raise cannot_view()
        address = f"http://{request.header('Host')}{request.path}"
        oauth.check(address, request.query, settings.secret, self._shop.clock.now(), self._nonces)

    def _list(self, rows: Sequence[JsonObject], query: Mapping[str, str]) -> Response:
        page = listed(rows, query, self._shop.settings.zone)
        told = [present(row, query, self._shop.settings) for row in page.rows]
        is_beyond = not told and self._shop.settings.storage == "tables"
        total, pages = (0, 0) if is_beyond else (page.total, page.pages)
        return _answered(told, {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)})

    def _refunds(self, order: JsonObject, query: Mapping[str, str]) -> Response:
        """Of one order: without the order's id in each."""
        every = self._shop.refunds_of(order["id"])
        rows = [{name: one[name] for name in one if name != "parent_id"} for one in every]
        return self._list(rows, query)

    def _order(self, number: str) -> JsonObject:
        found = self._shop.orders.get(int(number)) if number.isdecimal() else None
        if found is None:
            raise invalid_id()
        return found

    def _index(self) -> JsonObject:
        settings = self._shop.settings
        at = datetime.fromisoformat(f"{self._shop.clock.now():%Y-%m-%dT%H:%M:%S}+00:00")
        offset = at.astimezone(ZoneInfo(settings.zone)).utcoffset()
        return {
            "name": settings.name,
            "url": settings.home,
            "home": settings.home,
            "gmt_offset": int(offset.total_seconds()) // 3600 if offset else 0,
            "timezone_string": settings.zone,
            "namespaces": ["wc/v3", "wp/v2"],
        }

    def _settings(self, group: str) -> list[JsonObject]:
        settings = self._shop.settings
        told: Mapping[str, object] = {
            "woocommerce_currency": settings.currency,
            "woocommerce_price_num_decimals": str(settings.decimals),
        }
        if group == "tax":
            told = {
                "woocommerce_prices_include_tax": settings.prices_include_tax,
                "woocommerce_tax_round_at_subtotal": settings.round_at_subtotal,
            }
        return [{"id": name, "label": name, "type": "text", "default": "", "value": told[name]} for name in told]


def _answered(value: object, headers: Mapping[str, str] | None = None) -> Response:
    link = '<https://sandbox-shop.example/wp-json/>; rel="https://api.w.org/"'
    return Response(200, encode(value), _JSON, {"Link": link, **(headers or {})})

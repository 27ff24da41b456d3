"""The shop's side of HTTP: tokens, versions, throttling, and answers that carry errors with status 200."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from bridge.sandbox import Bucket, FaultKind, Request, Response, html_response, json_response
from bridge_shopify_sandbox.bulk import FILES
from bridge_shopify_sandbox.costs import MOST_POINTS, requested, told
from bridge_shopify_sandbox.oauth import ShopDoor
from bridge_shopify_sandbox.schema import Execution, documents
from bridge_shopify_sandbox.shop import TOKEN_SECONDS, Shop

__all__ = ["ShopifyVendor"]

_PATH = re.compile(r"/admin/api/(?P<version>[\w-]+)/graphql\.json")
_GRANT = "/admin/oauth/access_token"
_NO_TOKEN = "[API] Invalid API key or access token (unrecognized login or wrong password)"  # noqa: S105 - a message


class ShopifyVendor:
    """Answers one shop's queries.

    on_answer: called before each answer. breaks_at: the number of an answer that carries errors; 0 for none.
    """

    def __init__(self, shop: Shop, bucket: Bucket) -> None:
        self._shop, self._bucket = shop, bucket
        self._door = ShopDoor(
            shop.tokens,
            client_id=shop.client_id,
            client_secret=shop.client_secret,
            accounts=lambda: {shop.domain: shop.domain},
        )
        self.on_answer: Callable[[], None] = lambda: None
        self.answers = self.breaks_at = 0

    def label(self, request: Request) -> str:
        if not _PATH.fullmatch(request.path):
            return request.path
        return str(request.json_object().get("operationName", ""))

    def refuse(self, kind: FaultKind, request: Request) -> Response:
        if kind is FaultKind.UNAUTHORIZED:
            return json_response({"errors": _NO_TOKEN}, 401)
        return self._throttled(request.json_object(), _version(request))

    def handle(self, request: Request) -> Response:
        self._shop.bulk.base_url = f"http://{request.header('host')}"
        if request.path.startswith(FILES):
            return self._shop.bulk.file(request)
        if request.path == _GRANT and "json" in request.header("content-type"):
            return self._grant(request.json_object())
        if self._door.answers(request):
            return self._door.handle(request)
        asked = _PATH.fullmatch(request.path)
        if asked is None:
            return html_response("<html><body>This page is not here.</body></html>", 404)
        self.answers += 1
        self.on_answer()
        if not self._shop.lets_in(request.header("x-shopify-access-token")):
            return json_response({"errors": _NO_TOKEN}, 401)
        return self._answer(request.json_object(), self._shop.version or asked["version"])

    def _grant(self, asked: dict[str, Any]) -> Response:
        token = self._shop.give_token(str(asked.get("client_id")), str(asked.get("client_secret")))
        if not token or asked.get("grant_type") != "client_credentials":
            return json_response({"error": "invalid_client"}, 400)
        scope = ",".join(self._shop.scopes)
        return json_response({"access_token": token, "scope": scope, "expires_in": TOKEN_SECONDS})

    def _answer(self, body: dict[str, Any], version: str) -> Response:
        document = documents(str(body.get("query", "")))
        if isinstance(document, list):
            return _told(
                {"errors": [{"message": one.message, "extensions": {"code": "undefinedField"}} for one in document]},
                version,
            )
        operation, variables = str(body.get("operationName", "")), body.get("variables") or {}
        points = requested(document, operation, variables)
        is_broken = self.answers == self.breaks_at
        if self._bucket.is_on and points > MOST_POINTS and not is_broken:
            return _told(_error("MAX_COST_EXCEEDED", cost=points, maxCost=MOST_POINTS), version)
        if not self._bucket.take(points):
            return self._throttled(body, version)
        execution = Execution(self._shop, document, operation, variables)
        found = execution.run()
        self._bucket.give_back(max(0, points - execution.objects))
        answer: dict[str, Any] = {"data": found.data}
        if found.errors:
            answer["errors"] = [{"message": one.message, "extensions": one.extensions or {}} for one in found.errors]
        if is_broken:
            answer |= _error("INTERNAL_SERVER_ERROR")
        return _told({**answer, "extensions": {"cost": told(self._bucket, points, execution.objects)}}, version)

    def _throttled(self, body: dict[str, Any], version: str) -> Response:
        document = documents(str(body.get("query", "")))
        operation, variables = str(body.get("operationName", "")), body.get("variables") or {}
        points = 1 if isinstance(document, list) else requested(document, operation, variables)
        return _told({**_error("THROTTLED"), "extensions": {"cost": told(self._bucket, points, None)}}, version)


def _version(request: Request) -> str:
    asked = _PATH.fullmatch(request.path)
    return asked["version"] if asked else ""


def _error(code: str, **more: object) -> dict[str, Any]:
    return {"errors": [{"message": code.replace("_", " ").capitalize(), "extensions": {"code": code, **more}}]}


def _told(body: dict[str, Any], version: str) -> Response:
    return json_response(body, headers={"X-Shopify-API-Version": version})

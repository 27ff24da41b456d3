"""How a merchant lets an app into the shop: the consent page, the signed way back, and tokens that expire."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from bridge.sandbox import OAuthDoor, Pair, Request, Response, Routes, SandboxClock, Shelf, TokenDesk
from bridge.sandbox.tokens import Grant

__all__ = ["ShopDoor", "ShopTokens"]

ACCESS_SECONDS, REFRESH_SECONDS, GRACE_SECONDS = 3_600, 90 * 86_400, 30 * 86_400
"""A former refresh token is good for thirty days, or until the one that took its place is used.

Source: shopify.dev, offline access tokens, and the change of 2026-08-28, read 2026-11-29.
"""


class ShopTokens(TokenDesk):
    """Expiring offline tokens."""

    access_seconds, refresh_seconds = ACCESS_SECONDS, REFRESH_SECONDS

    def __init__(self, clock: SandboxClock) -> None:
        super().__init__(clock=clock, shelf=Shelf(None), grace_seconds=GRACE_SECONDS)

    def new_access(self, grant: str, expires_at: datetime) -> str:
        return f"shpat_{super().new_access(grant, expires_at)}"

    def _rotate(self, key: str, grant: Grant, old: Any) -> None:
        held = self._tokens.refreshes
        for token in [token for token, one in held.items() if one.grant == key and one is not old]:
            del held[token]
        super()._rotate(key, grant, old)


class ShopDoor(OAuthDoor):
    """Answers for one shop, whose domain is the account."""

    authorize_path = "/admin/oauth/authorize"
    token_paths = ("/admin/oauth/access_token",)
    revoke_path = "/admin/api_permissions/current.json"
    parameter = "allow"
    title = "Shopify sandbox"
    question = "May this app read your shop?"
    refused_status = 400

    def _add_own(self, routes: Routes) -> None:
        """Nothing."""

    def _authorize(self, request: Request, parts: dict[str, str]) -> Response:
        """As every vendor does; what goes back to the app is signed."""
        answer = super()._authorize(request, parts)
        address = answer.headers.get("Location", "")
        if not address:
            return answer
        parsed = urlsplit(address)
        signed = urlencode(sorted(parse_qsl(parsed.query, keep_blank_values=True)))
        seal = hmac.new(self._client_secret.encode(), signed.encode(), "sha256").hexdigest()
        return Response(302, headers={"Location": parsed._replace(query=f"{signed}&hmac={seal}").geturl()})

    def _approved(self, query: Mapping[str, str], chosen: list[str]) -> dict[str, str]:
        code = self._desk.consent(chosen, query["redirect_uri"], scope=query["scope"])
        return {"code": code, "shop": chosen[0], "host": "YWRtaW4", "timestamp": "1"}

    def _token_answer(self, pair: Pair) -> dict[str, object]:
        return {
            "access_token": pair.access,
            "expires_in": ACCESS_SECONDS,
            "refresh_token": pair.refresh,
            "refresh_token_expires_in": REFRESH_SECONDS,
            "scope": pair.scope,
        }

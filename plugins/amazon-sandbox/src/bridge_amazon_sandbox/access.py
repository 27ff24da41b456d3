"""Login with Amazon, and addresses that are signed: who may ask, and until when."""

from __future__ import annotations

import hmac
import secrets
import threading
from datetime import datetime, timedelta
from typing import Final

from bridge.sandbox import Request, Response, encode
from bridge_amazon_sandbox.refusals import denied, token_refusal
from bridge_amazon_sandbox.seller import SellerSettings

SIGNED_SECONDS: Final = 300


class AccessDesk:
    """Access tokens, and signatures of documents; kept in memory, as they end within the hour."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[str, datetime] = {}
        self._signed: dict[str, tuple[str, datetime]] = {}

    def give_token(self, request: Request, settings: SellerSettings, now: datetime) -> Response:
        """An access token for the seller's refresh token, which stays the same."""
        form = request.form()
        if form.get("grant_type") != "refresh_token":
            return token_refusal("unsupported_grant_type", "The authorization grant type is not supported")
        given = (form.get("client_id", ""), form.get("client_secret", ""))
        if not _are_same(given, (settings.client_id, settings.client_secret)):
            return token_refusal("invalid_client", "Client authentication failed")
        if not _are_same((form.get("refresh_token", ""),), (settings.refresh_token,)):
            return token_refusal("invalid_grant", "The request has an invalid grant parameter : refresh_token")
        token = f"Atza|{secrets.token_urlsafe(24)}"
        with self._lock:
            self._tokens[token] = now + timedelta(seconds=settings.token_seconds)
        return Response(
            200,
            encode(
                {
                    "access_token": token,
                    "refresh_token": settings.refresh_token,
                    "token_type": "bearer",
                    "expires_in": settings.token_seconds,
                }
            ),
        )

    def check(self, request: Request, now: datetime) -> None:
        """Raises: RefusalError for a request that shows no token that is good."""
        token = request.header("x-amz-access-token")
        if not token:
            raise denied("Access token is missing in the request header.")
        with self._lock:
            until = self._tokens.get(token)
        if until is None or until <= now:
            raise denied("The access token you provided has expired.")

    def revoke(self) -> None:
        """No access token is good any more."""
        with self._lock:
            self._tokens.clear()

    def sign(self, document: str, now: datetime) -> str:
        """A signature with which a document can be fetched for five minutes."""
        signature = secrets.token_hex(32)
        with self._lock:
            self._signed[signature] = (document, now + timedelta(seconds=SIGNED_SECONDS))
        return signature

    def is_signed(self, document: str, signature: str, now: datetime) -> bool:
        """Whether it can be fetched with that."""
        with self._lock:
            found, until = self._signed.get(signature, ("", now))
        return found == document and now < until


def _are_same(given: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    return hmac.compare_digest("\n".join(given).encode(), "\n".join(wanted).encode())

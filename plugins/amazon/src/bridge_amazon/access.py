"""The access token of an hour that the application is given for a seller's refresh token (Login with Amazon)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import msgspec
import requests

from bridge.clock import Clock
from bridge.errors import UnavailableError
from bridge.plugin.reading import JSON_FAULTS
from bridge.transport import failure_of
from bridge_amazon.errors import token_fault
from bridge_amazon.settings import TOKENS, AmazonSettings, SellerSettings

_EARLIER = timedelta(minutes=5)


class _Given(msgspec.Struct):
    access_token: str
    expires_in: int


class Access:
    """Asks for a token when it is needed, and again before it ends. Kept in memory alone, each process has its own.

    Source: developer-docs.amazon.com, connect to the Selling Partner API; nothing is signed since 2023-10-02.
    """

    def __init__(
        self, app: AmazonSettings, seller: SellerSettings, session: Callable[[], requests.Session], clock: Clock
    ) -> None:
        self._url, self._session, self._clock = f"{app.base_url or TOKENS}/auth/o2/token", session, clock
        self._form = {
            "grant_type": "refresh_token",
            "refresh_token": seller.refresh_token.get_secret_value(),
            "client_id": app.client_id,
            "client_secret": app.client_secret.get_secret_value(),
        }
        self._token, self._until = "", clock.now()

    def token(self, thing: str) -> str:
        """The token to show. Network, where one has to be asked for. thing: whose it is, for messages."""
        now = self._clock.now()
        if not self._token or now >= self._until:
            given = self._ask(thing)
            self._token, self._until = given.access_token, now + timedelta(seconds=given.expires_in) - _EARLIER
        return self._token

    def forget(self) -> None:
        """It is not let in any more."""
        self._token = ""

    def _ask(self, thing: str) -> _Given:
        try:
            answer = self._session().post(self._url, data=self._form)
        except requests.RequestException as error:
            raise failure_of(error, thing=thing, is_write=False) from error
        if fault := token_fault(answer.status_code, answer.headers, answer.content, thing):
            raise fault
        try:
            return msgspec.json.decode(answer.content, type=_Given)
        except JSON_FAULTS as error:
            raise UnavailableError(thing, "asked for an access token, it answered with something else") from error

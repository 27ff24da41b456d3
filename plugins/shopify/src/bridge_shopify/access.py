"""The access token of a shop: of the settings, of a day for the operator's own app, or of a merchant's consent."""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

import msgspec
import requests
from msgspec import Struct

from bridge.clock import Clock
from bridge.errors import ConfigError, RateLimitedError, UnavailableError
from bridge.plugin.reading import JSON_FAULTS
from bridge.transport import failure_of, seconds_asked

_WAIT_SECONDS = 60
_EARLIER = timedelta(minutes=5)


TOKEN_HEADER = "X-Shopify-Access-Token"  # noqa: S105 - a name


class Access(Protocol):
    """Where a shop's token comes from. next_step: what a person does about one that the shop does not know."""

    next_step: str

    def token(self) -> str:
        """The token to show; empty where the host shows it. Network, where one has to be asked for."""
        ...

    def renew(self) -> bool:
        """The shop does not know the token any more: whether there will be another."""
        ...


class Permanent:
    """A token that was written into the settings."""

    next_step = "Write the app's access token under [plugins.shopify.tokens], beside the shop's domain"

    def __init__(self, token: str) -> None:
        self._token = token

    def token(self) -> str:
        return self._token

    def renew(self) -> bool:
        return False


class Lent:
    """Of a merchant's consent: the host keeps, renews and shows it. connection: its name."""

    def __init__(self, connection: str) -> None:
        self.next_step = f"Run `bridge connections authorize {connection}`"

    def token(self) -> str:
        return ""

    def renew(self) -> bool:
        return False


class _Given(Struct, frozen=True):
    access_token: str
    expires_in: int = 0


class Granted:
    """A token that the app is given for its id and secret (client credentials grant), and asks for anew in time.

    Only for shops of one's own organisation. Kept in memory alone: another process asks for one of its own.
    Source: shopify.dev, client credentials grant, read 2026-11-29.
    """

    next_step = "Check client_id and client_secret, and that the app is installed in this shop of your own"

    def __init__(
        self, session: requests.Session, *, url: str, client_id: str, client_secret: str, thing: str, clock: Clock
    ) -> None:
        self._session, self._thing, self._clock = session, thing, clock
        self._url = f"{url}/admin/oauth/access_token"
        self._asked = {"client_id": client_id, "client_secret": client_secret, "grant_type": "client_credentials"}
        self._token, self._until = "", clock.now()

    def token(self) -> str:
        now = self._clock.now()
        if not self._token or now >= self._until:
            given = self._ask()
            self._token, self._until = given.access_token, now + timedelta(seconds=given.expires_in) - _EARLIER
        return self._token

    def renew(self) -> bool:
        self._token = ""
        return True

    def _ask(self) -> _Given:
        """Raises: ConfigError when the app is refused; UnavailableError, RateLimitedError."""
        try:
            answer = self._session.post(self._url, json=self._asked)
        except requests.RequestException as error:
            raise failure_of(error, thing=self._thing, is_write=False) from error
        if answer.status_code in {400, 401, 403, 404}:
            raise ConfigError(self._thing, "gives the app no access token", self.next_step, code="shopify.token")
        if answer.status_code == 429:
            raise RateLimitedError(self._thing, retry_after_seconds=seconds_asked(answer.headers, _WAIT_SECONDS))
        try:
            if answer.status_code == 200:
                return msgspec.json.decode(answer.content, type=_Given)
        except JSON_FAULTS as error:
            raise UnavailableError(self._thing, "asked for an access token, it answered with something else") from error
        raise UnavailableError(self._thing, f"asked for an access token, it answered with status {answer.status_code}")

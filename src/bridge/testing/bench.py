"""What the kit lends a plugin in the host's place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final, Generic

import requests

from bridge.clock import Clock
from bridge.plugin import App, Own, SinkOffer, SourceOffer
from bridge.transport import HostSession

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


class StillClock:
    """Stands still but for the time somebody waits; nobody really does. waits: every wait, in seconds."""

    def __init__(self, at: datetime = NOON) -> None:
        self._at = at
        self.waits: list[float] = []

    def now(self) -> datetime:
        return self._at

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._at += timedelta(seconds=seconds)


CONNECTION: Final = "kit"
"""What the kits call the connection they test."""


class Bench(Generic[App, Own]):
    """A ``Context`` for tests: the offer's settings, a clock that stands still, the host's own HTTP session.

    bearer: gives the token of each call; none where the plugin needs none. spend: see ``Context``; nothing is limited
    where it is not told.
    """

    def __init__(
        self,
        offer: SourceOffer[App, Own] | SinkOffer[App, Own],
        *,
        account: str = "kit-account",
        connection: str = CONNECTION,
        app: App | None = None,
        settings: Own | None = None,
        clock: Clock | None = None,
        bearer: Callable[[], str] | None = None,
        spend: Callable[[str], None] = lambda _what: None,
    ) -> None:
        self._offer, self._bearer, self._spend = offer, bearer, spend
        self.connection, self.account = connection, account
        self.app = app or offer.app_settings()
        self.settings = settings or offer.connection_settings()
        self.clock: Clock = clock or StillClock()

    def session(self, *, bears_token: bool = True) -> requests.Session:
        """A session that reaches the hosts that the offer declares for these settings, and no other."""
        session = HostSession(self._offer.hosts(self.app), self.clock, read_seconds=10)
        session.plain_hosts = self._offer.plain_hosts(self.app)
        if not bears_token:
            return session
        session.bearer = self._bearer
        if self._offer.oauth is not None and (oauth := self._offer.oauth(self.app, self.account)):
            session.token_header = oauth.token_header
        if self._offer.authorization is not None:
            session.authorization = self._offer.authorization(self.app, self.connection)
        return session

    def spend(self, what: str, many: int = 1, *, longest_wait_seconds: int = 0) -> None:
        """Count so many of what is limited."""
        for _ in range(many):
            self._spend(what)

"""A sign-in at a vendor that begins and ends in a person's browser, perhaps in two processes of bridge.

What it began with is sealed in the store under a hash of its state, for minutes. Only the browser that began it may end
it, once: a state that somebody else was sent away with lets nobody in.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from bridge.clock import Clock
from bridge.errors import AuthorizationError
from bridge.host.authorization import Brought, Redeemed, Started
from bridge.host.connecting import Connecting, Tried
from bridge.host.credentials import Sealer
from bridge.model.connections import CONSENT_LASTS
from bridge.plugin import Granted, Way
from bridge.store.api import Store

_THING: Final = "the sign-in"


class Choice(msgspec.Struct, frozen=True):
    """Accounts of which a person has to choose one. token: by which the choice is known, good once."""

    token: str
    connection: str
    accounts: tuple[Granted, ...]


class _UnderWay(msgspec.Struct, frozen=True):
    """browser: whose. redeemed: None until the person is back."""

    browser: str
    started: Started
    redeemed: Redeemed | None = None


class SigningIn:
    """Sends browsers to vendors, and takes them back. browser: a name of the session that no other person can tell."""

    def __init__(self, store: Store, sealer: Sealer, clock: Clock, connecting: Connecting) -> None:
        self._store, self._sealer, self._clock, self._connecting = store, sealer, clock, connecting

    def begin(
        self,
        plugin: str,
        name: str,
        way: Way,
        answers: Mapping[str, str],
        further: Mapping[str, Any],
        *,
        place: str,
        browser: str,
        actor: str,
    ) -> str:
        """The address to which the browser goes. Raises: as ``Connecting.start``."""
        started = self._connecting.start(plugin, name, way, answers, actor, further, place=place)
        self._keep(started.state, _UnderWay(browser, started), actor)
        return started.url

    def arrive(self, address: str, *, browser: str, actor: str) -> Tried | Choice:
        """Take the browser back, by the address it came with, and ask the ledger who it is. Network.

        Twice:  refused; so is another browser, and whoever comes too late: AuthorizationError ``authorization.state``.
        Killed: the person signs in again; nothing was kept.
        Raises: as ``Authorization.redeem`` and ``Connecting.meet``.
        """
        told = parse_qs(urlsplit(address).query)
        under_way = self._take(told.get("state", [""])[0], browser, actor)
        redeemed = self._connecting.authorization.redeem(under_way.started, address)
        if len(redeemed.accounts) == 1:
            return self._meet(under_way.started, redeemed, redeemed.accounts[0].account)
        token = secrets.token_urlsafe(24)
        self._keep(token, msgspec.structs.replace(under_way, redeemed=redeemed), actor)
        return Choice(token, under_way.started.connection.name, redeemed.accounts)

    def choice(self, token: str, *, browser: str) -> Choice:
        """What is to be chosen. Raises: as ``arrive``."""
        under_way = self._look(token, browser)
        if under_way.redeemed is None:
            raise _gone()
        return Choice(token, under_way.started.connection.name, under_way.redeemed.accounts)

    def choose(self, token: str, account: str, *, browser: str, actor: str) -> Tried:
        """Go on with one of the accounts. Raises: as ``arrive``; the choice stands where the account is none of it."""
        if account not in {one.account for one in self.choice(token, browser=browser).accounts}:
            raise AuthorizationError(
                _THING, "that account is none of those that it lets bridge into", "Choose again",
                code="authorization.account",
            )  # fmt: skip
        under_way = self._take(token, browser, actor)
        assert under_way.redeemed is not None
        return self._meet(under_way.started, under_way.redeemed, account)

    def _meet(self, started: Started, redeemed: Redeemed, account: str) -> Tried:
        brought: Brought = redeemed.brought(account, started)
        return self._connecting.meet(started, brought)

    def _keep(self, secret: str, under_way: _UnderWay, actor: str) -> None:
        now = self._clock.now()
        sealed = self._sealer.wrap(msgspec.json.encode(under_way))
        with self._store.unit(actor) as unit:
            unit.consents.forget(now)
            unit.consents.put(_hash(secret), sealed, now + CONSENT_LASTS)

    def _look(self, secret: str, browser: str) -> _UnderWay:
        with self._store.reading() as unit:
            sealed = unit.consents.get(_hash(secret), self._clock.now())
        if sealed is None:
            raise _gone()
        under_way = msgspec.json.decode(self._sealer.unwrap(sealed), type=_UnderWay)
        if not hmac.compare_digest(under_way.browser.encode(), browser.encode()):
            raise _gone()  # as if there were none: it stays for whoever began it
        return under_way

    def _take(self, secret: str, browser: str, actor: str) -> _UnderWay:
        under_way = self._look(secret, browser)
        with self._store.unit(actor) as unit:
            if not unit.consents.take(_hash(secret)):
                raise _gone()
        return under_way


def _gone() -> AuthorizationError:
    return AuthorizationError(
        _THING,
        "was not begun in this browser, is over, or took longer than a quarter of an hour",
        "Begin again on the page of connections; nothing was changed",
        code="authorization.state",
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

"""What a plugin's object is built with: its settings, its guard, and HTTP that knows its hosts and its token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from importlib import metadata
from typing import Final
from urllib.parse import urlsplit

from bridge import metrics
from bridge.clock import Clock
from bridge.errors import ConfigError
from bridge.host.budgets import Budgets
from bridge.host.config import HostConfig
from bridge.host.connections import app_settings, connection_settings
from bridge.host.context import HostContext
from bridge.host.declaration import limits_fault
from bridge.host.doors import OpenDoor
from bridge.host.fence import lifted
from bridge.host.guard import NO_HOSTS, Guard
from bridge.host.registry import Offer
from bridge.host.sending import leaves
from bridge.host.token_endpoint import TokenEndpoint
from bridge.host.tokens import Bearers
from bridge.model.budgets import Limit
from bridge.model.connections import Connection
from bridge.model.contacts import NO_NAMES, Names
from bridge.model.organisations import CALLS
from bridge.plugin import AppSettings, ConnectionSettings, Key, OAuth2
from bridge.store.api import Store
from bridge.transport import HostSession, Reach, place_of

USER_AGENT: Final = f"bridge/{metadata.version('bridge-host')}"
_DOOR_SECONDS: Final = 5
"""How long a plugin may read a notice: its vendor waits."""
Keys = Callable[[Connection], Mapping[str, str]]
"""The sealed answers of a connection, by question; empty where it has none."""


class Lender:
    """Lends connections what they work with. store: where budgets are shared; None for who calls nobody."""

    def __init__(
        self, config: HostConfig, clock: Clock, store: Store | None, keys: Keys = lambda _connection: {}
    ) -> None:
        self._config, self._clock, self._keys = config, clock, keys
        self._store, self._budgets = store, Budgets(store, clock)
        self.calls: Counter[str] = Counter()  # that left, by connection
        self.spent: Counter[tuple[str, str]] = Counter()  # the same, and what else is metered, by plugin and what

    def with_key(self, sealed: Mapping[str, str]) -> Lender:
        """One for a connection whose answers are not sealed yet."""
        return Lender(self._config, self._clock, self._store, lambda _connection: sealed)

    def open(
        self, connection: Connection, offer: Offer, tokens: Bearers | None, names: Names = NO_NAMES
    ) -> tuple[Guard, HostContext]:
        """The guard and the context of one connection. tokens: None for one that is never authorised.

        Raises: ConfigError for settings that are wrong; PluginError.
        """
        opening = self._guard(offer, connection)
        settings = opening.call("settings", lambda: connection_settings(offer, connection.name, connection.settings))
        app = self._app(opening, connection, offer, settings)
        hosts = _hosts(opening, "hosts", lambda: offer.hosts(app))
        plain = _hosts(opening, "plain_hosts", lambda: offer.plain_hosts(app))
        budget = self._budgets.of(connection, _limits(opening, offer, app))
        key = _authorization(opening, offer, app, connection.name)
        oauth = _oauth(opening, offer, app, connection.account)
        guard = opening.for_hosts(hosts | _proxy_host(self._config.proxy))

        def count(what: str, many: int, longest_wait_seconds: int) -> None:
            if budget:
                budget.take(what, many, longest_wait=timedelta(seconds=longest_wait_seconds))
            self.spent[offer.name, what] += many

        def left() -> None:
            self.calls[connection.name] += 1
            self.spent[offer.name, CALLS] += 1

        def lend() -> HostSession:
            """A connection's HTTP; its token is looked up for every call, outside the plugin's fence."""
            session = self._http(hosts, offer.name)
            session.leaves, session.counted = leaves, left
            session.answered = lambda status: metrics.count("bridge_calls", plugin=offer.name, status=_status(status))
            session.budget, session.authorization, session.plain_hosts = budget, key, plain
            if tokens is not None and oauth is not None:
                session.token_header = oauth.token_header
                session.bearer = lambda: lifted(lambda: tokens.fresh(connection.name))
                session.renew = lambda refused: lifted(lambda: tokens.renew(connection.name, refused))
            return session

        context = HostContext(
            connection=connection.name,
            account=connection.account,
            app=app,
            settings=settings,
            clock=self._clock,
            lend=lambda bears_token: lend() if bears_token else self._http(hosts, offer.name),
            count=count,
            contacts=names.contacts,
            items=names.items,
        )
        return guard, context

    def door(self, connection: Connection | None, offer: Offer) -> OpenDoor | None:
        """How notices come in to a connection's address, or to that of all; None where none come.

        Raises: ConfigError for settings that are wrong; PluginError.
        """
        if offer.door is None:
            return None
        name = connection.name if connection else ""
        guard = Guard(offer.name, name, hosts=NO_HOSTS, seconds=_DOOR_SECONDS)
        if connection is not None:
            _, app = self._opened(connection, offer)
        else:
            app = guard.call("settings", lambda: app_settings(offer, self._config.plugins))
        return OpenDoor.of(offer.name, offer.door, app, name, guard)

    def oauth(self, connection: Connection, offer: Offer) -> OAuth2:
        """How a connection is authorised. Raises: ConfigError when it needs none, or the application is not set up."""
        guard, app = self._opened(connection, offer)
        oauth = _oauth(guard, offer, app, connection.account)
        if oauth is None:
            raise ConfigError(
                f"connection {connection.name}",
                f"needs no authorisation: {offer.title} is read without one",
                "Nothing to do",
                code="config.no_oauth",
            )
        if not oauth.client_id:
            raise ConfigError(
                f"[plugins.{offer.name}] client_id",
                "is not set",
                f"Set it to the id of your application at {offer.title}, and client_secret with it; "
                f"or run `bridge connections add {connection.name}`, which asks for them",
                code="config.missing",
            )
        return oauth

    def token_endpoint(self, connection: Connection, offer: Offer) -> TokenEndpoint:
        """Where the connection's tokens come from. Raises: as ``oauth``."""
        oauth = self.oauth(connection, offer)
        hosts = frozenset(urlsplit(url).hostname or "" for url in (oauth.token_url, oauth.revoke_url) if url)
        session = self._http(hosts, offer.name)
        return TokenEndpoint(oauth, session, self._clock, redirect_uri=self._config.redirect_uri)

    def has_application(self, connection: Connection, offer: Offer) -> bool:
        """Whether the operator's settings, or its own answers, name the application by which a person signs in."""
        guard, app = self._opened(connection, offer)
        oauth = _oauth(guard, offer, app, connection.account)
        return oauth is not None and bool(oauth.client_id)

    def _opened(self, connection: Connection, offer: Offer) -> tuple[Guard, AppSettings]:
        guard = self._guard(offer, connection)
        settings = guard.call("settings", lambda: connection_settings(offer, connection.name, connection.settings))
        return guard, self._app(guard, connection, offer, settings)

    def _app(self, opening: Guard, connection: Connection, offer: Offer, settings: ConnectionSettings) -> AppSettings:
        """The operator's settings, and what the connection's own key says beside them."""
        app: AppSettings = opening.call("settings", lambda: app_settings(offer, self._config.plugins))
        access = offer.access
        if access is None or not (sealed := self._keys(connection)):
            return app
        key = Key(connection.name, connection.account, settings, sealed)
        keyed: AppSettings = opening.call("with_key", lambda: access.with_key(app, key), is_pure=True)
        return opening.one("with_key", keyed, type(app))

    def _guard(self, offer: Offer, connection: Connection) -> Guard:
        return Guard(offer.name, connection.name, hosts=NO_HOSTS, seconds=self._config.limits.plugin_call_seconds)

    def _http(self, hosts: frozenset[str], plugin: str) -> HostSession:
        limits = self._config.limits
        named = frozenset(_named(self._config.plugins.get(plugin, {})))  # by the operator; others by who has an account
        return HostSession(
            hosts,
            self._clock,
            connect_seconds=limits.http_connect_seconds,
            read_seconds=limits.http_read_seconds,
            max_response_bytes=limits.max_response_bytes,
            user_agent=USER_AGENT,
            proxies={"https": self._config.proxy} if self._config.proxy else None,
            ca_bundle=self._config.ca_bundle,
            reach=None if self._config.networks is None else Reach(self._config.networks, named),
        )


def _named(told: object) -> Iterator[tuple[str, int]]:
    """Where every address in a plugin's table lies."""
    if isinstance(told, Mapping):
        told = list(told.values())
    if isinstance(told, list | tuple):
        for one in told:
            yield from _named(one)
    elif isinstance(told, str) and "://" in told:
        yield place_of(told)


def _hosts(opening: Guard, what: str, declare: Callable[[], frozenset[str]]) -> frozenset[str]:
    declared = opening.one(what, opening.call(what, declare, is_pure=True), frozenset)
    return frozenset(opening.one(what, host, str) for host in declared)


def _limits(opening: Guard, offer: Offer, app: AppSettings) -> tuple[Limit, ...]:
    """What the vendor allows this operator, or everyone. Raises: PluginError when that does not hold together."""
    told = offer.limits
    if told is None:
        return offer.capabilities.limits
    limits = opening.each("limits", opening.call("limits", lambda: told(app), is_pure=True), Limit)
    if fault := limits_fault(limits):
        raise opening.broken("limits", fault)
    return limits


def _authorization(opening: Guard, offer: Offer, app: AppSettings, connection: str) -> str:
    """The header by which a connection with a key of its own is let in; empty for any other."""
    told = offer.authorization
    if told is None:
        return ""
    return opening.one("authorization", opening.call("authorization", lambda: told(app, connection), is_pure=True), str)


def _oauth(opening: Guard, offer: Offer, app: AppSettings, account: str) -> OAuth2 | None:
    """How a connection of that account is authorised; None where it needs none."""
    declare = offer.oauth
    if declare is None:
        return None
    told = opening.call("oauth", lambda: declare(app, account), is_pure=True)
    return None if told is None else opening.one("oauth", told, OAuth2)


def _status(status: int) -> str:
    """As it is counted: one that is told to wait by itself, others by the hundred, 0 for no answer."""
    return str(status) if status in (0, 429) else f"{status // 100}xx"


def _proxy_host(proxy: str) -> frozenset[str]:
    """A proxy's host, which a session with one looks up in the declared host's stead."""
    host = urlsplit(proxy).hostname
    return frozenset({host}) if host else NO_HOSTS

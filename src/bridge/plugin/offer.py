"""What a plugin hands to the host when it is loaded: declarations, settings models, and how its objects are built."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Protocol

import msgspec
from typing_extensions import TypeVar

from bridge.clock import Clock
from bridge.model.budgets import Limit
from bridge.plugin.access import Access
from bridge.plugin.settings import App, AppSettings, ConnectionSettings, Own
from bridge.plugin.sink import Sink, SinkCapabilities
from bridge.plugin.source import Source, SourceCapabilities

if TYPE_CHECKING:
    import requests


App_co = TypeVar("App_co", bound=AppSettings, covariant=True, default=Any)
Own_co = TypeVar("Own_co", bound=ConnectionSettings, covariant=True, default=Any)


class OAuth2(msgspec.Struct, frozen=True, kw_only=True):
    """How a connection is authorised by OAuth 2 authorization code.

    account_parameter: the query parameter of the redirect that names the account, where one does.
    takes_pkce:        whether the vendor checks a code challenge (RFC 7636).
    """

    authorize_url: str
    token_url: str
    scopes: tuple[str, ...]
    client_id: str
    client_secret: str
    account_parameter: str = ""
    takes_pkce: bool = False


class Context(Protocol[App_co, Own_co]):
    """What the host lends a source or sink while it works: ``Context[AppSettings, AcmeConnection]``.

    Its settings are of the classes that the plugin's offer declares: the host made them of those.
    """

    @property
    def connection(self) -> str:
        """The connection's name, for messages."""
        ...

    @property
    def account(self) -> str:
        """The account at the channel or ledger: shop domain, company id; empty while files are only looked at."""
        ...

    @property
    def app(self) -> App_co:
        """The operator's settings, of the class the plugin declared."""
        ...

    @property
    def settings(self) -> Own_co:
        """The connection's settings, of the class the plugin declared."""
        ...

    @property
    def clock(self) -> Clock: ...

    def session(self) -> requests.Session:
        """The host's HTTP session: time-outs, limits, declared hosts, redaction, and this connection's token or key."""
        ...


class Offer(msgspec.Struct, Generic[App, Own], frozen=True, kw_only=True):
    """What channels and ledgers on offer have in common. name: lower-case; users write ``plugin = "NAME"``.

    app_settings, connection_settings: the classes of what ``build`` finds in its context.
    oauth:  from the AppSettings, how a connection is authorised. hosts: every host its client may talk to.
    limits: from the AppSettings, what the vendor allows this operator, where that may differ from what the
            capabilities declare for everyone.
    authorization: from the AppSettings and a connection's name, the ``Authorization`` header by which it is let in
            where it has a key of its own (``Basic ...``); empty where it has none. The host sends it with every call.
    access: what a merchant is asked to be let in, where that is by answers; left out where settings or sign-in do it.
    """

    name: str
    title: str
    version: str
    app_settings: type[App] = AppSettings  # type: ignore[assignment]
    connection_settings: type[Own] = ConnectionSettings  # type: ignore[assignment]
    oauth: Callable[[App], OAuth2] | None = None
    hosts: Callable[[App], frozenset[str]] = lambda _app: frozenset()
    limits: Callable[[App], tuple[Limit, ...]] | None = None
    authorization: Callable[[App, str], str] | None = None
    access: Access[App, Own] | None = None


class SourceOffer(Offer[App, Own], frozen=True, kw_only=True):
    """One channel on offer."""

    capabilities: SourceCapabilities
    build: Callable[[Context[App, Own]], Source]


class SinkOffer(Offer[App, Own], frozen=True, kw_only=True):
    """One ledger on offer."""

    capabilities: SinkCapabilities
    build: Callable[[Context[App, Own]], Sink]

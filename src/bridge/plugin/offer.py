"""What a plugin hands to the host when it is loaded: declarations, settings models, and how its objects are built."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from pydantic import BaseModel, ConfigDict

from bridge.clock import Clock
from bridge.model.budgets import Limit
from bridge.plugin.sink import Sink, SinkCapabilities
from bridge.plugin.source import Source, SourceCapabilities

if TYPE_CHECKING:
    import requests


class AppSettings(BaseModel):
    """The operator's settings for one plugin: application ids and secrets, addresses. Subclass it.

    They come from ``[plugins.NAME]`` in the settings file, ``BRIDGE_PLUGINS__NAME__*`` in the environment, or
    files in the secrets directory. Secrets are ``SecretStr``. An unknown name is refused.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


class ConnectionSettings(BaseModel):
    """One merchant's settings for one connection; kept in the store, without secrets. Subclass it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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


class Context(Protocol):
    """What the host lends a source or sink while it works."""

    @property
    def connection(self) -> str:
        """The connection's name, for messages."""
        ...

    @property
    def account(self) -> str:
        """The account at the channel or ledger: shop domain, company id; empty while files are only looked at."""
        ...

    @property
    def app(self) -> AppSettings:
        """The operator's settings, of the class the plugin declared."""
        ...

    @property
    def settings(self) -> ConnectionSettings:
        """The connection's settings, of the class the plugin declared."""
        ...

    @property
    def clock(self) -> Clock: ...

    def session(self) -> requests.Session:
        """The host's HTTP session: time-outs, limits, declared hosts, redaction, and this connection's bearer token."""
        ...


class SourceOffer(msgspec.Struct, frozen=True, kw_only=True):
    """One channel on offer. name: lower-case; what users write as ``plugin = "NAME"``.

    limits: from the AppSettings, what the vendor allows this operator, where that may differ from what the
            capabilities declare for everyone.
    """

    name: str
    title: str
    version: str
    capabilities: SourceCapabilities
    build: Callable[[Context], Source]
    app_settings: type[AppSettings] = AppSettings
    connection_settings: type[ConnectionSettings] = ConnectionSettings
    oauth: Callable[[Any], OAuth2] | None = None
    hosts: Callable[[Any], frozenset[str]] = lambda _app: frozenset()
    limits: Callable[[Any], tuple[Limit, ...]] | None = None


class SinkOffer(msgspec.Struct, frozen=True, kw_only=True):
    """One ledger on offer.

    hosts:  from the AppSettings, every host its client may talk to.
    limits: as of a source.
    """

    name: str
    title: str
    version: str
    capabilities: SinkCapabilities
    build: Callable[[Context], Sink]
    app_settings: type[AppSettings] = AppSettings
    connection_settings: type[ConnectionSettings] = ConnectionSettings
    oauth: Callable[[Any], OAuth2] | None = None
    hosts: Callable[[Any], frozenset[str]] = lambda _app: frozenset()
    limits: Callable[[Any], tuple[Limit, ...]] | None = None

"""What a plugin hands to the host when it is loaded: declarations, settings models, and how its objects are built."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Protocol

import msgspec
from typing_extensions import TypeVar

from bridge.clock import Clock
from bridge.model.budgets import Limit
from bridge.model.contacts import Contacts
from bridge.plugin.access import Access
from bridge.plugin.notices import Door
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
    signature_parameter: the one that signs the others, where one does: in hex, the HMAC-SHA256 of the query without it,
                       sorted, under the client secret. A redirect with another signature is refused.
    takes_pkce:        whether the vendor checks a code challenge (RFC 7636).
    refresh_days:      how long a refresh token lasts that nothing renews, where the vendor does not tell it with the
                       token; 0: for ever, or not known. consent_days: after how many days a person must let bridge in
                       again, however often it was renewed; 0: never, as far as is known.
    takes_secret_in_body: whether the token endpoint reads client id and secret in the body; else in the header.
    code_parameters:   what goes along with a code, by name.
    token_header:      the header that bears the access token, alone; ``Authorization`` bears it as ``Bearer ...``.
    revoke_url:        where a refresh token is taken back (RFC 7009); empty where a person does that at the vendor.
    """

    authorize_url: str
    token_url: str
    scopes: tuple[str, ...]
    client_id: str
    client_secret: str
    account_parameter: str = ""
    signature_parameter: str = ""
    takes_pkce: bool = False
    refresh_days: int = 0
    consent_days: int = 0
    takes_secret_in_body: bool = False
    code_parameters: tuple[tuple[str, str], ...] = ()
    token_header: str = "Authorization"  # noqa: S105 - a name
    revoke_url: str = ""


class Granted(msgspec.Struct, frozen=True):
    """An account that a sign-in lets bridge into. title: what its owner calls it."""

    account: str
    title: str


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

    def session(self, *, bears_token: bool = True) -> requests.Session:
        """The host's HTTP session: time-outs, limits, declared hosts, redaction, and this connection's token or key.

        bears_token: False for an address that lets in by itself, such as a signed one: nothing goes out with the call
        that would let anybody into the connection, and the vendor's limits are not of it.
        """
        ...

    def spend(self, what: str, many: int = 1, *, longest_wait_seconds: int = 0) -> None:
        """Count so many of what the offer declares a limit of its own for, beside that of requests.

        Such as an operation, or the items that one call carries: they are let through together.
        Waits its turn for as long as is said; not at all where nothing is said.
        Raises: RateLimitedError while the limit is spent for longer, saying until when; nothing is counted then.
                PluginError for more at once than the limit ever lets through.
        """
        ...


class LedgerContext(Context[App_co, Own_co], Protocol[App_co, Own_co]):
    """What the host lends a sink beside."""

    @property
    def contacts(self) -> Contacts:
        """The names that vouchers may give: the ledger's facts tell those of them that are there, and no others."""
        ...

    @property
    def items(self) -> tuple[str, ...]:
        """The items that rules name: where it is empty, no list of them need be read for the ledger's facts."""
        ...


class Grant(msgspec.Struct, Generic[App, Own], frozen=True, kw_only=True):
    """A sign-in that may be good for several accounts at once. Both are given the context of one connection. Network.

    accounts: all that it is good for just now, the last one let in first. Raises: what the vendor answers.
    leave:    take the connection's own account out of it; whether others are still in it, which then stay: the sign-in
              is not taken back as a whole. Twice: an account that is out of it already is no error.
    """

    accounts: Callable[[Context[App, Own]], tuple[Granted, ...]]
    leave: Callable[[Context[App, Own]], bool]


class Offer(msgspec.Struct, Generic[App, Own], frozen=True, kw_only=True):
    """What channels and ledgers on offer have in common. name: lower-case; users write ``plugin = "NAME"``.

    app_settings, connection_settings: the classes of what ``build`` finds in its context.
    oauth:  from the AppSettings and a connection's account, how it is authorised; None where it needs none.
    hosts:  from the AppSettings, every host its client may talk to.
    plain_hosts: those of them that the operator lets it talk to without encryption (``http://``). No token or key is
            sent there.
    limits: from the AppSettings, what the vendor allows this operator, where that may differ from what the
            capabilities declare for everyone.
    authorization: from the AppSettings and a connection's name, the ``Authorization`` header by which it is let in
            where it has a key of its own (``Basic ...``); empty where it has none. The host sends it with every call.
    access: what a merchant is asked to be let in; left out where settings do it, or sign-in by their application.
    grant:  where a sign-in is good for more than the account that the redirect names, or it names none.
    door:   how its notices come in; left out where none come.
    """

    name: str
    title: str
    version: str
    app_settings: type[App] = AppSettings  # type: ignore[assignment]
    connection_settings: type[Own] = ConnectionSettings  # type: ignore[assignment]
    oauth: Callable[[App, str], OAuth2 | None] | None = None
    hosts: Callable[[App], frozenset[str]] = lambda _app: frozenset()
    plain_hosts: Callable[[App], frozenset[str]] = lambda _app: frozenset()
    limits: Callable[[App], tuple[Limit, ...]] | None = None
    authorization: Callable[[App, str], str] | None = None
    access: Access[App, Own] | None = None
    grant: Grant[App, Own] | None = None
    door: Door[App] | None = None


class SourceOffer(Offer[App, Own], frozen=True, kw_only=True):
    """One channel on offer."""

    capabilities: SourceCapabilities
    build: Callable[[Context[App, Own]], Source]


class SinkOffer(Offer[App, Own], frozen=True, kw_only=True):
    """One ledger on offer."""

    capabilities: SinkCapabilities
    build: Callable[[LedgerContext[App, Own]], Sink]

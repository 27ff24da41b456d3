"""Letting bridge in by OAuth 2: send a person to the vendor, take them back, seal what they brought."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import msgspec

from bridge.clock import Clock
from bridge.errors import AuthorizationError, ConfigError
from bridge.host.credentials import Credential, Sealer
from bridge.host.lending import Lender
from bridge.host.loopback import RedirectReceiver
from bridge.host.registry import Offer, Registry
from bridge.host.tokens import OneToken
from bridge.model.connections import Connection, ConnectionState
from bridge.plugin import Granted, OAuth2
from bridge.store.api import Store, UnitOfWork
from bridge.transport import excerpt

Choose = Callable[[Sequence[Granted]], str]
"""Which of several accounts is meant. Raises: ConfigError where there is nobody to say."""


class Started(msgspec.Struct, frozen=True):
    """A sign-in under way, kept by whoever began it. url: where the person signs in.

    sealed: answers that were given for it, which take the place of those that are sealed; empty: those are good.
    """

    connection: Connection
    url: str
    state: str
    verifier: str
    actor: str
    sealed: Mapping[str, str] = {}

    def __repr__(self) -> str:
        return f"Started({self.connection.name})"


class Brought(msgspec.Struct, frozen=True):
    """What a person brought back: the account, and what lets bridge into it. Nothing of it is kept yet."""

    account: str
    credential: Credential

    def __repr__(self) -> str:
        return f"Brought({self.account})"


class Redeemed(msgspec.Struct, frozen=True):
    """What the code of a redirect gave. accounts: which it may be for, one or several; credential: without answers."""

    credential: Credential
    accounts: tuple[Granted, ...]

    def __repr__(self) -> str:
        return f"Redeemed({', '.join(one.account for one in self.accounts)})"

    def brought(self, account: str, started: Started) -> Brought:
        """For one of its accounts."""
        return Brought(account, msgspec.structs.replace(self.credential, key=dict(started.sealed)))


def only_one(granted: Sequence[Granted]) -> str:
    """For where nobody is asked. Raises: ConfigError ``authorization.several``."""
    names = ", ".join(f"{one.title} ({one.account})" for one in granted)
    raise ConfigError(
        "the sign-in",
        f"lets bridge into several accounts: {names}",
        "Say which is meant: --answer account=...",
        code="authorization.several",
    )


class Authorization:
    """The OAuth 2 code flow, of connections that are there, and of those that are to be."""

    def __init__(
        self, store: Store, sealer: Sealer, clock: Clock, registry: Registry, lender: Lender, *, redirect_uri: str
    ) -> None:
        self._store, self._sealer, self._clock, self._redirect_uri = store, sealer, clock, redirect_uri
        self._registry, self._lender = registry, lender

    def start(self, name: str, actor: str, sealed: Mapping[str, str] | None = None) -> Started:
        """Where to send the person. Raises: ConfigError when the connection needs no OAuth or the app is not set up."""
        return self.begin(self._connection(name), actor, sealed or {})

    def begin(self, connection: Connection, actor: str, sealed: Mapping[str, str], place: str = "") -> Started:
        """The same for a connection that need not be there yet. place: what its state begins with."""
        state, verifier = place + secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        url = self._lender_of(sealed).token_endpoint(connection, self._offer(connection)).address(state, verifier)
        return Started(connection, url, state, verifier, actor, sealed)

    def listen(self) -> RedirectReceiver:
        """Listen for the browser's return; done before the person is sent away. Raises: ConfigError when it cannot."""
        return RedirectReceiver(self._redirect_uri)

    def finish(self, started: Started, answer: str, choose: Choose = only_one) -> Connection:
        """Seal the tokens of a connection that is there. Raises: as ``take``."""
        brought = self.take(started, answer, choose)
        with self._store.unit(started.actor) as unit:
            keep(unit, self._sealer, started.connection.name, brought)
            return unit.connections.get(started.connection.name)

    def take(self, started: Started, answer: str, choose: Choose = only_one) -> Brought:
        """The tokens for the address that the person was sent back to. Keeps nothing. Raises: as ``redeem``."""
        redeemed = self.redeem(started, answer)
        granted = redeemed.accounts
        return redeemed.brought(granted[0].account if len(granted) == 1 else choose(granted), started)

    def redeem(self, started: Started, answer: str) -> Redeemed:
        """The tokens, and which accounts they may be for, where that is still to be chosen.

        Twice:  a code is good once; the second attempt is refused by the vendor.
        Raises: AuthorizationError when the answer is not to this question, says no, is not signed as the vendor signs,
                or is for another account; ConfigError ``connection.second`` where others hold all it lets into.
        """
        connection, lender = started.connection, self._lender_of(started.sealed)
        oauth = lender.oauth(connection, self._offer(connection))
        told = {name: values[0] for name, values in parse_qs(urlsplit(answer.strip()).query).items()}
        if not hmac.compare_digest(told.get("state", "").encode(), started.state.encode()):
            raise _refused(connection, "the address is not the answer to this sign-in", "state")
        if "code" not in told:
            raise _refused(connection, f"the vendor said {excerpt(told.get('error', 'nothing'), 60)}", "denied")
        _check_signature(connection, oauth, answer)
        named = _named(connection, oauth.account_parameter, told)
        endpoint = lender.token_endpoint(connection, self._offer(connection))
        credential = endpoint.exchange(connection.connection_id, told["code"], started.verifier)
        accounts = (_alone(named),) if named else self._granted(connection, lender, credential)
        return Redeemed(credential, accounts)

    def _connection(self, name: str) -> Connection:
        with self._store.reading() as unit:
            return unit.connections.get(name)

    def _offer(self, connection: Connection) -> Offer:
        return self._registry.offer(connection.plugin)

    def _lender_of(self, sealed: Mapping[str, str]) -> Lender:
        return self._lender.with_key(sealed) if sealed else self._lender

    def _granted(self, connection: Connection, lender: Lender, credential: Credential) -> tuple[Granted, ...]:
        """The accounts of a redirect that named none: the connection's own, or those that are free."""
        offer = self._offer(connection)
        if (grant := offer.grant) is None:
            if connection.account:
                return (_alone(connection.account),)
            raise _refused(connection, "neither it nor the vendor names the account", "account")
        guard, context = lender.open(connection, offer, OneToken(credential.access_token))
        granted = guard.each("accounts", guard.call("accounts", lambda: grant.accounts(context)), Granted)
        if connection.account:
            return (_alone(_among(connection, granted)),)
        free = tuple(one for one in granted if not self._holder(connection, one.account))
        if not granted:
            raise _refused(connection, "the vendor lets bridge into no account", "account")
        if not free:
            raise self._second(connection, granted)
        return free

    def _holder(self, connection: Connection, account: str) -> str:
        with self._store.reading() as unit:
            everyone = unit.connections.all()
        holders = (one.name for one in everyone if (one.plugin, one.account) == (connection.plugin, account))
        return next((name for name in holders if name != connection.name), "")

    def _second(self, connection: Connection, granted: Sequence[Granted]) -> ConfigError:
        held = ", ".join(f"{self._holder(connection, one.account)} holds {one.title}" for one in granted)
        return ConfigError(
            f"connection {connection.name}",
            f"every account that the vendor lets bridge into has a connection: {held}",
            "Sign in again and let bridge into another one",
            code="connection.second",
        )


def keep(unit: UnitOfWork, sealer: Sealer, name: str, brought: Brought) -> None:
    """Seal what lets bridge in, and let the connection go to work, where it is there yet.

    Answers and a sign-in's tokens are sealed together: each takes the place of its own kind, and leaves the other.
    """
    credential = brought.credential
    if kept := unit.connections.credential(credential.connection_id):
        before = sealer.open(kept)
        if not credential.access_token:
            credential = msgspec.structs.replace(before, key=credential.key)
        elif not credential.key:
            credential = msgspec.structs.replace(credential, key=before.key)
    unit.connections.put_credential(sealer.seal(credential, kept.version + 1 if kept else 1))
    for connection in unit.connections.all():
        if connection.name == name:
            unit.connections.put(_let_in(connection, brought.account))
            unit.audit.note("connection.authorized", name, brought.account)


def _let_in(connection: Connection, account: str) -> Connection:
    """As it goes on; what is paused for another reason stays so until a person resumes it."""
    working = {"state": ConnectionState.ACTIVE, "state_reason": "", "state_since": None}
    is_paused = connection.state is ConnectionState.PAUSED
    return msgspec.structs.replace(connection, account=account, **({} if is_paused else working))


def _alone(account: str) -> Granted:
    return Granted(account=account, title=account)


def _check_signature(connection: Connection, oauth: OAuth2, answer: str) -> None:
    """Where the vendor signs what it sends people back with."""
    name = oauth.signature_parameter
    if not name:
        return
    told = parse_qsl(urlsplit(answer.strip()).query, keep_blank_values=True)
    signed = urlencode(sorted(pair for pair in told if pair[0] != name))
    expected = hmac.new(oauth.client_secret.encode(), signed.encode(), "sha256").hexdigest()
    if not hmac.compare_digest(dict(told).get(name, "").encode(), expected.encode()):
        raise _refused(connection, "the address is not signed by the vendor", "signature")


def _named(connection: Connection, parameter: str, told: Mapping[str, str]) -> str:
    """The account that the redirect names, which is then the connection's; empty where redirects name none."""
    if not parameter:
        return ""
    account = told.get(parameter, "")
    if not account:
        raise _refused(connection, f"the vendor did not name the account ({parameter})", "account")
    if connection.account and not hmac.compare_digest(account.encode(), connection.account.encode()):
        raise _other(connection, f"{excerpt(account, 60)} was chosen")
    return account


def _among(connection: Connection, granted: Sequence[Granted]) -> str:
    """The connection's account, which must be one that bridge was let into."""
    if any(one.account.casefold() == connection.account.casefold() for one in granted):
        return connection.account
    names = ", ".join(f"{one.title} ({one.account})" for one in granted) or "nothing"
    raise _other(connection, f"bridge was let into {names}")


def _other(connection: Connection, cause: str) -> AuthorizationError:
    return AuthorizationError(
        f"connection {connection.name}",
        f"is for account {connection.account}, but {cause}",
        "Sign in again and choose the right one, or make a connection of its own for the other",
        code="authorization.other_account",
    )


def _refused(connection: Connection, cause: str, code: str) -> AuthorizationError:
    return AuthorizationError(
        f"connection {connection.name}",
        cause,
        "Run the command again, allow bridge, and where you paste, paste the whole address",
        code=f"authorization.{code}",
    )

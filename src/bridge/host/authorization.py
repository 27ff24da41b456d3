"""Letting bridge in by OAuth 2: send a person to the vendor, take them back, seal what they brought."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import msgspec

from bridge.clock import Clock
from bridge.errors import AuthorizationError
from bridge.host.credentials import Sealer
from bridge.host.loopback import RedirectReceiver
from bridge.host.token_endpoint import TokenEndpoint
from bridge.model.connections import Connection, ConnectionState
from bridge.plugin import OAuth2
from bridge.store.api import Store
from bridge.transport import excerpt

WAIT_SECONDS: Final = 600


class Started(msgspec.Struct, frozen=True):
    """An authorisation under way, kept by whoever began it. url: where the person signs in."""

    connection: str
    url: str
    state: str
    verifier: str
    actor: str

    def __repr__(self) -> str:
        return f"Started({self.connection})"


class Authorization:
    """The OAuth 2 code flow. endpoint, oauth: of a connection's plugin."""

    def __init__(
        self,
        store: Store,
        sealer: Sealer,
        clock: Clock,
        *,
        redirect_uri: str,
        endpoint: Callable[[Connection], TokenEndpoint],
        oauth: Callable[[Connection], OAuth2],
    ) -> None:
        self._store, self._sealer, self._clock, self._redirect_uri = store, sealer, clock, redirect_uri
        self._endpoint, self._oauth = endpoint, oauth

    def start(self, name: str, actor: str) -> Started:
        """Where to send the person. Raises: ConfigError when the connection needs no OAuth or the app is not set up."""
        connection = self._connection(name)
        state, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        url = self._endpoint(connection).address(state, verifier)
        return Started(connection=name, url=url, state=state, verifier=verifier, actor=actor)

    def listen(self) -> RedirectReceiver:
        """Listen for the browser's return; done before the person is sent away. Raises: ConfigError when it cannot."""
        return RedirectReceiver(self._redirect_uri)

    def await_redirect(
        self, started: Started, receiver: RedirectReceiver, *, seconds: int = WAIT_SECONDS
    ) -> Connection:
        """Wait for the browser on this machine, then finish. Raises: as ``finish``; UnavailableError if none came."""
        return self.finish(started, receiver.wait(self._clock, seconds))

    def finish(self, started: Started, answer: str) -> Connection:
        """Seal the tokens for the address that the person was sent back to.

        Twice:  a code is good once; the second attempt is refused by the vendor.
        Raises: AuthorizationError when the answer is not to this question, says no, is not signed as the vendor signs,
                or is for another account.
        """
        connection = self._connection(started.connection)
        told = {name: values[0] for name, values in parse_qs(urlsplit(answer.strip()).query).items()}
        if not hmac.compare_digest(told.get("state", "").encode(), started.state.encode()):
            raise _refused(connection, "the address is not the answer to this sign-in", "state")
        if "code" not in told:
            raise _refused(connection, f"the vendor said {excerpt(told.get('error', 'nothing'), 60)}", "denied")
        self._check_signature(connection, answer)
        account = self._account(connection, told)
        credential = self._endpoint(connection).exchange(connection.connection_id, told["code"], started.verifier)
        with self._store.unit(started.actor) as unit:
            authorized = msgspec.structs.replace(
                unit.connections.get(connection.name), account=account, state=ConnectionState.ACTIVE, state_reason=""
            )
            kept = unit.connections.credential(connection.connection_id)
            if kept is not None:
                credential = msgspec.structs.replace(credential, key=self._sealer.open(kept).key)
            unit.connections.put(authorized)
            unit.connections.put_credential(self._sealer.seal(credential, kept.version + 1 if kept else 1))
            unit.audit.note("connection.authorized", connection.name, account)
        return authorized

    def _connection(self, name: str) -> Connection:
        with self._store.reading() as unit:
            return unit.connections.get(name)

    def _check_signature(self, connection: Connection, answer: str) -> None:
        """Where the vendor signs what it sends people back with."""
        oauth = self._oauth(connection)
        name = oauth.signature_parameter
        if not name:
            return
        told = parse_qsl(urlsplit(answer.strip()).query, keep_blank_values=True)
        signed = urlencode(sorted(pair for pair in told if pair[0] != name))
        expected = hmac.new(oauth.client_secret.encode(), signed.encode(), "sha256").hexdigest()
        if not hmac.compare_digest(dict(told).get(name, "").encode(), expected.encode()):
            raise _refused(connection, "the address is not signed by the vendor", "signature")

    def _account(self, connection: Connection, told: dict[str, str]) -> str:
        """The account bridge was let into: the connection's own, or learned now."""
        parameter = self._oauth(connection).account_parameter
        account = told.get(parameter, "") if parameter else connection.account
        if not account:
            raise _refused(connection, f"the vendor did not name the account ({parameter})", "account")
        if connection.account and not hmac.compare_digest(account.encode(), connection.account.encode()):
            raise AuthorizationError(
                f"connection {connection.name}",
                f"is for account {connection.account}, but {excerpt(account, 60)} was chosen",
                "Sign in again and choose the right one, or declare a connection of its own for the other",
                code="authorization.other_account",
            )
        return account


def _refused(connection: Connection, cause: str, code: str) -> AuthorizationError:
    return AuthorizationError(
        f"connection {connection.name}",
        cause,
        f"Run `bridge connections authorize {connection.name}` again and paste the whole address",
        code=f"authorization.{code}",
    )

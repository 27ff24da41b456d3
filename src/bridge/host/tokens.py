"""Access tokens that are good: refreshed ahead of their end, by exactly one process, and saved before first use."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, Protocol

from bridge.clock import Clock
from bridge.errors import AuthorizationError, StaleError, UnavailableError
from bridge.host.credentials import Credential, Sealer
from bridge.host.holder import holder_name
from bridge.host.token_endpoint import DeadGrantError, TokenEndpoint
from bridge.host.turn import take
from bridge.model.connections import Connection, ConnectionState
from bridge.model.leases import Lease, LeaseKind
from bridge.store.api import SealedCredential, Store

ACTOR: Final = "host"
AHEAD: Final = timedelta(minutes=2)
REFRESH_SECONDS: Final = 60
POLL_SECONDS: Final = 0.5
KEEP_AHEAD: Final = timedelta(days=30)
AHEAD_OF_LAST: Final = timedelta(days=1)


class Bearers(Protocol):
    """What hands out access tokens by connection."""

    def fresh(self, name: str) -> str:
        """A token that is good for a while yet. Raises: AuthorizationError, UnavailableError."""
        ...

    def renew(self, name: str, refused: str) -> str:
        """Another token than one the vendor just refused, or that one again where there is no other."""
        ...


class OneToken:
    """The token that a sign-in has just brought, which nothing is kept of yet."""

    def __init__(self, access_token: str) -> None:
        self._access_token = access_token

    def fresh(self, name: str) -> str:
        return self._access_token

    def renew(self, name: str, refused: str) -> str:
        return self._access_token


class Tokens:
    """Hands out access tokens by connection. endpoint: the token endpoint of a connection's plugin."""

    def __init__(
        self, store: Store, sealer: Sealer, clock: Clock, endpoint: Callable[[Connection], TokenEndpoint]
    ) -> None:
        self._store, self._sealer, self._clock, self._endpoint = store, sealer, clock, endpoint

    def fresh(self, name: str) -> str:
        """A token that is good for a while yet.

        Raises: AuthorizationError when a person must let bridge in again; UnavailableError when the vendor, or
                whoever refreshes just now, does not come to an end.
        """
        return self._obtain(
            name,
            is_good=lambda one: one.lasts(self._clock.now() + AHEAD),
            will_do=lambda one: one.lasts(self._clock.now() + AHEAD / 8),
        )

    def renew(self, name: str, refused: str) -> str:
        """Another token than one the vendor just refused. Raises: as ``fresh``."""
        return self._obtain(name, is_good=lambda one: one.access_token != refused, will_do=lambda _: False)

    def keep(self, name: str) -> None:
        """Renew what is renewed with, where it ends soon for lack of use. Raises: as ``fresh``."""
        now = self._clock.now()
        self._obtain(name, is_good=lambda one: not is_idle(one, now), will_do=lambda _: True)

    def _obtain(
        self, name: str, *, is_good: Callable[[Credential], bool], will_do: Callable[[Credential], bool]
    ) -> str:
        """Refresh, or wait for who does.

        will_do: what is good enough while another process refreshes.
        """
        give_up_at = self._clock.now() + timedelta(seconds=2 * REFRESH_SECONDS)
        while True:
            connection, credential, version = self._read(name)
            if is_good(credential):
                return credential.access_token
            if lease := self._take_turn(connection, version):
                return self._refresh(connection, credential, version, lease)
            if will_do(credential):
                return credential.access_token
            if self._clock.now() >= give_up_at:
                raise UnavailableError(f"connection {name}", "another process refreshes its token and does not end")
            self._clock.sleep(POLL_SECONDS)

    @cached_property
    def _process(self) -> str:
        return holder_name()

    def _read(self, name: str) -> tuple[Connection, Credential, int]:
        with self._store.reading() as unit:
            connection = unit.connections.get(name)
            kept = unit.connections.credential(connection.connection_id)
        if connection.state is ConnectionState.UNAUTHORIZED or kept is None:
            raise unauthorized(connection)
        return connection, self._sealer.open(kept), kept.version

    def _take_turn(self, connection: Connection, version: int) -> Lease | None:
        """Become the one that refreshes this version of the credential."""
        now = self._clock.now()
        holder = f"{self._process}:{threading.get_ident()}"
        until = now + timedelta(seconds=REFRESH_SECONDS)
        with suppress(StaleError), self._store.unit(ACTOR) as unit:
            lease, _ = take(unit, LeaseKind.REFRESH, connection.name, holder, now, until)
            kept = unit.connections.credential(connection.connection_id)
            if lease and (kept is None or kept.version != version):
                raise StaleError(f"connection {connection.name}", "its token was refreshed just now", "Read it again")
            return lease
        return None

    def _refresh(self, connection: Connection, credential: Credential, version: int, lease: Lease) -> str:
        """Ask the vendor, then save, then hand out: whoever dies in between leaves the old token to try."""
        try:
            if not credential.refresh_token:
                raise DeadGrantError("token endpoint", "gave no refresh token", "Authorise the connection again")
            fresh = self._endpoint(connection).refresh(credential)
            with self._store.unit(ACTOR) as unit:
                unit.connections.put_credential(self._sealer.seal(fresh, version + 1))
                unit.leases.release(lease)
        except StaleError:
            with self._store.unit(ACTOR) as unit:
                unit.leases.release(lease)
            return self._read(connection.name)[1].access_token
        except DeadGrantError as cause:
            return self._after_refusal(connection, version, cause)
        return fresh.access_token

    def _after_refusal(self, connection: Connection, version: int, refusal: DeadGrantError) -> str:
        """Somebody may have authorised anew meanwhile; if nobody has, the connection waits for a person."""
        with self._store.unit(ACTOR) as unit:
            kept = unit.connections.credential(connection.connection_id)
            if kept is None or kept.version == version:
                unit.connections.shut(connection.name, refusal.cause)
                kept = None
        if kept is None:
            raise unauthorized(connection, refusal.cause) from refusal
        return self._sealer.open(kept).access_token


def is_idle(credential: Credential | SealedCredential, now: datetime) -> bool:
    """Whether a sign-in ends soon unless it is used, and using it moves that.

    In the last days before the end that nothing moves it does not: the vendor then gives no more than is left.
    """
    ends_at, last_at = credential.refresh_expires_at, credential.consent_ends_at
    is_movable = last_at is None or ends_at is None or last_at - ends_at > AHEAD_OF_LAST
    return ends_at is not None and now < ends_at <= now + KEEP_AHEAD and is_movable


def unauthorized(connection: Connection, cause: str = "") -> AuthorizationError:
    """What a connection that is not let in says."""
    return AuthorizationError(
        f"connection {connection.name}",
        cause or connection.why or "nobody has authorised it yet",
        f"Run `bridge connections authorize {connection.name}`",
    )

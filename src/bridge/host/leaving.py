"""Leaving an account: what lets bridge in is taken back at the vendor, then erased here. What came from it stays."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from bridge.errors import AuthorizationError, ConfigError
from bridge.model.connections import Connection, ConnectionState, Side
from bridge.store.api import Store

if TYPE_CHECKING:  # with HTTP, which a list of connections needs none of
    from bridge.host.credentials import Sealer
    from bridge.host.lending import Lender
    from bridge.host.registry import Offer, Registry
    from bridge.host.tokens import Tokens

_REMOVED = "its tokens were removed"


class Ending(StrEnum):
    """What becomes, or became, of the access at the vendor.

    revoked: the vendor took it back. left: the account is out of a sign-in that stays good for others. dead: it let
    nobody in any more. by_hand: a person takes it back there. none: nothing was sealed.
    """

    REVOKED = "revoked"
    LEFT = "left"
    DEAD = "dead"
    BY_HAND = "by hand"
    NONE = "none"


class Farewell(msgspec.Struct, frozen=True):
    """What leaving an account means. routes: that still use it, and keep it; is_told: whether the vendor is told."""

    connection: Connection
    title: str
    is_sealed: bool
    is_told: bool
    routes: tuple[str, ...]


class Leaving:
    """Takes back what lets bridge into accounts."""

    def __init__(self, store: Store, sealer: Sealer, registry: Registry, lender: Lender, tokens: Tokens) -> None:
        self._store, self._sealer, self._registry = store, sealer, registry
        self._lender, self._tokens = lender, tokens

    def foreseen(self, name: str) -> Farewell:
        """What leaving would do; changes nothing, and asks nobody. Raises: ConfigError for none of that name."""
        with self._store.reading() as unit:
            connection = unit.connections.get(name)
            is_sealed = unit.connections.credential(connection.connection_id) is not None
            routes = tuple(one.name for one in unit.routes.all() if one.ledger == name and not one.is_ended)
        offer = self._registry.offer(connection.plugin)
        return Farewell(connection, offer.title, is_sealed, is_sealed and self._can_tell(connection, offer), routes)

    def leave(self, name: str, actor: str, *, is_told: bool = True) -> Ending:
        """Take the access back at the vendor and erase it here.

        is_told: False where the vendor does not answer and a person takes it back there by hand.
        Killed:  the vendor is told first, so that what could still tell it is there; a second time it knows no more.
        Raises:  ConfigError ``connection.used`` while a route that has not ended books into it; UnavailableError when
                 the vendor does not answer: nothing is erased then.
        """
        farewell = self.foreseen(name)
        if farewell.routes:
            raise _used(name, farewell.routes)
        ending = Ending.BY_HAND
        if not farewell.is_sealed:
            return Ending.NONE
        if is_told and farewell.is_told:
            ending = self._tell(farewell.connection)
        with self._store.unit(actor) as unit:
            unit.connections.forget_credential(farewell.connection.connection_id)
            if farewell.connection.side is Side.SINK:
                unit.connections.set_state(name, ConnectionState.UNAUTHORIZED, _REMOVED)
            unit.audit.note("connection.left", name, f"at the vendor: {ending}")
        return ending

    def _can_tell(self, connection: Connection, offer: Offer) -> bool:
        return self._lender.has_application(connection, offer) and bool(
            offer.grant or self._lender.oauth(connection, offer).revoke_url
        )

    def _tell(self, connection: Connection) -> Ending:
        offer = self._registry.offer(connection.plugin)
        if offer.grant is not None:
            try:
                if self._is_shared(connection, offer):
                    return Ending.LEFT
            except AuthorizationError:
                return Ending.DEAD
        with self._store.reading() as unit:
            kept = unit.connections.credential(connection.connection_id)
        if kept is not None and self._lender.oauth(connection, offer).revoke_url:
            self._lender.token_endpoint(connection, offer).revoke(self._sealer.open(kept))
            return Ending.REVOKED
        return Ending.LEFT if offer.grant else Ending.BY_HAND

    def _is_shared(self, connection: Connection, offer: Offer) -> bool:
        """Take the account out of its sign-in; whether that is good for others still. Raises: AuthorizationError."""
        grant = offer.grant
        assert grant is not None
        guard, context = self._lender.open(connection, offer, self._tokens)
        return guard.one("leave", guard.call("leave", lambda: grant.leave(context)), bool)


def _used(name: str, routes: tuple[str, ...]) -> ConfigError:
    return ConfigError(
        f"connection {name}",
        f"is used by route {', '.join(routes)}",
        "Write ended = true in [routes." + routes[0] + "], run `bridge apply`, then this again",
        code="connection.used",
    )

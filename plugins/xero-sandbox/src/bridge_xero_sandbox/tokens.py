"""Xero's tokens: every token of the user opens every organisation that the user has connected."""

import base64
import json
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime

import msgspec

from bridge.sandbox import SandboxClock, Shelf, TokenDesk

__all__ = ["ACCESS_SECONDS", "Connection", "UserTokens"]

ACCESS_SECONDS = 1800
_ROOM = "connections"


class Connection(msgspec.Struct, frozen=True):
    """One organisation that the user connected to the application, and by which consent last."""

    id: str
    tenant: str
    event: str
    created_at: datetime
    updated_at: datetime


class UserTokens(TokenDesk):
    """Tokens in the real ones' forms, and the organisations connected."""

    access_seconds = ACCESS_SECONDS
    refresh_seconds = 60 * 86_400

    def __init__(self, *, clock: SandboxClock, shelf: Shelf, grace_seconds: int) -> None:
        super().__init__(clock=clock, shelf=shelf, grace_seconds=grace_seconds)
        saved = shelf.load(_ROOM).items()
        self._connections = {tenant: msgspec.json.decode(text, type=Connection) for tenant, text in saved}

    def new_grant(self) -> str:
        return _new_id()

    def new_access(self, grant: str, expires_at: datetime) -> str:
        """Its payload names the consent; its signature is none."""
        parts = [
            {"alg": "RS256", "typ": "JWT"},
            {"exp": int(expires_at.timestamp()), "authentication_event_id": grant, "jti": secrets.token_hex(16)},
        ]
        encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
        return ".".join([*encoded, secrets.token_urlsafe(24)])

    def is_good(self, access: str) -> bool:
        """Tell whether an access token is known, not expired and not revoked."""
        return self.grant_of(access) is not None

    def connections(self) -> list[Connection]:
        """List the organisations connected."""
        with self._lock:
            return list(self._connections.values())

    def is_connected(self, tenant: str) -> bool:
        """Tell whether an organisation is connected."""
        with self._lock:
            return tenant in self._connections

    def disconnect(self, account: str) -> None:
        """Take an organisation's connection away; the tokens stay good for others."""
        with self._lock:
            self._connections.pop(account, None)
            self._shelf.save(_ROOM, [(account, None)])

    def revoke(self, token: str) -> bool:
        """End a token's consent, and with it every organisation that the user connected."""
        is_known = super().revoke(token)
        for tenant in [one.tenant for one in self.connections()] if is_known else ():
            self.disconnect(tenant)
        return is_known

    def _opened(self, accounts: Sequence[str], grant: str) -> None:
        now = self._clock.now()
        for tenant in accounts:
            old = self._connections.get(tenant)
            made = Connection(old.id if old else _new_id(), tenant, grant, old.created_at if old else now, now)
            self._connections[tenant] = made
            self._shelf.save(_ROOM, [(tenant, msgspec.json.encode(made).decode())])


def _new_id() -> str:
    return str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))

"""Who may come in: authorisation codes, access tokens that expire, refresh tokens that rotate, connections."""

import base64
import hashlib
import json
import secrets
import threading
import uuid
from datetime import datetime, timedelta

import msgspec

from bridge.errors import AuthorizationError
from bridge.sandbox import SandboxClock, Shelf

__all__ = ["ACCESS_SECONDS", "Connection", "GrantError", "Pair", "TokenDesk"]

ACCESS_SECONDS = 1800
_REFRESH_SECONDS = 60 * 86_400
_CODE_SECONDS = 300
_ROOM = "tokens"


class GrantError(AuthorizationError):
    """A grant that is not, or no longer, good: ``invalid_grant``."""

    code = "xero.sandbox.invalid_grant"

    def __init__(self, cause: str) -> None:
        super().__init__("the Xero sandbox", cause, "Let the user connect the organisation again")


class Pair(msgspec.Struct, frozen=True):
    """What a client takes home."""

    access: str
    refresh: str
    scope: str = ""


class Connection(msgspec.Struct, frozen=True):
    """One organisation that the user connected to the application, and by which consent last."""

    id: str
    tenant: str
    event: str
    created_at: datetime
    updated_at: datetime


class _Grant(msgspec.Struct):
    """One consent, and the refresh token that is current. ``is_public``: made with PKCE, without a secret.

    Shape:    ``scope`` is what was asked for, in one text; an empty one is everything.
    """

    refresh: str
    expires_at: datetime
    is_public: bool = False
    scope: str = ""


class _Code(msgspec.Struct, frozen=True):
    tenants: list[str]
    redirect_uri: str
    challenge: str
    expires_at: datetime
    scope: str = ""


class _Access(msgspec.Struct, frozen=True):
    grant: str
    expires_at: datetime


class _Refresh(msgspec.Struct):
    """A refresh token once given out; ``good_until`` is set when a later one replaces it."""

    grant: str
    good_until: datetime | None = None


class _Tokens(msgspec.Struct):
    grants: dict[str, _Grant] = {}
    codes: dict[str, _Code] = {}
    accesses: dict[str, _Access] = {}
    refreshes: dict[str, _Refresh] = {}
    connections: dict[str, Connection] = {}


class TokenDesk:
    """Gives out and checks tokens of one user; every refresh gives a new refresh token.

    Shape:    a replaced refresh token stays good for ``grace_seconds`` and then gives the current one again. Every
              token of the user opens every organisation the user has connected, as with the real service.
    """

    def __init__(self, *, clock: SandboxClock, shelf: Shelf, grace_seconds: int) -> None:
        self.grace_seconds = grace_seconds
        self._clock = clock
        self._shelf = shelf
        self._lock = threading.Lock()
        saved = shelf.load(_ROOM).get("all")
        self._tokens = msgspec.json.decode(saved, type=_Tokens) if saved else _Tokens()

    def consent(self, tenants: list[str], redirect_uri: str, challenge: str = "", scope: str = "") -> str:
        """Give the code for organisations the user agreed to connect."""
        with self._lock:
            code = secrets.token_hex(20)
            self._tokens.codes[code] = _Code(tenants, redirect_uri, challenge, self._in(_CODE_SECONDS), scope)
            self._save()
            return code

    def redeem(self, code: str, redirect_uri: str, verifier: str) -> Pair:
        """Take a code, once, for the first pair of tokens.

        Raises:   GrantError if it is unknown, used, too old, was given to another address, or its verifier is wrong.
        """
        with self._lock:
            found = self._tokens.codes.pop(code, None)
            if found is None or found.expires_at <= self._clock.now() or found.redirect_uri != redirect_uri:
                raise GrantError("the authorisation code is not good")
            if found.challenge and _challenge(verifier) != found.challenge:
                raise GrantError("the code verifier does not fit the challenge")
            return self._open(found.tenants, is_public=bool(found.challenge), scope=found.scope)

    def is_public(self, *, code: str = "", refresh: str = "") -> bool:
        """Tell whether a code or token was asked for with PKCE, so that no secret is needed."""
        with self._lock:
            if found := self._tokens.codes.get(code):
                return bool(found.challenge)
            held = self._tokens.refreshes.get(refresh)
            grant = self._tokens.grants.get(held.grant) if held else None
            return grant is not None and grant.is_public

    def issue(self, tenants: list[str], scope: str = "") -> Pair:
        """Connect organisations and give a pair without the dance; for tests."""
        with self._lock:
            return self._open(tenants, is_public=False, scope=scope)

    def refresh(self, token: str) -> Pair:
        """Take a refresh token for a new access token and the current refresh token.

        Raises:   GrantError if it is unknown, revoked, unused for 60 days, or replaced longer ago than the grace.
        """
        now = self._clock.now()
        with self._lock:
            found = self._tokens.refreshes.get(token)
            grant = self._tokens.grants.get(found.grant) if found else None
            if found is None or grant is None or grant.expires_at <= now:
                raise GrantError("the refresh token is not good")
            if found.good_until is not None and found.good_until <= now:
                raise GrantError("the refresh token was used before")
            if found.good_until is None:
                self._rotate(found.grant, grant, found)
            return self._pair(found.grant, grant)

    def event_of(self, access: str) -> str | None:
        """Give the consent an access token comes from; None if it is unknown, expired or revoked."""
        with self._lock:
            found = self._tokens.accesses.get(access)
            if found is None or found.expires_at <= self._clock.now() or found.grant not in self._tokens.grants:
                return None
            return found.grant

    def may(self, access: str, scopes: frozenset[str]) -> bool:
        """Tell whether an access token that is good was given for one of these scopes."""
        with self._lock:
            held = self._tokens.accesses.get(access)
            grant = self._tokens.grants.get(held.grant) if held else None
            return grant is not None and (not grant.scope or not scopes.isdisjoint(grant.scope.split()))

    def connections(self) -> list[Connection]:
        """List the organisations connected."""
        with self._lock:
            return list(self._tokens.connections.values())

    def is_connected(self, tenant: str) -> bool:
        """Tell whether an organisation is connected."""
        with self._lock:
            return tenant in self._tokens.connections

    def disconnect(self, tenant: str) -> None:
        """Take an organisation's connection away; the tokens stay good for others."""
        with self._lock:
            self._tokens.connections.pop(tenant, None)
            self._save()

    def revoke(self, token: str) -> None:
        """End the consent a refresh token belongs to, with every token it ever gave."""
        with self._lock:
            if found := self._tokens.refreshes.get(token):
                self._tokens.grants.pop(found.grant, None)
                self._save()

    def _open(self, tenants: list[str], *, is_public: bool, scope: str) -> Pair:
        key = str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
        now = self._clock.now()
        for tenant in tenants:
            old = self._tokens.connections.get(tenant)
            id = old.id if old else str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
            self._tokens.connections[tenant] = Connection(id, tenant, key, old.created_at if old else now, now)
        grant = _Grant(secrets.token_urlsafe(32), self._in(_REFRESH_SECONDS), is_public, scope)
        self._tokens.grants[key] = grant
        self._tokens.refreshes[grant.refresh] = _Refresh(key)
        return self._pair(key, grant)

    def _rotate(self, key: str, grant: _Grant, old: _Refresh) -> None:
        now = self._clock.now()
        held = self._tokens.refreshes
        for token in [token for token, one in held.items() if one.good_until is not None and one.good_until <= now]:
            del held[token]
        old.good_until = self._in(self.grace_seconds)
        grant.refresh = secrets.token_urlsafe(32)
        grant.expires_at = self._in(_REFRESH_SECONDS)
        held[grant.refresh] = _Refresh(key)

    def _pair(self, key: str, grant: _Grant) -> Pair:
        now = self._clock.now()
        for access in [access for access, held in self._tokens.accesses.items() if held.expires_at <= now]:
            del self._tokens.accesses[access]
        access = _jwt(key, self._in(ACCESS_SECONDS))
        self._tokens.accesses[access] = _Access(key, self._in(ACCESS_SECONDS))
        self._save()
        return Pair(access, grant.refresh, grant.scope)

    def _in(self, seconds: int) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)

    def _save(self) -> None:
        self._shelf.save(_ROOM, [("all", msgspec.json.encode(self._tokens).decode())])


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _jwt(event: str, expires_at: datetime) -> str:
    """Make a token of the real one's form: its payload names the consent; its signature is none."""
    parts = [
        {"alg": "RS256", "typ": "JWT"},
        {"exp": int(expires_at.timestamp()), "authentication_event_id": event, "jti": secrets.token_hex(16)},
    ]
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, secrets.token_urlsafe(24)])

"""Who may come in: authorisation codes, access tokens that expire, refresh tokens that rotate."""

import secrets
import threading
from datetime import datetime, timedelta

import msgspec

from bridge.errors import AuthorizationError
from bridge.sandbox import SandboxClock, Shelf

__all__ = ["ACCESS_SECONDS", "REFRESH_SECONDS", "GrantError", "Pair", "TokenDesk"]

ACCESS_SECONDS = 3600
REFRESH_SECONDS = 8_726_400
_CODE_SECONDS = 300
_ROOM = "tokens"


class GrantError(AuthorizationError):
    """A grant that is not, or no longer, good: ``invalid_grant``."""

    code = "quickbooks.sandbox.invalid_grant"

    def __init__(self, cause: str) -> None:
        super().__init__("the QuickBooks sandbox", cause, "Let the user connect the company again")


class Pair(msgspec.Struct, frozen=True):
    """What a client takes home."""

    access: str
    refresh: str


class _Grant(msgspec.Struct):
    """One user's consent for one company, and the refresh token that is current."""

    realm: str
    refresh: str
    expires_at: datetime


class _Code(msgspec.Struct, frozen=True):
    realm: str
    redirect_uri: str
    expires_at: datetime


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


class TokenDesk:
    """Gives out and checks tokens; every refresh gives a new refresh token.

    Shape:    a replaced refresh token stays good for ``grace_seconds`` and then gets ``GrantError``; within the
              grace it gives the current refresh token again, so that two racing clients end with the same one.
    """

    def __init__(self, *, clock: SandboxClock, shelf: Shelf, grace_seconds: int) -> None:
        self.grace_seconds = grace_seconds
        self._clock = clock
        self._shelf = shelf
        self._lock = threading.Lock()
        saved = shelf.load(_ROOM).get("all")
        self._tokens = msgspec.json.decode(saved, type=_Tokens) if saved else _Tokens()

    def consent(self, realm: str, redirect_uri: str) -> str:
        """Give the code for a company the user agreed to connect."""
        with self._lock:
            code = f"AB{secrets.token_hex(20)}"
            self._tokens.codes[code] = _Code(realm, redirect_uri, self._in(_CODE_SECONDS))
            self._save()
            return code

    def redeem(self, code: str, redirect_uri: str) -> Pair:
        """Take a code, once, for the first pair of tokens.

        Raises:   GrantError if it is unknown, used, too old, or was given to another address.
        """
        with self._lock:
            found = self._tokens.codes.pop(code, None)
            if found is None or found.expires_at <= self._clock.now() or found.redirect_uri != redirect_uri:
                raise GrantError("Invalid authorization code")
            return self._open(found.realm)

    def issue(self, realm: str) -> Pair:
        """Give a pair without the dance; for tests."""
        with self._lock:
            return self._open(realm)

    def refresh(self, token: str) -> Pair:
        """Take a refresh token for a new access token and the current refresh token.

        Raises:   GrantError if it is unknown, revoked, expired, or was replaced longer ago than the grace.
        """
        now = self._clock.now()
        with self._lock:
            found = self._tokens.refreshes.get(token)
            grant = self._tokens.grants.get(found.grant) if found else None
            if found is None or grant is None or grant.expires_at <= now:
                raise GrantError("Incorrect or invalid refresh token")
            if found.good_until is not None and found.good_until <= now:
                raise GrantError("Incorrect or invalid refresh token")
            if found.good_until is None:
                self._rotate(found.grant, grant, found)
            return self._pair(found.grant, grant)

    def realm_of(self, access: str) -> str | None:
        """Give the company an access token is good for; None if it is unknown, expired or revoked."""
        with self._lock:
            found = self._tokens.accesses.get(access)
            if found is None or found.expires_at <= self._clock.now() or found.grant not in self._tokens.grants:
                return None
            return self._tokens.grants[found.grant].realm

    def revoke(self, token: str) -> bool:
        """End the consent a token belongs to, with every token it ever gave; False if the token is unknown."""
        with self._lock:
            found = self._tokens.refreshes.get(token) or self._tokens.accesses.get(token)
            if found is None:
                return False
            self._tokens.grants.pop(found.grant, None)
            self._save()
            return True

    def revoke_company(self, realm: str) -> None:
        """End every consent for a company, as its user does who disconnects the app."""
        with self._lock:
            for key in [key for key, grant in self._tokens.grants.items() if grant.realm == realm]:
                del self._tokens.grants[key]
            self._save()

    def _open(self, realm: str) -> Pair:
        key = secrets.token_hex(8)
        grant = _Grant(realm, _new_refresh(), self._in(REFRESH_SECONDS))
        self._tokens.grants[key] = grant
        self._tokens.refreshes[grant.refresh] = _Refresh(key)
        return self._pair(key, grant)

    def _rotate(self, key: str, grant: _Grant, old: _Refresh) -> None:
        now = self._clock.now()
        spent = [
            token
            for token, held in self._tokens.refreshes.items()
            if held.good_until is not None and held.good_until <= now
        ]
        for token in spent:
            del self._tokens.refreshes[token]
        old.good_until = self._in(self.grace_seconds)
        grant.refresh = _new_refresh()
        grant.expires_at = self._in(REFRESH_SECONDS)
        self._tokens.refreshes[grant.refresh] = _Refresh(key)

    def _pair(self, key: str, grant: _Grant) -> Pair:
        now = self._clock.now()
        for access in [access for access, held in self._tokens.accesses.items() if held.expires_at <= now]:
            del self._tokens.accesses[access]
        access = f"eyJ{secrets.token_urlsafe(32)}"
        self._tokens.accesses[access] = _Access(key, self._in(ACCESS_SECONDS))
        self._save()
        return Pair(access, grant.refresh)

    def _in(self, seconds: int) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)

    def _save(self) -> None:
        self._shelf.save(_ROOM, [("all", msgspec.json.encode(self._tokens).decode())])


def _new_refresh() -> str:
    return f"RT1-{secrets.token_hex(20)}"

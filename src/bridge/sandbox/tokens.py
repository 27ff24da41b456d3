"""Who may come in: authorisation codes, access tokens that expire, refresh tokens that rotate."""

import base64
import hashlib
import secrets
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.shelf import Shelf

__all__ = ["Grant", "GrantError", "Pair", "TokenDesk"]

_CODE_SECONDS = 300
_ROOM = "tokens"


class GrantError(Exception):
    """A grant that is not, or no longer, good: ``invalid_grant``."""


class Pair(msgspec.Struct, frozen=True):
    """What a client takes home. ``ends_at``: when its user has to consent again, however often it is renewed."""

    access: str
    refresh: str
    scope: str = ""
    ends_at: datetime | None = None


class Grant(msgspec.Struct):
    """One user's consent for some accounts, and the refresh token that is current.

    Shape:    ``is_public``: made with PKCE, without a secret. ``scope`` is what was asked for, in one text; an empty
              one is everything. ``ends_at``: when it ends, however often it is renewed.
    """

    accounts: list[str]
    refresh: str
    expires_at: datetime
    is_public: bool = False
    scope: str = ""
    ends_at: datetime | None = None


class _Code(msgspec.Struct, frozen=True):
    accounts: list[str]
    redirect_uri: str
    expires_at: datetime
    challenge: str = ""
    scope: str = ""


class _Access(msgspec.Struct, frozen=True):
    grant: str
    expires_at: datetime


class _Refresh(msgspec.Struct):
    """A refresh token once given out; ``good_until`` is set when a later one replaces it."""

    grant: str
    good_until: datetime | None = None


class _Tokens(msgspec.Struct):
    grants: dict[str, Grant] = {}
    codes: dict[str, _Code] = {}
    accesses: dict[str, _Access] = {}
    refreshes: dict[str, _Refresh] = {}


class TokenDesk:
    """Gives out and checks tokens; every refresh gives a new refresh token. Subclass it for a vendor's own forms.

    Shape:    a replaced refresh token stays good for ``grace_seconds`` and then gets ``GrantError``; within the
              grace it gives the current refresh token again, so that two racing clients end with the same one.
              A consent ends after ``consent_seconds``, where there are any, whatever is renewed.
    """

    access_seconds = 3600
    refresh_seconds = 100 * 86_400
    consent_seconds = 0

    def __init__(self, *, clock: SandboxClock, shelf: Shelf, grace_seconds: int) -> None:
        self.grace_seconds = grace_seconds
        self._clock = clock
        self._shelf = shelf
        self._lock = threading.RLock()
        saved = shelf.load(_ROOM).get("all")
        self._tokens = msgspec.json.decode(saved, type=_Tokens) if saved else _Tokens()

    def now(self) -> datetime:
        """Tell the time by which tokens end."""
        return self._clock.now()

    def new_code(self) -> str:
        """Make an authorisation code of the vendor's form."""
        return secrets.token_hex(20)

    def new_refresh(self) -> str:
        """Make a refresh token of the vendor's form."""
        return secrets.token_urlsafe(32)

    def new_access(self, grant: str, expires_at: datetime) -> str:
        """Make an access token of the vendor's form."""
        return secrets.token_urlsafe(32)

    def new_grant(self) -> str:
        """Make the name of a consent."""
        return secrets.token_hex(8)

    def consent(self, accounts: Sequence[str], redirect_uri: str, challenge: str = "", scope: str = "") -> str:
        """Give the code for accounts that the user agreed to connect."""
        with self._lock:
            code = self.new_code()
            expires_at = self._in(_CODE_SECONDS)
            self._tokens.codes[code] = _Code(list(accounts), redirect_uri, expires_at, challenge, scope)
            self._save()
            return code

    def redeem(self, code: str, redirect_uri: str, verifier: str = "") -> Pair:
        """Take a code, once, for the first pair of tokens.

        Raises:   GrantError if it is unknown, used, too old, was given to another address, or its verifier is wrong.
        """
        with self._lock:
            found = self._tokens.codes.pop(code, None)
            if found is None or found.expires_at <= self._clock.now() or found.redirect_uri != redirect_uri:
                raise GrantError("Invalid authorization code")
            if found.challenge and _challenge(verifier) != found.challenge:
                raise GrantError("Invalid code verifier")
            return self._open(found.accounts, is_public=bool(found.challenge), scope=found.scope)

    def issue(self, accounts: Sequence[str], scope: str = "") -> Pair:
        """Give a pair without the dance; for tests."""
        with self._lock:
            return self._open(accounts, is_public=False, scope=scope)

    def refresh(self, token: str) -> Pair:
        """Take a refresh token for a new access token and the current refresh token.

        Raises:   GrantError if it is unknown, revoked, expired, or was replaced longer ago than the grace.
        """
        now = self._clock.now()
        with self._lock:
            found = self._tokens.refreshes.get(token)
            grant = self._tokens.grants.get(found.grant) if found else None
            is_late = found is not None and found.good_until is not None and found.good_until <= now
            is_over = grant is not None and (grant.expires_at <= now or (grant.ends_at or grant.expires_at) <= now)
            if found is None or grant is None or is_over or is_late:
                raise GrantError("Incorrect or invalid refresh token")
            if found.good_until is None:
                self._rotate(found.grant, grant, found)
            return self._pair(found.grant, grant)

    def is_public(self, *, code: str = "", refresh: str = "") -> bool:
        """Tell whether a code or token was asked for with PKCE, so that no secret is needed."""
        with self._lock:
            if found := self._tokens.codes.get(code):
                return bool(found.challenge)
            held = self._tokens.refreshes.get(refresh)
            grant = self._tokens.grants.get(held.grant) if held else None
            return grant is not None and grant.is_public

    def grant_of(self, access: str) -> Grant | None:
        """Give the consent an access token comes from; None if it is unknown, expired or revoked."""
        with self._lock:
            found = self._tokens.accesses.get(access)
            if found is None or found.expires_at <= self._clock.now():
                return None
            return self._tokens.grants.get(found.grant)

    def may(self, access: str, scopes: frozenset[str]) -> bool:
        """Tell whether an access token that is good was given for one of these scopes, or for everything."""
        grant = self.grant_of(access)
        return grant is not None and (not grant.scope or not scopes.isdisjoint(grant.scope.split()))

    def revoke(self, token: str) -> bool:
        """End the consent a token belongs to, with every token it ever gave; False if the token is unknown."""
        with self._lock:
            found = self._tokens.refreshes.get(token) or self._tokens.accesses.get(token)
            if found is None:
                return False
            self._tokens.grants.pop(found.grant, None)
            self._save()
            return True

    def disconnect(self, account: str) -> None:
        """End every consent for an account, as its user does who disconnects the application."""
        self.end_grants(account)

    def end_grants(self, account: str) -> None:
        """End every consent for an account, so that its tokens are refused from now on."""
        with self._lock:
            for key in [key for key, grant in self._tokens.grants.items() if account in grant.accounts]:
                del self._tokens.grants[key]
            self._save()

    def _open(self, accounts: Sequence[str], *, is_public: bool, scope: str) -> Pair:
        key = self.new_grant()
        self._opened(accounts, key)
        ends_at = self._in(self.consent_seconds) if self.consent_seconds else None
        grant = Grant(list(accounts), self.new_refresh(), self._in(self.refresh_seconds), is_public, scope, ends_at)
        self._tokens.grants[key] = grant
        self._tokens.refreshes[grant.refresh] = _Refresh(key)
        return self._pair(key, grant)

    def _opened(self, accounts: Sequence[str], grant: str) -> None:
        """Note a consent for these accounts. The lock is held."""

    def _rotate(self, key: str, grant: Grant, old: _Refresh) -> None:
        now, held = self._clock.now(), self._tokens.refreshes
        for token in [token for token, one in held.items() if one.good_until is not None and one.good_until <= now]:
            del held[token]
        old.good_until = self._in(self.grace_seconds)
        grant.refresh = self.new_refresh()
        grant.expires_at = self._in(self.refresh_seconds)
        held[grant.refresh] = _Refresh(key)

    def _pair(self, key: str, grant: Grant) -> Pair:
        now, accesses = self._clock.now(), self._tokens.accesses
        for token in [token for token, held in accesses.items() if held.expires_at <= now]:
            del accesses[token]
        expires_at = self._in(self.access_seconds)
        access = self.new_access(key, expires_at)
        accesses[access] = _Access(key, expires_at)
        self._save()
        return Pair(access, grant.refresh, grant.scope, grant.ends_at)

    def _in(self, seconds: int) -> datetime:
        return self._clock.now() + timedelta(seconds=seconds)

    def _save(self) -> None:
        self._shelf.save(_ROOM, [("all", msgspec.json.encode(self._tokens).decode())])


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()

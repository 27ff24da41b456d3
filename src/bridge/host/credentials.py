"""Connections' secrets: sealed before they are saved, opened only where they are used, under keys that rotate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bridge.errors import ConfigError
from bridge.store.api import SealedCredential


class Credential(msgspec.Struct, frozen=True):
    """What lets bridge into one account: tokens that a sign-in brought, answers that a merchant gave, or both.

    expires_at: of the access token, where there is one; instants aware UTC. refresh_expires_at: of the refresh token,
                if nothing renews it before. consent_ends_at: when a person must let bridge in again, however often it
                was renewed. key: the answers, by question.
    """

    connection_id: str
    access_token: str = ""
    refresh_token: str = ""
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    consent_ends_at: datetime | None = None
    key: dict[str, str] = {}

    def __repr__(self) -> str:
        return f"Credential({self.connection_id}, expires_at={self.expires_at})"

    def lasts(self, until: datetime) -> bool:
        """Whether its access token is good beyond then."""
        return self.expires_at is not None and self.expires_at > until


class Sealer:
    """Seals with the first key, opens with any: put a new key in front, re-seal, then drop the old one.

    again: reads the keys anew from where they are kept, before anything is sealed, and where none opens: another
           process may seal with a new one by now, and nothing may be sealed with one that was dropped.
    """

    def __init__(self, keys: Sequence[str], again: Callable[[], Sequence[str]] | None = None) -> None:
        self._told, self._again = tuple(keys), again
        self._keys = tuple(Fernet(key) for key in keys)

    def check(self) -> None:
        """Raises: ConfigError when there is no key."""
        self._fernet()

    def seal(self, credential: Credential, version: int) -> SealedCredential:
        """Raises: ConfigError when there is no key."""
        self._read_again()
        sealed = self._fernet().encrypt(msgspec.json.encode(credential))
        return SealedCredential(
            credential.connection_id,
            version,
            sealed,
            credential.expires_at,
            credential.refresh_expires_at,
            credential.consent_ends_at,
        )

    def open(self, kept: SealedCredential) -> Credential:
        """Raises: ConfigError when no key opens it, or when it was sealed for another connection."""
        try:
            return _opened(self._fernet(), kept)
        except (InvalidToken, msgspec.DecodeError):
            if self._read_again():
                return self.open(kept)
            raise _unreadable("was sealed with a key that is not among the sealing keys") from None

    def resealed(self, kept: SealedCredential) -> bytes:
        """The same, sealed with the first key. Raises: ConfigError when no key opens it."""
        return self.seal(self.open(kept), kept.version).sealed

    def opener(self, kept: SealedCredential) -> int:
        """Which key opens it, counted from 1, which is the one that seals; 0 for none, or where it is another's."""
        for place, key in enumerate(self._keys, start=1):
            with suppress(InvalidToken, msgspec.DecodeError, ConfigError):
                _opened(key, kept)
                return place
        return 0

    def is_wrapped_anew(self, sealed: bytes) -> bool:
        """Whether the first key opens it."""
        with suppress(InvalidToken):
            self._keys[0].decrypt(sealed)
            return True
        return False

    @property
    def key_count(self) -> int:
        return len(self._keys)

    def wrap(self, content: bytes) -> bytes:
        """Something else that is secret, sealed for the minutes it is kept. Raises: as ``seal``."""
        self._read_again()
        return self._fernet().encrypt(content)

    def unwrap(self, sealed: bytes) -> bytes:
        """Raises: ConfigError when no key opens it."""
        try:
            return self._fernet().decrypt(sealed)
        except InvalidToken:
            if self._read_again():
                return self.unwrap(sealed)
            raise _unreadable("was sealed with a key that is not among the sealing keys") from None

    def _read_again(self) -> bool:
        """Whether there are others by now. What cannot be read just now leaves those that are known."""
        told = self._told
        if self._again:
            with suppress(ConfigError):
                told = tuple(self._again())
        if told == self._told:
            return False
        self._told, self._keys = told, tuple(Fernet(key) for key in told)
        return True

    def _fernet(self) -> MultiFernet:
        if not self._keys:
            raise ConfigError(
                "sealing_keys",
                "there is none, and credentials are never kept unsealed",
                "Set BRIDGE_SEALING_KEYS, or sealing_key_file in [bridge], to a Fernet key",
                code="config.sealing_keys",
            )
        return MultiFernet(self._keys)


def _opened(key: Fernet | MultiFernet, kept: SealedCredential) -> Credential:
    credential = msgspec.json.decode(key.decrypt(kept.sealed), type=Credential)
    if credential.connection_id != kept.connection_id:
        raise _unreadable("was sealed for another connection")
    return credential


def _unreadable(cause: str) -> ConfigError:
    return ConfigError(
        "a kept credential", cause, "Add the key it was sealed with to sealing_keys, or let bridge in anew",
        code="config.sealing_keys",
    )  # fmt: skip

"""Connections' secrets: sealed before they are saved, opened only where they are used, under keys that rotate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from bridge.errors import ConfigError
from bridge.store.api import SealedCredential, Store


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
    """Seals with the first key, opens with any: put a new key in front, re-seal, then drop the old one."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = tuple(Fernet(key) for key in keys)

    def check(self) -> None:
        """Raises: ConfigError when there is no key."""
        self._fernet()

    def seal(self, credential: Credential, version: int) -> SealedCredential:
        """Raises: ConfigError when there is no key."""
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
            credential = msgspec.json.decode(self._fernet().decrypt(kept.sealed), type=Credential)
        except (InvalidToken, msgspec.DecodeError):
            raise _unreadable("was sealed with a key that is not among the sealing keys") from None
        if credential.connection_id != kept.connection_id:
            raise _unreadable("was sealed for another connection")
        return credential

    def wrap(self, content: bytes) -> bytes:
        """Something else that is secret, sealed for the minutes it is kept. Raises: as ``seal``."""
        return self._fernet().encrypt(content)

    def unwrap(self, sealed: bytes) -> bytes:
        """Raises: ConfigError when no key opens it."""
        try:
            return self._fernet().decrypt(sealed)
        except InvalidToken:
            raise _unreadable("was sealed with a key that is not among the sealing keys") from None

    def _fernet(self) -> MultiFernet:
        if not self._keys:
            raise ConfigError(
                "sealing_keys",
                "there is none, and credentials are never kept unsealed",
                "Set BRIDGE_SEALING_KEYS, or sealing_key_file in [bridge], to a Fernet key",
                code="config.sealing_keys",
            )
        return MultiFernet(self._keys)


def reseal(store: Store, sealer: Sealer, actor: str) -> int:
    """Seal every kept credential anew with the first key; returns how many. Then the old keys may be dropped.

    Raises: ConfigError when one cannot be opened, StaleError when one was refreshed meanwhile; nothing is saved then.
    """
    count = 0
    with store.unit(actor) as unit:
        for connection in unit.connections.all():
            kept = unit.connections.credential(connection.connection_id)
            if kept is not None:
                unit.connections.put_credential(sealer.seal(sealer.open(kept), kept.version + 1))
                count += 1
        unit.audit.note("credentials.resealed", "all", str(count))
    return count


def _unreadable(cause: str) -> ConfigError:
    return ConfigError(
        "a kept credential", cause, "Add the key it was sealed with to sealing_keys, or let bridge in anew",
        code="config.sealing_keys",
    )  # fmt: skip

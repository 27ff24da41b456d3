"""Connections, their credentials and routes, the rules of these, and what ledgers say of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

import msgspec

from bridge.model.connections import Connection, ConnectionState, Route
from bridge.model.facts import LedgerFacts
from bridge.model.rules import RuleSet


class SealedCredential(msgspec.Struct, frozen=True):
    """A connection's secret, sealed; ``version`` rises with every save.

    expires_at: of the access token. refresh_expires_at: of what it is renewed by, if it is not renewed before.
    consent_ends_at: what no renewal moves. None where the vendor sets no end, or none is known.
    """

    connection_id: str
    version: int
    sealed: bytes
    expires_at: datetime | None
    refresh_expires_at: datetime | None = None
    consent_ends_at: datetime | None = None


class Connections(Protocol):
    def put(self, connection: Connection) -> bool:
        """Insert or replace by name; true when something changed.

        Raises: ConfigError when another connection already holds this (plugin, account).
        """
        ...

    def get(self, name: str) -> Connection:
        """Raises: ConfigError when there is none of that name."""
        ...

    def all(self) -> tuple[Connection, ...]: ...

    def set_state(self, name: str, state: ConnectionState, reason: str) -> None: ...

    def shut(self, name: str, reason: str) -> None:
        """Bridge is let in no more. One that does not work already keeps its state, reason and instant."""
        ...

    def credential(self, connection_id: str) -> SealedCredential | None: ...

    def put_credential(self, credential: SealedCredential) -> None:
        """Save version n over version n - 1 (or as the first). Raises: StaleError when another came first."""
        ...

    def reseal(self, kept: SealedCredential, sealed: bytes) -> bool:
        """Save the same secret under another key; False when it was saved, or forgotten, meanwhile.

        Its version stays: who is refreshing it just now has a new one to save over it, which nobody else knows.
        """
        ...

    def forget_credential(self, connection_id: str) -> bool:
        """Whether there was one."""
        ...


class Consents(Protocol):
    """Sign-ins at vendors that people began in a browser, sealed, each under a hash of its secret.

    The rows are operational: they stand outside the audit log, which tells what each came to.
    """

    def put(self, key_hash: str, sealed: bytes, until: datetime) -> None: ...

    def get(self, key_hash: str, now: datetime) -> bytes | None:
        """None for none of that hash, and for one that lapsed."""
        ...

    def all(self) -> Mapping[str, bytes]:
        """What is sealed of each, by its hash."""
        ...

    def reseal(self, key_hash: str, before: bytes, sealed: bytes) -> None:
        """Save the same under another key, unless it was taken meanwhile."""
        ...

    def take(self, key_hash: str) -> bool:
        """Remove it; False where somebody came first."""
        ...

    def forget(self, now: datetime) -> None:
        """Remove those that lapsed."""
        ...


class Routes(Protocol):
    def put(self, route: Route) -> bool:
        """Insert or replace by name; true when something changed."""
        ...

    def get(self, name: str) -> Route:
        """Raises: ConfigError when there is none of that name."""
        ...

    def by_id(self, route_id: str) -> Route: ...

    def all(self) -> tuple[Route, ...]: ...


class RuleSets(Protocol):
    def versions(self, name: str) -> tuple[RuleSet, ...]:
        """Every version of a set, oldest first."""
        ...

    def add(self, rules: RuleSet) -> None:
        """Save the next version. Raises: StaleError when its number is taken."""
        ...


class Facts(Protocol):
    def latest(self, connection: str) -> LedgerFacts | None: ...

    def put(self, facts: LedgerFacts) -> None: ...

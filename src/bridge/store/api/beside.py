"""What stands beside any organisation: the inbox of notices, and who is connected."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import msgspec

from bridge.model.connections import Connection, Route
from bridge.model.duties import Duty
from bridge.model.notices import Notice
from bridge.model.pauses import Pause
from bridge.model.summaries import KeptSummary


class Client(msgspec.Struct, frozen=True):
    """What is kept of one organisation for a look at many. summaries: by route id."""

    organisation: str
    routes: tuple[Route, ...]
    connections: tuple[Connection, ...]
    pauses: tuple[Pause, ...]
    duties: tuple[Duty, ...]
    summaries: Mapping[str, KeptSummary]


class Inbox(Protocol):
    """Notices of vendors, of all organisations, until somebody comes to them. Outside the audit log.

    It has a database of its own: no unit of work holds it up, and none is needed to read it.
    """

    def save(self, notices: Sequence[Notice]) -> int:
        """Keep these for good, together; how many were not there before. Raises: TransientError; none is kept then."""
        ...

    def waiting(self, limit: int) -> tuple[Notice, ...]:
        """Those that nobody came to, the first that came first."""
        ...

    def settle(self, numbers: Sequence[int], now: datetime) -> None:
        """Somebody came to these. Repeat: harmless."""
        ...

    def count(self) -> int:
        """How many wait."""
        ...

    def forget(self, before: datetime, ends_before: datetime) -> int:
        """Let go of what was come to and came before that; of what ends an account, or asks for erasure, later."""
        ...

    def erase(self, organisation: str) -> int:
        """Let go of all that came to the addresses of an organisation. Returns how many."""
        ...

    def erase_named(self, plugin: str, accounts: Collection[str]) -> int:
        """Let go of all that named one of these at the address of all accounts of a plugin. Returns how many."""
        ...

    def drop(self, numbers: Sequence[int]) -> None:
        """Let go of these at once. Repeat: harmless."""
        ...


class Clients(Protocol):
    """Looks at several organisations of one database at once."""

    def clients(self, organisations: Collection[str]) -> tuple[Client, ...]:
        """What is kept of each of these, by name, in one moment; of no other. One that has nothing is there, empty."""
        ...

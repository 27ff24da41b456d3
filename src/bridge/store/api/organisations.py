"""Which organisations there are, and what is due of any of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bridge.model import hindrances
from bridge.model.connections import Connection
from bridge.model.duties import Duty
from bridge.model.leases import Lease
from bridge.model.organisations import Organisation, Used


class Organisations(Protocol):
    """Which there are, and what is due, fails or is left of any of them: for whoever works for all.

    Nothing else of the store looks beyond its own organisation.
    """

    def all(self) -> tuple[Organisation, ...]:
        """Every one, by name; the operator's first one also where nobody added it."""
        ...

    def get(self, name: str) -> Organisation:
        """Raises: ConfigError ``organisation.unknown``."""
        ...

    def put(self, organisation: Organisation) -> None:
        """Save it, new or changed. Repeat: harmless."""
        ...

    def due(self, now: datetime) -> tuple[tuple[str, Duty], ...]:
        """What is due of every organisation, the oldest first, each with whose it is."""
        ...

    def begun(self, names: Sequence[str]) -> Mapping[tuple[str, str], Lease]:
        """The leases of their duties that somebody holds, lapsed or not, by organisation and the duty's name."""
        ...

    def standings(self, names: Sequence[str]) -> Mapping[str, hindrances.Standing]:
        """What may keep their duties from being begun."""
        ...

    def route_texts(self) -> Mapping[str, tuple[str, ...]]:
        """The routes of all organisations as they are kept, by organisation: who looks again sees what changed."""
        ...

    def working(self) -> tuple[Lease, ...]:
        """Workers, by the leases on their places, lapsed or not."""
        ...

    def failing(self) -> tuple[tuple[str, Duty], ...]:
        """The duties that were kept from their connection the last time, each with whose it is."""
        ...

    def connections(self) -> tuple[tuple[str, Connection], ...]:
        """All connections of all organisations, each with whose it is."""
        ...

    def used(self, month: str) -> tuple[tuple[str, Used], ...]:
        """What a month took, of every organisation, by name."""
        ...

    def tables(self) -> tuple[str, ...]:
        """What rows of an organisation may be in; what refers to others comes before them. Not its own row."""
        ...

    def told(self) -> tuple[str, ...]:
        """All of which an export tells, each row: nothing that is secret, or only of the moment; files apart."""
        ...

    def left_out(self) -> Mapping[str, str]:
        """All others, and why."""
        ...

    def rows(self, table: str) -> Iterator[Mapping[str, object]]:
        """This organisation's rows of a table by their key, each as what its columns hold."""
        ...

    def erase_some(self, name: str, table: str, most: int) -> int:
        """Delete so many of its rows at most, for good. Returns how many. Only of one that leaves."""
        ...

    def forget(self, name: str) -> None:
        """Delete its own row, the last of it."""
        ...

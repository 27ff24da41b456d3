"""Pure: what fails of all organisations, by the plugin that is concerned: one vendor that is down is one thing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from bridge.model.connections import Connection
from bridge.model.duties import Duty
from bridge.model.hindrances import Standing, connection_of

FEWEST: Final = 3
"""So many organisations at least have to fail before it is the vendor, and not they."""


class Outage(msgspec.Struct, frozen=True):
    """Connections of a plugin that fail with one code. of: how many there are. since: the first of them did."""

    plugin: str
    code: str
    organisations: int
    connections: int
    of: int
    since: datetime

    @property
    def is_of_vendor(self) -> bool:
        """Whether it is the vendor: most of its connections fail, of several organisations."""
        return self.organisations >= FEWEST and 2 * self.connections > self.of

    @property
    def words(self) -> str:
        """In a sentence."""
        whose = f"{self.connections} of {self.of} connections, of {self.organisations} organisations"
        return f"{self.plugin}: {self.code} at {whose}, since {self.since:%Y-%m-%d %H:%M} UTC"


def outages(
    failing: Iterable[tuple[str, Duty]], how: Mapping[str, Standing], connections: Iterable[tuple[str, Connection]]
) -> tuple[Outage, ...]:
    """What fails, the widest first.

    failing: duties that were kept from their connection, with whose they are. how: of those at least. connections: all.
    """
    many = Counter(one.plugin for _, one in connections)
    hit = defaultdict[tuple[str, str], dict[tuple[str, str], datetime]](dict)
    for whose, duty in failing:
        connection = connection_of(duty, how[whose]) if whose in how else None
        if connection is not None and duty.failing_since:
            seen, at = hit[connection.plugin, duty.fault], (whose, connection.name)
            seen[at] = min(seen.get(at, duty.failing_since), duty.failing_since)
    found = [
        Outage(plugin, code, len({whose for whose, _ in seen}), len(seen), many[plugin], min(seen.values()))
        for (plugin, code), seen in hit.items()
    ]
    return tuple(sorted(found, key=lambda one: (-one.connections, one.plugin, one.code)))

"""A notice at a connection's own address, as a worker takes it in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from bridge.host.host import Host
from bridge.ingest import noticed
from bridge.store.api import Store


def hand_in(
    store: Store, host: Host, connection: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> int | None:
    """How many things it names, which are then asked for; None where its vendor did not sign it."""
    door, told = host.door(connection), {name.lower(): value for name, value in headers.items()}
    if door is None or not door.proves(told, body):
        return None
    names = [(word.kind, word.external_id) for word in door.read(told, body)]
    with store.unit("door") as unit:
        noticed(unit, unit.connections.get(connection).connection_id, names, now)
    return len(names)

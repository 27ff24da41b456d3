"""When what lets bridge into a connection ends by itself, as the store knows it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bridge.model.connections import Connection, ConnectionState
from bridge.store.api import UnitOfWork


def ends(unit: UnitOfWork, connection: Connection) -> tuple[tuple[str, datetime], ...]:
    """What ends, and when, the next first: what the channel tells, and how long a sign-in is good for.

    That of a sign-in which bridge is not let in by any more says nothing.
    """
    askings = unit.windows.askings(connection.connection_id)
    told = askings[""].told if "" in askings else None
    found = [*(told.access_ends if told else ()), *_sign_in(unit, connection)]
    return tuple(sorted(found, key=lambda end: end[1]))


def _sign_in(unit: UnitOfWork, connection: Connection) -> Iterator[tuple[str, datetime]]:
    credential = unit.connections.credential(connection.connection_id)
    if credential is None or connection.state is ConnectionState.UNAUTHORIZED:
        return
    authorize = f"`bridge connections authorize {connection.name}`"
    if credential.consent_ends_at:
        yield f"the sign-in, however often it is used ({authorize})", credential.consent_ends_at
    if credential.refresh_expires_at:
        yield f"the sign-in, unless it is used before ({authorize})", credential.refresh_expires_at

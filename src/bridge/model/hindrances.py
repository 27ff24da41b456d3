"""What keeps a duty from being begun, in words. A person's pause and a missing sign-in are two things."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from bridge.model.connections import Connection, ConnectionState, Route
from bridge.model.duties import Duty, DutyKind
from bridge.model.pauses import Pause, of_connection, of_deliveries, of_organisation

_STATES = {ConnectionState.UNAUTHORIZED: "waits for authorisation", ConnectionState.PAUSED: "waits for a repair"}


class Standing(msgspec.Struct, frozen=True):
    """How connections stand, and what people paused; both by name."""

    routes: Mapping[str, Route]
    connections: Mapping[str, Connection]
    pauses: Sequence[Pause]

    @classmethod
    def of(cls, routes: Iterable[Route], connections: Iterable[Connection], pauses: Sequence[Pause]) -> Standing:
        """What is kept of them, as it is now."""
        return cls({one.name: one for one in routes}, {one.name: one for one in connections}, pauses)


def hindrance(duty: Duty, now: Standing) -> str:
    """Why it is not begun; empty where it may be. It stays due, and is begun when that is over."""
    if duty.stopped_at is not None:
        return f"stopped at {duty.stopped_at:%Y-%m-%d %H:%M} UTC: three in a row who began it did not live to end it"
    if pause := of_organisation(now.pauses):
        return f"the organisation is {pause.words}"
    connection = connection_of(duty, now)
    if connection is None:
        return ""
    if duty.kind is DutyKind.DELIVER and (pause := of_deliveries(now.pauses, connection.plugin, "")):
        return f"deliveries {pause.words}"
    if pause := of_connection(now.pauses, connection.name):
        return f"{connection.name} {pause.words}"
    state = _STATES.get(connection.state, "")
    return f"{connection.name} {state}: {connection.why}" if state else ""


def connection_of(duty: Duty, now: Standing) -> Connection | None:
    """The one that it asks; none of upkeep."""
    route = now.routes.get(duty.subject)
    match duty.kind:
        case DutyKind.SYNC if route is not None:
            return now.connections.get(route.source)
        case DutyKind.CHECK if route is not None:
            return now.connections.get(route.ledger)
        case DutyKind.DELIVER:
            return now.connections.get(duty.subject)
        case _:
            return None

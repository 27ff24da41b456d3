"""Whether bridge is let into each connection, as the store knows it: no plugin is asked."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from bridge.desk.completeness import AccessEnd, Said, Standing, access_end, of_fault
from bridge.desk.completeness import of_connection as stopped
from bridge.host.ends import ends
from bridge.model.channel import Fault
from bridge.model.connections import Connection, ConnectionState, Side
from bridge.model.pauses import Pause, of_connection
from bridge.store.api import UnitOfWork


class Way(StrEnum):
    """How things stand with a connection, in a word or two."""

    WORKS = "works"
    REFUSED = "refused"
    UNANSWERED = "not answered"
    UNREADABLE = "not readable"
    NOT_LET_IN = "not let in"
    PAUSED = "paused"
    STOPPED = "paused by a person"
    NEVER_ASKED = "not asked yet"
    FILES = "reads files"


_OF_STATE = {ConnectionState.UNAUTHORIZED: Way.NOT_LET_IN, ConnectionState.PAUSED: Way.PAUSED}
_OF_FAULT = {
    Standing.STOPPED: Way.REFUSED,
    Standing.LOOK: Way.UNREADABLE,
    Standing.BEHIND: Way.UNANSWERED,
}


class Access(msgspec.Struct, frozen=True):
    """A connection, and how things stand with it; said: why, and what to do, where somebody has to know.

    ends: every date on which access ends by itself, as far as is known, the next first. asked_at: when it answered
    last; None where it never did, or only files of it are read.
    """

    connection: Connection
    way: Way
    said: Said = Said(Standing.COMPLETE)
    ends: tuple[AccessEnd, ...] = ()
    asked_at: datetime | None = None


def access(unit: UnitOfWork, connection: Connection, pauses: Iterable[Pause], now: datetime) -> Access:
    """How things stand with a connection: whether it may work, then how asking went last. pauses: all there are."""
    ends, asked_at = access_ends(unit, connection, now), _asked_at(unit, connection)
    return msgspec.structs.replace(_stands(unit, connection, pauses), ends=ends, asked_at=asked_at)


def access_ends(unit: UnitOfWork, connection: Connection, now: datetime) -> tuple[AccessEnd, ...]:
    """Every date on which access ends, the next first: see ``host.ends``."""
    return tuple(access_end(what, at, now) for what, at in ends(unit, connection))


def _asked_at(unit: UnitOfWork, connection: Connection) -> datetime | None:
    if connection.side is Side.SINK:
        facts = unit.facts.latest(connection.name)
        return facts.taken_at if facts else None
    askings = unit.windows.askings(connection.connection_id).values()
    return max((one.answered_at for one in askings if one.answered_at is not None), default=None)


def _stands(unit: UnitOfWork, connection: Connection, pauses: Iterable[Pause]) -> Access:
    if pause := of_connection(pauses, connection.name):
        return Access(connection, Way.STOPPED, Said(Standing.STOPPED, pause.words, pause.next_step))
    if connection.state in _OF_STATE:
        return Access(connection, _OF_STATE[connection.state], stopped(connection, {}))
    if connection.side is Side.SINK:
        return Access(connection, Way.WORKS)
    askings = unit.windows.askings(connection.connection_id)
    faults = [asking.fault for asking in askings.values() if asking.fault is not None]
    if faults:
        said = of_fault(max(faults, key=_gravity))
        return Access(connection, _OF_FAULT[said.standing], said)
    if askings:
        return Access(connection, Way.WORKS)
    has_key = unit.connections.credential(connection.connection_id) is not None
    return Access(connection, Way.NEVER_ASKED if has_key else Way.FILES)


def _gravity(fault: Fault) -> int:
    return list(Standing).index(of_fault(fault).standing)

"""Is everything in? Every channel, how far each of its streams is read, what stands open, and when access ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from bridge.desk.access import access_ends
from bridge.desk.completeness import (
    AccessEnd,
    Known,
    Said,
    Standing,
    StreamStatus,
    not_booked,
    of_connection,
    stream_status,
    worst,
)
from bridge.ingest import REFUSED, SHORT, UNSENT, known_notices, refused_subject, short_subject
from bridge.model.channel import Asking, ChannelFacts, Inquiry, Why
from bridge.model.connections import Connection, Side
from bridge.model.documents import DocumentKind
from bridge.model.findings import Finding, FindingState
from bridge.model.reports import NOTICES
from bridge.plugin import SourceCapabilities, Stream
from bridge.store.api import UnitOfWork

OPEN_SHOWN = 100
_ALARMS = ("window.", "source.", "facts.")


class Asked(msgspec.Struct, frozen=True):
    """What a connection's plugin declares; None while it is away. is_asked: whether it has what it takes to ask.

    notices_at: where its notices are expected; empty: nowhere.
    """

    declared: SourceCapabilities | None = None
    is_asked: bool = False
    notices_at: str = ""

    @property
    def streams(self) -> Sequence[Stream]:
        return self.declared.streams if self.declared else ()


class OpenThing(msgspec.Struct, frozen=True):
    """Something that is asked for by its id: why, since when, and when it is asked for next."""

    kind: str
    external_id: str
    why: Why
    since: datetime | None
    due_at: datetime


class Alarm(msgspec.Struct, frozen=True):
    """An open finding about what is missing, or may be."""

    finding_id: str
    code: str
    title: str
    repair: str


class NoticeStatus(msgspec.Struct, frozen=True):
    """Whether notices are sent to an address, as the channel said last; at None it has not said yet.

    unsent: by topic that does not come, why. since: when that was seen first. meanwhile: what it means.
    """

    address: str
    at: datetime | None
    unsent: Mapping[str, str] = {}
    since: datetime | None = None
    meanwhile: str = ""


class SourceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A channel connection.

    is_asked:    whether the channel is asked; else only files of it are read. said: what keeps it as a whole.
    through:     all of every stream that may be read is here up to then; None while it is of some not at all, or of
                 files.
    open_things: at most so many as are shown, the next due first.
    reaches_back_to: what is older the channel does not tell; None: no limit is known. newest_at: of its documents.
    notices:     None where none are expected.
    """

    connection: str
    plugin: str
    account: str
    is_asked: bool
    said: Said
    streams: tuple[StreamStatus, ...]
    through: datetime | None
    open_things: tuple[OpenThing, ...]
    reaches_back_to: datetime | None
    access_ends: tuple[AccessEnd, ...]
    alarms: tuple[Alarm, ...]
    newest_at: datetime | None
    notices: NoticeStatus | None

    @property
    def standing(self) -> Standing:
        """The worst of all that is said of it."""
        of_streams = [one.said.standing for one in self.streams]
        to_see = [Standing.LOOK] if self.alarms or any(one.is_soon for one in self.access_ends) else []
        return worst([self.said.standing, *of_streams, *to_see])


class LedgerAccess(msgspec.Struct, frozen=True):
    """A ledger connection: whether bridge is let in, and what of it ends."""

    connection: str
    plugin: str
    account: str
    said: Said
    access_ends: tuple[AccessEnd, ...]

    @property
    def standing(self) -> Standing:
        """Whether somebody has to let bridge in, now or soon."""
        return worst([self.said.standing, *(Standing.LOOK for one in self.access_ends if one.is_soon)])


class Completeness(msgspec.Struct, frozen=True):
    """Every connection, by name, as of an instant."""

    as_of: datetime
    sources: tuple[SourceStatus, ...]
    ledgers: tuple[LedgerAccess, ...]

    @property
    def standing(self) -> Standing:
        """The worst of them."""
        return worst([*(one.standing for one in self.sources), *(one.standing for one in self.ledgers)])


def completeness(unit: UnitOfWork, asked: Mapping[str, Asked], now: datetime) -> Completeness:
    """What is known of the channel connections in ``asked``, and of the ledgers that they feed."""
    connections = unit.connections.all()
    fed = {route.ledger for route in unit.routes.all() if route.source in asked}
    sources = [_source(unit, one, asked[one.name], now) for one in connections if one.name in asked]
    ledgers = [_ledger(unit, one, now) for one in connections if one.side is Side.SINK and one.name in fed]
    return Completeness(now, tuple(sources), tuple(ledgers))


def _source(unit: UnitOfWork, connection: Connection, asked: Asked, now: datetime) -> SourceStatus:
    connection_id = connection.connection_id
    askings = unit.windows.askings(connection_id)
    alarms = _alarms(unit, connection)
    is_asked = asked.is_asked or bool(askings)
    known = [_known(unit, connection_id, stream, askings, alarms) for stream in (asked.streams if is_asked else ())]
    streams = tuple(stream_status(one, now) for one in known)
    is_unread = is_asked and all(one.through is None for one in streams) and not _is_booked(unit, connection)
    ends = [one.through for one in streams if one.is_readable]
    told = askings[""].told if "" in askings else None
    return SourceStatus(
        connection=connection.name,
        plugin=connection.plugin,
        account=connection.account,
        is_asked=is_asked,
        said=not_booked(connection) if is_unread else of_connection(connection, askings),
        streams=() if is_unread else streams,
        through=min(filter(None, ends)) if ends and all(ends) else None,
        open_things=tuple(map(_open, unit.inquiries.of_connection(connection_id, OPEN_SHOWN))),
        reaches_back_to=told.reaches_back_to if told else None,
        access_ends=access_ends(unit, connection, now),
        alarms=tuple(Alarm(one.finding_id, one.code, one.title, one.repair) for one in alarms),
        newest_at=next(iter(unit.documents.newest_of(connection_id, tuple(DocumentKind), 1)), None),
        notices=_notices(unit, connection, asked, told),
    )


def _notices(unit: UnitOfWork, connection: Connection, asked: Asked, told: ChannelFacts | None) -> NoticeStatus | None:
    if asked.declared is None or not asked.notices_at:
        return None
    readings = unit.readings.of_report(connection.connection_id, NOTICES)
    known = known_notices(asked.notices_at, asked.declared, readings, told)
    if not known.address:
        return None
    return NoticeStatus(
        known.address,
        known.reading.read_at if known.reading else None,
        known.unsent,
        _first_seen(unit, connection, UNSENT) if known.unsent else None,
        known.meanwhile if known.unsent else "",
    )


def _first_seen(unit: UnitOfWork, connection: Connection, code: str) -> datetime | None:
    """When the finding was seen first that stands of a connection, accepted or not."""
    seen = [
        kept.first_seen_at
        for route in unit.routes.all()
        if route.source == connection.name
        for kept in unit.findings.of_route(route.route_id, FindingState.OPEN, FindingState.ACCEPTED)
        if kept.finding.code == code
    ]
    return min(seen, default=None)


def _known(
    unit: UnitOfWork, connection_id: str, stream: Stream, askings: Mapping[str, Asking], alarms: Sequence[Finding]
) -> Known:
    current = unit.windows.current(connection_id, stream.name)
    short = {one.subject for one in alarms if one.code == SHORT}
    is_short = current is not None and short_subject(current) in short
    is_missed = any(one.code == REFUSED and one.subject == refused_subject(connection_id, stream) for one in alarms)
    return Known(stream, current, unit.windows.closed(connection_id, stream.name), askings, is_short, is_missed)


def _is_booked(unit: UnitOfWork, connection: Connection) -> bool:
    return any(route.source == connection.name for route in unit.routes.all())


def _alarms(unit: UnitOfWork, connection: Connection) -> list[Finding]:
    """Open findings of what a channel tells, or does not; one that several routes have, once."""
    found: dict[tuple[str, str], Finding] = {}
    for route in unit.routes.all():
        if route.source == connection.name:
            for kept in unit.findings.of_route(route.route_id, FindingState.OPEN):
                if kept.finding.code.startswith(_ALARMS):
                    found.setdefault((kept.finding.code, kept.finding.subject), kept.finding)
    return list(found.values())


def _open(inquiry: Inquiry) -> OpenThing:
    return OpenThing(inquiry.kind, inquiry.external_id, inquiry.why, inquiry.since, inquiry.due_at)


def _ledger(unit: UnitOfWork, connection: Connection, now: datetime) -> LedgerAccess:
    ends = access_ends(unit, connection, now)
    return LedgerAccess(connection.name, connection.plugin, connection.account, of_connection(connection, {}), ends)

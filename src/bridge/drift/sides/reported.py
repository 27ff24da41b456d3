"""Reads what a channel said of itself, and which spans of its streams are here to be compared with that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from bridge.model.channel import complete_through
from bridge.model.reports import BALANCES, Figure, FigureName, Reading
from bridge.plugin import ChannelReport, SourceCapabilities
from bridge.store.api import UnitOfWork


class Covered(msgspec.Struct, frozen=True):
    """What is here of the documents that a report is compared with: all of since <= t < until."""

    since: datetime
    until: datetime


class Waiting(msgspec.Struct, frozen=True):
    """What was held back at an instant, in a part of the channel. is_old: of some of it nobody has asked since."""

    minor: int = 0
    is_old: bool = False


class Stated(msgspec.Struct, frozen=True):
    """A report that the channel has. readings: the latest of each span; covered: None where nothing is whole yet."""

    report: ChannelReport
    readings: tuple[Reading, ...]
    covered: Covered | None

    @property
    def read_at(self) -> datetime | None:
        """When any of it was read last."""
        return max((one.read_at for one in self.readings), default=None)

    @property
    def figures(self) -> Mapping[Figure, Reading]:
        """Each figure as it was told last, with the reading that told it: spans overlap by a day."""
        newest: dict[tuple[object, ...], tuple[Figure, Reading]] = {}
        for reading in sorted(self.readings, key=lambda one: one.as_of):
            for figure in reading.figures:
                key = figure.name, figure.since, figure.until, figure.currency, figure.kind, figure.external_id
                newest[key] = figure, reading
        return dict(newest.values())


class Reported(msgspec.Struct, frozen=True):
    """What a channel says of itself. balances: as they were read last; None where they never were.

    waiting: what was told one by one of the money that it held back, by instant, part and currency, where a figure is.
    """

    stated: tuple[Stated, ...]
    balances: Reading | None
    waiting: Mapping[tuple[datetime, str, str], Waiting]


def reported(unit: UnitOfWork, connection_id: str, channel: SourceCapabilities) -> Reported:
    """Memory: the figures of a connection, some a day."""
    stated = []
    for report in channel.reports:
        latest = {one.span: one for one in unit.readings.of_report(connection_id, report.name)}
        covered = _covered(unit, connection_id, report)
        stated.append(Stated(report, tuple(latest.values()), covered))
    balances = unit.readings.newest(connection_id, BALANCES) if channel.tells_balances else None
    return Reported(tuple(stated), balances, _waiting(unit, connection_id, stated))


def _waiting(
    unit: UnitOfWork, connection_id: str, stated: Iterable[Stated]
) -> Mapping[tuple[datetime, str, str], Waiting]:
    figures = (figure for one in stated for figure in one.figures if figure.name is FigureName.DEFERRED)
    found: dict[tuple[datetime, str, str], Waiting] = {}
    for at in {figure.since for figure in figures}:
        for one in unit.pending.at(connection_id, at):
            key, is_old = (at, one.place, one.currency), one.released_at is None and one.as_of < at
            before = found.get(key, Waiting())
            found[key] = Waiting(before.minor + one.amount_minor, before.is_old or is_old)
    return found


def _covered(unit: UnitOfWork, connection_id: str, report: ChannelReport) -> Covered | None:
    """What all its streams cover together."""
    every = [unit.windows.closed(connection_id, stream) for stream in report.streams]
    ends = [end for end in map(complete_through, every) if end is not None]
    if len(ends) < len(every):
        return None
    return Covered(max(closed[0].since for closed in every), min(ends))

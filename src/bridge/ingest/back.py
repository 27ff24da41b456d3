"""Reading a stream from its first day: from where on it has to be read again, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from bridge.ingest import windows
from bridge.ingest.setting import Setting
from bridge.model.channel import Window, WindowState, complete_through
from bridge.plugin import Count, Stream
from bridge.store.api import UnitOfWork

_MOVES = timedelta(days=1)
"""How far a channel moves its reach by itself between two readings."""


class Far(msgspec.Struct, frozen=True):
    """How far a stream is. title: what people call it. first: where it begins. until: what is asked for ends there.

    through:  complete up to then; None before its first window is whole.
    owners:   that came since it was begun or gone on with. expected: how many there are, where the channel counts.
    """

    connection: str
    stream: str
    title: str
    first: datetime
    until: datetime
    through: datetime | None
    owners: int = 0
    expected: int | None = None


class Back(msgspec.Struct, frozen=True):
    """A back-fill. tell: told how far a stream is, after each page. since: read again what was read from then on."""

    tell: Callable[[Far], None]
    since: datetime | None = None


class Telling:
    """Tells how far one stream of a back-fill is."""

    def __init__(self, back: Back, setting: Setting, stream: Stream, first_day: datetime) -> None:
        """Forget what is to be read again, and count what is still to come. Raises: what asking the channel raises."""
        self._back, self._setting, self._name = back, setting, stream.name
        first = windows.reached(stream, first_day, setting.facts, setting.started_at)
        with setting.store.unit(setting.actor) as unit:
            current, closed = self._current(unit), self._closed(unit)
            rewind(unit, (*closed, *([current] if current else [])), first, back.since)
            current, through = self._current(unit), complete_through(self._closed(unit))
        until = setting.started_at - timedelta(seconds=stream.lag_seconds)
        begun = current.since if current else through or first
        got = current.got if current else 0
        self._far = Far(setting.connection.name, stream.name, stream.title, begun, until, through, got)
        if stream.has_census and begun < until:
            count = setting.source.census(stream.name, begun, until)
            self._far = msgspec.structs.replace(self._far, expected=count.owners if isinstance(count, Count) else None)
        back.tell(self._far)

    def tell(self, owners: int = 0) -> None:
        """Tell how far it is. owners: that came since it was told last."""
        with self._setting.store.reading() as unit:
            through = complete_through(self._closed(unit))
        self._far = msgspec.structs.replace(self._far, through=through, owners=self._far.owners + owners)
        self._back.tell(self._far)

    def _current(self, unit: UnitOfWork) -> Window | None:
        return unit.windows.current(self._setting.connection_id, self._name)

    def _closed(self, unit: UnitOfWork) -> Sequence[Window]:
        return unit.windows.closed(self._setting.connection_id, self._name)


def rewind(unit: UnitOfWork, known: Sequence[Window], first: datetime, since: datetime | None) -> None:
    """Forget which windows were read from where on they are to be read: all, where more is to be had than before.

    known: every window of the stream. first: where it begins by the routes and by how far the channel tells today.
    """
    earliest = min((window.since for window in known), default=first)
    if first < earliest - _MOVES:
        since = first
    if since is None:
        return
    for window in (one for one in known if one.until > since):
        unit.windows.clear_owners(window)
        unit.windows.forget(window)
        if window.since < since and window.state is WindowState.CLOSED:
            unit.windows.open(msgspec.structs.replace(window, until=since, due_at=None))

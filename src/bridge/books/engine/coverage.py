"""How far the channel of a route is read, as the store tells it."""

from __future__ import annotations

from bridge.books.planning.early import Coverage, ReadStream
from bridge.model.connections import Route
from bridge.plugin import SourceCapabilities
from bridge.store.api import UnitOfWork


def coverage(uow: UnitOfWork, route: Route, channel: SourceCapabilities) -> Coverage:
    """Every stream that the channel declares, and lets be read; none where it was never asked."""
    if not channel.streams:
        return ()
    connection_id = uow.connections.get(route.source).connection_id
    through, askings = uow.windows.through(connection_id), uow.windows.askings(connection_id)
    if not through and not askings:
        return ()
    told = askings[""].told if "" in askings else None
    granted = [stream for stream in channel.streams if told is None or stream.is_granted(told)]
    return tuple(ReadStream(stream.title, stream.kinds, through.get(stream.name)) for stream in granted)

"""How far the channel of a route is read, as the store tells it."""

from __future__ import annotations

from bridge.books.planning.early import Coverage, ReadStream
from bridge.model.connections import Route
from bridge.plugin import SourceCapabilities
from bridge.store.api import UnitOfWork


def coverage(uow: UnitOfWork, route: Route, channel: SourceCapabilities) -> Coverage:
    """Every stream that the channel declares; none where it was never asked."""
    if not channel.streams:
        return ()
    connection_id = uow.connections.get(route.source).connection_id
    through = uow.windows.through(connection_id)
    if not through and not uow.windows.askings(connection_id):
        return ()
    return tuple(ReadStream(stream.name, stream.kinds, through.get(stream.name)) for stream in channel.streams)

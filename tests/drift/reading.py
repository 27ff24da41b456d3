"""A channel whose streams are all read whole, for as long as a check looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from bridge.app import App
from bridge.drift import Report
from bridge.model.channel import Window, WindowState
from bridge.store.api import Store


@contextmanager
def read_whole(store: Store, sources: Sequence[str], streams: Sequence[str], now: datetime) -> Iterator[None]:
    """Only for as long: whoever books meanwhile would wait for what a stream does not cover yet."""
    with store.unit("pull") as unit:
        names = [unit.connections.get(source).connection_id for source in sources]
        asked = [name for name in names if not unit.windows.through(name)]
        for name in asked:
            for stream in streams:
                unit.windows.open(Window(name, stream, now - timedelta(days=400), now, WindowState.CLOSED))
    try:
        yield
    finally:
        with store.unit("pull") as unit:
            for name in asked:
                unit.windows.keep_only(name, ())


@contextmanager
def all_read_whole(app: App) -> Iterator[None]:
    """Every channel of an app, where only files of it came."""
    with app.store.reading() as unit:
        sources = sorted({route.source for route in unit.routes.all()})
    streams = {stream.name for name in sources for stream in app.host.source_offer(name).capabilities.streams}
    with read_whole(app.store, sources, sorted(streams) or ["files"], app.clock.now()):
        yield


def check_whole(app: App, route: str) -> Report:
    """Press drift on a route whose channel was asked for all that it has."""
    with all_read_whole(app):
        return app.steps.check(route, actor="ann")

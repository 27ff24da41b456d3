"""A channel whose streams are all read whole, for as long as a check looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

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

"""Reading a stream from its first day: from where on it has to be read again, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from bridge.model.channel import Window, WindowState
from bridge.store.api import UnitOfWork

_MOVES = timedelta(days=1)
"""How far a channel moves its reach by itself between two readings."""


class Far(msgspec.Struct, frozen=True):
    """How far a stream is. first: where it begins. until: what is asked for ends there.

    through:  complete up to then; None before its first window is whole.
    owners:   that came since it was begun or gone on with. expected: how many there are, where the channel counts.
    """

    connection: str
    stream: str
    first: datetime
    until: datetime
    through: datetime | None
    owners: int = 0
    expected: int | None = None


class Back(msgspec.Struct, frozen=True):
    """A back-fill. tell: told how far a stream is, after each page. since: read again what was read from then on."""

    tell: Callable[[Far], None]
    since: datetime | None = None


def rewind(unit: UnitOfWork, windows: Sequence[Window], first: datetime, since: datetime | None) -> None:
    """Forget which windows were read from where on they are to be read: all, where more is to be had than before.

    windows: every one of the stream. first: where it begins by the routes and by how far the channel tells today.
    """
    earliest = min((window.since for window in windows), default=first)
    if first < earliest - _MOVES:
        since = first
    if since is None:
        return
    for window in (one for one in windows if one.until > since):
        unit.windows.clear_owners(window)
        unit.windows.forget(window)
        if window.since < since and window.state is WindowState.CLOSED:
            unit.windows.open(msgspec.structs.replace(window, until=since, due_at=None))

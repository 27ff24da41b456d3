"""Pure: how a window is gone through so that no order is skipped or doubled that changes its place meanwhile.

A list is sorted by the instant that its window is about. What follows is asked for from a second before the last that
came, and known ids are passed over: pages counted by number would shift when an order leaves the list. Only within one
second, where more orders lie than a page holds, is counted by number.
Source: WooCommerce 10.5.0: bounds are strict and of whole seconds; with ``dates_are_gmt`` they are UTC without offset.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from bridge.plugin import Stream, WindowOf

_STATUSES: Final = ("any", "trash")
"""Of orders: ``any`` leaves out the bin. Refunds have none, and stand in one list."""
_SECOND = timedelta(seconds=1)


class Id(msgspec.Struct):
    """Of anything that has one, such as a refund as its order names it."""

    id: int


class Row(msgspec.Struct):
    """What of a listed order, or refund, its place is told by."""

    id: int
    date_created_gmt: str | None
    date_modified_gmt: str | None = None
    refunds: list[Id] = []

    def at(self, stream: Stream) -> str:
        """The instant that the window is about, as the shop writes it; empty where it does not tell."""
        told = self.date_modified_gmt if stream.window is WindowOf.CHANGED else self.date_created_gmt
        return told or ""


class Place(msgspec.Struct, frozen=True):
    """A cursor: what was read. at: the last instant that came; ids: what came of that second."""

    status: str = _STATUSES[0]
    at: str = ""
    ids: tuple[int, ...] = ()

    @classmethod
    def of(cls, cursor: bytes) -> Place:
        """The place that a cursor names; the beginning for an empty one."""
        return msgspec.json.decode(cursor, type=cls) if cursor else cls()

    @property
    def cursor(self) -> bytes:
        return msgspec.json.encode(self)

    def is_new(self, row: Row, stream: Stream) -> bool:
        """Whether a row of the list was not read yet."""
        return row.at(stream) > self.at or (row.at(stream) == self.at and row.id not in self.ids)

    def after(self, row: Row, stream: Stream) -> Place:
        """The place behind a row that is new."""
        at = row.at(stream)
        return Place(self.status, at, (*self.ids, row.id) if at == self.at else (row.id,))

    def next_list(self, stream: Stream) -> Place | None:
        """Where the next list begins; None behind the last."""
        every = statuses(stream)
        number = every.index(self.status) + 1
        return Place(every[number]) if number < len(every) else None

    def behind(self) -> Place:
        """The place behind everything of the last second that came."""
        return Place(self.status, _text(self._second() + _SECOND))

    def query(self, stream: Stream, since: datetime, until: datetime, *, is_crowd: bool) -> dict[str, str]:
        """What to ask for, to read on in the window. is_crowd: only what is of the last second that came."""
        first = self._second() if self.at else since
        until = first + _SECOND if is_crowd else until
        by = "modified" if stream.window is WindowOf.CHANGED else "date"
        found = {**span(stream, max(first, since), until), "orderby": by, "order": "asc"}
        return found | of_status(stream, self.status)

    def _second(self) -> datetime:
        return datetime.fromisoformat(self.at).replace(tzinfo=UTC)


def span(stream: Stream, since: datetime, until: datetime) -> dict[str, str]:
    """The bounds of since <= t < until, t a whole second."""
    prefix = "modified_" if stream.window is WindowOf.CHANGED else ""
    bounds = {f"{prefix}after": _whole(since) - _SECOND, f"{prefix}before": _whole(until)}
    return {"dates_are_gmt": "true", **{name: _text(at) for name, at in bounds.items()}}


def statuses(stream: Stream) -> Sequence[str]:
    """By which all that a stream holds is listed, each once."""
    return _STATUSES if "order" in stream.owners else _STATUSES[:1]


def of_status(stream: Stream, status: str) -> dict[str, str]:
    """What to ask for, to be told of these."""
    return {"status": status} if "order" in stream.owners else {}


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}"


def _whole(at: datetime) -> datetime:
    """The next whole second, or this one."""
    return at if not at.microsecond else at.replace(microsecond=0) + _SECOND

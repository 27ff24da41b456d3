"""How asking channels and ledgers goes: windows, inquiries, what they say of themselves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bridge.model.channel import Asking, ChannelFacts, Inquiry, KeptChannelFacts, Window
from bridge.model.pending import Pending
from bridge.model.reports import Reading


class Windows(Protocol):
    """Which spans of a channel's streams were read. Operational: by themselves these rows leave no audit row."""

    def current(self, connection_id: str, stream: str) -> Window | None:
        """The one that is not closed."""
        ...

    def closed(self, connection_id: str, stream: str) -> tuple[Window, ...]:
        """Every one that is, the earliest first."""
        ...

    def through(self, connection_id: str) -> Mapping[str, datetime]:
        """By stream, up to when it was read whole; where its first window begins, where none is closed."""
        ...

    def askings(self, connection_id: str) -> Mapping[str, Asking]:
        """How asking for each stream goes, and (``""``) how the channel is set; none where it was never asked."""
        ...

    def put_asking(self, connection_id: str, asking: Asking) -> None: ...

    def to_count(self, connection_id: str, now: datetime) -> tuple[Window, ...]:
        """Closed ones that are to be counted again by now, the longest due first; some hundred at most."""
        ...

    def keep_only(self, connection_id: str, streams: Collection[str]) -> None:
        """Forget what was read of other streams: they are not there any more, and nothing waits for them.

        Of none: the connection is not asked any more, and that it ever was is forgotten too.
        """
        ...

    def open(self, window: Window) -> None:
        """Begin one. Raises: StaleError when one of its stream is not closed yet, or begins there."""
        ...

    def save(self, window: Window) -> Window:
        """Its new content, as saved once more. Raises: StaleError when somebody saved it since it was read."""
        ...

    def forget(self, window: Window) -> None:
        """That it was read, or is. Raises: StaleError when somebody saved it since it was read here."""
        ...

    def join(self, before: Window, after: Window) -> None:
        """Make two closed ones that touch, or overlap, one: what the later says, from the earlier's beginning."""
        ...

    def add_owners(self, window: Window, owners: Collection[tuple[str, str]]) -> int:
        """Note (kind, external id) of owners that came in it. Returns how many of them had not yet. Bulk."""
        ...

    def owners(self, window: Window) -> frozenset[tuple[str, str]]: ...

    def clear_owners(self, window: Window) -> None:
        """Forget them: it begins again, or will not be counted again."""
        ...

    def forget_owner(self, connection_id: str, kind: str, external_id: str) -> None:
        """It is gone: no window of this connection holds it."""
        ...


class Inquiries(Protocol):
    """What a channel is asked for by its id. Operational: by themselves these rows leave no audit row."""

    def add(self, connection_id: str, inquiries: Sequence[Inquiry]) -> None:
        """Want things asked. One that is wanted already is asked at the earlier time, for the reason given last."""
        ...

    def due(self, connection_id: str, now: datetime, limit: int) -> tuple[Inquiry, ...]:
        """Those to be asked by now, the longest due first."""
        ...

    def of_connection(self, connection_id: str, limit: int) -> tuple[Inquiry, ...]:
        """So many of all that is asked for, the next due first."""
        ...

    def settle(self, connection_id: str, inquiry: Inquiry, due_at: datetime | None) -> None:
        """It was asked: ask again then, or no more. One that somebody wanted again meanwhile stays as it is."""
        ...


class ChannelFactsKept(Protocol):
    """Dated snapshots of what channels say of themselves; some a year."""

    def all(self, connection_id: str) -> tuple[KeptChannelFacts, ...]:
        """Every snapshot, earliest first."""
        ...

    def put(self, connection_id: str, facts: ChannelFacts, at: datetime) -> bool:
        """Keep them, dated; false when the latest say the same."""
        ...


class Readings(Protocol):
    """What channels said of themselves, dated. Operational: by themselves these rows leave no audit row."""

    def put(self, reading: Reading) -> None:
        """Keep it as the latest of its report and span.

        What says the same as the one before takes its place, and so does a later one of the same day (UTC). Of each
        span the last ``READINGS_KEPT`` are kept.
        """
        ...

    def of_report(self, connection_id: str, report: str) -> tuple[Reading, ...]:
        """All that is kept of it, by span, of each the earliest read first."""
        ...

    def newest(self, connection_id: str, report: str) -> Reading | None:
        """The latest of its last span."""
        ...


class Pendings(Protocol):
    """Money that channels hold back. Operational: by themselves these rows leave no audit row."""

    def put(self, connection_id: str, owner: tuple[str, str], pending: Sequence[Pending]) -> None:
        """Keep what an owner (kind, id) holds now, in the place of all that it held before.

        What another owner held comes over to this one; see ``Pending.after`` for what is remembered of it.
        """
        ...

    def at(self, connection_id: str, instant: datetime) -> tuple[Pending, ...]:
        """What was held back at an instant, as far as it was told, by id. Memory: all of it."""
        ...

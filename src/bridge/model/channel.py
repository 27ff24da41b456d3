"""What is known of a channel that is pulled: its own settings, which windows were read, what is asked for by its id."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from bridge import ids
from bridge.errors import Disposition

_MOVING = frozenset({"reaches_back_to", "reach_cause", "reach_of", "access_ends"})


class ChannelFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel says of one account: settings, and none of an answer's own instants or counters.

    currency, decimals, time_zone, prices_include_tax, rounding: what gives amounts and days their meaning; rounding in
                     the channel's own words. settings: further (name, value) that change what an order means.
    grants:          what the connection may read. reaches_back_to: how far; None where nothing limits it. reach_cause:
                     why no further, for people. reach_of: the streams of which that holds; of all where none is named.
    access_ends:     what of its access ends by itself, and when: (what, in a few words, at), as far as is known.
    """

    account: str
    currency: str
    time_zone: str
    decimals: int = 2
    prices_include_tax: bool | None = None
    rounding: str = ""
    settings: tuple[tuple[str, str], ...] = ()
    grants: tuple[str, ...] = ()
    reaches_back_to: datetime | None = None
    reach_cause: str = ""
    reach_of: tuple[str, ...] = ()
    access_ends: tuple[tuple[str, datetime], ...] = ()

    @property
    def facts_hash(self) -> str:
        """The same while nothing is set otherwise; dates that move by themselves do not count."""
        told = {name: value for name, value in msgspec.structs.asdict(self).items() if name not in _MOVING}
        return ids.derive("cfa", msgspec.json.encode(told, order="sorted").decode())

    def reach(self, stream: str) -> datetime | None:
        """How far back a stream is told; None where nothing limits it."""
        return self.reaches_back_to if not self.reach_of or stream in self.reach_of else None

    @property
    def meaning(self) -> tuple[tuple[str, str], ...]:
        """What amounts and days depend on, as (name, value)."""
        said = {None: "not said", True: "yes", False: "no"}[self.prices_include_tax]
        return (
            ("currency", self.currency),
            ("decimals", str(self.decimals)),
            ("time zone", self.time_zone),
            ("prices include tax", said),
            ("rounding", self.rounding),
            *self.settings,
        )


class KeptChannelFacts(msgspec.Struct, frozen=True):
    """Facts as they were taken; each change makes another snapshot."""

    facts: ChannelFacts
    taken_at: datetime


class WindowState(StrEnum):
    """Whether a window is being read, is read and waits to be counted, or is whole."""

    OPEN = "open"
    READ = "read"
    CLOSED = "closed"


class Window(msgspec.Struct, frozen=True):
    """A span of a stream, since <= t < until, and how much of it is here.

    cursor:     where its reading goes on; empty: from its beginning. cursor_version: of the plugin's cursors.
    facts_hash: the channel's facts under which it is read.
    expected:   owners that the channel counted in it; None while it was not asked, or does not count.
    got:        different owners that came. most: the most that any reading of it brought.
    due_at:     before which nothing is asked: a job runs, a limit is spent; of a closed one, when it is counted again.
    note:       why it waits. saves: how often it was saved; a save that names another number is refused.
    """

    connection_id: str
    stream: str
    since: datetime
    until: datetime
    state: WindowState = WindowState.OPEN
    cursor: bytes = b""
    cursor_version: int = 1
    facts_hash: str = ""
    expected: int | None = None
    got: int = 0
    most: int = 0
    due_at: datetime | None = None
    note: str = ""
    saves: int = 0


def complete_through(closed: Sequence[Window]) -> datetime | None:
    """The end of the unbroken closed windows, the earliest given first; None where there is none."""
    if not closed:
        return None
    through = closed[0].until
    for window in closed[1:]:
        if window.since > through:
            break
        through = max(through, window.until)
    return through


class Why(StrEnum):
    """Why something is asked for by its id.

    notice: the channel sent word of it. open: it still moves. absent: a later whole answer does not show it.
    counted: a census counts otherwise than we do.
    """

    NOTICE = "notice"
    OPEN = "open"
    ABSENT = "absent"
    COUNTED = "counted"


class Inquiry(msgspec.Struct, frozen=True):
    """A thing of the channel that is asked for by its id.

    times: how often somebody wanted it asked. since: since when it is asked for; None: since it is due.
    """

    kind: str
    external_id: str
    why: Why
    due_at: datetime
    times: int = 1
    since: datetime | None = None


class Fault(msgspec.Struct, frozen=True):
    """What comes in the way of asking, as the error says it. since: since when, without an answer in between."""

    code: str
    cause: str
    next_step: str
    disposition: Disposition
    since: datetime


class Asking(msgspec.Struct, frozen=True):
    """How asking for a stream goes; of the stream ``""``, asking how the channel is set.

    answered_at: when the channel answered last; None where it never did. fault: None where nothing came in the way.
    told:        how the channel said last that it is set, with the dates that move by themselves.
    """

    stream: str
    answered_at: datetime | None = None
    fault: Fault | None = None
    told: ChannelFacts | None = None

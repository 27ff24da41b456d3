"""What a source declares that it can be asked for."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class WindowOf(StrEnum):
    """What puts an owner into a window: that it was changed in it, made in it, or listed in it."""

    CHANGED = "changed"
    CREATED = "created"
    LISTED = "listed"


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """Something a channel is asked for window by window.

    owners:          the kinds of its owners: a ``DocumentKind`` where that is what they are.
    window:          what its windows mean. lag_seconds: how far behind the present an answer can be believed.
    overlap_seconds: how much earlier than the last window's end the next begins. shortest_seconds: of what must lie
                     behind it before there is a next. longest_seconds: of a window.
    reach_days:      how far back it tells anything; None: without limit.
    cadence_seconds: how often what is not final is asked for, and a count that was not told.
    recount_days:    how long after its end a closed window is counted again, once a cadence, so that what is deleted
                     is missed; 0: never. has_census: whether the channel counts at all.
    grants:          what the channel's facts must name for it to be read (``ChannelFacts.grants``): where one lacks, it
                     is not asked for, and a finding says so.
    cursor_version:  of its cursors: a window whose cursor is of another version begins again.
    """

    name: str
    owners: tuple[str, ...]
    window: WindowOf
    lag_seconds: int = 0
    overlap_seconds: int = 0
    shortest_seconds: int = 0
    longest_seconds: int = 31 * 86_400
    reach_days: int | None = None
    cadence_seconds: int = 3_600
    recount_days: int = 0
    has_census: bool = True
    grants: tuple[str, ...] = ()
    cursor_version: int = 1

"""Pure: how complete a stream is, in words that a bookkeeper understands, and what has to happen next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from bridge.errors import Disposition
from bridge.ingest import AHEAD, patience, silent_since
from bridge.model.channel import Asking, Fault, Window, WindowState, complete_through
from bridge.model.connections import Connection, ConnectionState
from bridge.plugin import Stream

_PASSES = frozenset({Disposition.RETRY, Disposition.LOOK_UP})
_LOOKS = frozenset({Disposition.PARK, Disposition.HOLD})
_SYNC = "Run `bridge sync`"
_AGAIN = "Run `bridge backfill` again: it goes on there"


class Standing(StrEnum):
    """How complete something is, the worst last.

    complete: nothing is missing that could be here. behind: it goes on by itself. look: a person must look at it, or
    decide. stopped: nothing goes on before a person puts something right.
    """

    COMPLETE = "complete"
    BEHIND = "behind"
    LOOK = "look"
    STOPPED = "stopped"


def worst(standings: Sequence[Standing]) -> Standing:
    """The worst of them; complete of none."""
    return max(standings, key=list(Standing).index, default=Standing.COMPLETE)


class Said(msgspec.Struct, frozen=True):
    """How something stands, why, and what to do: both are empty where there is nothing to say."""

    standing: Standing
    why: str = ""
    next_step: str = ""


class StreamStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A stream of a channel. title: what people call it. is_readable: whether the channel lets bridge read it.

    through:     all of it is here up to then; None: nothing of it is. answered_at: when the channel answered last.
    expected, got: how many the channel counts in the span that stands open, and how many of them came; None where
                 they do not differ, or it does not count. reach_days: how far back it is told; None: without limit.
    """

    stream: str
    title: str
    is_readable: bool
    said: Said
    through: datetime | None
    answered_at: datetime | None
    expected: int | None = None
    got: int | None = None
    reach_days: int | None = None


class Known(msgspec.Struct, frozen=True):
    """What the store knows of a stream.

    is_short: its open window lacks something, and a finding says so. is_missed: the channel does not let bridge read
    it, and nobody has accepted that.
    """

    stream: Stream
    current: Window | None
    closed: Sequence[Window]
    askings: Mapping[str, Asking]
    is_short: bool
    is_missed: bool = False

    @property
    def lacking(self) -> Sequence[str]:
        """What the channel does not give, and without which it cannot be read."""
        told = self.askings[""].told if "" in self.askings else None
        return self.stream.lacking(told) if told is not None else ()


def stream_status(known: Known, now: datetime) -> StreamStatus:
    """A stream, in words."""
    asking, window, stream = known.askings.get(known.stream.name), known.current, known.stream
    is_counted = window is not None and window.expected is not None
    return StreamStatus(
        stream=stream.name,
        title=stream.title,
        is_readable=not known.lacking,
        said=_said(known, now),
        through=complete_through(known.closed),
        answered_at=asking.answered_at if asking else None,
        expected=window.expected if window and is_counted else None,
        got=max(window.got, window.most) if window and is_counted else None,
        reach_days=stream.reach_days,
    )


def _said(known: Known, now: datetime) -> Said:
    asking, window, through = known.askings.get(known.stream.name), known.current, complete_through(known.closed)
    if known.lacking:
        return _unreadable(known)
    if asking is not None and asking.fault is not None:
        return _hurried(of_fault(asking.fault), known, now)
    if window is not None and known.is_short:
        again = f"; read again {_from(window.due_at)}" if window.due_at else ""
        return Said(Standing.LOOK, f"{window.note}{again}", "Compare with the channel; `bridge drift` has the finding")
    if window is not None and window.note:
        return _hurried(Said(Standing.BEHIND, f"{window.note}; goes on {_from(window.due_at)}", _SYNC), known, now)
    if window is not None and (through is None or window.state is WindowState.READ or window.got):
        came = f"{window.got:,} came so far of {window.since:%Y-%m-%d %H:%M} to {window.until:%Y-%m-%d %H:%M}"
        return _hurried(Said(Standing.BEHIND, f"is being read: {came}", _SYNC), known, now)
    if through is None:
        is_kept = "" in known.askings and known.askings[""].fault is not None
        return Said(Standing.BEHIND, "see above") if is_kept else Said(Standing.BEHIND, "was never asked", _SYNC)
    if asking is None and now - through > patience(known.stream):
        return Said(Standing.BEHIND, f"was stopped while it was read, {_long(through, now)} are left", _AGAIN)
    if now - through > patience(known.stream):
        return Said(Standing.BEHIND, f"is {_long(through, now)} behind", f"{_SYNC}, and let it run on a schedule")
    return Said(Standing.COMPLETE)


def _unreadable(known: Known) -> Said:
    """What nobody reads is never complete; once a person accepted that, it keeps nothing."""
    why = f"not readable: the channel does not give bridge {', '.join(known.lacking)}"
    if not known.is_missed:
        return Said(Standing.COMPLETE, f"{why}; accepted")
    return Said(Standing.LOOK, why, "Let bridge have it, or accept what is said below")


def _hurried(said: Said, known: Known, now: datetime) -> Said:
    """What goes on by itself, but does not for too long, is for a person to look at."""
    since = silent_since(known.stream, known.askings, now)
    if said.standing is not Standing.BEHIND or since is None:
        return said
    return Said(Standing.LOOK, f"{said.why}; nothing came for {_long(since, now)}", said.next_step)


def of_fault(fault: Fault) -> Said:
    """What came in the way of asking."""
    since = f"since {fault.since:%Y-%m-%d %H:%M} UTC"
    if fault.disposition in _PASSES:
        return Said(Standing.BEHIND, f"is not answered {since}: {fault.cause}", fault.next_step)
    if fault.disposition in _LOOKS:
        return Said(Standing.LOOK, f"an answer cannot be read, {since}: {fault.cause}", fault.next_step)
    return Said(Standing.STOPPED, f"access is refused {since}: {fault.cause}", fault.next_step)


def of_connection(connection: Connection, askings: Mapping[str, Asking]) -> Said:
    """What keeps a connection as a whole from being asked."""
    match connection.state:
        case ConnectionState.UNAUTHORIZED:
            why = f"bridge is not let in: {connection.why or 'nobody has authorised it yet'}"
            return Said(Standing.STOPPED, why, f"Run `bridge connections authorize {connection.name}`")
        case ConnectionState.PAUSED:
            step = f"Repair its plugin, then run `bridge connections resume {connection.name}`"
            return Said(Standing.STOPPED, f"is paused: {connection.why}", step)
        case _:
            fault = askings[""].fault if "" in askings else None
            return of_fault(fault) if fault is not None else Said(Standing.COMPLETE)


def not_booked(connection: Connection) -> Said:
    """Of a channel that no route books: nothing says from which day on it is to be asked."""
    step = f'Write [routes.NAME] with source = "{connection.name}" in the settings file, then run `bridge apply`'
    return Said(Standing.STOPPED, "no route books it, so it is not asked", step)


class AccessEnd(msgspec.Struct, frozen=True):
    """Something that lets bridge in, and when it ends by itself. is_soon: within thirty days, or over: is_over."""

    what: str
    at: datetime
    is_soon: bool
    is_over: bool


def access_end(what: str, at: datetime, now: datetime) -> AccessEnd:
    """With whether it is time to renew it."""
    return AccessEnd(what, at, at - now <= AHEAD, at <= now)


def _from(at: datetime | None) -> str:
    return f"at {at:%Y-%m-%d %H:%M} UTC" if at else "with the next sync"


def _long(since: datetime, now: datetime) -> str:
    """``3 days``, ``40 hours``."""
    hours = int((now - since).total_seconds()) // 3600
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"

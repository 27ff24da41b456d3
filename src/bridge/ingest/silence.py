"""Pure: how asking went, and what it means that a channel, or its buyers, say nothing for long.

"Done, and nothing came" where something should have come is an alarm. It ends by itself when it is true no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec

from bridge.errors import BridgeError
from bridge.model.channel import Asking, ChannelFacts, Fault
from bridge.model.connections import Route
from bridge.model.documents import DocumentKind
from bridge.model.findings import Finding, Severity
from bridge.model.money import NOT_KNOWN
from bridge.plugin import Stream

PREFIX = "source."
SILENT, QUIET, ENDS = "source.silent", "source.quiet", "source.access_ends"
SALES = frozenset({DocumentKind.ORDER, DocumentKind.SETTLEMENT})
"""What tells that somebody buys."""
SAMPLE = 400
"""So many of the last sales are the history that a channel is measured by."""
AHEAD = timedelta(days=30)
"""So long before access ends it is said."""

_LATE_TIMES, _LATE_AT_LEAST = 6, timedelta(hours=36)
_QUIET_TIMES, _QUIET_AT_LEAST, _FEWEST = 3, timedelta(days=2), 10


class Listened(msgspec.Struct, frozen=True):
    """What is known of a channel that is asked. through: see ``Windows.through``. sales: the last, the newest first."""

    connection_id: str
    streams: Sequence[Stream]
    through: Mapping[str, datetime]
    askings: Mapping[str, Asking]
    sales: Sequence[datetime]

    @property
    def told(self) -> ChannelFacts | None:
        """How the channel said last that it is set."""
        return self.askings[""].told if "" in self.askings else None


def asked(before: Asking, fault: BridgeError | None, now: datetime, *, has_answered: bool) -> Asking:
    """How asking goes after it was done once more. has_answered: it brought what it was to bring, if not to the end."""
    answered_at = now if has_answered else before.answered_at
    if fault is None:
        return Asking(before.stream, answered_at)
    since = now if has_answered or before.fault is None else before.fault.since
    found = Fault(fault.code, fault.cause, fault.next_step, fault.disposition, since)
    return Asking(before.stream, answered_at, found)


def silent_since(stream: Stream, askings: Mapping[str, Asking], now: datetime) -> datetime | None:
    """Since when nothing comes of asking for a stream, where that is too long: longer than ``patience``; else None."""
    asking = askings.get(stream.name)
    faults = [one.fault for one in (asking, askings.get("")) if one is not None and one.fault is not None]
    since = asking.answered_at if asking is not None else None
    since = since or min((fault.since for fault in faults), default=None)
    return since if since is not None and now - since > patience(stream) else None


def patience(stream: Stream) -> timedelta:
    """How long nothing may come of asking for a stream: six times as long as between two questions, or 36 hours."""
    between = timedelta(seconds=max(stream.cadence_seconds, stream.shortest_seconds))
    return max(_LATE_AT_LEAST, _LATE_TIMES * between)


def quiet_since(sales: Sequence[datetime], through: datetime) -> tuple[datetime, timedelta] | None:
    """The last sale, and the longest time between two before, where none came for three times as long; else None.

    sales: the newest first. through: up to when all are here. Less than two days are no silence; nor is anything known
    of a channel that has sold less than ten times.
    """
    if len(sales) < _FEWEST:
        return None
    widest = max(later - earlier for later, earlier in pairwise(sales))
    is_quiet = through - sales[0] > max(_QUIET_AT_LEAST, _QUIET_TIMES * widest)
    return (sales[0], widest) if is_quiet else None


def findings(route: Route, listened: Listened, now: datetime) -> list[Finding]:
    """What is said of silence, and of access that ends soon."""
    return [*_silent(route, listened, now), *_quiet(route, listened), *_ends(route, listened, now)]


def _silent(route: Route, listened: Listened, now: datetime) -> Iterator[Finding]:
    for stream in listened.streams:
        if since := silent_since(stream, listened.askings, now):
            faults = [one.fault for name in (stream.name, "") if (one := listened.askings.get(name)) and one.fault]
            yield _finding(
                route,
                listened,
                code=SILENT,
                subject=f"{listened.connection_id} {stream.name} silent",
                title=f"{route.source}: {stream.title} were not answered since {since:%Y-%m-%d %H:%M} UTC",
                cause=faults[0].cause if faults else "what was asked for is not done",
                repair=faults[0].next_step if faults else f"See `bridge sources status {route.source}`",
                severity=Severity.ERROR,
            )


def _quiet(route: Route, listened: Listened) -> Iterator[Finding]:
    telling = [stream.name for stream in listened.streams if stream.kinds & SALES]
    ends = [listened.through[name] for name in telling if name in listened.through]
    quiet = quiet_since(listened.sales, min(ends)) if telling and len(ends) == len(telling) else None
    if quiet is not None:
        last, widest = quiet
        yield _finding(
            route,
            listened,
            code=QUIET,
            subject=f"{listened.connection_id} quiet since {last.isoformat()}",
            title=f"{route.source}: nobody has bought anything since {last:%Y-%m-%d %H:%M} UTC",
            cause=f"the channel answers, and tells of no sale; before there were never {_long(widest)} without one",
            repair="Look whether the channel shows sales that are missing here; where nobody bought, accept this",
        )


def _ends(route: Route, listened: Listened, now: datetime) -> Iterator[Finding]:
    for what, at in listened.told.access_ends if listened.told else ():
        if at - now <= AHEAD:
            yield _finding(
                route,
                listened,
                code=ENDS,
                subject=f"{listened.connection_id} {what}",
                title=f"{route.source}: {what} ends on {at:%Y-%m-%d}",
                cause="it ends by itself, and nothing is read from then on",
                repair="Renew it before that day; the next `bridge sync` sees it",
            )


def _finding(
    route: Route,
    listened: Listened,
    *,
    code: str,
    subject: str,
    title: str,
    cause: str,
    repair: str,
    severity: Severity = Severity.WARNING,
) -> Finding:
    return Finding(
        code=code,
        severity=severity,
        route_id=route.route_id,
        subject=subject,
        title=title,
        amount_minor=0,
        currency=listened.told.currency if listened.told else NOT_KNOWN,
        cause=cause,
        repair=repair,
    )


def _long(time: timedelta) -> str:
    """``3 days``, ``5 hours``: rounded up."""
    hours = -(-int(time.total_seconds()) // 3600)
    return f"{-(-hours // 24)} days" if hours > 48 else f"{max(hours, 1)} hours"

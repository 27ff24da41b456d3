"""Pure: which span of a stream is read next, and when one is whole."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from bridge.model.channel import ChannelFacts, Window, WindowState
from bridge.model.connections import Route
from bridge.model.findings import Finding, Severity
from bridge.plugin import Count, Stream, Unknown, WindowOf

_LONGER_TIMES = 12
SHORT, REACH, REFUSED = "window.short", "window.reach", "window.refused"


class Ending(msgspec.Struct, frozen=True):
    """What the channel said behind the last page: its facts, and how many owners; None where it does not count."""

    facts: ChannelFacts
    count: Count | Unknown | None


def next_window(
    stream: Stream,
    connection_id: str,
    through: datetime | None,
    first: datetime,
    facts: ChannelFacts,
    now: datetime,
    *,
    empty: int = 0,
) -> Window | None:
    """The window to open; None while there is nothing behind the last that could be believed already.

    first: where the very first begins, as far back as the channel reaches. empty: how many before it held nothing: each
    makes it twice as long, up to twelve times, so that years without anything cost a few questions.
    """
    overlap = timedelta(seconds=stream.overlap_seconds)
    since = through - overlap if through is not None else reached(stream, first, facts, now)
    longest = timedelta(seconds=stream.longest_seconds) * min(2**empty, _LONGER_TIMES)
    until = min(now - timedelta(seconds=stream.lag_seconds), since + longest)
    news = until - (since if through is None else through)
    if news <= timedelta(0) or (through is not None and news < timedelta(seconds=stream.shortest_seconds)):
        return None
    return Window(
        connection_id, stream.name, since, until, cursor_version=stream.cursor_version, facts_hash=facts.facts_hash
    )


def reached(stream: Stream, first: datetime, facts: ChannelFacts, now: datetime) -> datetime:
    """That day, or as far back as the channel tells."""
    reach = now - timedelta(days=stream.reach_days) if stream.reach_days else None
    return max(filter(None, (first, reach, facts.reach(stream.name))))


def begun_again(stream: Stream, window: Window, facts: ChannelFacts, due_at: datetime | None, note: str) -> Window:
    """The same window, to be read from its beginning."""
    return msgspec.structs.replace(
        window,
        state=WindowState.OPEN,
        cursor=b"",
        cursor_version=stream.cursor_version,
        facts_hash=facts.facts_hash,
        got=0,
        most=max(window.most, window.got),
        due_at=due_at,
        note=note,
    )


def overtaken(stream: Stream, window: Window, facts: ChannelFacts) -> str:
    """Why its cursor says nothing any more, hence it begins again; empty when it goes on from there."""
    if window.cursor_version != stream.cursor_version:
        return "its cursor is of another version of the plugin"
    return "the channel was set otherwise meanwhile" if window.facts_hash != facts.facts_hash else ""


def lacking(stream: Stream, window: Window, count: Count | Unknown | None) -> str:
    """What is missing in a window that was read; empty when nothing is known to be.

    What was changed in a window, and is changed again, moves to a later one: there the count alone is believed.
    """
    if isinstance(count, Count) and count.owners > window.got:
        return f"the channel counts {count.owners:,}, and {window.got:,} came"
    may_move = stream.window is WindowOf.CHANGED and isinstance(count, Count)
    if not isinstance(count, Unknown) and not may_move and not window.got and window.most:
        return f"nothing came where there were {window.most:,}"
    return ""


def ended(stream: Stream, window: Window, ending: Ending, now: datetime, *, is_accepted: bool) -> Window:
    """What becomes of a window whose last page was read. is_accepted: a person accepted that something is missing."""
    later, count = now + timedelta(seconds=stream.cadence_seconds), ending.count
    if isinstance(count, Unknown):
        note = f"waits to be counted: {count.cause}"
        return msgspec.structs.replace(window, state=WindowState.READ, due_at=later, note=note)
    expected = count.owners if isinstance(count, Count) else None
    window = msgspec.structs.replace(window, expected=expected)
    if (fault := lacking(stream, window, count)) and not is_accepted:
        return begun_again(stream, window, ending.facts, later, fault)
    return msgspec.structs.replace(
        window, state=WindowState.CLOSED, due_at=later if stream.recount_days else None, note="", cursor=b""
    )


def recounted(stream: Stream, window: Window, count: Count | Unknown, now: datetime) -> Window:
    """A closed window after it was counted again: when that is done the next time, if ever."""
    later = now + timedelta(seconds=stream.cadence_seconds)
    is_over = later > window.until + timedelta(days=stream.recount_days)
    expected = count.owners if isinstance(count, Count) else window.expected
    return msgspec.structs.replace(window, expected=expected, due_at=None if is_over else later)


def short_subject(window: Window) -> str:
    """What a finding is about that says that this window is not complete."""
    return f"{window.connection_id} {window.stream} {window.since.isoformat()}"


def finding(route: Route, stream: Stream, window: Window, ending: Ending) -> Finding:
    """That a window is not complete, as long as it is not."""
    span = f"{stream.title} from {window.since:%Y-%m-%d %H:%M} to {window.until:%Y-%m-%d %H:%M} UTC"
    fault = lacking(stream, window, ending.count)
    return Finding(
        code=SHORT,
        severity=Severity.ERROR,
        route_id=route.route_id,
        subject=short_subject(window),
        title=f"{route.source}: {span} is not complete",
        amount_minor=0,
        currency=ending.facts.currency,
        cause=fault,
        repair="bridge reads it again. If it stays so, compare with the channel; accept this to go on without",
        evidence=(("owners", str(window.got), fault),),
    )


def unreached(route: Route, stream: Stream, window: Window, facts: ChannelFacts) -> Finding:
    """That the very first window begins later than what the route books: it tells no more, or was asked for no more."""
    because = f": {facts.reach_cause}" if facts.reach_cause else ""
    return Finding(
        code=REACH,
        severity=Severity.WARNING,
        route_id=route.route_id,
        subject=f"{window.connection_id} {stream.name} reach",
        title=f"{route.source}: {stream.title} from before {window.since:%Y-%m-%d} are not read",
        amount_minor=0,
        currency=facts.currency,
        cause=f"they are read since {window.since:%Y-%m-%d}, and {route.name} books from {route.first_day}{because}",
        repair="Bring what is older as files (`bridge import`), or accept this. Where the channel can tell more, let "
        f"it: `bridge backfill {route.source}` then reads what it tells by now",
    )


def refused_subject(connection_id: str, stream: Stream) -> str:
    """What a finding is about that says that this stream is not read."""
    return f"{connection_id} {stream.name} grants"


def refused(route: Route, stream: Stream, connection_id: str, facts: ChannelFacts) -> Finding:
    """That a stream is not read, for the channel does not let us."""
    lacking = ", ".join(stream.lacking(facts))
    return Finding(
        code=REFUSED,
        severity=Severity.WARNING,
        route_id=route.route_id,
        subject=refused_subject(connection_id, stream),
        title=f"{route.source}: {stream.title} are not read",
        amount_minor=0,
        currency=facts.currency,
        cause=f"the channel does not give bridge {lacking}, without which they cannot be read",
        repair=f"Let bridge have it: they are then read from {route.first_day} on. Else bring files, or accept this",
    )

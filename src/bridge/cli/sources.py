"""``bridge sources``: is everything in, what stands open and why, and when access ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import click
import msgspec
from rich.markup import escape

from bridge.cli.context import Group, Setup, with_setup
from bridge.cli.output import Exit, say, show_json, show_table
from bridge.desk import AccessEnd, Completeness, LedgerAccess, NoticeStatus, SourceStatus, Standing, StreamStatus

EXITS = {
    Standing.COMPLETE: Exit.OK,
    Standing.BEHIND: Exit.LATER,
    Standing.LOOK: Exit.WAITS,
    Standing.STOPPED: Exit.FIX,
}
_OPEN_SHOWN = 5
_ALWAYS = 3
"""So many columns are shown always; the others where one of them has something to say."""


@click.group(cls=Group)
def sources() -> None:
    """Channels: how far each is read, and when access ends."""


@sources.command()
@click.argument("names", metavar="[CONNECTION]...", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def status(setup: Setup, names: tuple[str, ...], *, as_json: bool) -> int:
    """Say whether everything is in, of these channel connections or of all; asks nobody.

    Exit code: 0 when it is, 5 when the rest comes by itself, 3 when a person must look or decide, 2 when a person must
    put something right before anything more comes.
    """
    with setup.app() as app:
        found = app.desk.completeness(names)
    if as_json:
        show_json(_plain(found))
    else:
        show_sources(found)
        if not found.sources:
            say("No channel is connected yet: see `bridge connections add --help`")
    return EXITS[found.standing]


def _plain(found: Completeness) -> dict[str, Any]:
    """For a machine: every value, with how each connection stands."""
    told: dict[str, Any] = msgspec.to_builtins(found)
    for name in ("sources", "ledgers"):
        for plain, one in zip(told[name], getattr(found, name), strict=True):
            plain["standing"] = one.standing
    return told | {"standing": found.standing}


def show_sources(found: Completeness) -> None:
    """For a person: each channel, then what there is to say of ledgers."""
    for source in found.sources:
        _show(source)
    _show_ledgers(found.ledgers)


def _show(source: SourceStatus) -> None:
    say(f"[bold]{escape(source.connection)}[/], {escape(source.plugin)} {escape(source.account)}")
    if source.said.why:
        say(f"  {escape(source.said.why)}")
        say(f"  next: {escape(source.said.next_step)}")
    if source.is_asked:
        _show_streams(source.streams)
        _show_open(source)
    elif source.newest_at is not None:
        say(f"  is read from files; its newest document is of {_at(source.newest_at)}")
    else:
        say("  is read from files; none has come yet")
    for alarm in source.alarms:
        say(f"  {escape(alarm.title)}")
        say(f"    next: {escape(alarm.repair)}")
        say(f"    to accept it as it is: bridge decide {alarm.finding_id} accept --reason '...'")
    if source.notices is not None:
        say(f"  {escape(_noticed(source.notices))}")
    _show_ends(source.access_ends)
    if source.is_asked:
        say(f"  {_last(source)}")
    say("")


def _show_streams(streams: Sequence[StreamStatus]) -> None:
    rows = [
        (
            one.title,
            _at(one.through) or "nothing yet",
            _at(one.answered_at) or ("" if one.through else "never"),
            _counts(one),
            _words(one),
        )
        for one in streams
    ]
    columns = ("what", "complete through", "last answered", "expected, got", "why")
    shown = [place for place in range(len(columns)) if place < _ALWAYS or any(row[place] for row in rows)]
    if rows:
        show_table("", [columns[place] for place in shown], [[row[place] for place in shown] for row in rows])


def _counts(one: StreamStatus) -> str:
    return f"{one.expected:,}, {one.got:,}" if one.expected is not None else ""


def _words(one: StreamStatus) -> str:
    """Why it is not complete, and what to do; of one that is, how far back it is told."""
    if one.said.why:
        return ". ".join(filter(None, (one.said.why, one.said.next_step)))
    return f"the channel tells {one.reach_days} days back" if one.reach_days else ""


def _show_open(source: SourceStatus) -> None:
    for one in source.open_things[:_OPEN_SHOWN]:
        since = f" since {_at(one.since)}" if one.since else ""
        say(f"  asked for by itself{since}: {escape(one.kind)} {escape(one.external_id)}, {_WHY[one.why]}")
    if (more := len(source.open_things) - _OPEN_SHOWN) > 0:
        say(f"  ... and {more:,} more: --json")
    if source.reaches_back_to is not None:
        say(f"  the channel tells nothing from before {source.reaches_back_to:%Y-%m-%d}")


def _noticed(notices: NoticeStatus) -> str:
    """Whether notices come."""
    if notices.at is None:
        return f"notices are expected at {notices.address}; the channel has not said yet whether it sends them"
    if not notices.unsent:
        return f"notices are sent to {notices.address}, asked {_at(notices.at)}"
    since = f", known since {_at(notices.since)}" if notices.since else ""
    why = "; ".join(f"{topic} {words}" for topic, words in notices.unsent.items())
    return f"notices do not all come{since}: {why}; {notices.meanwhile}"


_WHY = {
    "notice": "of which the channel sent word",
    "open": "which is not final yet",
    "absent": "which is not shown any more",
    "counted": "which the channel counts otherwise",
}


def _last(source: SourceStatus) -> str:
    """The sentence that a bookkeeper looks for."""
    if source.through is None:
        lacking = [one.title for one in source.streams if one.through is None and one.is_readable]
        return f"[bold]not complete[/]: nothing is here yet of {escape(', '.join(lacking)) or 'it'}"
    open_ones = [one for one in source.streams if one.is_readable and one.said.standing is not Standing.COMPLETE]
    unread = [one.title for one in source.streams if not one.is_readable]
    beside = f"; {len(open_ones)} not to the end" if open_ones else ""
    beside += f"; [bold]not readable[/]: {escape(', '.join(unread))}" if unread else ""
    return f"[bold]complete[/] through {_at(source.through)} for all{' that is read' if unread else ''}{beside}"


def _show_ledgers(ledgers: Sequence[LedgerAccess]) -> None:
    for one in ledgers:
        if one.said.why or one.access_ends:
            say(f"[bold]{escape(one.connection)}[/], {escape(f'{one.plugin} {one.account}'.rstrip())}")
            if one.said.why:
                say(f"  {escape(one.said.why)}")
                say(f"  next: {escape(one.said.next_step)}")
            _show_ends(one.access_ends)
            say("")


def _show_ends(ends: Sequence[AccessEnd]) -> None:
    for one in ends:
        soon = "[bold yellow]soon[/]: " if one.is_soon and not one.is_over else ""
        verb = "[bold red]ended[/]" if one.is_over else "ends"
        say(f"  {soon}{verb} on {one.at:%Y-%m-%d}: {escape(one.what)}")


def _at(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else ""

"""``bridge runs``: what was done, when, by whom, what stood in the way; and the same once more."""

from __future__ import annotations

from collections.abc import Mapping

import click
from rich.markup import escape

from bridge.cli.backfill import show_filled
from bridge.cli.context import Group, Setup, with_setup
from bridge.cli.deliver import show_delivered
from bridge.cli.drift import show_checked
from bridge.cli.imports import show_imported
from bridge.cli.output import counted, plain_error, say, show_json, show_table, warn_of_the_future
from bridge.cli.sync import Left, left_of, show_synced
from bridge.cli.watching import Watching, exit_of
from bridge.model.money import money
from bridge.model.runs import Run, RunOutcome, Told
from bridge.work import Checked, Delivered, Done, Filled, Imported, Kept, Synced

_COLOURS = {RunOutcome.DONE: "green", RunOutcome.FAILED: "red", RunOutcome.UNFINISHED: "red"}


@click.group(cls=Group)
def runs() -> None:
    """What was done: every import, sync, delivery and check, numbered."""


@runs.command("list")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def list_runs(setup: Setup, limit: int, *, as_json: bool) -> int:
    """List runs, newest first: when, what, and how each ended."""
    with setup.app() as app:
        found = app.desk.runs(limit)
    if as_json:
        show_json(found)
    elif not found:
        say("Nothing was run yet.")
    else:
        rows = [
            (
                run.number,
                f"{run.started_at:%Y-%m-%d %H:%M:%S}",
                _took(run),
                _what(run),
                run.outcome,
                _in_short(run.told),
            )
            for run in found
        ]
        show_table("", ("no.", "began (UTC)", "took", "what", "outcome", "did"), rows, right=("no.", "took"))
    return 0


@runs.command()
@click.argument("number", type=int)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def show(setup: Setup, number: int, *, as_json: bool) -> int:
    """Show what run NUMBER did, and what stood in its way, by cause, each with its next step."""
    with setup.app() as app:
        run = app.desk.run(number)
    if as_json:
        show_json(run)
    else:
        _show(run)
    return 0


@runs.command()
@click.argument("number", type=int)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def retry(setup: Setup, number: int, *, as_json: bool) -> int:
    """Do the same as run NUMBER did, as a new run: what is there already is not taken in, booked or sent twice."""
    with setup.app() as app:
        done = app.story.retry(number, actor=setup.actor, watch=Watching(setup.clock))
        times = app.times()
        left = left_of(app, done) if isinstance(done, Synced) else Left()
    warn_of_the_future(times)
    return _show_done(done, left, as_json=as_json)


def _show_done(done: Done, left: Left, *, as_json: bool) -> int:
    """What came of it, told as the command of that name tells it."""
    match done:
        case Imported():
            return show_imported(done, as_json=as_json)
        case Synced():
            return show_synced(done, left, as_json=as_json)
        case Filled():
            return show_filled(done, as_json=as_json)
        case Delivered():
            return show_delivered(done, as_json=as_json)
        case Checked():
            return show_checked(done, as_json=as_json)
        case Kept():
            if as_json:
                show_json({"run": done.run.number, "failed": [plain_error(error) for error in done.failed]})
            return exit_of(done.verdict, done.failed)


def _show(run: Run) -> None:
    colour = _COLOURS.get(run.outcome, "yellow")
    again = f", run {run.retry_of} once more" if run.retry_of else ""
    say(f"[bold]Run {run.number}[/]: {escape(_what(run))}{again}: [{colour}]{run.outcome}[/]")
    ended = f"ended {run.ended_at:%Y-%m-%d %H:%M:%S} UTC" if run.ended_at else "did not end"
    if run.outcome is RunOutcome.RUNNING:
        ended = f"last said something at {run.last_at:%H:%M:%S}"
    say(f"  began {run.started_at:%Y-%m-%d %H:%M:%S} UTC by {escape(run.actor)}, {ended}")
    told = run.told
    for title, counts in (
        ("taken in", told.taken_in),
        ("booked", told.booked),
        ("vouchers", told.vouchers),
        ("open findings", told.findings),
    ):
        if counts:
            say(f"  {title}: {escape(_counts(counts))}")
    if told.amounts:
        say(f"  amounts: {', '.join(f'{one.what} {money(one.minor, one.currency)}' for one in told.amounts)}")
    for one in told.failures:
        times = f" ({one.times:,} times)" if one.times > 1 else ""
        say(f"  [red]{escape(one.code)}[/]{times} {escape(one.message)}")
        say(f"    next: {escape(one.next_step)}")
    if run.outcome in (RunOutcome.FAILED, RunOutcome.UNFINISHED):
        say(f"To do the same once more: bridge runs retry {run.number}")


def _what(run: Run) -> str:
    """``sync of us, gb``, ``import into shop-us``"""
    piece = run.piece
    match piece.kind:
        case "import":
            return f"import of {counted(len(piece.files), 'file')} for {', '.join(piece.connections)}"
        case "backfill":
            return f"backfill of {', '.join(piece.connections)}"
        case "deliver":
            return f"deliver to {', '.join(piece.ledgers)}"
        case "upkeep":
            return "upkeep"
        case _:
            return f"{piece.kind} of {', '.join(piece.routes)}"


def _took(run: Run) -> str:
    return f"{(run.ended_at - run.started_at).total_seconds():,.1f} s" if run.ended_at else ""


def _in_short(told: Told) -> str:
    """The most of it in a line; `bridge runs show` has all."""
    parts = [f"{_counts(told.taken_in)} taken in"] if told.taken_in else []
    parts += [_counts(told.booked)] if told.booked else []
    parts += [f"vouchers {_counts(told.vouchers)}"] if told.vouchers else []
    parts += [f"findings {_counts(told.findings)}"] if told.findings else []
    parts += [f"causes: {', '.join(one.code for one in told.failures)}"] if told.failures else []
    return "; ".join(parts)


def _counts(counts: Mapping[str, int]) -> str:
    """``3 delivered, 1 in doubt``"""
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in counts.items())

"""``bridge sync``: the whole way once: new files and what channels answer, into the books, into the ledgers."""

from __future__ import annotations

import click
import msgspec
from rich.markup import escape

from bridge.app import App
from bridge.cli.books_run import show_books
from bridge.cli.context import Setup, with_setup
from bridge.cli.deliver import notes_of, show_drains
from bridge.cli.imports import plain_file, show_files, zone_of
from bridge.cli.output import plain_error, say, show_json, warn_of_the_future
from bridge.cli.pulls import plain_pull, show_pull
from bridge.cli.watching import Watching, exit_of
from bridge.desk import AccessEnd, Standing
from bridge.model.findings import Finding
from bridge.model.money import money
from bridge.work import Synced

_MOST_SHOWN = 5


@click.command()
@click.argument("route_names", metavar="[ROUTE]...", nargs=-1)
@click.option("--wait", default=60, show_default=True, metavar="SECONDS", help="How long to wait for what is due soon.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def sync(setup: Setup, route_names: tuple[str, ...], wait: int, *, as_json: bool) -> int:
    """Take in new files and what channels answer, book, and deliver: what a scheduler runs. All routes by default."""
    with setup.app() as app:
        synced = app.story.sync(route_names, actor=setup.actor, wait_seconds=wait, watch=Watching(setup.clock))
        times = app.times()
        left = left_of(app, synced)
    warn_of_the_future(times)
    return show_synced(synced, left, as_json=as_json)


class Left(msgspec.Struct, frozen=True):
    """What a sync leaves. behind: the channel connections of which not everything is in, or not for long any more.

    findings: what changes the books and waits for a person. ends: of ledgers, when access ends soon, by connection.
    """

    behind: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    ends: tuple[tuple[str, AccessEnd], ...] = ()


def left_of(app: App, synced: Synced) -> Left:
    """What is left behind a sync."""
    found = app.desk.completeness(tuple(dict.fromkeys(route.source for route in synced.routes)))
    behind = tuple(one.connection for one in found.sources if one.standing is not Standing.COMPLETE)
    ends = tuple((one.connection, end) for one in found.ledgers for end in one.access_ends if end.is_soon)
    return Left(behind, app.desk.undecided(synced.routes), ends)


def show_synced(synced: Synced, left: Left, *, as_json: bool = False) -> int:
    """What came of it, for a person or a machine. Returns the exit code."""
    if as_json:
        show_json(
            {
                "run": synced.run.number,
                "files": [plain_file(file) for file in synced.files],
                "pulled": [plain_pull(one) for one in synced.pulls],
                "books": synced.books,
                "ledgers": synced.drains,
                "failed": [plain_error(error) for error in synced.failed],
                "behind": list(left.behind),
                "findings": left.findings,
                "ends": [{"connection": name, "what": end.what, "at": end.at} for name, end in left.ends],
            }
        )
    else:
        show_files(synced.files, zone_of(synced.routes))
        for pulled in synced.pulls:
            show_pull(pulled)
        show_books(synced.books, told=notes_of(synced.drains))
        show_drains(synced.drains)
        if synced.is_waiting:
            say("Something waits for a person; to see what and why: bridge held")
        _show_left(left)
    return exit_of(synced.verdict, synced.errors)


def _show_left(left: Left) -> None:
    for finding in left.findings[:_MOST_SHOWN]:
        say(f"To decide: {escape(finding.title)}, {money(finding.amount_minor, finding.currency)}")
    if left.findings:
        more = len(left.findings) - _MOST_SHOWN
        say(f"{f'And {more} more; w' if more > 0 else 'W'}hy, and how to decide: bridge drift")
    for name, end in left.ends:
        say(f"Access to {escape(name)} ends {end.at:%Y-%m-%d}: {escape(end.what)}")
    if left.behind:
        names = " ".join(left.behind)
        say(f"Not everything is in from {', '.join(left.behind)}; why, and what to do: bridge sources status {names}")

"""``bridge backfill``: all that channels tell since the first day, into the books, with how far it is."""

from __future__ import annotations

from datetime import datetime
from types import TracebackType
from typing import Self

import click
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from bridge.cli.books_run import show_books
from bridge.cli.context import Setup, with_setup
from bridge.cli.output import err, plain_error, say, show_json
from bridge.cli.pace import Pace
from bridge.cli.pulls import plain_pull, show_pull
from bridge.cli.told_clock import ToldClock
from bridge.cli.watching import Watching, exit_of
from bridge.ingest import Far
from bridge.work import Filled

_LINE_SECONDS = 10


@click.command()
@click.argument("connections", metavar="[CONNECTION]...", nargs=-1)
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Read again from that day on.")
@click.option(
    "--wait", default=3600, show_default=True, metavar="SECONDS", help="How long to wait, altogether, for the channels."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def backfill(setup: Setup, connections: tuple[str, ...], since: datetime | None, wait: int, *, as_json: bool) -> int:
    """Read all that channels tell since the first day, into the books; nothing is sent.

    All channels that are asked by default. Killed and started again it goes on where it stopped.
    """
    day = since.date() if since else None
    with setup.app() as app, Telling(setup.clock) as watch:
        filled = app.story.backfill(connections, actor=setup.actor, wait_seconds=wait, since=day, watch=watch)
    return show_filled(filled, as_json=as_json)


def show_filled(filled: Filled, *, as_json: bool = False) -> int:
    """What came of it, for a person or a machine. Returns the exit code."""
    errors = filled.failed
    if as_json:
        show_json(
            {
                "run": filled.run.number,
                "pulled": [plain_pull(one) for one in filled.pulls],
                "books": filled.books,
                "failed": [plain_error(error) for error in errors],
            }
        )
        return exit_of(filled.verdict, errors)
    for pulled in filled.pulls:
        show_pull(pulled)
    show_books(filled.books)
    if filled.is_waiting:
        say("Something waits for a person; to see what and why: bridge held")
    if any(report.due_at for pulled in filled.pulls for report in pulled.streams):
        say("Not all has come yet: run it again, or leave it to `bridge sync`.")
    say("Nothing was sent. What would be: bridge preview. To send it: bridge sync")
    return exit_of(filled.verdict, errors)


class Telling(Watching):
    """How far each stream is: bars at a terminal, else a line from time to time. On standard error."""

    def __init__(self, clock: ToldClock) -> None:
        super().__init__(clock)
        self._paces: dict[tuple[str, str], Pace] = {}
        self._tasks: dict[tuple[str, str], TaskID] = {}
        columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[far]}"), TimeElapsedColumn())
        self._bars = Progress(*columns, console=err, disable=not err.is_terminal)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bars.stop()

    def far(self, far: Far) -> None:
        name, now = (far.connection, far.stream), self._clock.now()
        pace = self._paces.get(name)
        if pace is None or pace.start.first != far.first:  # what is to come is counted anew after each wait
            pace = self._paces[name] = Pace(far, now)
        told = pace.words(far, now)
        if err.is_terminal:
            if name not in self._tasks:
                self._tasks[name] = self._bars.add_task(f"{far.connection}, {far.title}", total=1.0, far="")
            self._bars.update(self._tasks[name], completed=pace.share(far), far=told)
        elif pace.is_news(far, now, _LINE_SECONDS):
            err.print(f"{far.connection}, {far.title}: {told}", soft_wrap=True)

    def waits(self, why: str, until: datetime) -> None:
        err.print(f"waits until {until:%H:%M:%S} UTC: {why}", soft_wrap=True, markup=False)

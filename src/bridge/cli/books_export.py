"""``bridge books``: the books as bridge keeps them, for other programs and other people to read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from bridge.books.beancount import Heading, standing_entries, transaction_text
from bridge.cli.books_spool import Spool, spool
from bridge.cli.context import Setup, with_setup
from bridge.cli.output import private_file, say, unwritable
from bridge.model.chart import Chart
from bridge.model.connections import Route
from bridge.store.api import UnitOfWork

if TYPE_CHECKING:
    from bridge.app import App

DAY = click.DateTime(["%Y-%m-%d"])
FORMATS = click.Choice(["beancount"])


@click.group()
def books() -> None:
    """The books as bridge keeps them."""


@books.command()
@click.option(
    "--format", type=FORMATS, default="beancount", show_default=True, expose_value=False, help="The notation."
)
@click.option("--route", "route_names", multiple=True, help="Only this route; may be repeated.")
@click.option("--since", type=DAY, help="Only entries booked on this day or later, as 2026-06-30.")
@click.option("--until", type=DAY, help="Only entries booked on this day or earlier.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file.")
@with_setup
def export(
    setup: Setup,
    route_names: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    output: Path | None,
) -> int:
    """Write every journal entry that stands, by date, each with where it comes from. Changes nothing.

    All routes by default; to standard output without --output. Whether it was sent makes no difference.
    """
    days = since.date() if since else date.min, until.date() if until else date.max
    with spool() as sorted_texts:
        with setup.app() as app:
            heading, count = _gather(app, route_names, days, sorted_texts)
        text = _whole(heading, sorted_texts)
        if output is None:
            for part in text:
                click.echo(part, nl=False)
            return 0
        _write(output, text)
    say(f"{count:,} {'entry' if count == 1 else 'entries'} written to {escape(str(output))}")
    return 0


def _gather(app: App, names: tuple[str, ...], days: tuple[date, date], into: Spool) -> tuple[str, int]:
    """Every wanted entry into the spool, all of one moment; the text that comes before them, and how many they are."""
    charts = {route.route_id: app.books.chart(route) for route in app.routes()}
    with app.store.reading() as unit:
        routes = [unit.routes.get(name) for name in dict.fromkeys(names)] or list(unit.routes.all())
        heading = Heading("bridge: " + ", ".join(route.name for route in routes))
        count = sum(into.add(_texts(unit, route, charts[route.route_id], days, heading)) for route in routes)
    return heading.text(), count


def _texts(
    unit: UnitOfWork, route: Route, chart: Chart, days: tuple[date, date], heading: Heading
) -> Iterator[tuple[date, str, str]]:
    since, until = days
    for entry in standing_entries(unit, route.route_id):
        if since <= entry.booked_on <= until:
            heading.note(entry, chart)
            yield entry.booked_on, entry.entry_id, transaction_text(entry, route.name, chart)


def _whole(heading: str, sorted_texts: Spool) -> Iterator[str]:
    yield heading
    for text in sorted_texts.texts():
        yield f"\n{text}"


def _write(output: Path, text: Iterator[str]) -> None:
    try:
        with private_file(output) as file:
            file.writelines(piece.encode() for piece in text)
    except OSError as cause:
        raise unwritable(output, cause) from cause

"""``bridge books``: the books as bridge keeps them, for other programs and other people to read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import click
from rich.markup import escape

from bridge.cli.context import Group, Setup, with_setup
from bridge.cli.output import private_file, say, unwritable

DAY = click.DateTime(["%Y-%m-%d"])
FORMATS = click.Choice(["beancount"])


@click.group(cls=Group)
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
    with setup.app() as app, app.desk.export(route_names, days) as found:
        if output is None:
            for part in found.text:
                click.echo(part, nl=False)
            return 0
        _write(output, found.text)
    say(f"{found.count:,} {'entry' if found.count == 1 else 'entries'} written to {escape(str(output))}")
    return 0


def _write(output: Path, text: Iterator[str]) -> None:
    try:
        with private_file(output) as file:
            file.writelines(piece.encode() for piece in text)
    except OSError as cause:
        raise unwritable(output, cause) from cause

"""``bridge audit``: the append-only log, and whether its chain still holds."""

from __future__ import annotations

import json
from itertools import islice

import click

from bridge.cli.context import Setup, with_setup
from bridge.cli.output import say, show_json, show_table


@click.group()
def audit() -> None:
    """The audit log: every change, by whom, in a hash chain."""


@audit.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def verify(setup: Setup, *, as_json: bool) -> int:
    """Recompute the chain; exit code 1 names the first row that was tampered with.

    Keep the head outside (the drift report prints it): a log cut short is found only by its head.
    """
    with setup.app() as app, app.store.reading() as unit:
        rows, head = unit.audit.verify()
    if as_json:
        show_json({"rows": rows, "head": head})
    else:
        say(f"{rows:,} rows, unbroken. Head: {head}")
    return 0


@audit.command()
@click.option("--last", type=int, default=20, show_default=True, help="How many rows, newest last.")
@with_setup
def show(setup: Setup, last: int) -> int:
    """Show the newest rows."""
    with setup.app() as app, app.store.reading() as unit:
        total, _ = unit.audit.verify()
        rows = list(islice(unit.audit.rows(), max(total - last, 0), None))
    show_table(
        "",
        ("no.", "at", "who", "what"),
        [
            (
                row.seq,
                f"{row.at:%Y-%m-%d %H:%M:%S}",
                row.actor,
                "; ".join(" ".join(note) for note in json.loads(row.notes)),
            )
            for row in rows
        ],
    )
    return 0

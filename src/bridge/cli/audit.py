"""``bridge audit``: the append-only log, and whether its chain still holds."""

from __future__ import annotations

import json

import click

from bridge.cli.context import Setup, with_setup
from bridge.cli.output import say, show_json, show_table
from bridge.errors import InvariantError


@click.group()
def audit() -> None:
    """The audit log: every change, by whom, in a hash chain."""


@audit.command()
@click.option("--head", "kept", help="A head kept earlier: which row has it? None: the log was cut or replaced.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def verify(setup: Setup, kept: str | None, *, as_json: bool) -> int:
    """Recompute the chain; exit code 1 names the first row that was tampered with.

    Keep the head outside (the drift report prints it): a log cut short is found only by its head.
    """
    with setup.app() as app:
        rows, head, at = app.desk.audit_verified(kept)
    if kept and at is None:
        raise InvariantError(
            "audit log",
            f"no row of it has the head {kept[:16]}...: it was cut or replaced after that head was kept",
            "Compare with a backup, and find out who could write to the database",
            code="audit.head_unknown",
        )
    if as_json:
        show_json({"rows": rows, "head": head, "kept_at": at})
    else:
        say(f"{rows:,} rows, unbroken. Head: {head}")
        if at is not None:
            say(f"Row {at} has the head you kept; the log goes on to row {rows}.")
    return 0


@audit.command()
@click.option("--last", type=int, default=20, show_default=True, help="How many rows, newest last.")
@with_setup
def show(setup: Setup, last: int) -> int:
    """Show the newest rows."""
    with setup.app() as app:
        rows = app.desk.audit_rows(last)
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

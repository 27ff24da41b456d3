"""``bridge audit``: the append-only log, and whether its chain still holds."""

from __future__ import annotations

import json
from collections.abc import Sequence

import click

from bridge.cli.context import Group, Setup, with_setup
from bridge.cli.output import counted, say, show_json, show_table
from bridge.errors import InvariantError
from bridge.store.api import Unvouched, is_for_people

_SHOWN = 20


@click.group(cls=Group)
def audit() -> None:
    """The audit log: every change, by whom, in a hash chain."""


@audit.command()
@click.option("--head", "kept", help="A head kept earlier: which row has it? None: the log was cut or replaced.")
@click.option("--store", "is_whole", is_flag=True, help="Hold what stands in the database against the log, too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def verify(setup: Setup, kept: str | None, *, is_whole: bool, as_json: bool) -> int:
    """Recompute the chain; exit code 1 names the first row that was tampered with.

    Keep the head outside (the drift report prints it): a log cut short is found only by its head. With --store every
    document, entry, voucher, rule set, baseline and decision is recomputed, too, and every seat, pause, connection and
    route: what was changed past bridge is named.
    """
    with setup.app() as app:
        rows, head, at = app.desk.audit_verified(kept)
        unvouched, many, left = app.desk.unvouched(_SHOWN) if is_whole else ((), 0, ())
    if kept and at is None:
        raise InvariantError(
            "audit log",
            f"no row of it has the head {kept[:16]}...: it was cut or replaced after that head was kept",
            "Compare with a backup, and find out who could write to the database",
            code="audit.head_unknown",
        )
    if as_json:
        told = {"unvouched": unvouched, "unvouched_count": many, "not_compared": left}
        show_json({"rows": rows, "head": head, "kept_at": at} | (told if is_whole else {}))
    else:
        say(f"{rows:,} rows, unbroken. Head: {head}")
        if at is not None:
            say(f"Row {at} has the head you kept; the log goes on to row {rows}.")
        for each in left[:_SHOWN]:
            say(f"{each.kind} {each.subject} {each.fault}{_by(each.seq)}", is_literal=True)
        if is_whole and not many:
            but = f", but for {counted(len(left), 'thing')} not compared" if left else ""
            say(f"The database says what the log says of it{but}.")
    if many:
        raise InvariantError(
            "the database",
            f"does not say what the audit log says of it: {_told(unvouched, many)}",
            "Compare it with a backup (`bridge audit show` has the rows), and find out who could write to it",
            code="audit.unvouched",
        )
    return 0


def _told(unvouched: Sequence[Unvouched], many: int) -> str:
    words = [f"{each.kind} {each.subject} {each.fault}{_by(each.seq)}" for each in unvouched]
    more = [f"and {many - len(unvouched):,} more"] if many > len(unvouched) else []
    return "; ".join(words + more)


def _by(seq: int) -> str:
    return f" (row {seq})" if seq else ""


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
                "; ".join(" ".join(note) for note in json.loads(row.notes) if is_for_people(note[0])),
            )
            for row in rows
        ],
    )
    return 0

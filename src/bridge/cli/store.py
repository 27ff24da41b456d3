"""``bridge store``: whether the database was restored, and a person's word that it was."""

from __future__ import annotations

import click
from rich.markup import escape

from bridge.cli.context import Group, Setup, with_setup
from bridge.cli.output import Exit, say, show_json, show_table


@click.group(cls=Group)
def store() -> None:
    """The database: whether it was restored from a backup."""


@store.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def check(setup: Setup, *, as_json: bool) -> int:
    """Compare the audit log with the file beside the sealing key. Changes nothing.

    Exit code 2: the database was restored, and nothing was sent since.
    """
    with setup.app() as app:
        seen, marks = app.witness.look(), app.witness.marks()
    if as_json:
        show_json({"verdict": seen.verdict, "file": seen.kept, "database": seen.head, "restored": marks})
        return Exit.FIX if seen.is_restored else Exit.OK
    if seen.is_restored:
        say(f"{escape(seen.words[0].upper() + seen.words[1:])}.")
        say("The next deliver or sync looks in every ledger for what may be there already, before it sends anything.")
    elif seen.kept is None:
        say("Nothing was sent yet, so there is nothing to compare with.")
    else:
        say(f"The database goes on from row {seen.kept.seq}, which {escape(seen.file)} knows: it was not restored.")
    rows = [(name, f"{mark.given_at:%Y-%m-%d %H:%M} UTC", mark.by, mark.reason) for name, mark in marks.items()]
    if rows:
        show_table("Ledgers that may hold more than the database knew", ("ledger", "since", "said by", "why"), rows)
        say("What is dated up to a week after that is looked for in the ledger before it is sent.")
    return Exit.FIX if seen.is_restored else Exit.OK


@store.command()
@click.option("--reason", default="a backup was restored", show_default=True, help="Why; kept in the audit log.")
@click.option("--by", help="Who says so; default: you.")
@with_setup
def restored(setup: Setup, reason: str, by: str | None) -> int:
    """Say that the database was restored: what may be in a ledger already is looked for there before it is sent."""
    who = by or setup.actor
    with setup.app() as app:
        ledgers = app.witness.restored(by=who, reason=reason)
    say(f"Saved: restored by {escape(who)}, of {escape(', '.join(ledgers)) or 'no ledger'}.")
    say("next: bridge sync")
    return 0

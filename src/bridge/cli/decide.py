"""``bridge decide``: what a person decides about what waits, or about a finding."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from rich.markup import escape

from bridge.cli.context import Setup, with_setup
from bridge.cli.output import counted, say
from bridge.model.findings import InstructionKind


@click.command()
@click.argument("subject")
@click.argument("decision", type=click.Choice([kind.value for kind in InstructionKind]))
@click.option("--reason", required=True, help="Why; kept in the audit log.")
@click.option("--by", help="Who decides; default: you.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="accept only: the day on which it lapses.")
@with_setup
def decide(setup: Setup, subject: str, decision: str, reason: str, by: str | None, until: datetime | None) -> int:
    """Decide about a voucher (release, retry, withdraw, book_again) or a finding (accept), by its id or its start.

    A settlement's id means all its vouchers that the decision fits. The decision is saved with name and reason; `sync`
    carries it out.
    """
    kind = InstructionKind(decision)
    with setup.app() as app:
        given = app.books.decide(
            kind, subject, by=by or setup.actor, reason=reason, until=until.replace(tzinfo=UTC) if until else None
        )
        siblings = app.others_that_wait([one.subject for one in given]) if kind is InstructionKind.RELEASE else 0
    for one in given:
        say(f"Saved: {one.kind} {escape(one.subject)} by {escape(one.by)}.")
    if siblings:
        say(f"[yellow]{counted(siblings, 'voucher')} of the same settlement still waits[/]: it goes out by half.")
    if kind is not InstructionKind.ACCEPT:
        say("next: bridge sync")
    return 0

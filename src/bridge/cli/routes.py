"""``bridge routes``: which channel feeds which ledger, how, and to which accounts."""

from __future__ import annotations

import click
from rich.markup import escape

from bridge.cli.context import Setup, with_setup
from bridge.cli.output import say, show_json
from bridge.model.connections import BankLeg


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def routes(setup: Setup, *, as_json: bool) -> int:
    """List routes with their settings."""
    with setup.app() as app:
        rows = app.routes()
    if as_json:
        show_json(rows)
        return 0
    for one in rows:
        review = "every voucher waits for release" if one.review else "automatic"
        bank = f"bank {one.bank} by {one.bank_leg}" if one.bank_leg is not BankLeg.NONE else "no bank leg"
        say(f"[bold]{escape(one.name)}[/]: {escape(one.source)} to {escape(one.ledger)}, {one.mode} mode, {review}")
        say(f"   days of {escape(one.time_zone)}, from {one.first_day}; closed periods: {one.late}; {one.tax_regime}")
        say(f"   clearing {escape(one.clearing)}, {escape(bank)}")
        for ours, theirs in one.accounts:
            say(f"   account {escape(ours)} is the ledger's {escape(theirs)}")
    if not rows:
        say("No routes yet: declare one in bridge.toml and run `bridge apply`.")
    return 0

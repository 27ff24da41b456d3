"""``bridge routes balance``: what the own statement of a wallet shows, on a person's word."""

from __future__ import annotations

from datetime import datetime

import click
from rich.markup import escape

from bridge.cli.context import Setup, with_setup
from bridge.cli.output import Exit, say
from bridge.drift import Statement
from bridge.host.declarations import money_of
from bridge.model.money import money


@click.command()
@click.argument("route")
@click.argument("account")
@click.argument("amount")
@click.option("--on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The day at whose end it held that.")
@click.option("--by", help="Who read the statement; default: you.")
@with_setup
def balance(setup: Setup, route: str, account: str, amount: str, *, on: datetime, by: str | None) -> int:
    """State what a wallet held by its own statement: AMOUNT, such as "1250.00 USD", on ROUTE's ACCOUNT.

    ACCOUNT is a number of the chart, such as 1230. The next `bridge drift` compares it with the ledger's balance of
    that day. A negative amount stands behind two dashes: -- "-12.00 USD".
    """
    try:
        minor, currency = money_of(amount)
    except ValueError as cause:
        raise click.BadParameter(str(cause), param_hint="AMOUNT") from cause
    statement = Statement(on=on.date(), minor=minor, currency=currency, by=by or setup.actor)
    with setup.app() as app:
        app.drift.state_balance(route, account, statement)
    say(f"{escape(account)} held {money(minor, currency)} on {on:%Y-%m-%d}, as {escape(statement.by)} read it.")
    say(f"   next: `bridge drift {escape(route)}` compares it with the ledger")
    return Exit.OK

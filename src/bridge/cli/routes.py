"""``bridge routes``: which channel feeds which ledger, how, and to which accounts."""

from __future__ import annotations

from typing import Any

import click
import msgspec
from rich.markup import escape

from bridge.cli.context import Group, Setup
from bridge.cli.opening import opening
from bridge.cli.output import say, show_json
from bridge.cli.statements import balance
from bridge.cli.tax_words import say_tax
from bridge.desk import RouteCard
from bridge.model.connections import BankLeg


@click.group(cls=Group, invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.pass_context
def routes(context: click.Context, *, as_json: bool) -> int:
    """List routes with their settings, what they are booked by, and what in them fits nothing seen so far.

    `bridge routes opening` is about what was there before a route's first day, `bridge routes balance` about what the
    statement of a wallet shows.
    """
    if context.invoked_subcommand is not None:
        return 0
    setup = context.find_object(Setup)
    assert setup is not None
    with setup.app() as app:
        cards = app.desk.cards(with_gateways=True)
    if as_json:
        show_json([_plain(card) for card in cards])
        return 0
    for card in cards:
        _show(card)
    if not cards:
        say("No routes yet: declare one in bridge.toml and run `bridge apply`.")
    return 0


routes.add_command(balance)
routes.add_command(opening)


def _plain(card: RouteCard) -> dict[str, Any]:
    """The route's own keys, and beside them what is known of it."""
    plain: dict[str, Any] = msgspec.to_builtins(card)
    return {**plain.pop("route"), **plain}


def _show(card: RouteCard) -> None:
    one = card.route
    review = "every voucher waits for release" if one.review else "automatic"
    bank = f"bank {one.bank} by {one.bank_leg}" if one.bank_leg is not BankLeg.NONE else "no bank leg"
    say(f"[bold]{escape(one.name)}[/]: {escape(one.source)} to {escape(one.ledger)}, {one.mode} mode, {review}")
    say(f"   {escape(card.rhythm)}")
    say(f"   days of {escape(one.time_zone)}, from {one.first_day}; closed periods: {one.late}")
    if one.placed_from:
        say(f"   orders placed from {one.placed_from} on are booked when they are placed, paid or not")
    if one.pilot and not one.review and card.pilot is None:
        say(f"   [yellow]sends nothing by itself before its pilot is accepted[/]: bridge pilot {escape(one.name)}")
    if card.pilot is not None:
        say(f"   its pilot was accepted by {escape(card.pilot.by)} on {card.pilot.given_at:%Y-%m-%d}")
    say_tax(card)
    say(f"   clearing {escape(one.clearing)}, {escape(bank)}")
    for ours, theirs in one.accounts:
        say(f"   account {escape(ours)} is the ledger's {escape(theirs)}")
    if one.tracking:
        say(f"   reported by {escape(one.tracking)}")
    if one.own_accounts:
        say(f"   sales, costs and fees on accounts of its own: 4000{escape(one.own_accounts)} and so on")
    for odd in card.unfit:
        say(f"   [yellow]{escape(odd)}[/]")
    for pattern in card.unmet_tenders:
        seen = ", ".join(card.gateways)
        say(f"   [yellow]tender {escape(repr(pattern))} fits no gateway seen so far[/]: {escape(seen)}")

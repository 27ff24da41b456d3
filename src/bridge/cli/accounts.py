"""``bridge accounts``: what a route would need of its ledger's lists, and making it on a person's word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import click
from rich.markup import escape

from bridge.app import App
from bridge.books import MasterResult, Needs
from bridge.cli.context import Group, Setup, with_setup
from bridge.cli.output import Exit, say, show_json, show_table
from bridge.plugin import Master

_WHOLE = click.option(
    "--whole-chart", is_flag=True, help="Every account that a kind of line may go to, not only what is used so far."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")


@click.group(cls=Group)
def accounts() -> None:
    """What routes need of a ledger's lists and it lacks: accounts, contacts, items, what lines are reported by."""


@accounts.command()
@click.argument("name", metavar="ROUTE|LEDGER")
@_WHOLE
@_JSON
@with_setup
def missing(setup: Setup, name: str, *, whole_chart: bool, as_json: bool) -> int:
    """List what ROUTE, or every route of LEDGER, would need and the ledger lacks. Nothing is made.

    Exit code 3 while something is missing.
    """
    with setup.app() as app:
        found, types = app.masters.missing(name, is_whole=whole_chart), _types(app, name)
    if as_json:
        show_json(found)
    else:
        _show(found, types, f"What {name} lacks")
    return Exit.WAITS if found.masters or found.by_hand else Exit.OK


@accounts.command()
@click.argument("name", metavar="ROUTE|LEDGER")
@_WHOLE
@click.option("--yes", "is_meant", is_flag=True, help="Make it; without this it is only shown.")
@click.option("--by", help="Who says so; default: you.")
@click.option("--reason", default="bridge needs it", show_default=True, help="Why.")
@_JSON
@with_setup
def create(
    setup: Setup, name: str, *, whole_chart: bool, is_meant: bool, by: str | None, reason: str, as_json: bool
) -> int:
    """Show what `bridge accounts missing` can be made by bridge; with --yes make it in the ledger, one by one.

    What is there under its name already is taken as it is. Exit code 3 where something was not made.
    """
    with setup.app() as app:
        if not is_meant:
            found, types = app.masters.missing(name, is_whole=whole_chart), _types(app, name)
            if as_json:
                show_json(found)
            else:
                _show(found, types, f"Would be made for {name}")
                say("Nothing was made. To make it: run this again with --yes." if found.masters else "Nothing to make.")
            return Exit.WAITS if found.masters or found.by_hand else Exit.OK
        made = list(app.masters.create(name, by=by or setup.actor, reason=reason, is_whole=whole_chart))
    if as_json:
        show_json(made)
    else:
        _show_made(made)
    return Exit.WAITS if any(one.made is None for one in made) else Exit.OK


def _types(app: App, name: str) -> Mapping[str, str]:
    """As what accounts are made in the ledger of a route, or of that name."""
    ledger = next((one.ledger for one in app.desk.routes() if name in {one.name, one.ledger}), name)
    return dict(app.host.sink_offer(ledger).capabilities.account_types)


def _show(found: Needs, types: Mapping[str, str], title: str) -> None:
    rows = [(one.kind, _named(one), _as_what(one, types)) for one in found.masters]
    if rows:
        show_table(title, ("what", "name", "as"), rows)
    for one in found.by_hand:
        say(f"by hand: {escape(one.what)}")
        say(f"  next: {escape(one.why)}")
    if not rows and not found.by_hand:
        say("Nothing is missing.")


def _named(master: Master) -> str:
    return f"{master.number} {master.name}".strip()


def _as_what(master: Master, types: Mapping[str, str]) -> str:
    if master.dimension:
        return f"option of {master.dimension}"
    told = master.account.told(types) if master.account else ""
    return f"posts to {master.account.title}" if master.account and not master.number else told or master.currency


def _show_made(made: Iterable[MasterResult]) -> None:
    for one in made:
        if one.made is None:
            say(f"[yellow]not made[/]: {escape(one.master.title)}")
            say(f"  {escape(one.fault)}")
        else:
            outcome = "made" if one.made.is_new else "was there"
            say(f"{outcome}: {escape(one.master.title)} (id {escape(one.made.ledger_id)})")
    if not made:
        say("Nothing to make.")

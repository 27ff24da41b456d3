"""``bridge routes opening``: what was there before a route's first day, and a person's word for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import click
import msgspec
from rich.markup import escape

from bridge.books import Opening, Way
from bridge.cli.context import Setup, with_setup
from bridge.cli.output import Exit, say, show_json, show_table
from bridge.model.entries import JournalEntry
from bridge.model.money import money

_WAYS = {Way.JOURNAL: "opening journal", Way.DOCUMENT: "its own document", Way.NONE: "nothing to book"}


@click.command()
@click.argument("route")
@click.option("--accept", "is_accepted", is_flag=True, help="Accept the items, and book the opening journal.")
@click.option("--by", help="Who accepts; default: you.")
@click.option("--reason", default="checked against the channel and the former books", show_default=True, help="Why.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def opening(setup: Setup, route: str, *, is_accepted: bool, by: str | None, reason: str, as_json: bool) -> int:
    """List what was there before ROUTE's first day, item by item, with the journal that opens its books.

    Exit code 3 while the clearing account opens with something else than the items come to.
    """
    with setup.app() as app:
        if is_accepted:
            app.books.accept_opening(route, by=by or setup.actor, reason=reason)
        told, titles = app.desk.opening(route), app.desk.titles(route)
    if as_json:
        plain = {"opening_minor": told.opening_minor, "differs": told.differs}
        show_json({**msgspec.to_builtins(told), **plain})
    else:
        _show(told, titles)
    return Exit.WAITS if told.differs else Exit.OK


def _sums(entry: JournalEntry) -> Mapping[str, int]:
    """What the journal of a currency comes to on each account."""
    sums = Counter[str]()
    for posting in entry.postings:
        sums[posting.account] += posting.amount_minor
    return dict(sorted(sums.items()))


def _show(told: Opening, titles: Mapping[str, str]) -> None:
    rows = [
        (titles.get(one.account, one.account), one.what, one.on, money(one.amount_minor, one.currency), _WAYS[one.way])
        for one in told.items
    ]
    title = f"{told.route}: what was there before {told.first_day}"
    if rows:
        show_table(title, ("account", "item", "day", "amount", "booked by"), rows, right=("amount",))
    else:
        say(f"[bold]{escape(title)}[/]: nothing that is told.")
    for entry in told.journal:
        say(f"   journal of {entry.booked_on} in {entry.currency}:")
        for account, minor in _sums(entry).items():
            say(f"      {escape(titles.get(account, account))}  {money(minor, entry.currency)}")
    for one in told.untold:
        say(f"   [yellow]not told: {escape(one.what)}[/]: {escape(one.why)}")
    _show_clearing(told)


def _show_clearing(told: Opening) -> None:
    opens, items = (money(minor, told.currency) for minor in (told.opening_minor, told.items_minor))
    by = f"accepted by {escape(told.accepted_by)}" if told.accepted_by else "not accepted yet"
    say(f"Clearing account {escape(told.clearing)} opens with {opens}; its items come to {items}; {by}.")
    if told.accepted_by:
        say("   next: `bridge preview` shows the journal until it is sent; `bridge sync` sends it")
    else:
        say(f"   next: `bridge routes opening {escape(told.route)} --accept`, once nothing is missing")

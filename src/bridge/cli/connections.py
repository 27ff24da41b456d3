"""``bridge connections``: who is connected, and letting bridge in."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

import click
import msgspec
from rich.markup import escape

from bridge.cli.asking import Asker
from bridge.cli.connecting import add
from bridge.cli.context import Group, Setup, with_setup
from bridge.cli.output import Exit, say, show_json, show_table
from bridge.cli.remarks import say_remarks, show_ledger_books
from bridge.cli.signing_in import chooser, introduce_ledger, is_ledger, signed_in
from bridge.desk import Access, LedgerBooks
from bridge.host.leaving import Ending, Farewell
from bridge.model.connections import Side

_ENDINGS = {
    Ending.REVOKED: "nothing: {title} took it back",
    Ending.LEFT: "nothing: {title} took the account out of a sign-in that stays good for others",
    Ending.DEAD: "nothing: it let nobody in any more",
    Ending.BY_HAND: "take it back at {title} too",
}
_SIDES = {Side.SOURCE: "channel", Side.SINK: "ledger"}


@click.group(cls=Group, invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.pass_context
def connections(context: click.Context, *, as_json: bool) -> None:
    """List connections; `connections add` connects a channel or a ledger, `connections check` asks one."""
    if context.invoked_subcommand is not None:
        return
    setup = context.find_object(Setup)
    assert setup is not None
    with setup.app() as app:
        found = app.desk.accesses()
    if as_json:
        show_json([_plain(one) for one in found])
        return
    if not found:
        say("No connection yet: `bridge connections add --help`, or declare one in bridge.toml and run `bridge apply`.")
        return
    _show(found)


def _plain(access: Access) -> dict[str, Any]:
    """The connection's own keys, and beside them how things stand."""
    plain: dict[str, Any] = msgspec.to_builtins(access.connection)
    ends = [{"what": one.what, "at": one.at} for one in access.ends]
    return {**plain, "way": access.way, "why": access.said.why, "next": access.said.next_step, "ends": ends}


def _show(found: Sequence[Access]) -> None:
    rows = [
        (one.connection.name, one.connection.plugin, _SIDES[one.connection.side], one.connection.account, one.way)
        for one in found
    ]
    show_table("", ("connection", "plugin", "is a", "account", "state"), rows)
    for one in found:
        if one.said.why:
            say(f"{escape(one.connection.name)}: {escape(one.said.why)}")
            say(f"  next: {escape(one.said.next_step)}")
    for one in found:
        for end in one.ends:
            warning = "[yellow]soon:[/] " if end.is_soon else ""
            say(f"{warning}{escape(one.connection.name)}: access ends {end.at:%Y-%m-%d}: {escape(end.what)}")


connections.add_command(add)


@connections.command()
@click.argument("name")
@click.option(
    "--paste", is_flag=True, help="Paste the address you were sent back to, instead of waiting for the browser."
)
@click.option("--account", help="Which account is meant, where the sign-in lets bridge into several.")
@with_setup
def authorize(setup: Setup, name: str, *, account: str | None, paste: bool) -> int:
    """Let bridge into the account of connection NAME, by the vendor's own sign-in page.

    Open the address shown, sign in, and allow it. The tokens that come back are sealed at once.
    """
    told = {} if account is None else {"account": account}
    with setup.app() as app:
        started = app.host.authorization.start(name, setup.actor)
        check_answer = partial(app.host.connecting.checked, started.connection.plugin)
        asker = Asker(told, check_answer, is_person=sys.stdin.isatty())
        address = signed_in(setup, app, started, is_pasted=paste)
        app.host.authorization.finish(started, address, chooser(asker))
        say(f"[green]{escape(name)} is authorised.[/] Its tokens are sealed.")
        if is_ledger(app, name):
            introduce_ledger(app, name)
    return 0


@connections.command()
@click.argument("name")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Also the profit and loss of a ledger since this day.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Also the trial balance of a ledger on this day.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def check(setup: Setup, name: str, since: datetime | None, until: datetime | None, *, as_json: bool) -> int:
    """Ask the account of connection NAME what it is, and list what is missing for what it is to do.

    With --since, --until or both also what a ledger itself says its accounts come to. Exits with 2 while something has
    to be put right.
    """
    books: LedgerBooks | None = None
    with setup.app() as app:
        checked = app.desk.checked(name)
        if since or until:
            on = (until or checked.at).date()
            books = app.desk.ledger_books(name, on, since.date() if since else None)
    if as_json:
        told = {"name": name, "at": checked.at, "is_lacking": checked.is_lacking, "remarks": checked.remarks}
        show_json({**told, "books": books} if books else told)
    else:
        say(f"[bold]{escape(name)}[/] ({checked.connection.plugin} {escape(checked.connection.account)})")
        say_remarks(checked.remarks)
        if books:
            show_ledger_books(books)
    return Exit.FIX if checked.is_lacking else Exit.OK


@connections.command()
@click.argument("name")
@with_setup
def resume(setup: Setup, name: str) -> int:
    """Let connection NAME work again after its plugin was repaired."""
    with setup.app() as app:
        app.host.resume(name, setup.actor)
    say(f"{escape(name)} works again.")
    return 0


@connections.command()
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--without-vendor", is_flag=True, help="Erase it here alone: take it back at the vendor by hand.")
@with_setup
def remove(setup: Setup, name: str, *, dry_run: bool, without_vendor: bool) -> int:
    """Take back what lets bridge into the account of connection NAME. What came from it stays in the books.

    The vendor is told where it can be, then it is erased here. A channel is then read from files only; a ledger must
    not be used by a route that has not ended. Its tables stay in the settings file.
    """
    with setup.app() as app:
        foreseen = app.host.leaving.foreseen(name)
        if dry_run:
            say(escape(_foretold(foreseen, is_told=not without_vendor)))
            return Exit.FIX if foreseen.routes else Exit.OK
        ending = app.leave(name, actor=setup.actor, is_told=not without_vendor)
    if ending is Ending.NONE:
        say(f"Nothing is sealed for {escape(name)}: what the settings say of it stands there.")
        return Exit.OK
    say(f"What let bridge into {escape(name)} is forgotten.")
    say(escape(f"next: {_ENDINGS[ending].format(title=foreseen.title)}; another time: bridge connections add {name}"))
    return Exit.OK


def _foretold(foreseen: Farewell, *, is_told: bool) -> str:
    name = foreseen.connection.name
    if foreseen.routes:
        return f"{name} would not be removed: route {', '.join(foreseen.routes)} uses it"
    if not foreseen.is_sealed:
        return f"Nothing is sealed for {name}, so nothing would be done"
    vendor = (
        f"{foreseen.title} would be told" if is_told and foreseen.is_told else f"{foreseen.title} would not be told"
    )
    return f"{vendor}, and what lets bridge into {name} would be erased; what came from it would stay"

"""``bridge connections``: who is connected, and letting bridge in."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click
import msgspec
from rich.markup import escape

from bridge.app import App
from bridge.cli.connecting import add
from bridge.cli.context import Setup, with_setup
from bridge.cli.output import counted, say, show_json, show_table
from bridge.cli.tax_words import say_tax
from bridge.desk import Access
from bridge.errors import BridgeError
from bridge.model.connections import Side

_SIDES = {Side.SOURCE: "channel", Side.SINK: "ledger"}


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@click.pass_context
def connections(context: click.Context, *, as_json: bool) -> None:
    """List connections; `connections add` connects a channel, `connections authorize` a ledger."""
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
    return {**plain, "way": access.way, "why": access.said.why, "next": access.said.next_step}


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


connections.add_command(add)


@connections.command()
@click.argument("name")
@click.option(
    "--paste", is_flag=True, help="Paste the address you were sent back to, instead of waiting for the browser."
)
@with_setup
def authorize(setup: Setup, name: str, *, paste: bool) -> int:
    """Let bridge into the account of connection NAME, by the vendor's own sign-in page.

    Open the address shown, sign in, and allow it. The tokens that come back are sealed at once.
    """
    with setup.app() as app:
        started = app.host.authorization.start(name, setup.actor)
        receiver = None if paste else app.host.authorization.listen()
        say(f"Open this address in a browser and allow bridge:\n\n  {escape(started.url)}\n")
        if receiver is None:
            app.host.authorization.finish(started, _pasted())
        else:
            say("Waiting for the browser to come back ...")
            app.host.authorization.await_redirect(started, receiver)
        say(f"[green]{escape(name)} is authorised.[/] Its tokens are sealed.")
        if any(one.name == name and one.side is Side.SINK for one in app.desk.connections()):
            _introduce(app, name)
    return 0


def _introduce(app: App, ledger: str) -> None:
    """Say whose books these are, and ask at once what must be answered before a route can book into them."""
    try:
        facts = app.host.facts(ledger, is_fresh=True)
    except BridgeError as cause:
        say(f"The company could not be read yet: {escape(str(cause))}")
        return
    country = f"in {facts.country}" if facts.country else "in a country that it does not tell"
    say(f"{escape(facts.company)}: {country}, books in {facts.home_currency}.")
    for warning in facts.warnings:
        say(f"  {escape(warning)}.")
    for card in app.desk.cards():
        if card.route.ledger == ledger:
            say(f"route [bold]{escape(card.route.name)}[/]:")
            say_tax(card)
            for odd in card.unfit:
                say(f"   [yellow]{escape(odd)}[/]")


@connections.command()
@with_setup
def reseal(setup: Setup) -> int:
    """Seal every credential anew with the first sealing key, after a key was added in front."""
    with setup.app() as app:
        count = app.host.reseal(setup.actor)
    say(f"{counted(count, 'credential')} sealed anew.")
    return 0


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
@with_setup
def remove(setup: Setup, name: str) -> int:
    """Forget what lets bridge into the account of connection NAME. What came from it stays in the books.

    A channel is then read from files only, and its tables stay in the settings file. Take the key back at the channel
    too, where it can be.
    """
    with setup.app() as app:
        is_forgotten = app.host.connecting.forget(name, setup.actor)
        if is_forgotten and any(one.name == name and one.side is Side.SOURCE for one in app.desk.connections()):
            app.puller.forget(name, actor=setup.actor)
    if is_forgotten:
        say(f"What let bridge into {escape(name)} is forgotten.")
        say(f"next: take the key back at the channel or ledger; a new one later: bridge connections add {name}")
    else:
        say(f"Nothing is sealed for {escape(name)}: what the settings say of it stands there.")
    return 0


def _pasted() -> str:
    """The address a person was sent back to: from a terminal without showing it, else the first line of a pipe."""
    if sys.stdin.isatty():
        answer: str = click.prompt("Address you were sent back to", hide_input=True)
        return answer
    return sys.stdin.readline()

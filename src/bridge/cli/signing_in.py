"""A sign-in as a person meets it: the address, the browser, and the way back to this machine."""

from __future__ import annotations

import sys
import webbrowser
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from bridge.cli.asking import Asker
from bridge.cli.context import Setup
from bridge.cli.output import counted, say
from bridge.cli.remarks import say_remarks
from bridge.cli.tax_words import say_tax
from bridge.desk import COMPANY, TAX
from bridge.errors import BridgeError, ConfigError
from bridge.model.connections import Side
from bridge.model.remarks import Grade

if TYPE_CHECKING:  # with HTTP, which a list of connections needs none of
    from bridge.app import App
    from bridge.host.authorization import Started
    from bridge.plugin import Granted


def signed_in(setup: Setup, app: App, started: Started, *, is_pasted: bool) -> str:
    """The address that the person was sent back to.

    Raises: ConfigError where nothing can be listened on, UnavailableError when nobody came.
    """
    receiver = None if is_pasted else app.host.authorization.listen()
    say(f"Open this address in a browser and allow bridge:\n\n  {escape(started.url)}\n")
    if receiver is None:
        return _pasted()
    if sys.stdout.isatty() and _has_screen(setup) and webbrowser.open(started.url):
        say("It was opened in your browser.")
    say("Waiting for the browser to come back ...")
    return receiver.wait(setup.clock)


def chooser(asker: Asker) -> Callable[[Sequence[Granted]], str]:
    """Asks which of several accounts is meant."""

    def choose(granted: Sequence[Granted]) -> str:
        return asker.choose("account", "Which account", {one.account: one.title for one in granted}, None)

    return choose


def introduce_ledger(app: App, ledger: str) -> None:
    """Say whose books these are, what is missing in them, and by what each route into them is booked."""
    try:
        app.host.facts(ledger, is_fresh=True)
    except BridgeError as cause:
        say(f"The company could not be read yet: {escape(str(cause))}")
        return
    remarks = app.desk.known_remarks(ledger)
    for remark in remarks:
        if remark.code == COMPANY:
            say(f"{escape(remark.what)}.")
    say_remarks([remark for remark in remarks if remark.grade is Grade.MISSING and remark.code != TAX])
    for card in app.desk.cards():
        if card.route.ledger == ledger:
            say(f"route [bold]{escape(card.route.name)}[/]:")
            say_tax(card)
            for odd in card.unfit:
                say(f"   [yellow]{escape(odd)}[/]")
    if count := sum(remark.grade is Grade.LOOK for remark in remarks):
        say(f"{counted(count, 'thing')} to look at: bridge connections check {escape(ledger)}")


def is_ledger(app: App, name: str) -> bool:
    """Whether a connection of that name writes a ledger."""
    return any(one.name == name and one.side is Side.SINK for one in app.desk.connections())


def check_pasting(*, is_pasted: bool, is_piped: bool) -> None:
    """Raises: ConfigError where the answers and the address would both be read from standard input."""
    if is_pasted and is_piped:
        raise ConfigError(
            "--paste",
            "reads the address from standard input, and so does --stdin the answers",
            "Give the answers by --answer and --secret",
            code="connection.answer",
        )


def _has_screen(setup: Setup) -> bool:
    """Whether a browser has a window to open; one that draws in the terminal would take it from bridge."""
    shown = ("DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform in {"darwin", "win32"} or any(setup.environment.get(name) for name in shown)


def _pasted() -> str:
    """The address a person was sent back to: from a terminal without showing it, else the first line of a pipe."""
    if sys.stdin.isatty():
        answer: str = click.prompt("Address you were sent back to", hide_input=True)
        return answer
    return sys.stdin.readline()

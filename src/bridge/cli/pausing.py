"""``bridge pause``, ``bridge resume`` and ``bridge stop-deliveries``: what a person stops, and lets go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.markup import escape

from bridge.cli.context import Setup, with_setup
from bridge.cli.output import Exit, say
from bridge.errors import ConfigError
from bridge.host.pausing import Stops

_BY = click.option("--by", help="Who says so; default: you.")
_REASON = click.option("--reason", default="", help="Why, for whoever finds it so.")


@click.command()
@click.argument("connection")
@_REASON
@_BY
@with_setup
def pause(setup: Setup, connection: str, reason: str, by: str | None) -> int:
    """Do nothing with CONNECTION until `bridge resume`: nothing is read from a channel, nothing sent to a ledger.

    No sign-in and no repair ends it. Its sign-in is kept alive.
    """
    with setup.app() as app:
        is_new = app.pausing.pause(connection, by=by or setup.actor, reason=reason, actor=setup.actor)
    say(f"{escape(connection)} {'is paused' if is_new else 'was paused already'}.")
    return Exit.OK


@click.command()
@click.argument("connection")
@_BY
@with_setup
def resume(setup: Setup, connection: str, by: str | None) -> int:
    """Let CONNECTION work again that a person paused; what came due meanwhile is done once."""
    with setup.app() as app:
        is_lifted = app.pausing.resume(connection, by=by or setup.actor, actor=setup.actor)
    say(f"{escape(connection)} {'is not paused any more' if is_lifted else 'was not paused by anybody'}.")
    return Exit.OK


@click.command("stop-deliveries")
@click.option("--plugin", default="", help="To the ledgers of this plugin alone.")
@click.option("--version", default="", help="While this version of it is installed.")
@click.option("--everywhere", is_flag=True, help="For every organisation of this database.")
@click.option("--lift", is_flag=True, help="Let vouchers go again.")
@_REASON
@_BY
@with_setup
def stop_deliveries(
    setup: Setup, plugin: str, version: str, reason: str, by: str | None, *, everywhere: bool, lift: bool
) -> int:
    """Write nothing to any ledger, from now on, whoever asks: a worker, a command, an undo. Every command says so.

    What is on its way when it is said arrives, and is not sent twice: its answer is saved, or looked up later.
    """
    if version and not plugin:
        raise ConfigError("--version", "is that of a plugin", "Name it with --plugin", code="config.option")
    if plugin:
        setup.registry().sink(plugin)  # says that there is none
    who, ledgers = by or setup.actor, f"ledgers of {plugin} {version}".rstrip() if plugin else "all ledgers"
    with _who_stops(setup, is_everywhere=everywhere) as stops:
        if lift:
            is_done = stops.lift(plugin, version, by=who, actor=setup.actor)
            words = f"Vouchers to {ledgers} may go again" if is_done else f"Deliveries to {ledgers} were not stopped"
        else:
            is_done = stops.stop(plugin, version, by=who, reason=reason, actor=setup.actor)
            words = f"Deliveries to {ledgers} {'are stopped' if is_done else 'were stopped already'}"
    say(f"{escape(words)}{', of every organisation' if everywhere else ''}.")
    return Exit.OK


@contextmanager
def _who_stops(setup: Setup, *, is_everywhere: bool) -> Iterator[Stops]:
    if is_everywhere:
        with setup.operated() as house:
            yield house.organisations
    else:
        with setup.app() as app:
            yield app.pausing

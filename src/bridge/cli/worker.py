"""``bridge worker``: does by itself what routes ask for, until it is told to stop."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import click
import msgspec
from rich.markup import escape

from bridge.cli.context import Group, Setup, with_setup
from bridge.cli.output import Exit, counted, exit_code, say, show_error, show_json, show_table
from bridge.desk import DutyCard, Workers
from bridge.errors import MovedError
from bridge.model.pauses import Scope


@click.group(cls=Group, invoke_without_command=True)
@click.option("--hands", type=click.IntRange(1, 32), default=4, show_default=True, help="How many turns at a time.")
@click.option("--until-eof", is_flag=True, help="End too when standard input does: for a process that starts it.")
@click.pass_context
def worker(context: click.Context, *, hands: int, until_eof: bool) -> int:
    """Do what routes ask for by themselves (read, book, send, check) until SIGTERM or Ctrl-C.

    It stays in the foreground, and says in its log what it does. What is under way then ends, within half a minute;
    what does not is begun anew by the next. A database in a file takes one worker; PostgreSQL as many as wanted.
    It ends with 5 once the file of its database was moved or replaced: whatever started it is to start it again.
    """
    if context.invoked_subcommand is not None:
        return 0
    setup = context.find_object(Setup)
    assert setup is not None
    stopping = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stopping.set())
    if until_eof:
        threading.Thread(target=_wait_for_eof, args=(stopping,), daemon=True).start()
    code = Exit.OK
    with setup.worker(hands) as found:
        try:
            found.run(stopping)
        except MovedError as error:
            show_error(error)
            code = exit_code(error)
        if found.is_busy:  # whose thread cannot be stopped, and would keep the process
            os._exit(code)
    return code


@worker.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def status(setup: Setup, *, as_json: bool) -> int:
    """Say which workers there are, what is due when, and what keeps it from being begun.

    Exits with 2 while something is due and nobody is at work, or a duty stopped; with 3 while anything is paused.
    """
    with setup.app() as app:
        found = app.desk.workers()
    if as_json:
        show_json(_plain(found))
    else:
        _show(found)
    return _exit(found)


@worker.command()
@click.argument("duty")
@with_setup
def again(setup: Setup, duty: str) -> int:
    """Let DUTY be begun again that stopped because three in a row who began it did not live to end it."""
    with setup.app() as app:
        app.pausing.begin_again(duty, actor=setup.actor)
    say(f"{escape(duty)} is due now.")
    return Exit.OK


def _wait_for_eof(stopping: threading.Event) -> None:
    while os.read(0, 1024):  # past Python's own reading, whose lock a process that ends would wait for
        pass
    stopping.set()


def _plain(found: Workers) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(found)
    for card, told in zip(found.duties, plain["duties"], strict=True):
        told["name"] = card.name
    return plain


def _show(found: Workers) -> None:
    say(
        f"{counted(found.alive, 'worker')} at work."
        if found.alive
        else "A worker is starting."
        if found.is_starting
        else "No worker is at work: start one by `bridge worker`."
    )
    rows = [
        (card.name, f"{card.duty.due_at:%Y-%m-%d %H:%M:%S}", _state(card, found), _last(card)) for card in found.duties
    ]
    show_table("", ("duty", "due (UTC)", "state", "last"), rows)
    for card in found.duties:
        if card.duty.stopped_at is not None:
            say(f"To begin it again: bridge worker again {escape(card.name)}")
    for outage in found.outages:
        say(escape(("A vendor fails: " if outage.is_of_vendor else "Fails: ") + outage.words))
    for pause in found.pauses:
        subject = pause.subject or ("to any ledger" if pause.scope is Scope.DELIVERIES else "")
        whose = ", of every organisation" if pause.is_everywhere else ""
        say(escape(f"{pause.scope} {subject}".rstrip() + f"{whose}: {pause.words}"))
        say(escape(f"  next: {pause.next_step}"))


def _state(card: DutyCard, found: Workers) -> str:
    if card.is_begun:
        return "is being done"
    return card.hindrance or ("due" if card.duty.due_at <= found.at else "waits for its time")


def _last(card: DutyCard) -> str:
    one = card.duty
    if one.last_at is None:
        return "never"
    run = f", run {one.last_run}" if one.last_run else ""
    return f"{one.last} at {one.last_at:%Y-%m-%d %H:%M}{run}"


def _exit(found: Workers) -> Exit:
    is_due = any(card.duty.due_at <= found.at and not card.hindrance for card in found.duties)
    if any(card.duty.stopped_at is not None for card in found.duties) or (
        is_due and not (found.alive or found.is_starting)
    ):
        return Exit.FIX
    return Exit.WAITS if found.pauses else Exit.OK

"""``bridge deliver``: owed vouchers into their ledgers, each once."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import click
from rich.markup import escape

from bridge.app import App
from bridge.books import BookRun
from bridge.cli.books_run import show_silence
from bridge.cli.context import Setup, with_setup
from bridge.cli.output import (
    Exit,
    exit_code,
    noting,
    plain_error,
    progress,
    say,
    show_error,
    show_json,
    warn_of_the_future,
)
from bridge.delivery import DrainReport
from bridge.errors import BridgeError, Disposition
from bridge.model.deliveries import Delivery, DeliveryState

PUT_RIGHT = ("authorization", "plugin.")
"""How the codes begin for which a drain stops until somebody puts something right."""


@click.command()
@click.argument("ledgers", metavar="[LEDGER]...", nargs=-1)
@click.option("--wait", default=60, show_default=True, metavar="SECONDS", help="How long to wait for what is due soon.")
@click.option("--limit", type=int, help="Send at most this many vouchers to each ledger.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def deliver(setup: Setup, ledgers: tuple[str, ...], wait: int, limit: int | None, *, as_json: bool) -> int:
    """Send what is owed to LEDGERs (connection names; all by default). May be stopped and repeated at any time.

    What waits is looked at again first. Exit code 3: something waits for a person. 5: try again later.
    """
    with setup.app() as app:
        failed: list[BridgeError] = []
        runs: list[BookRun] = []
        names = ledgers or tuple(dict.fromkeys(route.ledger for route in app.routes()))
        for ledger in names:
            with noting(failed):
                runs += app.look_again(ledger, actor=setup.actor)
        reports, undelivered = drain(app, names, actor=setup.actor, wait=wait, limit=limit)
        is_waiting, times = app.is_waiting_for_a_person(), app.times()
    failed += undelivered
    warn_of_the_future(times)
    if as_json:
        show_json({"ledgers": reports, "failed": [plain_error(error) for error in failed]})
    else:
        for run in runs:
            show_silence(run)
        for report in reports:
            show_drain(report)
    return outcome(reports, failed, runs, is_waiting=is_waiting)


def drain(
    app: App, ledgers: tuple[str, ...], *, actor: str, wait: int, limit: int | None = None
) -> tuple[list[DrainReport], list[BridgeError]]:
    """Drain every named ledger; one that fails does not stop the others."""
    reports: list[DrainReport] = []
    failed: list[BridgeError] = []
    for ledger in ledgers:
        try:
            with progress(f"delivering to {ledger}") as step:
                reports.append(
                    app.deliver(
                        ledger,
                        actor=actor,
                        patience_seconds=wait,
                        limit=limit,
                        progress=_counter(step),
                    )
                )
        except BridgeError as error:
            failed.append(error)
            show_error(error)
    return reports, failed


def _counter(step: Callable[[int], None]) -> Callable[[Delivery], None]:
    """Tell a progress line how many deliveries came to rest."""
    count = itertools.count(1)
    return lambda _delivery: step(next(count))


def outcome(
    reports: Sequence[DrainReport], failed: Sequence[BridgeError], runs: Sequence[BookRun], *, is_waiting: bool
) -> int:
    """The exit code of a drain: what must be put right first, then what waits for a person, then what is not through.

    runs: of the books before it; a ledger may have been silent there. is_waiting: something is held or parked until
    a person decides.
    """
    if failed:
        return max(exit_code(error) for error in failed)
    silent = {run.why_silent for run in runs} - {None}
    if any(report.stopped.startswith(PUT_RIGHT) for report in reports) or silent - {Disposition.RETRY}:
        return Exit.FIX
    if is_waiting:
        return Exit.WAITS
    if silent or any(report.in_doubt or report.waiting or report.stopped for report in reports):
        return Exit.LATER
    return Exit.OK


def parked(report: DrainReport) -> int:
    """How many of the ledger's vouchers wait for a person after a refusal, this drain's and earlier ones."""
    return report.standing.get(DeliveryState.PARKED, 0)


def show_drain(report: DrainReport, *, hint: bool = True) -> None:
    """One ledger's drain in a sentence. hint: say where to look at what is held."""
    parts = [f"{report.delivered} delivered"]
    parts += [f"[red]{parked(report)} parked[/]"] if parked(report) else []
    parts += [f"{report.in_doubt} in doubt, to be looked up"] if report.in_doubt else []
    parts += [f"{report.waiting} still owed"] if report.waiting else []
    parts += [f"{report.held} held"] if report.held else []
    due = f"; next due {report.next_due_at:%Y-%m-%d %H:%M:%S} UTC" if report.next_due_at else ""
    say(f"{escape(report.ledger)}: {', '.join(parts)}{due}")
    if report.stopped:
        say(f"  stopped ({escape(report.stopped)}): {escape(report.note)}")
    if hint and (parked(report) or report.held):
        say("  to see why: bridge held")

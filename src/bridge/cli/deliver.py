"""``bridge deliver``: owed vouchers into their ledgers, each once."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.markup import escape

from bridge.cli.books_run import show_silences
from bridge.cli.context import Setup, with_setup
from bridge.cli.output import plain_error, say, show_json, warn_of_the_future
from bridge.cli.watching import Watching, exit_of
from bridge.delivery import DrainReport
from bridge.model.deliveries import DeliveryState
from bridge.work import Delivered


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
        delivered = app.story.deliver(
            ledgers, actor=setup.actor, wait_seconds=wait, limit=limit, watch=Watching(setup.clock)
        )
        times = app.times()
    warn_of_the_future(times)
    return show_delivered(delivered, as_json=as_json)


def show_delivered(delivered: Delivered, *, as_json: bool = False) -> int:
    """What came of it, for a person or a machine. Returns the exit code."""
    if as_json:
        failed = [plain_error(error) for error in delivered.failed]
        show_json({"run": delivered.run.number, "ledgers": delivered.drains, "failed": failed})
    else:
        show_silences(delivered.looked, told=notes_of(delivered.drains))
        show_drains(delivered.drains)
        if any(parked(report) or report.held for report in delivered.drains):
            say("To see what waits, and why: bridge held")
    return exit_of(delivered.verdict, delivered.failed)


def parked(report: DrainReport) -> int:
    """How many of the ledger's vouchers wait for a person after a refusal, this drain's and earlier ones."""
    return report.standing.get(DeliveryState.PARKED, 0)


def notes_of(reports: Sequence[DrainReport]) -> tuple[str, ...]:
    """What is told of drains that stopped."""
    return tuple(report.note for report in reports if report.stopped)


def show_drains(reports: Sequence[DrainReport]) -> None:
    """Each ledger's drain in a sentence; those where nothing was to be done in one for all."""
    quiet = [report.ledger for report in reports if not (_did(report) or report.stopped or report.told)]
    for report in reports:
        if report.ledger not in quiet:
            _show(report)
    if quiet:
        say(f"{escape(', '.join(quiet))}: nothing to send")


def _show(report: DrainReport) -> None:
    due = f"; next due {report.next_due_at:%Y-%m-%d %H:%M:%S} UTC" if report.next_due_at else ""
    say(f"{escape(report.ledger)}: {', '.join(_did(report)) or 'nothing sent'}{due}")
    for words in report.told:
        say(f"  {escape(words)}")
    if report.stopped:
        say(f"  stopped ({escape(report.stopped)}): {escape(report.note)}")


def _did(report: DrainReport) -> list[str]:
    """``2 delivered``, ``4 held``; nothing where nothing was to be done."""
    parts = [f"{report.delivered} delivered"] if report.delivered else []
    parts += [f"{report.withdrawn} withdrawn"] if report.withdrawn else []
    parts += [f"[red]{parked(report)} parked[/]"] if parked(report) else []
    parts += [f"{report.in_doubt} in doubt, to be looked up"] if report.in_doubt else []
    parts += [f"{report.waiting} still owed"] if report.waiting else []
    parts += [f"{report.held} held"] if report.held else []
    return parts

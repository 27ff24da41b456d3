"""How a run of the books is shown, wherever one happens."""

from __future__ import annotations

from rich.markup import escape

from bridge.books import BookRun, Result
from bridge.cli.output import counted, say
from bridge.cli.tax_words import say_question
from bridge.model.reasons import PATIENT

PUT_RIGHT = (Result.HELD, Result.NEEDS_CORRECTION)


def show_books(run: BookRun) -> None:
    """What was booked on a route, and what waits, with reasons."""
    booked, rebooked = run.count(Result.BOOKED), run.count(Result.REBOOKED)
    parts = [f"{booked} booked"] + ([f"{rebooked} booked anew"] if rebooked else [])
    parts += [counted(run.owed, "voucher") + " owed"] if run.owed else []
    parts += [f"{run.withdrawn} withdrawn"] if run.withdrawn else []
    say(f"{escape(run.route)}: {', '.join(parts)}")
    for document in run.documents:
        if document.result in PUT_RIGHT:
            why = document.message or document.reason
            say(f"  [yellow]{document.result}[/] {escape(document.external_id)}: {escape(why)}")
    for reason, count in run.waiting:
        say(f"  {count} held: {escape(reason)}{', which passes by itself' if reason in PATIENT else ''}")
    if run.question:
        say_question(run.question, indent="  ")
    show_silence(run)


def show_silence(run: BookRun) -> None:
    """What a ledger said instead of its facts, if it was silent."""
    if run.silence:
        say(f"  [yellow]ledger silent[/]: {escape(run.silence)}")

"""How runs of the books are shown, wherever one happens."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.markup import escape

from bridge.books import BookRun, Result
from bridge.cli.output import counted, say
from bridge.cli.tax_words import say_question
from bridge.errors import Disposition
from bridge.model.reasons import PATIENT

PUT_RIGHT = (Result.HELD, Result.NEEDS_CORRECTION)
_BOOKED = {Result.BOOKED: "booked", Result.REBOOKED: "booked anew", Result.CORRECTED: "corrected"}


def show_books(runs: Sequence[BookRun], *, told: Collection[str] = ()) -> None:
    """What was booked on each route, and what waits, with reasons; then where nothing happened, in one line.

    told: what ledgers say that is shown beside this anyway.
    """
    quiet = [run.route for run in runs if not _did(run) and not _waits(run)]
    for run in runs:
        if run.route not in quiet:
            _show(run, is_told=run.silence in told)
    if quiet:
        say(f"{escape(', '.join(quiet))}: nothing to book")
    show_silences(runs, told=told)


def show_silences(runs: Sequence[BookRun], *, told: Collection[str] = ()) -> None:
    """What ledgers said instead of their facts, each thing once; told: what is shown anyway."""
    for silence in dict.fromkeys(run.silence for run in runs if run.silence not in ("", *told) and not _is_asked(run)):
        say(f"[yellow]ledger silent[/]: {escape(silence)}")


def _show(run: BookRun, *, is_told: bool) -> None:
    if run.question and not _did(run):
        say_question(run.question, is_told=is_told)
        return
    say(f"{escape(run.route)}: {', '.join(_did(run)) or 'nothing booked'}")
    for document in run.documents:
        if document.result in PUT_RIGHT:
            why = document.message or document.reason
            say(f"  [yellow]{document.result}[/] {escape(document.external_id)}: {escape(why)}")
    for reason, count in run.waiting:
        say(f"  {count} held: {escape(reason)}{', which passes by itself' if reason in PATIENT else ''}")
    if run.question:
        say_question(run.question, indent="  ", is_told=is_told)


def _did(run: BookRun) -> list[str]:
    """``1 booked``, ``4 vouchers owed``; nothing where nothing was done."""
    counts = {words: run.count(result) for result, words in _BOOKED.items()}
    parts = [f"{count} {words}" for words, count in counts.items() if count]
    parts += [counted(run.owed, "voucher") + " owed"] if run.owed else []
    parts += [f"{run.withdrawn} withdrawn"] if run.withdrawn else []
    return parts


def _waits(run: BookRun) -> bool:
    return bool(run.waiting or run.question or any(one.result in PUT_RIGHT for one in run.documents))


def _is_asked(run: BookRun) -> bool:
    """Whether its question says already that the ledger lets nobody in."""
    return run.question is not None and run.why_silent is Disposition.RECONNECT

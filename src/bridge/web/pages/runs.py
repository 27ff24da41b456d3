"""Runs: what was done, when, by whom, what stood in the way; and the same once more."""

from __future__ import annotations

from contextlib import suppress

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bridge.errors import BridgeError, ConfigError
from bridge.model.runs import Run, RunKind, RunOutcome
from bridge.web.asked import Asked, action, page
from bridge.web.looks import number_of

AT_ONCE = 50


def runs(asked: Asked) -> Response:
    """The newest, or those before one."""
    found = asked.app.desk.runs(AT_ONCE + 1, number_of(asked.query.get("before", "")))
    older = found[AT_ONCE - 1].number if len(found) > AT_ONCE else None
    return asked.show("runs.html", runs=[(run, what(run)) for run in found[:AT_ONCE]], older=older)


def run(asked: Asked) -> Response:
    """One of them."""
    found = asked.app.desk.run(_number(asked))
    is_over, workers = found.outcome is not RunOutcome.RUNNING, asked.app.desk.workers()
    return asked.show("run.html", run=found, what=what(found), is_over=is_over, workers=workers)


def run_retry(asked: Asked) -> Response:
    """The same once more, by a worker: no channel or ledger is asked while a browser waits, or after it.

    Files that people brought are where they were brought: those are read here, after the answer.
    """
    found = asked.app.desk.run(_number(asked))
    if found.piece.kind is RunKind.IMPORT:
        answer = asked.go("runs")
        answer.background = BackgroundTask(_again, asked, found.number)
        return answer
    if not asked.app.asking.again(found.piece, actor=asked.actor):
        cause, step = (
            "is about nothing that a worker is still to do",
            "See what is done by itself: `bridge worker status`",
        )
        raise ConfigError(f"run {found.number}", cause, step, code="worker.no_duty")
    return asked.go_with("run", {"asked": "again"}, number=str(found.number))


def _again(asked: Asked, number: int) -> None:
    with suppress(BridgeError):  # the run says so
        asked.app.story.retry(number, actor=asked.actor)


def _number(asked: Asked) -> int:
    found = number_of(asked.part("number"))
    if found is None:
        raise HTTPException(404)
    return found


def what(run: Run) -> str:
    """``sync of us, gb``"""
    piece = run.piece
    about = {
        RunKind.IMPORT: piece.connections,
        RunKind.BACKFILL: piece.connections,
        RunKind.DELIVER: piece.ledgers,
        RunKind.UPKEEP: (),
    }.get(piece.kind, piece.routes)
    kind = "check" if piece.kind is RunKind.DRIFT else str(piece.kind)
    return f"{kind} of {', '.join(about)}" if about else kind


PAGES = (
    page("/runs", runs),
    page("/runs/{number}", run),
    action("/runs/{number}/retry", run_retry),
)

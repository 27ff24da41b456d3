"""Runs: what was done, when, by whom, what stood in the way; and the same once more."""

from __future__ import annotations

from contextlib import suppress

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.responses import Response

from bridge.errors import BridgeError
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
    return asked.show("run.html", run=found, what=what(found), is_over=found.outcome is not RunOutcome.RUNNING)


def run_retry(asked: Asked) -> Response:
    """The same once more, after the answer: the run that it becomes says what came of it."""
    number = _number(asked)
    asked.app.desk.run(number)
    answer = asked.go("runs")
    answer.background = BackgroundTask(_again, asked, number)
    return answer


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

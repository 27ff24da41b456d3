"""How a run is told at a terminal, while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from rich.markup import escape

from bridge.cli.output import Exit, err, exit_code, progress, show_error
from bridge.cli.told_clock import ToldClock, to_nobody
from bridge.errors import BridgeError
from bridge.ingest import Far
from bridge.model.runs import Run
from bridge.work import Verdict

_EXITS = {
    Verdict.PUT_RIGHT: Exit.FIX,
    Verdict.DECIDE: Exit.WAITS,
    Verdict.LATER: Exit.LATER,
    Verdict.NOTHING: Exit.OK,
}


_QUIET = timedelta(minutes=2)


class Watching:
    """A person, or a scheduler's log: see ``work.Watch``. What stops several steps alike is told once.

    clock: by which all waits that a step does; the first is told, and again one that comes minutes later.
    """

    def __init__(self, clock: ToldClock) -> None:
        self._clock = clock
        self._told: set[str] = set()

    def began(self, run: Run, left: Sequence[Run]) -> None:
        for one in left:
            show_unfinished(one)

    @contextmanager
    def step(self, words: str) -> Iterator[Callable[[int], None]]:
        quiet_until = self._clock.now()

        def tell(until: datetime) -> None:
            nonlocal quiet_until
            if self._clock.now() >= quiet_until:
                quiet_until = until + _QUIET
                err.print(f"{words}: asked to wait, until {until:%H:%M:%S} UTC", soft_wrap=True, markup=False)

        self._clock.tell = tell
        try:
            with progress(words) as told:
                yield told
        finally:
            self._clock.tell = to_nobody

    def failed(self, error: BridgeError) -> None:
        if str(error) not in self._told:
            self._told.add(str(error))
            show_error(error)

    def far(self, far: Far) -> None:
        """Told by `bridge backfill`, which has a watch of its own."""

    def says(self, words: str) -> None:
        err.print(escape(words), soft_wrap=True)

    def waits(self, why: str, until: datetime) -> None:
        """See ``far``."""


def show_unfinished(run: Run) -> None:
    """Say on standard error that an earlier run never ended."""
    what = f"run {run.number} ({run.piece.kind}, begun {run.started_at:%Y-%m-%d %H:%M:%S} UTC by {escape(run.actor)})"
    err.print(f"[bold yellow]run.unfinished[/] {what} did not end: it was killed in the middle", soft_wrap=True)
    err.print(
        f"  next: Nothing: what it did stands. The same once more: bridge runs retry {run.number}", soft_wrap=True
    )


def exit_of(verdict: Verdict, errors: Sequence[BridgeError]) -> int:
    """The exit code of a run: a bug of ours first, then as the verdict has it, the gravest of all that happened."""
    is_bug = any(exit_code(error) is Exit.ERROR for error in errors)
    return Exit.ERROR if is_bug else _EXITS[verdict]

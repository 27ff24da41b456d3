"""What a worker says of a run while it goes on: lines of a log, for machines."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from bridge.errors import BridgeError
from bridge.model.runs import Run
from bridge.work.watch import Progress, Unwatched


class Logged(Unwatched):
    """See ``work.Watch``."""

    def __init__(self, duty: str, log: Any) -> None:
        self._duty, self._log = duty, log

    def began(self, run: Run, left: Sequence[Run]) -> None:
        for one in left:
            self._log.warning("run was left unfinished", run=one.number, kind=str(one.piece.kind))

    def step(self, words: str) -> AbstractContextManager[Progress]:
        self._log.debug("step", duty=self._duty, step=words)
        return nullcontext(lambda _done: None)

    def failed(self, error: BridgeError) -> None:
        self._log.warning("part failed", duty=self._duty, code=error.code, cause=str(error))

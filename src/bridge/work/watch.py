"""Whoever watches a run: a person at a terminal, or nobody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from bridge.errors import BridgeError
from bridge.model.runs import Run

if TYPE_CHECKING:
    from bridge.ingest import Far

Progress = Callable[[int], None]
"""Told how far a step is."""


class Watch(Protocol):
    """Told what happens in a run, as it does. Raises nothing."""

    def began(self, run: Run, left: Sequence[Run]) -> None:
        """A run began. left: earlier ones of which it was found now that they will never end."""
        ...

    def step(self, words: str) -> AbstractContextManager[Progress]:
        """Something long begins, until the end of the block."""
        ...

    def failed(self, error: BridgeError) -> None:
        """One part failed; the others go on."""
        ...

    def far(self, far: Far) -> None:
        """A stream that is read from its first day has come so far."""
        ...

    def says(self, words: str) -> None:
        """Something is to be known before it goes on."""
        ...

    def waits(self, why: str, until: datetime) -> None:
        """Nothing is to be had before then, and it is waited for."""
        ...


class Unwatched:
    """Nobody looks on: all that is to be known is in the run."""

    def began(self, run: Run, left: Sequence[Run]) -> None:
        """Told to nobody, as all of this."""

    def step(self, words: str) -> AbstractContextManager[Progress]:
        return nullcontext(lambda _done: None)

    def failed(self, error: BridgeError) -> None:
        """See ``began``."""

    def far(self, far: Far) -> None:
        """See ``began``."""

    def says(self, words: str) -> None:
        """See ``began``."""

    def waits(self, why: str, until: datetime) -> None:
        """See ``began``."""

"""Repeating what is safe to repeat: reads, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import tenacity

from bridge.clock import Clock
from bridge.errors import RateLimitedError, TransientError

Answer = TypeVar("Answer")
_LONGEST_WAIT = 86_400


def safely(read: Callable[[], Answer], *, clock: Clock, attempts: int = 4, longest_wait_seconds: int = 65) -> Answer:
    """Call ``read`` again while it meets a TransientError, waiting as long as the far side asked.

    Only for what changes nothing there; a write goes out once and is looked up.
    Units:  waits double from one second; a wait longer than ``longest_wait_seconds`` is not begun.
    Raises: the last TransientError; anything else at once.
    """

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_seconds if isinstance(error, RateLimitedError) else 0
        return max(asked, 2.0 ** (state.attempt_number - 1))

    def is_enough(state: tenacity.RetryCallState) -> bool:
        return state.attempt_number >= attempts or wait(state) > longest_wait_seconds

    return tenacity.Retrying(
        sleep=clock.sleep,
        wait=wait,
        stop=is_enough,
        retry=tenacity.retry_if_exception_type(TransientError),
        reraise=True,
    )(read)


def seconds_asked(headers: Mapping[str, str], usual: int) -> int:
    """What ``Retry-After`` asks for, a day at most; the usual where it says nothing that we read."""
    asked = headers.get("Retry-After", "").strip()
    if not (asked.isascii() and asked.isdigit()):
        return usual
    return min(int(asked), _LONGEST_WAIT) if len(asked) < 10 else _LONGEST_WAIT

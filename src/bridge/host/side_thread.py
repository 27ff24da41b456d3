"""A thread beside the caller's, in which a plugin's calls run: a call that hangs costs a thread, not the process."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from contextvars import Context, copy_context
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any, Final, TypeVar

T = TypeVar("T")
SLICE_SECONDS: Final = 0.2
_Outcome = SimpleQueue[tuple[Any, BaseException | None]]
_Job = tuple[Context, Callable[[], Any], _Outcome]
_Jobs = SimpleQueue[_Job | None]


class OverrunError(Exception):
    """The work did not end in time; its thread was given up."""


class SideThread:
    """Runs one piece of work at a time. The thread starts with the first and ends with this object."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._jobs: _Jobs | None = None
        self._ending: weakref.finalize[..., SideThread] | None = None

    def run(self, work: Callable[[], T], seconds: float) -> T:
        """What the work returns or raises, in the caller's context.

        Raises: OverrunError after so many seconds. Python cannot stop a thread: it goes on unheard until it ends
                by itself, never keeps the process from ending, and the next work gets a new one.
        """
        jobs = self._jobs
        if jobs is None or self._ending is None or not self._ending.alive:
            # Not started, or told to end by the collector, which may close a generator of ours after its thread.
            jobs = self._start()
        outcome: _Outcome = SimpleQueue()
        jobs.put((copy_context(), work, outcome))
        try:
            value, error = _await(outcome, seconds)
        except BaseException:  # too late, or interrupted: the work goes on unheard, and nothing waits for it
            self.stop()
            raise
        if error is not None:
            try:
                raise error
            finally:
                del error  # else this frame and the traceback would keep each other alive
        result: T = value
        return result

    def stop(self) -> None:
        """Let the thread end after what it does now."""
        if self._ending is not None:
            self._ending()
        self._jobs = self._ending = None

    def _start(self) -> _Jobs:
        jobs: _Jobs = SimpleQueue()
        threading.Thread(target=_work_off, args=(jobs,), name=self._name, daemon=True).start()
        self._jobs, self._ending = jobs, weakref.finalize(self, jobs.put, None)
        return jobs


def _await(outcome: _Outcome, seconds: float) -> tuple[Any, BaseException | None]:
    """What came of the work. In slices: an interrupt that arrives as a wait begins is only seen when it ends."""
    ends = monotonic() + seconds
    while True:
        left = ends - monotonic()
        try:
            return outcome.get(timeout=max(0, min(left, SLICE_SECONDS)))
        except Empty:
            if left <= SLICE_SECONDS:
                raise OverrunError from None


def _work_off(jobs: _Jobs) -> None:
    while (job := jobs.get()) is not None:
        context, work, outcome = job
        try:
            outcome.put((context.run(work), None))
        except BaseException as error:  # noqa: BLE001 carried over to the caller, who decides
            outcome.put((None, error))
        del job, context, work, outcome

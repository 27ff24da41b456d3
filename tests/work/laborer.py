"""A worker as a process of its own, over the real engine and a real database; its steps only speak.

Run as ``python -m tests.work.laborer DATABASE_URL LOG``. A route ``slow-...`` takes seconds to book, and ``poison``
kills the process.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path

from bridge import log
from bridge.books import BookRun
from bridge.clock import SystemClock
from bridge.host.holder import holder_name
from bridge.model.connections import Route
from bridge.store.sql import NOBODY, SqlStore, open_store
from bridge.work import Story
from bridge.work.worker.engine import DbosEngine, engine_url
from bridge.work.worker.running import Worker
from bridge.work.worker.shared_clock import SharedClock
from tests.work.steps import OrderedSteps

SLOW_SECONDS = 3.0


class SaidSteps(OrderedSteps):
    """Writes when the booking of a route begins and ends: ``begin ROUTE PID SECONDS ORGANISATION``."""

    def __init__(self, store: SqlStore, file: Path, organisation: str) -> None:
        super().__init__()
        self._store, self._file, self._organisation = store, file, organisation

    def routes(self) -> tuple[Route, ...]:
        with self._store.reading() as unit:
            return unit.routes.all()

    def book(self, route: str, *, actor: str, until: datetime | None = None) -> BookRun:
        self._say("begin", route)
        if route == "poison":
            os._exit(9)
        time.sleep(SLOW_SECONDS if route.startswith("slow") else 0.05)
        self._say("end", route)
        return super().book(route, actor=actor)

    def _say(self, *words: str) -> None:
        told = (*words, str(os.getpid()), f"{time.monotonic():.3f}", self._organisation)
        with self._file.open("a") as file:
            file.write(" ".join(told) + "\n")


def work(url: str, file: Path, stopping: threading.Event, hands: int = 4) -> None:
    """Until that event."""
    clock = SharedClock(SystemClock())
    with closing(open_store(url, NOBODY, clock)) as store:

        def story(name: str) -> Story:
            own = store.of(name)
            return Story(own, clock, SaidSteps(own, file, name), holder_name())

        engine = DbosEngine(engine_url(url), hands)
        Worker(store, store.moment, clock, [story] * hands, engine, is_alone=url.startswith("sqlite")).run(stopping)


def main(url: str, file: str) -> None:
    log.configure(level="info", as_json=True)
    stopping = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stopping.set())
    work(url, Path(file), stopping)


if __name__ == "__main__":
    main(*sys.argv[1:])

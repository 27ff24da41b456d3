"""The engine that hands out duties: the one module that knows it is dbos.

dbos keeps what was offered in tables of its own, and gives each to one process that has a hand free. None of its own
ways to take up what a dead process left is used: they are not fenced, and count anew. What it holds is worth nothing
a minute later; the lease of a duty decides.
Source: dbos 3.4.0, its documentation and its code, read 2026-11-29.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Final, Protocol

import msgspec
import sqlalchemy as sa

_VERSION: Final = "1"
"""Of what is handed out, a duty's name: the same in every release, so that none waits for another."""
_QUEUE: Final = "turns"
_POLLED_SECONDS: Final = 0.25
_SWEPT_SECONDS: Final = 600.0
_KEPT, _KEPT_BEGUN = timedelta(hours=1), timedelta(days=7)
_AT_ONCE: Final = 500
_ANEW_SECONDS: Final = 1
"""So long what is being done is waited for, before it goes on beside an engine that was begun anew."""


class Offer(msgspec.Struct, frozen=True):
    """A duty that is due. token: the same for as long as nobody began it, so that several workers offer it once."""

    key: str
    token: str


class Engine(Protocol):
    """Hands out what is offered: each to one process, perhaps again later, perhaps never."""

    def start(self, do: Callable[[str], None]) -> None:
        """Begin to hand out. do: takes a duty's name, raises nothing, and is called in several threads at once."""
        ...

    def offer(self, offers: Sequence[Offer], now: datetime) -> None:
        """Have these handed out. Twice: once. Raises: whatever keeps the engine from it."""
        ...

    def stop(self, seconds: int) -> None:
        """Hand out no more, and wait so long for what is being done."""
        ...


class EngineFile:
    """The engine's own database file, of which nothing is worth keeping. url: that of SQLAlchemy."""

    def __init__(self, url: str) -> None:
        self._path = Path(sa.make_url(url).database or "")
        self._known = (0, 0)

    def begin(self) -> None:
        """Have a sound one there, for its owner alone; one that is none is deleted."""
        if not self._is_readable():
            for end in ("", "-wal", "-shm", "-journal"):
                self._path.with_name(self._path.name + end).unlink(missing_ok=True)
        self._path.touch(mode=0o600)
        self._known = self._which()

    def is_sound(self) -> bool:
        """Whether it is the one with which was begun, and can be read."""
        return self._which() == self._known and self._is_readable()

    def _which(self) -> tuple[int, int]:
        with suppress(OSError):
            found = self._path.stat()
            return found.st_dev, found.st_ino
        return 0, 0

    def _is_readable(self) -> bool:
        """Also where it cannot be told just now, as on a full disk."""
        try:
            with closing(sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)) as held:
                return bool(held.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
        except sqlite3.DatabaseError as error:
            return not error.sqlite_errorname.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


class DbosEngine:
    """See ``Engine``. url: of its own database file, or of the server's database. hands: turns at a time.

    A file of its own that is damaged, or was taken away, is made anew: at the start, and while it runs.
    """

    def __init__(self, url: str, hands: int) -> None:
        self._url, self._hands, self._swept = url, hands, monotonic()
        self._file = EngineFile(url) if url.startswith("sqlite") else None

    def start(self, do: Callable[[str], None]) -> None:
        self._do = do
        if self._file:
            self._file.begin()
        self._launch(do)

    def _launch(self, do: Callable[[str], None]) -> None:
        from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer  # takes seconds

        serializer = DBOSPortableJSONSerializer()
        DBOS.workflow(name="turn")(_named(do))
        DBOS(
            config={
                "name": "bridge",
                "system_database_url": self._url,
                "executor_id": uuid.uuid4().hex,  # nobody's before: nothing of a dead process is taken up
                "application_version": _VERSION,
                "log_level": "CRITICAL",  # what keeps it from its tables is told as ours, once
                "serializer": serializer,
            }
        )
        DBOS.launch()
        DBOS.register_queue(
            _QUEUE,
            worker_concurrency=self._hands,
            polling_interval_sec=_POLLED_SECONDS,
            on_conflict="always_update",
        )
        self._client = DBOSClient(system_database_url=self._url, application_name="bridge", serializer=serializer)

    def offer(self, offers: Sequence[Offer], now: datetime) -> None:
        try:
            self._offer(offers, now)
        except Exception:
            if self._file is None or self._file.is_sound():
                raise
            self.stop(_ANEW_SECONDS)
            self.start(self._do)
            self._offer(offers, now)

    def _offer(self, offers: Sequence[Offer], now: datetime) -> None:
        for one in offers:
            self._client.enqueue(
                {
                    "queue_name": _QUEUE,
                    "workflow_name": "turn",
                    "app_version": _VERSION,
                    "workflow_id": f"{_QUEUE}|{one.token}",
                },
                one.key,
            )
        if monotonic() - self._swept > _SWEPT_SECONDS:
            self._swept = monotonic()
            self.sweep(now)

    def sweep(self, now: datetime) -> int:
        """Let go of what was handed out long ago. What counts as begun may be of a dead process, and stays a week."""
        over = self._before(now - _KEPT, "SUCCESS", "ERROR", "CANCELLED", "ENQUEUED")
        begun = self._before(now - _KEPT_BEGUN, "PENDING")
        if gone := [*over, *begun]:
            self._client.delete_workflows(gone)
        return len(gone)

    def stop(self, seconds: int) -> None:
        from dbos import DBOS

        self._client.destroy()
        DBOS.destroy(workflow_completion_timeout_sec=seconds, destroy_registry=True)

    def _before(self, at: datetime, *states: str) -> list[str]:
        found = self._client.list_workflows(
            status=list(states),
            queue_name=_QUEUE,
            end_time=at.isoformat(),
            limit=_AT_ONCE,
            load_input=False,
            load_output=False,
        )
        return [one.workflow_id for one in found]


def engine_url(database_url: str) -> str:
    """Where the engine keeps its own: a file beside that of the books, else the same database, in a schema of its own.

    Beside, because one unit of ours holds a file's only right to write for seconds.
    """
    url = sa.make_url(database_url)
    if url.get_backend_name() != "sqlite":
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    path = Path(url.database or "")
    return f"sqlite:///{path.with_name(f'{path.stem}-engine{path.suffix}')}"


def _named(do: Callable[[str], None]) -> Callable[[str], None]:
    def turn(key: str) -> None:
        do(key)

    return turn

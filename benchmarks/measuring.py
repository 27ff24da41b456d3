"""What the benchmarks share: methods in processes of their own, a PostgreSQL, and the same rows written in bulk."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RUNS = 3
Told = dict[str, float]


class TimedStore:
    """A store that notes for how many seconds each of its units of work held the database."""

    def __init__(self, store: Any) -> None:
        self._store, self.held = store, list[float]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def unit(self, actor: str) -> Iterator[Any]:
        with self._store.unit(actor) as unit:
            start = time.perf_counter()
            yield unit
        self.held.append(time.perf_counter() - start)


def counted_statements() -> Callable[[], int]:
    """How many statements SQLAlchemy has sent since now, as often as that is asked."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    sent = [0]

    def count(*_: object) -> None:
        sent[0] += 1

    event.listen(Engine, "before_cursor_execute", count)
    return lambda: sent[0]


def in_own_process(program: str, method: str, **given: object) -> Told:
    """Run one method of a program in a process of its own; what it tells, its peak memory too."""
    command = [sys.executable, program, "--method", method, "--given", json.dumps(given, default=str)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    told: Told = json.loads(done.stdout.splitlines()[-1])
    return told


def tell(told: Mapping[str, float]) -> int:
    print(json.dumps({**told, "megabytes": peak_megabytes()}))
    return 0


def peak_megabytes() -> float:
    """Of this process alone: getrusage also counts what its parent held when it was started."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (peak,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return int(peak.split()[1]) / 1024


@contextmanager
def postgres(databases: int = 1) -> Iterator[list[str]]:
    """Empty databases on a server of this run's own, which is gone when the run is over."""
    from tests.postgres import PostgresServer, url_of

    room = Path(f"/tmp/bridge-pg-{os.getpid()}-bench")
    server = PostgresServer(url_of(room))
    try:
        with ExitStack() as made:
            yield [made.enter_context(server.database()) for _ in range(databases)]
    finally:
        server.close()
        (room / "run").unlink()
        patience = time.monotonic() + 10
        while room.exists() and time.monotonic() < patience:
            time.sleep(0.02)


def rows_of(url: str, tables: Sequence[str]) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in some tables, as the driver gives it."""
    from bridge.store.sql.dialect import dialect_of

    dialect = dialect_of(url)
    engine = dialect.engine()
    with dialect.transaction(engine, is_reading=True) as connection:
        found = {name: [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {name}")] for name in tables}
    engine.dispose()
    return found


def write(url: str, rows: Mapping[str, Sequence[tuple[Any, ...]]]) -> tuple[float, float]:
    """Let the driver write these rows into a database in its fastest way, unasked; seconds, and those of work here.

    ``executemany`` on SQLite, COPY on PostgreSQL, as the product does; one transaction, with all constraints.
    """
    from bridge.store.sql import migrate
    from bridge.store.sql.dialect import dialect_of

    migrate(url)
    dialect = dialect_of(url)
    engine = dialect.engine()
    wall, cpu = time.perf_counter(), time.process_time()
    with dialect.transaction(engine, is_reading=False) as connection:
        driver: Any = connection.connection.driver_connection
        for table, tuples in rows.items():
            if not tuples:
                continue
            if engine.name == "sqlite":
                driver.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(tuples[0]))})", tuples)
                continue
            with driver.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in tuples:
                    copy.write_row(row)
    took = time.perf_counter() - wall, time.process_time() - cpu
    engine.dispose()
    return took

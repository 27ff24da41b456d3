"""How much work a database does: statements, and rows or steps, which are the same on every machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import msgspec
import psycopg
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from tests.fakes.statements import statements

_ROWS = """
SELECT (SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) FROM pg_stat_user_tables)
     + (SELECT coalesce(sum(idx_tup_read), 0) FROM pg_stat_user_indexes)
"""
_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


class Work(msgspec.Struct, frozen=True):
    """statements: that were sent. touched: steps of SQLite's machine, or rows and index entries PostgreSQL read."""

    statements: int
    touched: int


def work_of(url: str, story: Callable[[], object]) -> Work:
    """What a story asks of the database at this URL. It must open its own connections, and close them."""
    count = _steps if url.startswith("sqlite") else _rows
    with statements() as sent, count(url) as touched:
        story()
    return Work(len(sent), touched[0])


@contextmanager
def _steps(_: str) -> Iterator[list[int]]:
    done = [0]

    def step() -> int:
        done[0] += 1
        return 0

    def watch(driver: Any, _: object) -> None:
        driver.set_progress_handler(step, 1)

    sa.event.listen(sa.pool.Pool, "connect", watch)
    try:
        yield done
    finally:
        sa.event.remove(sa.pool.Pool, "connect", watch)


@contextmanager
def _rows(url: str) -> Iterator[list[int]]:
    """What a connection read is told once it has ended."""
    done = [0]
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with closing(psycopg.connect(plain, autocommit=True)) as watcher:
        before = _told(watcher)
        yield done
        done[0] = _told(watcher) - before


def _told(watcher: psycopg.Connection[Any]) -> int:
    patience = time.monotonic() + 60
    while watcher.execute(_OTHERS).fetchone() != (0,) and time.monotonic() < patience:
        time.sleep(0.01)
    ((rows,),) = watcher.execute(_ROWS).fetchall()
    return int(rows)

"""A disk that is full for a while, and a database that may only be read for a while, as this process finds them."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa

ROOM: Final = 4096
"""A file may be so large: less than one page in the log of a database."""


@contextmanager
def full_disk(room: int = ROOM) -> Iterator[None]:
    """Files grow no more, beyond a few letters. What is open stays so."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def read_only() -> Iterator[None]:
    """Nothing is written to a database."""

    def turn(driver: sqlite3.Connection, *_: Any) -> None:
        driver.execute("PRAGMA query_only = ON").close()

    def turn_back(driver: sqlite3.Connection | None, *_: Any) -> None:
        if driver is not None:
            driver.execute("PRAGMA query_only = OFF").close()

    sa.event.listen(sa.pool.Pool, "checkout", turn)
    sa.event.listen(sa.pool.Pool, "checkin", turn_back)
    try:
        yield
    finally:
        sa.event.remove(sa.pool.Pool, "checkout", turn)
        sa.event.remove(sa.pool.Pool, "checkin", turn_back)

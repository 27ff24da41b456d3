"""Texts in the order of their keys, however many: sorted on disk, so that memory does not grow with the books."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import date


class Spool:
    """Texts by day and name; a file of the database library's own in the temporary folder, gone when closed."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("CREATE TABLE text (day TEXT, name TEXT, text TEXT, PRIMARY KEY (day, name)) WITHOUT ROWID")

    def add(self, texts: Iterable[tuple[date, str, str]]) -> int:
        """Take in texts as (day, name, text); how many there were."""
        rows = ((day.isoformat(), name, text) for day, name, text in texts)
        return self._connection.executemany("INSERT INTO text VALUES (?, ?, ?)", rows).rowcount

    def texts(self) -> Iterator[str]:
        """All of them by day, then by name."""
        for (text,) in self._connection.execute("SELECT text FROM text ORDER BY day, name"):
            yield text


@contextmanager
def spool() -> Iterator[Spool]:
    """An empty spool. Source: SQLite, an empty file name makes a private database on disk that is deleted on close."""
    with closing(sqlite3.connect("")) as connection:
        yield Spool(connection)

"""Keeps what a sandbox knows over restarts."""

import os
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

__all__ = ["Shelf"]


class Shelf:
    """Texts by (room, key), in one SQLite file or nowhere.

    Shape:    without a path it forgets everything, so that callers need not ask whether to save.
    """

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._file: sqlite3.Connection | None = None
        if path is not None:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # it holds tokens, if only a fake's
            self._file = sqlite3.connect(path, check_same_thread=False)
            self._file.execute("PRAGMA journal_mode = WAL")
            self._file.execute("PRAGMA synchronous = NORMAL")
            self._file.execute(
                "CREATE TABLE IF NOT EXISTS shelf (room TEXT, key TEXT, value TEXT, PRIMARY KEY (room, key))"
                " WITHOUT ROWID"
            )

    @property
    def keeps(self) -> bool:
        """Whether what is saved is there again."""
        return self._file is not None

    def save(self, room: str, items: Iterable[tuple[str, str | None]]) -> None:
        """Save these texts together or not at all; None takes the key away."""
        with self._lock:
            if self._file is None:
                return
            with self._file:
                for key, value in items:
                    self._file.execute("DELETE FROM shelf WHERE room = ? AND key = ?", (room, key))
                    if value is not None:
                        self._file.execute("INSERT INTO shelf VALUES (?, ?, ?)", (room, key, value))

    def replace(self, room: str, texts: Mapping[str, str]) -> None:
        """Let a room hold these texts and nothing else."""
        with self._lock:
            if self._file is None:
                return
            with self._file:
                self._file.execute("DELETE FROM shelf WHERE room = ?", (room,))
                rows = [(room, key, value) for key, value in texts.items()]
                self._file.executemany("INSERT INTO shelf VALUES (?, ?, ?)", rows)

    def rooms(self) -> list[str]:
        """List the rooms that hold anything."""
        with self._lock:
            if self._file is None:
                return []
            return [room for (room,) in self._file.execute("SELECT DISTINCT room FROM shelf ORDER BY room")]

    def load(self, room: str) -> dict[str, str]:
        """Give everything in a room."""
        with self._lock:
            if self._file is None:
                return {}
            found = self._file.execute("SELECT key, value FROM shelf WHERE room = ? ORDER BY key", (room,))
            return dict(found)

    def close(self) -> None:
        """Close the file; saving afterwards does nothing."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

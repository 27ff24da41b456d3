"""A file outside the database that says how far its audit log was when bridge last sent something.

One line: number, time and hash of a row. Put in its place whole, and on the disk before it is told of.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from bridge.errors import BridgeError, ConfigError, of_disk
from bridge.store.api import Head

_REMARK = "# How far the audit log was when bridge last sent something. Do not restore it with the database."


class HeadFile:
    """The file at a path, of whoever may read it alone; shared by the processes of this machine."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Head | None:
        """What it says; None where there is none. Raises: ConfigError ``store.head_unreadable``."""
        try:
            text = self.path.read_text(encoding="ascii")
            (line,) = [line for line in text.splitlines() if line and not line.startswith("#")]
            seq, at, row_hash = line.split()
            return Head(int(seq), datetime.fromisoformat(at), row_hash)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as cause:
            raise ConfigError(
                str(self.path),
                "cannot be read, so nobody knows whether the database was restored: nothing is sent",
                "Was it restored, or do you not know, run `bridge store restored`. Else delete the file: what was sent "
                "is then looked for once more",
                code="store.head_unreadable",
            ) from cause

    def keep(self, head: Head, *, instead_of: Head | None = None) -> None:
        """Let it say this head, unless another process has brought it further.

        instead_of: what it says wrongly. Killed: it says one or the other. Raises: as ``read``, and ConfigError
        ``store.head_unwritable``; DiskError where the disk is full.
        """
        with self._alone() as folder:
            known = self.read()
            if known is None or known == instead_of or known.seq < head.seq:
                self._write(head, folder)

    def renew(self, head: Head) -> None:
        """Let it say this head, whatever it says. Raises: ConfigError ``store.head_unwritable``."""
        with self._alone() as folder:
            self._write(head, folder)

    @contextmanager
    def _alone(self) -> Iterator[int]:
        """Hold the folder; yields it, open."""
        try:
            folder = os.open(self.path.parent, os.O_RDONLY)
        except OSError as cause:
            raise self._unwritable(cause) from cause
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield folder
        finally:
            os.close(folder)

    def _write(self, head: Head, folder: int) -> None:
        """The lock is held, so one name for what is not whole yet is enough."""
        unfinished = self.path.with_name(f"{self.path.name}.new")
        text = f"{_REMARK}\n{head.seq} {head.at.isoformat()} {head.hash}\n"
        try:
            with suppress(FileNotFoundError):
                unfinished.unlink()
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(text.encode("ascii"))
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self.path)
            os.fsync(folder)
        except OSError as cause:
            raise self._unwritable(cause) from cause

    def _unwritable(self, cause: OSError) -> BridgeError:
        return of_disk(cause) or ConfigError(
            str(self.path),
            f"cannot be written ({cause.strerror}), and nothing is sent that it does not know of",
            "Let bridge write there, or name another place: head_file in [bridge]",
            code="store.head_unwritable",
        )

"""A file on this machine, as sources and the vault read it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from bridge.errors import ConfigError, DocumentError

CHUNK_BYTES = 1 << 20


class FileOnDisk:
    """A SourceFile. Memory: a chunk, whatever the file's size.

    name: as it can be shown anywhere. Raises: ConfigError ``ingest.file`` when it is not there or may not be read.
    """

    def __init__(self, path: Path, *, charset: str = "") -> None:
        self._path, self.name, self.charset = path, shown(path), charset
        try:
            if not path.is_file():
                raise ConfigError(
                    f"file {self.name}", "is not there, or is no file", "Check its path", code="ingest.file"
                )
            self.size = path.stat().st_size
            with path.open("rb") as stream:
                self.content_hash = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError as error:
            cause = f"cannot be read ({error.strerror})"
            raise ConfigError(f"file {self.name}", cause, "Check its permissions", code="ingest.file") from error

    def open(self) -> BinaryIO:
        return self._path.open("rb")

    def check(self) -> None:
        """Raises: DocumentError ``ingest.file_changed`` when its bytes are no longer those hashed."""
        for _ in self.chunks():
            pass

    def chunks(self) -> Iterator[bytes]:
        """Its bytes. Raises: DocumentError ``ingest.file_changed`` at the end when they are no longer those hashed."""
        digest = hashlib.sha256()
        with self.open() as stream:
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
                yield chunk
        if digest.hexdigest() != self.content_hash:
            raise changed(self.name)


def shown(path: Path) -> str:
    """Its name for people, logs and stores: what cannot be printed, or is no UTF-8, is a question mark."""
    name = os.fsencode(path.name).decode("utf-8", "replace")
    return "".join(letter if letter.isprintable() and letter != "\ufffd" else "?" for letter in name)


def changed(name: str) -> DocumentError:
    """The error when a file is no longer what it was a moment ago."""
    cause = "changed while it was read"
    return DocumentError(
        f"file {name}", cause, "Wait until it is written whole, then import it", code="ingest.file_changed"
    )

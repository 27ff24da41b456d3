"""Sample files: a channel's own files as an author keeps them, and streams over them as unhelpful as real ones."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Self

import msgspec

from bridge.model.documents import DocumentKind

NO_SUMS: Mapping[str, int] = {}


class Expected(msgspec.Struct, frozen=True):
    """What a sample's document must be.

    by_kind: minor units by kind of line, receipts and repayments aside; empty where it is not compared.
    """

    kind: DocumentKind
    external_id: str
    currency: str
    total_minor: int
    by_kind: Mapping[str, int] = NO_SUMS


class SampleFile(msgspec.Struct, frozen=True):
    """A file of the channel, in memory; a ``SourceFile``.

    expected: its documents in order; empty where nothing is said of them. charset: as its download declares it.
    step:     how many bytes at most its stream gets at a time; 0 for all there are.
    held:     codes of the problems that hold documents of it; empty where all of them can be booked.
    """

    name: str
    content: bytes
    expected: tuple[Expected, ...] = ()
    charset: str = ""
    step: int = 0
    held: tuple[str, ...] = ()

    @classmethod
    def at(cls, path: Path, *expected: Expected, held: Sequence[str] = ()) -> Self:
        """The file at a path."""
        return cls(path.name, path.read_bytes(), expected, held=tuple(held))

    @property
    def size(self) -> int:
        return len(self.content)

    def open(self) -> BinaryIO:
        if not self.step:
            return io.BytesIO(self.content)
        return io.BufferedReader(_Dripping(self.content, self.step), buffer_size=self.step)

    def holding(self, content: bytes) -> Self:
        """A file of the same name with another content, of which nothing is expected."""
        return msgspec.structs.replace(self, content=content, expected=())

    def dripping(self, step: int) -> Self:
        """The same file, read at most so many bytes at a time."""
        return msgspec.structs.replace(self, step=step)


class _Dripping(io.RawIOBase):
    """Gives a few bytes at a time, as a pipe or a download does."""

    def __init__(self, content: bytes, step: int) -> None:
        super().__init__()
        self._content, self._step, self._place = content, step, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        piece = self._content[self._place : self._place + min(self._step, len(view))]
        view[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)

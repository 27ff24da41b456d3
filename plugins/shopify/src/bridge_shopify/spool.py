"""Rows on the disk, in buckets by a hash of their parent, so that one bucket at a time is joined in memory.

The files have no name, hold allow-listed rows only, and are gone when they are closed, however the process ends.
"""

from __future__ import annotations

import struct
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, BinaryIO, Self

import msgspec

from bridge_shopify.bulk_rows import NUMBERS, TYPES, Row, RowKind

_FRAME = struct.Struct("<BHI")
_KINDS = tuple(RowKind)
_DECODERS: dict[RowKind, Any] = {kind: msgspec.msgpack.Decoder(content) for kind, content in TYPES.items()}


class Spool:
    """So many buckets, closed at the end of a ``with``."""

    def __init__(self, buckets: int) -> None:
        self._stack = ExitStack()
        self._files: list[BinaryIO] = []
        self._count = buckets
        self._encoder = msgspec.msgpack.Encoder()

    def __enter__(self) -> Self:
        for _ in range(self._count):
            self._files.append(self._stack.enter_context(tempfile.TemporaryFile()))
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def put(self, gid: str, row: Row) -> None:
        """Add a row to the bucket of this id."""
        content, parent = self._encoder.encode(row.content), row.parent.encode()
        frame = _FRAME.pack(NUMBERS[row.kind], len(parent), len(content))
        self._files[zlib.crc32(gid.encode()) % self._count].write(b"".join((frame, parent, content)))

    def buckets(self) -> Iterator[Iterator[Row]]:
        """The rows of each bucket, in the order in which they were put; each once, for what was read is given up."""
        for file in self._files:
            file.seek(0)
            yield _rows(memoryview(file.read()))
            file.close()


def _rows(content: memoryview) -> Iterator[Row]:
    place = 0
    while place < len(content):
        number, parent, size = _FRAME.unpack_from(content, place)
        begin = place + _FRAME.size + parent
        kind, place = _KINDS[number], begin + size
        yield Row(kind, str(content[begin - parent : begin], "utf-8"), _DECODERS[kind].decode(content[begin:place]))

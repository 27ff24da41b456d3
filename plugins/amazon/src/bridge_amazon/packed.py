"""A report that was packed with gzip, as the interface for reports hands it out, read as if it were not."""

from __future__ import annotations

import gzip
import zlib
from typing import BinaryIO, cast

from bridge.plugin import SourceFile
from bridge_amazon.refusal import Place

MAGIC = b"\x1f\x8b"


class Unpacked:
    """A packed file as what is in it. most: bytes; whoever unpacks more is refused."""

    def __init__(self, file: SourceFile, place: Place, most: int) -> None:
        self._file, self._place, self._most = file, place, most
        self.name, self.size, self.charset = file.name, file.size, file.charset

    def open(self) -> BinaryIO:
        return cast("BinaryIO", _Stream(self._file.open(), self._place, self._most))


class _Stream(gzip.GzipFile):
    """Raises: DocumentError where the packing is damaged or cut, or more comes out than is allowed."""

    def __init__(self, packed: BinaryIO, place: Place, most: int) -> None:
        super().__init__(fileobj=packed, mode="rb")
        self._packed, self._place, self._left = packed, place, most

    def read(self, size: int | None = -1) -> bytes:
        try:
            found = super().read(size)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise self._place.refuse("truncated", "is packed with gzip, and cut off or damaged") from error
        self._left -= len(found)
        if self._left < 0:
            raise self._place.refuse("too_large", "unpacks to more than is allowed")
        return found

    def close(self) -> None:
        super().close()
        self._packed.close()

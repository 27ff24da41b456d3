"""The bytes of a file: how many may come, packed or not, and how they are held."""

from __future__ import annotations

import gzip
import io
import mmap
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO, Final

import msgspec
from typing_extensions import Buffer

from bridge.plugin.reading.places import Place
from bridge.plugin.source import SourceFile

Content = bytes | memoryview
GZIP: Final = b"\x1f\x8b"
_CHUNK: Final = 1 << 16
_MEGABYTE: Final = 1_000_000
_SIGNS: Final = {
    b"\xff\xfe": "UTF-16 text, as spreadsheets save it",
    b"\xfe\xff": "UTF-16 text, as spreadsheets save it",
    b"PK": "a zip or Excel file",
    b"%PDF": "a PDF",
    GZIP: "a gzip file",
    b"<": "XML or a web page",
}


class SizeLimit(msgspec.Struct, frozen=True):
    """The largest file that is read. setting: by which the operator raises it."""

    megabytes: int
    setting: str = "max_file_megabytes"

    def check(self, size: int, place: Place, *, is_packed: bool = False) -> None:
        """size: bytes that it has, or that came out of it so far. Raises: DocumentError ``file.too_large``."""
        if size > self.megabytes * _MEGABYTE:
            opening = "unpacks to" if is_packed else f"has {size // _MEGABYTE} MB,"
            raise place.refuse(
                "file.too_large",
                f"{opening} more than the {self.megabytes} MB that are allowed",
                next_step=f"Bring it in smaller pieces, or raise {self.setting} under [plugins.{place.channel}] in the "
                "settings",
            )


def first_bytes(file: SourceFile, size: int) -> bytes:
    """The beginning of a file."""
    with file.open() as stream:
        return stream.read(size)


def looks_like(head: bytes, also: Mapping[bytes, str] | None = None) -> str:
    """``: it looks like a PDF``, to end a cause with; empty where nothing speaks for anything. also: further signs."""
    signs = {**_SIGNS, **(also or {})}
    return next((f": it looks like {what}" for sign, what in signs.items() if head.startswith(sign)), "")


def unpacked(file: SourceFile, place: Place, limit: SizeLimit) -> SourceFile:
    """A file that is packed with gzip as what is in it; any other as it is.

    Raises: DocumentError ``file.too_large``, at once or where more comes out than is allowed, and ``file.truncated``
            where the packing is cut or damaged.
    """
    limit.check(file.size, place)
    return _Unpacked(file, place, limit) if first_bytes(file, len(GZIP)) == GZIP else file


@contextmanager
def content_of(file: SourceFile) -> Iterator[Content]:
    """All bytes of a file, without holding them: mapped where it lies on a disk, put on one first where it does not."""
    with file.open() as stream:
        if _is_on_disk(stream):
            yield _mapped(stream)
            return
        with tempfile.TemporaryFile() as spool:
            shutil.copyfileobj(stream, spool, _CHUNK)
            spool.flush()
            yield _mapped(spool)


def _is_on_disk(stream: BinaryIO) -> bool:
    try:
        stream.fileno()
    except OSError:
        return False
    return True


def _mapped(stream: BinaryIO) -> Content:
    """An empty file cannot be mapped."""
    try:
        return memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    except ValueError:
        return b""


class _Unpacked:
    """A packed file as what is in it."""

    def __init__(self, file: SourceFile, place: Place, limit: SizeLimit) -> None:
        self._file, self._place, self._limit = file, place, limit
        self.name, self.size, self.charset = file.name, file.size, file.charset

    def open(self) -> BinaryIO:
        return io.BufferedReader(_Unpacking(self._file.open(), self._place, self._limit), _CHUNK)


class _Unpacking(io.RawIOBase):
    """What is packed, as it comes out: counted, however it is read. It lies nowhere on a disk."""

    def __init__(self, packed: BinaryIO, place: Place, limit: SizeLimit) -> None:
        self._packed, self._stream = packed, gzip.GzipFile(fileobj=packed, mode="rb")
        self._place, self._limit, self._came = place, limit, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Raises: DocumentError; never more in memory than was asked for."""
        with memoryview(buffer) as view:
            try:
                found = self._stream.read(len(view))
            except (EOFError, gzip.BadGzipFile, zlib.error) as error:
                raise self._place.refuse("file.truncated", "is packed with gzip, and cut off or damaged") from error
            view[: len(found)] = found
        self._came += len(found)
        self._limit.check(self._came, self._place, is_packed=True)
        return len(found)

    def close(self) -> None:
        super().close()
        self._stream.close()
        self._packed.close()

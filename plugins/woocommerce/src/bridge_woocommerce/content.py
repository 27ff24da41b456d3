"""The bytes of a file, without holding them: mapped where it lies on a disk, put on one first where it does not."""

from __future__ import annotations

import gzip
import mmap
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from bridge.errors import DocumentError
from bridge.plugin import SourceFile
from bridge_woocommerce.decoding import Content
from bridge_woocommerce.refusal import Place

_GZIP = b"\x1f\x8b"
_CHUNK = 1 << 16


@contextmanager
def content_of(file: SourceFile, place: Place, most_megabytes: int) -> Iterator[Content]:
    """Raises: DocumentError for a file larger than allowed, packed or not, and for one that is packed and cut."""
    if file.size > most_megabytes * 1_000_000:
        raise _too_large(file.size, place, most_megabytes)
    with file.open() as stream:
        is_packed = stream.read(len(_GZIP)) == _GZIP
    with file.open() as stream:
        if not is_packed and _is_on_disk(stream):
            yield _mapped(stream)
            return
        with tempfile.TemporaryFile() as spool:
            if is_packed:
                _unpack(stream, spool, place, most_megabytes)
            else:
                shutil.copyfileobj(stream, spool, _CHUNK)
            spool.flush()
            yield _mapped(spool)


def _is_on_disk(stream: BinaryIO) -> bool:
    try:
        stream.fileno()
    except OSError:
        return False
    return True


def _unpack(stream: BinaryIO, spool: BinaryIO, place: Place, most_megabytes: int) -> None:
    try:
        with gzip.open(stream) as plain:
            while chunk := plain.read(_CHUNK):
                spool.write(chunk)
                if spool.tell() > most_megabytes * 1_000_000:
                    raise _too_large(spool.tell(), place, most_megabytes)
    except (EOFError, OSError, zlib.error) as error:
        raise place.refuse("is a gzip file that is cut or damaged", code="woocommerce.file.truncated") from error


def _mapped(stream: BinaryIO) -> Content:
    """An empty file cannot be mapped."""
    try:
        return memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    except ValueError:
        return b""


def _too_large(size: int, place: Place, most_megabytes: int) -> DocumentError:
    return place.refuse(
        f"has {size // 1_000_000} MB, more than the {most_megabytes} MB that are allowed",
        code="woocommerce.file.too_large",
        next_step="Save fewer orders a file, or raise max_file_megabytes under [plugins.woocommerce]",
    )

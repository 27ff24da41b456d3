"""A large file is read in bounded memory."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Iterator
from typing import BinaryIO

from bridge.model.lines import Line
from bridge.plugin import DocumentLines
from bridge_amazon.source import AmazonSource
from plugins.amazon.tests.report import POSTED, Report, Row

MEGABYTE = 1_000_000


class GeneratedStream(io.RawIOBase):
    """A stream whose bytes are made as they are read."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks, self._rest = chunks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        self._rest = self._rest or next(self._chunks, b"")
        taken, self._rest = self._rest[: len(view)], self._rest[len(view) :]
        view[: len(taken)] = taken
        return len(taken)


class GeneratedFile:
    """A settlement of so many rows, each with texts of its own, that never stands anywhere whole."""

    name, charset = "large.txt", ""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._row = "\t".join(
            Report().detail(Row(order="@ORDER", sku="@SKU", minor=1, promotion="Summer sale " * 30)).get(n, "")
            for n in Report().columns
        )
        self.size = sum(len(chunk) for chunk in self._chunks())

    def open(self) -> BinaryIO:
        return io.BufferedReader(GeneratedStream(self._chunks()))

    def _chunks(self) -> Iterator[bytes]:
        head = "\n".join(Report(total=self._rows).lines()[:2]) + "\n"
        yield head.encode()
        for first in range(0, self._rows, 500):
            places = range(first, min(first + 500, self._rows))
            yield "".join(
                self._row.replace("@ORDER", f"114-{place:07d}-0000011").replace("@SKU", f"MUG-{place}") + "\n"
                for place in places
            ).encode()


def test_a_file_of_thirty_megabytes_is_read_in_a_few() -> None:
    """Peak memory is that of a piece and of the bounded tables of texts already read, whatever the file's size."""
    file = GeneratedFile(62_000)
    assert file.size > 30 * MEGABYTE
    count, total = 0, 0
    last: Line | None = None
    tracemalloc.start()
    try:
        for part in AmazonSource(max_file_megabytes=512).read_file(file):
            if isinstance(part, DocumentLines):
                count += len(part.lines)
                total += sum(line.amount_minor for line in part.lines)
                last = part.lines[-1]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert (count, total) == (62_000, 62_000)
    assert last is not None
    assert (last.key, last.order_id, last.occurred_at) == ("0062000", "114-0061999-0000011", POSTED)
    assert peak < 10 * MEGABYTE

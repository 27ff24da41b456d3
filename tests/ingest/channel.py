"""A small channel whose files are JSON, and a desk that knows one connection to it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from bridge.errors import DocumentError
from bridge.model.connections import Connection, Route, Side
from bridge.model.documents import DocumentKind, Problem
from bridge.model.entries import Mode
from bridge.model.lines import Line, Part
from bridge.plugin import (
    DocumentEnd,
    DocumentLines,
    DocumentStart,
    FilePart,
    FileType,
    SourceCapabilities,
    SourceFile,
    SourceOffer,
)

OPENED, CLOSED = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 6, 15, tzinfo=UTC)
CONNECTION = Connection(name="shop", plugin="small", side=Side.SOURCE, account="S1")
OTHER = Connection(name="other", plugin="small", side=Side.SOURCE, account="S2")
LEDGER = Connection(name="books", plugin="fake", side=Side.SINK, account="C1")
ROUTE = Route(
    name="main",
    source="shop",
    ledger="books",
    time_zone="America/Los_Angeles",
    first_day=OPENED.date(),
    clearing="1200",
    bank="1000",
)


class Sold(msgspec.Struct):
    """A line in a file."""

    minor: int
    kind: str = "sale.product"
    words: str = "sold"
    at: datetime = CLOSED


class Statement(msgspec.Struct):
    """A settlement in a file; ``total`` is what it says, right or wrong."""

    id: str = "P-1"
    lines: list[Sold] = []
    total: int | None = None
    currency: str = "USD"
    title: str = ""


class Script(msgspec.Struct):
    """A file: statements, and after how many parts its source finds it damaged (0 for never)."""

    statements: list[Statement]
    damaged_after: int = 0
    problems: list[Problem] = []


def write(path: Path, *statements: Statement, damaged_after: int = 0, problems: list[Problem] | None = None) -> Path:
    """Put a file there. Returns its path."""
    path.write_bytes(msgspec.json.encode(Script(list(statements), damaged_after, problems or [])))
    return path


def statement(*amounts: int, name: str = "P-1", total: int | None = None) -> Statement:
    """A settlement of sales; it adds up unless a total is given that does not."""
    return Statement(name, [Sold(amount) for amount in amounts], total)


class SmallSource:
    """Reads such files in pieces of two lines; ``readings`` counts how often it was asked."""

    def __init__(self) -> None:
        self.readings = 0

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        self.readings += 1
        with file.open() as stream:
            content = stream.read()
        try:
            script = msgspec.json.decode(content, type=Script)
        except msgspec.DecodeError as error:
            raise DocumentError(
                f"file {file.name}", "is no file of ours", "Bring another", code="small.unknown"
            ) from error
        for number, part in enumerate(parts(script), start=1):
            if number == script.damaged_after:
                raise DocumentError(f"file {file.name}, line {number}", "is cut", "Bring it again", code="small.cut")
            yield part


def parts(script: Script) -> Iterator[FilePart]:
    """What a script holds, as a source tells it."""
    for each in script.statements:
        total = sum(sold.minor for sold in each.lines) if each.total is None else each.total
        yield DocumentStart(
            DocumentKind.SETTLEMENT, each.id, each.currency, total, OPENED, CLOSED, pays_at=CLOSED, title=each.title
        )
        lines = tuple(
            Line(f"{number:04d}", sold.kind, Part.SALE, sold.minor, sold.at, words=sold.words)
            for number, sold in enumerate(each.lines, start=1)
        )
        for first in range(0, len(lines), 2):
            yield DocumentLines(lines[first : first + 2])
        yield DocumentEnd(tuple(script.problems))


def offer(source: SmallSource) -> SourceOffer:
    """What the channel's plugin would declare."""
    capabilities = SourceCapabilities(
        (Mode.PAYOUT,), (FileType("JSON: books"),), clearing="1200", bank="1000", prefix="SML"
    )
    return SourceOffer("small", "Small channel", "1.2", capabilities, build=lambda _: source)

"""Settlement files as Amazon writes them, read by Amazon's own plugin: nothing of a line is made by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from bridge.model.lines import Line
from bridge.model.money import minor_from_text
from bridge.model.series import Series
from bridge.plugin import DocumentEnd, DocumentLines, DocumentStart
from bridge_amazon.source import AmazonSource
from plugins.amazon.tests.report import DOTS, ISO, MemoryFile, Report, Row
from tests.books.builders import Received, settlement

SAMPLES = Path(__file__).resolve().parents[2] / "plugins/amazon/tests/samples"
ITEM = 65161683650000


def read(file: MemoryFile) -> Received:
    """What the plugin reads in a file with one settlement, as ingest saves it."""
    start: DocumentStart | None = None
    lines: list[Line] = []
    series: Series | None = None
    for part in AmazonSource(max_file_megabytes=64).read_file(file):
        if isinstance(part, DocumentStart):
            start = part
        elif isinstance(part, DocumentLines):
            lines += part.lines
        elif isinstance(part, DocumentEnd):
            series = part.series
    assert start is not None
    return settlement(
        start.external_id,
        lines,
        opened=start.opened_at,
        closed=start.closed_at,
        pays=start.pays_at,
        total=start.total_minor,
        currency=start.currency,
        series=series,
    )


def sample(name: str) -> Received:
    """A sample of the Amazon plugin, by its path."""
    return read(MemoryFile.sample(name if "/" in name else f"synthetic/{name}"))


def report(text: str, external_id: str = "S1", **more: str) -> Received:
    """A settlement report of these rows, as it is read. more: see ``written``."""
    return read(written(text, external_id, **more))


def written(
    text: str,
    external_id: str = "S1",
    *,
    currency: str = "USD",
    opened: str = "2026-06-01",
    closed: str = "2026-06-14 12:00",
    pays: str = "2026-06-16",
    marketplace: str = "",
) -> MemoryFile:
    """A settlement report of these rows: date, order, transaction|type|description, amount, two blanks between them.

    order: the number of an order of one item, with ``/`` and a number where it is one of its refunds; ``-`` for none.
    """
    rows = tuple(_row(line.split("  "), currency, marketplace) for line in map(str.strip, text.splitlines()) if line)
    made = Report(
        rows=rows,
        currency=currency,
        dates=ISO if currency == "USD" else DOTS,
        settlement_id=external_id,
        opened=_at(opened),
        closed=_at(closed),
        deposit=_at(pays),
    )
    return made.file()


def _row(cells: list[str], currency: str, marketplace: str) -> Row:
    day, order, words, amount = (cell.strip() for cell in cells if cell.strip())
    number, _, refund = order.partition("/")
    transaction, kind, description = words.split("|")
    is_of_order = number != "-"
    return Row(
        words=(transaction, kind, description),
        minor=minor_from_text(amount, currency),
        at=_at(day) + timedelta(hours=0 if " " in day else 12),
        order=f"206-0000001-{int(number):07d}" if is_of_order else "",
        item=str(ITEM + int(number)) if is_of_order else "",
        shipment=f"D{number}" if is_of_order and not refund else "",
        adjustment=f"A{refund}" if refund else "",
        sku=f"SKU-{number}" if is_of_order else "",
        quantity="1" if is_of_order else "",
        marketplace=marketplace if is_of_order else "",
    )


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)

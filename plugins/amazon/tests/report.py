"""Settlement reports written to order: in any currency's style, layout, encoding and line ending."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from bridge.model.lines import Line
from bridge.model.money import decimal_text
from bridge.plugin import DocumentEnd, DocumentLines, DocumentStart, FilePart
from bridge_amazon.source import AmazonSource

SAMPLES = Path(__file__).parent / "samples"
V2_HEADER = (
    "settlement-id settlement-start-date settlement-end-date deposit-date total-amount currency transaction-"
    "type order-id merchant-order-id adjustment-id shipment-id marketplace-name amount-type amount-"
    "description amount fulfillment-id posted-date posted-date-time order-item-code merchant-order-item-id "
    "merchant-adjustment-item-id sku quantity-purchased promotion-id"
).replace(" ", "\t")
V1_HEADER = (
    "settlement-id settlement-start-date settlement-end-date deposit-date total-amount currency transaction-"
    "type order-id merchant-order-id adjustment-id shipment-id marketplace-name shipment-fee-type shipment-"
    "fee-amount order-fee-type order-fee-amount fulfillment-id posted-date order-item-code merchant-order-"
    "item-id merchant-adjustment-item-id sku quantity-purchased price-type price-amount item-related-fee-type "
    "item-related-fee-amount misc-fee-amount other-fee-amount other-fee-reason-description promotion-id "
    "promotion-type promotion-amount direct-payment-type direct-payment-amount other-amount"
).replace(" ", "\t")
V2, V1 = V2_HEADER.split("\t"), V1_HEADER.split("\t")
ISO, DOTS, SLASHES = "%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d"
START, END = datetime(2026, 6, 24, 17, 32, 11, tzinfo=UTC), datetime(2026, 7, 8, 17, 32, 10, tzinfo=UTC)
POSTED = datetime(2026, 6, 25, 8, 14, 22, tzinfo=UTC)


class Row(msgspec.Struct, frozen=True):
    """One amount of a settlement, as a test thinks of it."""

    words: tuple[str, str, str] = ("Order", "ItemPrice", "Principal")
    minor: int = 2499
    at: datetime = POSTED
    order: str = "114-0000001-0000011"
    item: str = "82047234148649"
    shipment: str = "D071049rq"
    adjustment: str = ""
    sku: str = "ACME-MUG-BLU"
    quantity: str = "1"
    marketplace: str = "Amazon.com"
    promotion: str = ""


class Report(msgspec.Struct, frozen=True):
    """A V2 settlement report. ``total`` defaults to the sum of its rows."""

    rows: tuple[Row, ...] = (Row(),)
    currency: str = "USD"
    dates: str = ISO
    mark: str = "."
    total: int | None = None
    settlement_id: str = "28500000011"
    columns: Sequence[str] = tuple(V2)
    end: str = "\n"
    opened: datetime = START
    closed: datetime = END
    deposit: datetime = END

    def summary(self) -> dict[str, str]:
        """The summary row's cells, by column."""
        total = sum(row.minor for row in self.rows) if self.total is None else self.total
        return {
            "settlement-id": self.settlement_id,
            "settlement-start-date": self.instant(self.opened),
            "settlement-end-date": self.instant(self.closed),
            "deposit-date": self.instant(self.deposit),
            "total-amount": self.amount(total),
            "currency": self.currency,
        }

    def detail(self, row: Row) -> dict[str, str]:
        """A detail row's cells, by column."""
        return {
            "settlement-id": self.settlement_id,
            "transaction-type": row.words[0],
            "amount-type": row.words[1],
            "amount-description": row.words[2],
            "amount": self.amount(row.minor),
            "order-id": row.order,
            "order-item-code": row.item,
            "shipment-id": row.shipment,
            "adjustment-id": row.adjustment,
            "marketplace-name": row.marketplace,
            "fulfillment-id": "AFN",
            "posted-date": row.at.strftime(self.dates),
            "posted-date-time": self.instant(row.at),
            "sku": row.sku,
            "quantity-purchased": row.quantity,
            "promotion-id": row.promotion,
        }

    def amount(self, minor: int) -> str:
        return decimal_text(minor, self.currency).replace(".", self.mark)

    def instant(self, at: datetime) -> str:
        return at.strftime(f"{self.dates} %H:%M:%S UTC")

    def lines(self) -> list[str]:
        """The lines of the file, the header first."""
        return [
            "\t".join(self.columns),
            *(
                "\t".join(cells.get(name, "") for name in self.columns)
                for cells in (self.summary(), *(self.detail(row) for row in self.rows))
            ),
        ]

    def text(self) -> str:
        return "".join(line + self.end for line in self.lines())

    def file(self, encoding: str = "utf-8") -> MemoryFile:
        return MemoryFile(self.text().encode(encoding))


class MemoryFile:
    """A SourceFile over bytes."""

    def __init__(self, content: bytes, *, name: str = "settlement.txt", charset: str = "") -> None:
        self.content, self.name, self.charset = content, name, charset
        self.size = len(content)

    @classmethod
    def sample(cls, path: str) -> MemoryFile:
        """A sample by its path under ``samples``."""
        return cls((SAMPLES / path).read_bytes(), name=Path(path).name)

    def open(self) -> BinaryIO:
        return io.BytesIO(self.content)


class Reading(msgspec.Struct, frozen=True):
    """All that the source said of a file with one document."""

    start: DocumentStart
    lines: tuple[Line, ...]
    end: DocumentEnd

    def by_kind(self) -> dict[str, int]:
        """Minor units by kind, zeros left out."""
        sums: dict[str, int] = {}
        for line in self.lines:
            sums[line.kind] = sums.get(line.kind, 0) + line.amount_minor
        return {kind: minor for kind, minor in sums.items() if minor}


def parts(file: MemoryFile) -> Iterator[FilePart]:
    return AmazonSource(max_file_megabytes=512).read_file(file)


def read(file: MemoryFile) -> Reading:
    """Read a file that holds one settlement."""
    start, *pieces, end = parts(file)
    assert isinstance(start, DocumentStart)
    assert isinstance(end, DocumentEnd)
    lines: list[Line] = []
    for piece in pieces:
        assert isinstance(piece, DocumentLines)
        lines += piece.lines
    return Reading(start, tuple(lines), end)

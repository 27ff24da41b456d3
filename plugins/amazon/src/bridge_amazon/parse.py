"""Pure: the rows of a settlement to lines, in the V2 layout; and what both layouts share.

A row is named by its place among the rows: a settlement never changes, and rows that are the same byte for byte
are two units or two fees, so none is ever dropped.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime
from operator import itemgetter

import msgspec

from bridge.model.lines import Line
from bridge.plugin.reading import FactError, Place
from bridge_amazon.cells import Attributes, Meanings, OrderIds, TaxGroups, Unknown
from bridge_amazon.columns import Columns
from bridge_amazon.handed import Handed
from bridge_amazon.styles import Amounts, Instants
from bridge_amazon.summary import Summary
from bridge_amazon.vocabulary import vocabulary


class Report(msgspec.Struct, frozen=True):
    """What is known of a report before its rows are read."""

    columns: Columns
    summary: Summary
    amounts: Amounts
    instants: Instants
    attributes: Attributes
    place: Place


class Rows(ABC):
    """Reads the detail rows of one settlement: a row's frame is checked, its texts are worked out once."""

    is_v1 = False

    def __init__(self, report: Report) -> None:
        self._columns, self.summary, self._place = report.columns, report.summary, report.place
        self._amounts, self._instants, self._attributes = report.amounts, report.instants, report.attributes
        self._orders, self._groups = OrderIds(), TaxGroups()
        self._meanings = Meanings(vocabulary(), is_v1=self.is_v1)
        self._frame_of = self._picker("settlement-id", "total-amount", "currency")
        self._usual = (self.summary.settlement_id, "", "")
        self._count = 0
        self.unknown = Unknown(self.summary.currency, self._place)
        self.handed = Handed(self.summary, self._attributes)

    def lines(self, rows: Sequence[str], number: int) -> list[Line]:
        """The lines of these rows. number: the line of the file that the first of them is.

        Raises: DocumentError naming the line.
        """
        found: list[Line] = []
        width = self._columns.width
        try:
            for row in rows:
                cells = row.split("\t")
                if len(cells) != width:
                    cells = self._shaped(row, number)
                cells.append("")
                if self._frame_of(cells) == self._usual or self._is_detail(cells, number):
                    self._read(cells, number, found)
                number += 1
        except FactError as error:
            raise self._place.refused(error, number) from error
        return found

    def is_full(self, row: str) -> bool:
        """Whether the row reaches the last column, or is blank."""
        return row.count("\t") >= self._columns.width - 1 or not row.strip()

    def is_whole(self, row: str) -> bool:
        """Whether a row that nothing ended can be a whole one. Rows may lack trailing cells; never their date."""
        cells, columns = row.split("\t"), self._columns
        date = "posted-date-time" if "posted-date-time" in columns.names else "posted-date"
        goes_on, text = len(cells) > columns.place(date) + 1, columns.cell(cells, date)
        return bool(text) and (goes_on or ":" in text)

    @abstractmethod
    def _read(self, cells: list[str], number: int, found: list[Line]) -> None:
        """Add the row's lines to those found. cells: as wide as the header and one, the last always empty."""

    def _picker(self, *names: str) -> Callable[[Sequence[str]], tuple[str, ...]]:
        """Picks the cells of these columns from a row; a column the file does not have is empty."""
        return itemgetter(*(self._columns.place(name) for name in names))

    def _shaped(self, row: str, number: int) -> list[str]:
        """The cells of a row that is not of the header's width: padded, or freed of trailing tabs."""
        cells, width = row.split("\t"), self._columns.width
        if any(cell.strip() for cell in cells[width:]):
            raise self._place.refuse("file.row", f"has {len(cells)} cells under {width} columns", at=number)
        return cells[:width] + [""] * (width - len(cells))

    def _is_detail(self, cells: Sequence[str], number: int) -> bool:
        """Whether a row with an unusual frame is a detail row of this settlement; false for a blank one.

        Some files repeat the currency on every row. Raises: DocumentError for a row of another settlement or
        currency, or a second summary row.
        """
        if not any(cell.strip() for cell in cells):
            return False
        found = {name: self._columns.cell(cells, name) for name in ("settlement-id", "total-amount", "currency")}
        if found["settlement-id"] != self.summary.settlement_id:
            cause = f"is of settlement {found['settlement-id'][:40]!r}, the file of {self.summary.settlement_id!r}"
            raise self._place.refuse("file.settlement", cause, at=number)
        if found["total-amount"]:
            raise self._place.refuse("file.summary", "is a second summary row", at=number)
        if found["currency"] not in {"", self.summary.currency}:
            cause = f"is in {found['currency'][:12]!r}, its settlement in {self.summary.currency}"
            raise self._place.refuse("file.currency", cause, at=number)
        return True

    def _instant(self, text: str) -> datetime:
        if not text.strip():
            raise FactError("file.dates", "has no date")
        return self._instants[text]


class V2Rows(Rows):
    """One row, one amount."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self._words_of = self._picker("transaction-type", "amount-type", "amount-description")
        self._facts_of = self._picker(
            "amount",
            "posted-date",
            "posted-date-time",
            "order-id",
            "order-item-code",
            "adjustment-id",
            "shipment-id",
            "sku",
        )
        self._attributes_of = self._picker("marketplace-name", "fulfillment-id", "quantity-purchased", "promotion-id")

    def _read(self, cells: list[str], number: int, found: list[Line]) -> None:
        transaction, amount_type, description = self._words_of(cells)
        amount, posted_on, posted_at, order, item, adjustment, shipment, sku = self._facts_of(cells)
        marketplace, fulfilment, quantity, promotion = self._attributes_of(cells)
        if not amount:
            raise FactError("file.amount", "has no amount")
        meaning = self._meanings[transaction, amount_type, description]
        minor = self._amounts[amount]
        if meaning.is_unclassified:
            self.unknown.add(meaning.words, minor, number)
        self._count += 1
        posted, at = posted_at or posted_on, adjustment or shipment
        found.append(
            Line(
                key=f"{self._count:07d}",
                kind=meaning.kind,
                part=meaning.part,
                amount_minor=minor,
                occurred_at=self._instants[posted] if posted_at else self._instant(posted),
                order_id=self._orders[order] if order else "",
                tax_group=self._groups.name(transaction, order, item, at, posted) if meaning.is_grouped else "",
                sku=sku.strip(),
                words=meaning.words,
                attributes=self._attributes[
                    marketplace, fulfilment, quantity if meaning.counts_units else "", promotion
                ],
                tax=meaning.tax,
            )
        )

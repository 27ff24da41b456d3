"""Pure: the summary row, the first under the header, says what the settlement is as a whole."""

from __future__ import annotations

import re
from datetime import datetime

import msgspec

from bridge.errors import DocumentError
from bridge.model.documents import DocumentKind
from bridge.model.money import exponent
from bridge.plugin import DocumentStart
from bridge.plugin.reading import FactError, Place
from bridge_amazon.columns import Columns
from bridge_amazon.styles import Amounts, Instants

_ID = re.compile(r"[0-9A-Za-z-]{1,64}", re.ASCII)


class Summary(msgspec.Struct, frozen=True):
    """The five facts of a settlement. deposit_at: when Amazon pays out; None where the file says nothing."""

    settlement_id: str
    currency: str
    total_minor: int
    start_at: datetime
    end_at: datetime
    deposit_at: datetime | None

    def document(self) -> DocumentStart:
        """The settlement as a document."""
        return DocumentStart(
            kind=DocumentKind.SETTLEMENT,
            external_id=self.settlement_id,
            currency=self.currency,
            total_minor=self.total_minor,
            opened_at=self.start_at,
            closed_at=self.end_at,
            pays_at=self.deposit_at,
            title=f"Amazon settlement {self.settlement_id}",
        )


class SummaryRow:
    """The row's cells, before anything is known of the file's style."""

    def __init__(self, row: str, number: int, columns: Columns, place: Place) -> None:
        self._cells, self._number, self._columns, self._place = row.split("\t"), number, columns, place
        if not (self._cell("settlement-id") and self._cell("total-amount") and self._cell("currency")):
            raise self._refuse("file.summary", "is the first row and not the summary (settlement, total and currency)")
        if any(self._cell(name) for name in columns.names if name.endswith("amount") and name != "total-amount"):
            raise self._refuse("file.summary", "is the summary and has an amount of its own")
        if not _ID.fullmatch(self._cell("settlement-id")):
            cause = (
                f"names its settlement {self._cell('settlement-id')[:40]!r}, as a spreadsheet that saved it anew would"
            )
            raise self._refuse("file.settlement", cause)
        self.currency = self._cell("currency")
        try:
            exponent(self.currency)
        except DocumentError as error:
            raise self._refuse("file.currency", f"{self.currency[:12]!r} is no currency of ISO 4217") from error

    def read(self, amounts: Amounts, instants: Instants) -> Summary:
        """Raises: DocumentError naming the line."""
        deposit = self._cell("deposit-date")
        try:
            summary = Summary(
                settlement_id=self._cell("settlement-id"),
                currency=self.currency,
                total_minor=amounts[self._cell("total-amount")],
                start_at=instants[self._cell("settlement-start-date")],
                end_at=instants[self._cell("settlement-end-date")],
                deposit_at=instants[deposit] if deposit else None,
            )
        except FactError as error:
            raise self._place.refused(error, self._number) from error
        if summary.end_at < summary.start_at:
            raise self._refuse("file.dates", "is of a settlement that ends before it starts")
        return summary

    def _cell(self, name: str) -> str:
        return self._columns.cell(self._cells, name)

    def _refuse(self, code: str, cause: str) -> DocumentError:
        return self._place.refuse(code, cause, at=self._number)

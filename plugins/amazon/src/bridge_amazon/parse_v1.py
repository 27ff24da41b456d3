"""Pure: the rows of a settlement to lines, in the older V1 layout, which sellers still have in their archives."""

from __future__ import annotations

from bridge.model.lines import Line
from bridge.plugin.reading import Once
from bridge_amazon.cells import Meaning
from bridge_amazon.columns import V1_PAIRS, Columns
from bridge_amazon.parse import Report, Rows
from bridge_amazon.vocabulary import normalised

Pairs = tuple[tuple[int, str, int], ...]


class PairsOf(Once[str, Pairs]):
    """Where the components of a row of a transaction-type stand: (amount, amount-type, description)."""

    def __init__(self, columns: Columns) -> None:
        super().__init__()
        self._pairs: Pairs = tuple(
            (
                columns.place(pair.amount),
                pair.words,
                columns.place(pair.described_by) if pair.described_by else columns.width,
            )
            for pair in V1_PAIRS
        )

    def work(self, transaction: str) -> Pairs:
        fees = "item-related-fee" if normalised(transaction) == "servicefee" else "ItemFees"
        return tuple((place, fees if words == "ItemFees" else words, text) for place, words, text in self._pairs)


class V1Rows(Rows):
    """One row, any number of amounts; each is a component, and a line.

    The quantity of an item stands on a row of its own, before its amounts.
    """

    is_v1 = True

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self._thing_of = self._picker("transaction-type", "order-id", "order-item-code", "sku")
        self._facts_of = self._picker("posted-date", "adjustment-id", "shipment-id")
        self._attributes_of = self._picker("marketplace-name", "fulfillment-id", "promotion-id")
        self._quantity = report.columns.place("quantity-purchased")
        self._pairs = PairsOf(report.columns)
        self._units: tuple[tuple[str, ...], str] = ((), "")

    def _read(self, cells: list[str], number: int, found: list[Line]) -> None:
        thing = self._thing_of(cells)
        if quantity := cells[self._quantity].strip():
            self._units = thing, quantity
        for place, amount_type, text in self._pairs[thing[0]]:
            amount = cells[place]
            if amount and not amount.isspace():
                meaning, minor = self._meanings[thing[0], amount_type, cells[text]], self._amounts[amount]
                if meaning.is_unclassified:
                    self.unknown.add(meaning.words, minor, number)
                found.append(self._line(cells, thing, meaning, minor))

    def _line(self, cells: list[str], thing: tuple[str, ...], meaning: Meaning, minor: int) -> Line:
        transaction, order, item, sku = thing
        posted_on, adjustment, shipment = self._facts_of(cells)
        at = adjustment or shipment
        marketplace, fulfilment, promotion = self._attributes_of(cells)
        quantity = ""
        if meaning.counts_units and self._units[0] == thing:
            quantity, self._units = self._units[1], ((), "")
        self._count += 1
        return Line(
            key=f"{self._count:07d}",
            kind=meaning.kind,
            part=meaning.part,
            amount_minor=minor,
            occurred_at=self._instant(posted_on),
            order_id=self._orders[order] if order else "",
            tax_group=self._groups.name(transaction, order, item, at, posted_on) if meaning.is_grouped else "",
            sku=sku.strip(),
            words=meaning.words,
            attributes=self._attributes[marketplace, fulfilment, quantity, promotion],
            tax=meaning.tax,
        )

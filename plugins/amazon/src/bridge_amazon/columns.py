"""Pure: the header of a settlement report; columns are found by name, wherever they stand.

Source: SP-API report types GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2 and GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE;
headers with 23 of the 24 columns exist.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bridge.plugin.reading import Place
from bridge_amazon.files import Layout, column_names
from bridge_amazon.refusal import REPORT_IT

_COMMON = [
    "settlement-id",
    "settlement-start-date",
    "settlement-end-date",
    "deposit-date",
    "total-amount",
    "currency",
    "transaction-type",
    "order-id",
    "merchant-order-id",
    "adjustment-id",
    "shipment-id",
    "marketplace-name",
    "fulfillment-id",
    "posted-date",
    "order-item-code",
    "merchant-order-item-id",
    "merchant-adjustment-item-id",
    "sku",
    "quantity-purchased",
    "promotion-id",
]
_V2_ONLY = ["amount-type", "amount-description", "amount", "posted-date-time"]
_NEEDED = [
    "settlement-id",
    "settlement-start-date",
    "settlement-end-date",
    "total-amount",
    "currency",
    "transaction-type",
    "order-id",
    "adjustment-id",
    "shipment-id",
    "order-item-code",
    "posted-date",
]


class Pair(msgspec.Struct, frozen=True):
    """Two columns of the V1 layout that make a component.

    words: its amount-type for the vocabulary. described_by: the column with its description; empty for none.
    """

    amount: str
    words: str
    described_by: str = ""


V1_PAIRS = (
    Pair("shipment-fee-amount", "shipment-fee", "shipment-fee-type"),
    Pair("order-fee-amount", "order-fee", "order-fee-type"),
    Pair("price-amount", "ItemPrice", "price-type"),
    Pair("item-related-fee-amount", "ItemFees", "item-related-fee-type"),
    Pair("misc-fee-amount", "misc-fee"),
    Pair("other-fee-amount", "other-fee", "other-fee-reason-description"),
    Pair("promotion-amount", "Promotion", "promotion-type"),
    Pair("direct-payment-amount", "DirectPayment", "direct-payment-type"),
    Pair("other-amount", "other-amount"),
)
_V1_ONLY = [column for pair in V1_PAIRS for column in (pair.amount, pair.described_by) if column]


class Columns:
    """Where each column stands.

    Raises: DocumentError ``amazon.file.columns`` when one that is needed is missing or stands there twice, or when
            one that is not known could carry money.
    """

    def __init__(self, header: str, layout: Layout, place: Place) -> None:
        self.names = column_names(header)
        is_v1 = layout is Layout.SETTLEMENT_V1
        known = {*_COMMON, *(_V1_ONLY if is_v1 else _V2_ONLY)}
        needed = _NEEDED + (_V1_ONLY if is_v1 else ["amount-type", "amount-description", "amount"])
        self._check(place, "lacks the column", [name for name in needed if name not in self.names])
        self._check(place, "has twice the column", [name for name in known if self.names.count(name) > 1])
        strange = [name for name in self.names if name not in known and name.endswith("amount")]
        self._check(place, "has a column bridge does not know and that may carry money:", strange)
        self._places = {name: number for number, name in enumerate(self.names)}

    @property
    def width(self) -> int:
        return len(self.names)

    def place(self, name: str) -> int:
        """Where the column stands; for one this file does not have, just past the last one."""
        return self._places.get(name, self.width)

    def cell(self, cells: Sequence[str], name: str) -> str:
        """The cell of that column, without blanks around it; empty where the row ends before it."""
        number = self.place(name)
        return cells[number].strip() if number < len(cells) else ""

    @staticmethod
    def _check(place: Place, fault: str, names: list[str]) -> None:
        if names:
            told = "".join(letter if letter.isprintable() else "?" for letter in ", ".join(sorted(names))[:250])
            raise place.refuse("file.columns", f"{fault} {told}", at=1, next_step=REPORT_IT)

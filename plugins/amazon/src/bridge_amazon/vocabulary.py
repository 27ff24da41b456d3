"""Pure: Amazon's words for a row to our kind of line. The words are data, in ``vocabulary.csv``."""

from __future__ import annotations

from functools import cache

from bridge.model.lines import UNCLASSIFIED
from bridge.plugin import reading

Triple = tuple[str, str, str]


def normalised(text: str) -> str:
    """The text casefolded, with nothing but its letters and digits; letters of every script stay."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


TAX_COLLECTED, TAX_FACILITATOR, TAX_ON_FEES = "tax.collected", "tax.facilitator", "tax.on_fees"
# Amazon.in writes the GST of a fee as the fee's own words with one of these behind them.
_GST = ("utgst", "igst", "cgst", "sgst")
# Which amount each of Amazon's taxes was charged on: the amount-description of the row beside it.
_TAXED = {
    "tax": "Principal",
    "producttax": "Principal",
    "shippingtax": "Shipping",
    "giftwraptax": "GiftWrap",
    "codtax": "COD",
    "taxdiscount": "Principal",
    "producttaxdiscount": "Principal",
    "shippingtaxdiscount": "Shipping",
    "taxonfee": "Base fee",
}


_COLUMNS = ("transaction_type", "amount_type", "amount_description")


class Vocabulary:
    """The table, asked by triple (transaction-type, amount-type, amount-description)."""

    def __init__(self, table: reading.Vocabulary) -> None:
        self._table = table

    def kind(self, triple: Triple, *, is_v1: bool = False) -> str:
        """The kind of line; ``unclassified`` where the table knows none.

        Order: as the table's; then the GST of a fee that the table knows. The older layout (V1) often says all it
               knows in the transaction-type: where it gives no description, that type is tried as the description of
               an ``other-transaction``.
        """
        found = self._look_up(triple)
        if not found and is_v1 and not triple[2].strip():
            found = self._look_up(("other-transaction", "other-transaction", triple[0]))
        return found or UNCLASSIFIED

    def tax_base(self, triple: Triple, *, is_v1: bool = False) -> str:
        """Of a tax, the kind of the rows it was charged on; empty where neither table nor words say."""
        if found := self._table.row(*triple).get("tax_base") or self._fee_behind(triple):
            return found
        described = _TAXED.get(normalised(triple[2]), "")
        kind = self.kind((triple[0], triple[1], described), is_v1=is_v1) if described else UNCLASSIFIED
        return "" if kind in {UNCLASSIFIED, TAX_COLLECTED, TAX_ON_FEES} else kind

    def _look_up(self, triple: Triple) -> str:
        found = self._table.row(*triple).get("kind", "")
        return found or (TAX_ON_FEES if self._fee_behind(triple) else "")

    def _fee_behind(self, triple: Triple) -> str:
        """The kind of the fee whose GST such a row is; empty where it is none."""
        words = normalised(triple[2])
        leg = next((leg for leg in _GST if words.endswith(leg)), "")
        kind = self._look_up((triple[0], triple[1], words.removesuffix(leg))) if leg else ""
        return kind if kind.startswith("fee.") else ""


@cache
def vocabulary() -> Vocabulary:
    """The table that comes with the plugin."""
    return Vocabulary(reading.Vocabulary.of("bridge_amazon", *_COLUMNS, alike=normalised))

"""Pure: Amazon's words for a row to our kind of line. The words are data, in ``vocabulary.csv``."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

import msgspec

from bridge.model.lines import UNCLASSIFIED

Triple = tuple[str, str, str]


def normalised(text: str) -> str:
    """The text casefolded, with nothing but its letters and digits; letters of every script stay."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


class Pattern(msgspec.Struct, frozen=True):
    """A row of the table with an asterisk: each cell is whole text, a prefix, or anything."""

    cells: tuple[tuple[str, bool], ...]
    kind: str

    def fits(self, triple: Triple) -> bool:
        return all(
            word.startswith(text) if is_open else word == text
            for (text, is_open), word in zip(self.cells, triple, strict=True)
        )

    @property
    def rank(self) -> tuple[int, int]:
        """How much the pattern says: cells without an asterisk first, then letters."""
        return sum(not is_open for _, is_open in self.cells), sum(len(text) for text, _ in self.cells)


TAX_COLLECTED, TAX_ON_FEES = "tax.collected", "tax.on_fees"
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


class Vocabulary:
    """The table, asked by triple (transaction-type, amount-type, amount-description)."""

    def __init__(self, rows: Iterable[Mapping[str, str]]) -> None:
        self._exact: dict[Triple, str] = {}
        self._bases: dict[Triple, str] = {}
        patterns: list[Pattern] = []
        for row in rows:
            cells = row["transaction_type"], row["amount_type"], row["amount_description"]
            if any("*" in cell for cell in cells):
                patterns.append(Pattern(tuple((normalised(cell), "*" in cell) for cell in cells), row["kind"]))
            else:
                self._exact[_normal(cells)] = row["kind"]
                self._bases[_normal(cells)] = row.get("tax_base") or ""
        self._patterns = sorted(patterns, key=lambda pattern: pattern.rank, reverse=True)

    def kind(self, triple: Triple, *, is_v1: bool = False) -> str:
        """The kind of line; ``unclassified`` where the table knows none.

        Order: the exact triple; then, of the rows with an asterisk that fit, the one with most cells free of
               it, then with the longest literal text; then the GST of a fee that the table knows. The older layout
               (V1) often says all it knows in the transaction-type: where it gives no description, that type is
               tried as the description of an ``other-transaction``.
        """
        found = self._look_up(_normal(triple))
        if not found and is_v1 and not triple[2].strip():
            found = self._look_up(("othertransaction", "othertransaction", normalised(triple[0])))
        return found or UNCLASSIFIED

    def tax_base(self, triple: Triple, *, is_v1: bool = False) -> str:
        """Of a tax, the kind of the rows it was charged on; empty where neither table nor words say."""
        normal = _normal(triple)
        if found := self._bases.get(normal) or self._fee_behind(normal):
            return found
        described = _TAXED.get(normal[2], "")
        kind = self.kind((triple[0], triple[1], described), is_v1=is_v1) if described else UNCLASSIFIED
        return "" if kind in {UNCLASSIFIED, TAX_COLLECTED, TAX_ON_FEES} else kind

    def _look_up(self, triple: Triple) -> str:
        found = self._exact.get(triple) or next((each.kind for each in self._patterns if each.fits(triple)), "")
        return found or (TAX_ON_FEES if self._fee_behind(triple) else "")

    def _fee_behind(self, triple: Triple) -> str:
        """The kind of the fee whose GST such a row is; empty where it is none."""
        leg = next((leg for leg in _GST if triple[2].endswith(leg)), "")
        kind = self._look_up((triple[0], triple[1], triple[2].removesuffix(leg))) if leg else ""
        return kind if kind.startswith("fee.") else ""


def _normal(triple: Triple) -> Triple:
    return normalised(triple[0]), normalised(triple[1]), normalised(triple[2])


@cache
def vocabulary() -> Vocabulary:
    """The table that comes with the plugin."""
    text = resources.files(__package__).joinpath("vocabulary.csv").read_text(encoding="utf-8")
    return Vocabulary(csv.DictReader(text.splitlines()))

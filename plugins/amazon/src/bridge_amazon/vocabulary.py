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


class Vocabulary:
    """The table, asked by triple (transaction-type, amount-type, amount-description)."""

    def __init__(self, rows: Iterable[Mapping[str, str]]) -> None:
        self._exact: dict[Triple, str] = {}
        patterns: list[Pattern] = []
        for row in rows:
            cells = row["transaction_type"], row["amount_type"], row["amount_description"]
            if any("*" in cell for cell in cells):
                patterns.append(Pattern(tuple((normalised(cell), "*" in cell) for cell in cells), row["kind"]))
            else:
                self._exact[_normal(cells)] = row["kind"]
        self._patterns = sorted(patterns, key=lambda pattern: pattern.rank, reverse=True)

    def kind(self, triple: Triple, *, is_v1: bool = False) -> str:
        """The kind of line; ``unclassified`` where the table knows none.

        Order: the exact triple; then, of the rows with an asterisk that fit, the one with most cells free of
               it, then with the longest literal text. The older layout (V1) often says all it knows in the
               transaction-type: where it gives no description, that type is tried as the description of an
               ``other-transaction``.
        """
        found = self._look_up(_normal(triple))
        if not found and is_v1 and not triple[2].strip():
            found = self._look_up(("othertransaction", "othertransaction", normalised(triple[0])))
        return found or UNCLASSIFIED

    def _look_up(self, triple: Triple) -> str:
        return self._exact.get(triple) or next((pattern.kind for pattern in self._patterns if pattern.fits(triple)), "")


def _normal(triple: Triple) -> Triple:
    return normalised(triple[0]), normalised(triple[1]), normalised(triple[2])


@cache
def vocabulary() -> Vocabulary:
    """The table that comes with the plugin."""
    text = resources.files(__package__).joinpath("vocabulary.csv").read_text(encoding="utf-8")
    return Vocabulary(csv.DictReader(text.splitlines()))

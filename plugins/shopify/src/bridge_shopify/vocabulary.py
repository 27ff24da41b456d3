"""Pure: Shopify's words for what moved to our kind of line. The words are data, in ``vocabulary.csv``."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources

from bridge.model.lines import UNCLASSIFIED

SALE, ROW, ADJUSTMENT, TRANSACTION, EXPORT = (
    "sale.lineType/actionType",
    "balance_transaction.type",
    "order_adjustment.reason",
    "order_transaction.kind",
    "payment_transactions_export.type",
)
_BLANKS = re.compile(r"[\s_-]+")


class Vocabulary:
    """The table, asked by field and value."""

    def __init__(self, rows: Iterable[Mapping[str, str]]) -> None:
        self._kinds = {(row["field"], row["value"]): row["kind"] for row in rows}

    def kind(self, field: str, value: str) -> str:
        """The kind of line; ``unclassified`` for a word the table does not know."""
        return self._kinds.get((field, value), UNCLASSIFIED)

    def kind_of_export(self, word: str) -> str:
        """The kind of a row of the export of payment transactions: by its own words, else as the API spells them."""
        words = _BLANKS.sub(" ", word.casefold())
        return self._kinds.get((EXPORT, words)) or self.kind(ROW, words.replace(" ", "_").upper())

    def words(self, field: str) -> frozenset[str]:
        """Every word of a field that the table knows."""
        return frozenset(value for each, value in self._kinds if each == field)


@cache
def vocabulary() -> Vocabulary:
    """The table that comes with the plugin."""
    text = resources.files(__package__).joinpath("vocabulary.csv").read_text(encoding="utf-8")
    return Vocabulary(csv.DictReader(text.splitlines()))

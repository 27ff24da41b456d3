"""Pure: Shopify's words for what moved to our kind of line. The words are data, in ``vocabulary.csv``."""

from __future__ import annotations

import re
from functools import cache

from bridge.plugin.reading import Vocabulary

SALE, ROW, ADJUSTMENT, TRANSACTION, EXPORT = (
    "sale.lineType/actionType",
    "balance_transaction.type",
    "order_adjustment.reason",
    "order_transaction.kind",
    "payment_transactions_export.type",
)
_BLANKS = re.compile(r"[\s_-]+")


@cache
def vocabulary() -> Vocabulary:
    """The table that comes with the plugin, asked by field and value."""
    return Vocabulary.of("bridge_shopify", "field", "value")


def kind_of_export(word: str) -> str:
    """The kind of a row of the export of payment transactions: by its own words, else as the API spells them."""
    words = _BLANKS.sub(" ", word.casefold())
    found = vocabulary().row(EXPORT, words)
    return found["kind"] if found else vocabulary().kind(ROW, words.replace(" ", "_").upper())

"""Pure: whether a settlement is of the marketplaces that a connection is for.

One authorisation covers all marketplaces of a region, and Amazon lists the settlements of all of them to whoever asks.
"""

from __future__ import annotations

from collections.abc import Iterable

from bridge.plugin import DocumentLines, DocumentStart, FilePart
from bridge_amazon.cells import FULFILLED_ONLY
from bridge_amazon.marketplaces import BY_NAME


def is_of(parts: Iterable[FilePart], marketplaces: Iterable[str]) -> bool:
    """By the first row that names a marketplace, for it names no other; where none does, by its currency.

    marketplaces: as Amazon names them; of one that is not known here every currency may be.
    """
    wanted = {name.casefold() for name in marketplaces}
    currency = ""
    for part in parts:
        if isinstance(part, DocumentStart):
            currency = part.currency
        for line in part.lines if isinstance(part, DocumentLines) else ():
            name = dict(line.attributes).get("marketplace", "").casefold()
            if name and not name.startswith(FULFILLED_ONLY):
                return name in wanted
    return currency in {BY_NAME[name].currency if name in BY_NAME else currency for name in wanted}

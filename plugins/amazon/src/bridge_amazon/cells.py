"""Pure: the cells of a row to the facts of a line; each distinct text is worked out once and shared."""

from __future__ import annotations

import re

import msgspec

from bridge.model.documents import Problem
from bridge.model.lines import UNCLASSIFIED, Part
from bridge.model.money import decimal_text
from bridge_amazon.refusal import Place
from bridge_amazon.styles import CACHED
from bridge_amazon.vocabulary import Triple, Vocabulary, normalised

MAX_PROBLEMS = 200
MAX_WORDS, MAX_WORDS_SHOWN = 500, 300

# An order of the marketplace, or one of multi-channel fulfilment (S01-, S02-). Fee rows may carry a shipment's
# name in this column. Source: selling-partner-api-models #5353.
_ORDER = re.compile(r"(\d{3}|S\d{2})-\d{7}-\d{7}", re.ASCII)

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_PARTS = {"sale": Part.SALE, "discount": Part.SALE, "refund": Part.REFUND, "restocking": Part.REFUND, "fee": Part.FEE}
_PARTS_BY_KIND = {
    "liquidation": Part.SALE,
    "liquidation.fee": Part.FEE,
    "tax.on_fees": Part.FEE,
    "payout": Part.PAYOUT,
    "payout.failed": Part.PAYOUT,
}
_FOLLOWS_THE_SALE = {"tax.collected", "tax.facilitator", "tax.retrocharge", "points"}
_ASKS_WHO_REMITS = {"tax.collected", "tax.facilitator"}
_TAX = {"tax.collected", "tax.on_fees"}
# Which amount each of Amazon's taxes was charged on: the amount-description of the row beside it.
_TAXED = {
    "tax": "Principal",
    "shippingtax": "Shipping",
    "giftwraptax": "GiftWrap",
    "codtax": "COD",
    "taxdiscount": "Principal",
    "shippingtaxdiscount": "Shipping",
    "taxonfee": "Base fee",
}


class Meaning(msgspec.Struct, frozen=True):
    """What a triple says of its rows.

    words: without control characters, and cut where they are too long to keep.
    asks_who_remits: the rows belong to a tax group. counts_units: their quantity is units sold, not repeated.
    tax_base: of a tax, the kind of the rows it was charged on; empty where the words do not say.
    """

    kind: str
    part: Part
    words: str
    asks_who_remits: bool
    counts_units: bool
    is_unclassified: bool
    tax_base: str = ""


class Meanings(dict[Triple, Meaning]):
    """What each triple (transaction-type, amount-type, amount-description) of a file means."""

    def __init__(self, vocabulary: Vocabulary, *, is_v1: bool) -> None:
        super().__init__()
        self._vocabulary, self._is_v1 = vocabulary, is_v1

    def __missing__(self, triple: Triple) -> Meaning:
        kind = self._vocabulary.kind(triple, is_v1=self._is_v1)
        meaning = Meaning(
            kind=kind,
            part=part_of(kind, triple[0]),
            words=_CONTROLS.sub(" ", "|".join(word.strip() for word in triple)[:MAX_WORDS]),
            asks_who_remits=kind in _ASKS_WHO_REMITS,
            counts_units=(normalised(triple[1]), normalised(triple[2])) == ("itemprice", "principal"),
            is_unclassified=kind == UNCLASSIFIED,
            tax_base=self._tax_base(triple) if kind in _TAX else "",
        )
        if len(self) >= CACHED:
            self.clear()
        self[triple] = meaning
        return meaning

    def _tax_base(self, triple: Triple) -> str:
        """The kind that the same words without the tax have."""
        described = _TAXED.get(normalised(triple[2]), "")
        kind = self._vocabulary.kind((triple[0], triple[1], described), is_v1=self._is_v1) if described else ""
        return "" if kind == UNCLASSIFIED or kind in _TAX else kind


def part_of(kind: str, transaction_type: str) -> Part:
    """Which view of the settlement a line belongs to."""
    if kind in _FOLLOWS_THE_SALE:
        word = normalised(transaction_type)
        return Part.REFUND if "refund" in word else Part.SALE if word.startswith(("order", "liq")) else Part.ADJUSTMENT
    return _PARTS_BY_KIND.get(kind) or _PARTS.get(kind.partition(".")[0], Part.ADJUSTMENT)


class OrderIds(dict[str, str]):
    """The order id a cell holds; empty when it is not an order's."""

    def __missing__(self, text: str) -> str:
        order_id = text.strip()
        order_id = order_id if _ORDER.fullmatch(order_id) else ""
        if len(self) >= CACHED:
            self.clear()
        self[text] = order_id
        return order_id


class Attributes(dict[tuple[str, str, str, str], tuple[tuple[str, str], ...]]):
    """The attributes of (marketplace, fulfilment, quantity, promotion), those that are empty left out."""

    _NAMES = ("marketplace", "fulfilment", "quantity", "promotion")

    def __missing__(self, cells: tuple[str, str, str, str]) -> tuple[tuple[str, str], ...]:
        found = tuple((name, text) for name, cell in zip(self._NAMES, cells, strict=True) if (text := cell.strip()))
        if len(self) >= CACHED:
            self.clear()
        self[cells] = found
        return found


class Unknown:
    """The triples of a file that the vocabulary does not know: how often, how much, and where first."""

    def __init__(self, currency: str, place: Place) -> None:
        self._currency, self._place = currency, place
        self._seen: dict[str, list[int]] = {}
        self._beyond = 0

    def add(self, words: str, minor: int, line: int) -> None:
        """Count a row. At most ``MAX_PROBLEMS`` triples are told apart; rows of further ones are only counted."""
        tally = self._seen.get(words)
        if tally is not None:
            tally[0] += 1
            tally[1] += minor
        elif len(self._seen) < MAX_PROBLEMS:
            self._seen[words] = [1, minor, line]
        else:
            self._beyond += 1

    def problems(self) -> tuple[Problem, ...]:
        """One problem a triple, in the order of the file."""
        found = [
            Problem(
                code="amazon.unclassified",
                message=f"bridge does not know what {words[:MAX_WORDS_SHOWN]!r} is: {rows} row(s), "
                f"{decimal_text(minor, self._currency)} {self._currency} in all. They are kept in suspense until a "
                "rule says what they are, or a person releases them.",
                where=self._place(line),
                blocking=True,
            )
            for words, (rows, minor, line) in self._seen.items()
        ]
        if self._beyond:
            message = f"{self._beyond} further row(s) of other kinds that bridge does not know"
            found.append(Problem("amazon.unclassified", message, self._place(), blocking=True))
        return tuple(found)

"""Pure: the cells of a row to the facts of a line; each distinct text is worked out once and shared."""

from __future__ import annotations

import re

import msgspec

from bridge.model.documents import Problem
from bridge.model.line_tax import Liable, Tax, taxed_at
from bridge.model.lines import UNCLASSIFIED, Part
from bridge.model.money import decimal_text
from bridge.plugin.reading import FactError, Once, Place
from bridge_amazon.vocabulary import TAX_COLLECTED, TAX_FACILITATOR, TAX_ON_FEES, Triple, Vocabulary, normalised

MAX_PROBLEMS = 200
MAX_WORDS, MAX_WORDS_SHOWN = 500, 300
MAX_GROUP = 500

# An order of the marketplace, or one of multi-channel fulfilment (S01-, S02-). Fee rows may carry a shipment's
# name in this column. Source: selling-partner-api-models #5353.
_ORDER = re.compile(r"(\d{3}|S\d{2})-\d{7}-\d{7}", re.ASCII)

# A spreadsheet shows a long number so, and saves what it shows.
_ROUNDED = re.compile(r"\d([.,]\d+)?E\+\d+", re.ASCII)
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")

_PARTS = {"sale": Part.SALE, "discount": Part.SALE, "refund": Part.REFUND, "restocking": Part.REFUND, "fee": Part.FEE}
_PARTS_BY_KIND = {
    "liquidation": Part.SALE,
    "liquidation.fee": Part.FEE,
    "tax.on_fees": Part.FEE,
    "payout": Part.PAYOUT,
    "payout.failed": Part.PAYOUT,
}
FULFILLED_ONLY = "non-amazon"
_FOLLOWS_THE_SALE = {"tax.collected", TAX_FACILITATOR, "tax.retrocharge", "points"}
_TAX = {TAX_COLLECTED, TAX_ON_FEES}
# Kinds of rows that tax can be charged on, of tax itself, and of what may turn out to be either.
_GROUPED = (
    "sale.", "discount.", "refund.", "restocking", "claim", "points", "liquidation", "fee.", "tax.", UNCLASSIFIED
)  # fmt: skip


class Meaning(msgspec.Struct, frozen=True):
    """What a triple says of its rows.

    words: without control characters, and cut where they are too long to keep.
    is_grouped: the rows belong to a tax group. counts_units: their quantity is units sold, not repeated.
    tax: of a tax, who owes it, and the kind of the rows it was charged on where the words say so; its rate is not told.
    """

    kind: str
    part: Part
    words: str
    is_grouped: bool
    counts_units: bool
    is_unclassified: bool
    tax: Tax = ()


class Meanings(Once[Triple, Meaning]):
    """What each triple (transaction-type, amount-type, amount-description) of a file means."""

    def __init__(self, vocabulary: Vocabulary, *, is_v1: bool) -> None:
        super().__init__()
        self._vocabulary, self._is_v1 = vocabulary, is_v1

    def work(self, triple: Triple) -> Meaning:
        kind = self._vocabulary.kind(triple, is_v1=self._is_v1)
        return Meaning(
            kind=kind,
            part=part_of(kind, triple[0]),
            words=_CONTROLS.sub(" ", "|".join(word.strip() for word in triple)[:MAX_WORDS]),
            is_grouped=kind.startswith(_GROUPED),
            counts_units=(normalised(triple[1]), normalised(triple[2])) == ("itemprice", "principal"),
            is_unclassified=kind == UNCLASSIFIED,
            tax=self._tax(kind, triple),
        )

    def _tax(self, kind: str, triple: Triple) -> Tax:
        if kind == TAX_FACILITATOR:
            return taxed_at("", liable=Liable.CHANNEL)
        return taxed_at("", base=self._vocabulary.tax_base(triple, is_v1=self._is_v1)) if kind in _TAX else ()


def part_of(kind: str, transaction_type: str) -> Part:
    """Which view of the settlement a line belongs to."""
    if kind in _FOLLOWS_THE_SALE:
        word = normalised(transaction_type)
        return Part.REFUND if "refund" in word else Part.SALE if word.startswith(("order", "liq")) else Part.ADJUSTMENT
    return _PARTS_BY_KIND.get(kind) or _PARTS.get(kind.partition(".")[0], Part.ADJUSTMENT)


class OrderIds(Once[str, str]):
    """The order id a cell holds; empty when it is not an order's."""

    def work(self, text: str) -> str:
        order_id = text.strip()
        return order_id if _ORDER.fullmatch(order_id) else ""


class TaxGroups:
    """Names what belongs together for tax: one sale, one refund or one fee, by order, item and shipment or adjustment.

    Base and tax of a thing, and what was withheld of it, stand in rows that follow each other and share the name.
    What has no item is told apart by its date.
    """

    def __init__(self) -> None:
        self._cells: tuple[str, ...] = ()
        self._name = ""

    def name(self, transaction: str, order: str, item: str, at: str, posted: str) -> str:
        """Raises: FactError where the cells are longer than any name is, or a spreadsheet rounded the item's number."""
        cells = transaction, order, item, at if item else at or posted
        if cells != self._cells:
            name = "|".join(map(str.strip, cells))
            if len(name) > MAX_GROUP:
                raise FactError("file.row", f"names its order, item and shipment with {len(name)} characters")
            if _ROUNDED.fullmatch(item.strip()):
                raise FactError("file.row", f"names its item {item.strip()}, as a spreadsheet rounds long numbers")
            self._cells, self._name = cells, name
        return self._name


class Attributes(Once[tuple[str, str, str, str], tuple[tuple[str, str], ...]]):
    """The attributes of (marketplace, fulfilment, quantity, promotion), those that are empty left out.

    marketplaces: those that may be sold on; none for all. Rows of no marketplace, and of sales elsewhere that Amazon
    only fulfilled, ride along. sold_on: those that rows named. Raises: FactError for a row of another marketplace.
    """

    _NAMES = ("marketplace", "fulfilment", "quantity", "promotion")

    def __init__(self, marketplaces: tuple[str, ...]) -> None:
        super().__init__()
        self._marketplaces = marketplaces
        self._known = {"", *map(str.casefold, marketplaces)}
        self.sold_on: set[str] = set()

    def work(self, cells: tuple[str, str, str, str]) -> tuple[tuple[str, str], ...]:
        found = tuple((name, text) for name, cell in zip(self._NAMES, cells, strict=True) if (text := cell.strip()))
        self._check(cells[0].strip())
        return found

    def _check(self, marketplace: str) -> None:
        folded = marketplace.casefold()
        if not marketplace or folded.startswith(FULFILLED_ONLY):
            return
        self.sold_on.add(marketplace)
        if self._marketplaces and folded not in self._known:
            meant = ", ".join(self._marketplaces)
            cause = f"is of {marketplace[:60]!r}, and this connection is for {meant}"
            raise FactError("file.marketplace", cause, "Import it for the connection of that seller and marketplace")


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
                message=f"bridge does not know what {words[:MAX_WORDS_SHOWN]!r} is: {_rows(rows)}, "
                f"{decimal_text(minor, self._currency)} {self._currency} in all. It is kept in suspense until a "
                "rule says what it is, or a person releases it.",
                where=self._place(line),
                blocking=True,
            )
            for words, (rows, minor, line) in self._seen.items()
        ]
        if self._beyond:
            message = f"{_rows(self._beyond)} more, of other kinds that bridge does not know"
            found.append(Problem("amazon.unclassified", message, self._place(), blocking=True))
        return tuple(found)


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"

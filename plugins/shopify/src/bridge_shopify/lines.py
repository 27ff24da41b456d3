"""Pure: the lines of one document of an order, as they are made."""

from __future__ import annotations

from datetime import datetime

import msgspec

from bridge.model.line_tax import Tax, charged_on
from bridge.model.lines import CHARGED_IN, GATEWAY, ROUNDING, TENDER, UNCLASSIFIED, Line, Part
from bridge.plugin.reading import printable
from bridge_shopify.notes import Notes
from bridge_shopify.taxes import Taxed
from bridge_shopify.vocabulary import SALE, vocabulary

IGNORED = "ignored"
UNKNOWN_GATEWAY = "unknown"

_SPLIT = frozenset({"PRODUCT", "GIFT_CARD", "SHIPPING", "ADDITIONAL_FEE"})

Attributes = tuple[tuple[str, str], ...]


class Meaning(msgspec.Struct, frozen=True, gc=False):
    """What a sale's two words say.

    discount: the kind of its discount; empty where none is told apart. is_free: it is an amount that names no goods.
    """

    kind: str
    discount: str
    words: str
    is_return: bool
    is_free: bool = False


class Free(msgspec.Struct, frozen=True, gc=False):
    """An amount of a refund that names no goods and states no tax. minor: negative where the buyer gets it."""

    key: str
    words: str
    at: datetime
    minor: int


class Meanings(dict[tuple[str, str], Meaning]):
    """By (lineType, actionType)."""

    def __missing__(self, words: tuple[str, str]) -> Meaning:
        line_type, action = words
        kind = vocabulary().kind(SALE, f"{line_type}/{action}")
        is_return = action == "RETURN"
        discount = ""
        if line_type in _SPLIT and kind != UNCLASSIFIED:
            on_sale = "discount.shipping" if line_type == "SHIPPING" else "discount.product"
            discount = "refund.discount" if is_return else on_sale
        is_free = is_return and line_type == "ADJUSTMENT"
        meaning = Meaning(kind, discount, f"{line_type}|{action}", is_return, is_free)
        if len(self) < 256:
            self[words] = meaning
        return meaning


class Lines:
    """Gathers the lines of a document.

    total_minor:  of its sales, refunds and rounding; money that moved is no part of it.
    sold_minor:   the same without the rounding of cash. returned_minor: of what the channel calls returned.
    unclassified: minor units of lines whose words nobody knows, by those words.
    charged_in:   the currency that the buyer pays in, where it is another; else empty.
    """

    def __init__(
        self, order_id: str, part: Part, notes: Notes, attributes: Attributes, *, is_test: bool, charged_in: str
    ) -> None:
        self._order_id, self._part, self._notes, self.attributes = order_id, part, notes, attributes
        self._is_test, self._charged_in = is_test, charged_in
        self.found: list[Line] = []
        self.sold_minor = 0
        self.returned_minor = 0
        self.cash_rounding_minor = 0
        self.unclassified: dict[str, int] = {}
        self._free: list[Free] = []

    @property
    def total_minor(self) -> int:
        return self.sold_minor + self.cash_rounding_minor

    def add_sale(
        self, key: str, meaning: Meaning, total: int, tax: int, discount: int, taxes: Taxed, sku: str, at: datetime
    ) -> None:
        """One sale: gross before discount and without tax, its discount, its taxes. They add up to its total."""
        self.sold_minor += total
        if meaning.is_return:
            self.returned_minor += total
        kind = meaning.kind
        if meaning.is_free and total and not tax and self._part is Part.REFUND and not self._is_test:
            self._free.append(Free(key, meaning.words, at, total))
            return
        if kind == UNCLASSIFIED:
            self.unclassified[meaning.words] = self.unclassified.get(meaning.words, 0) + total
            self._add(key, kind, total, at, sku, meaning.words, ())
            return
        if not meaning.discount:
            discount = 0
        elif meaning.is_return:
            discount = -abs(discount)
        borne = taxes.own + taxes.channels
        self._add(key, kind, total - tax + discount, at, sku, meaning.words, borne)
        if discount:
            words = f"{meaning.words}|discount"
            self._add(key + ":discount", meaning.discount, -discount, at, sku, words, borne)
        if tax:
            self._add_taxes(key, meaning, taxes, sku, at)

    def take_free(self) -> list[Free]:
        """The free amounts, once: their lines depend on what all of the order has left."""
        free, self._free = self._free, []
        return free

    def _add_taxes(self, key: str, meaning: Meaning, taxes: Taxed, sku: str, at: datetime) -> None:
        for place, (line, minor) in enumerate(taxes.shares, start=1):
            if not minor:
                continue
            liable, (own, party) = line.channel_liable, taxes.of(place)
            if liable is None and not self._is_test:
                self._notes.unknown_liability(self._order_id)
            self._add(
                f"{key}:tax:{place}",
                "tax.facilitator" if liable else "tax.collected",
                minor,
                at,
                sku,
                f"{meaning.words}|tax|{line.title}",
                charged_on(meaning.kind, party, own),
            )

    def add_rounding(self, key: str, minor: int, at: datetime, words: str, *, is_of_cash: bool) -> None:
        """is_of_cash: it came up when it was paid, and the channel's own total is without it."""
        if is_of_cash:
            self.cash_rounding_minor += minor
        else:
            self.sold_minor += minor
        self._add(key, ROUNDING, minor, at, "", words, ())

    def add_tender(self, key: str, gateway: str, minor: int, at: datetime, words: str, *, is_test: bool) -> None:
        """Money that moved: negative from the buyer, positive to the buyer."""
        part = Part.RECEIPT if self._part is Part.SALE else Part.REPAYMENT
        name = printable(gateway.strip().lower()) or UNKNOWN_GATEWAY
        attributes = ((GATEWAY, name), *(((CHARGED_IN, self._charged_in),) if self._charged_in else ()))
        self.found.append(
            Line(
                key=key,
                kind=IGNORED if is_test or self._is_test else TENDER,
                part=part,
                amount_minor=minor,
                occurred_at=at,
                order_id=self._order_id,
                words=words,
                attributes=attributes,
                reference=f"{name}:{key}",
            )
        )

    def add(
        self,
        key: str,
        kind: str,
        minor: int,
        at: datetime,
        *,
        sku: str = "",
        words: str = "",
        tax: Tax = (),
        attributes: Attributes | None = None,
    ) -> None:
        """One line, whose amount is counted already. attributes: those of the order unless others are said."""
        self._add(key, kind, minor, at, sku, words, tax, attributes)

    def _add(
        self,
        key: str,
        kind: str,
        minor: int,
        at: datetime,
        sku: str,
        words: str,
        tax: Tax,
        attributes: Attributes | None = None,
    ) -> None:
        self.found.append(
            Line(
                key=key,
                kind=IGNORED if self._is_test else kind,
                part=self._part,
                amount_minor=minor,
                occurred_at=at,
                order_id=self._order_id,
                sku=sku,
                words=words,
                attributes=self.attributes if attributes is None else attributes,
                tax=tax,
            )
        )

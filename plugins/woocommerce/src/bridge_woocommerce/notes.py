"""What a person must know of a file as a whole: one problem a cause, however many orders it concerns."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bridge.model.documents import Problem
from bridge.model.money import exponent
from bridge_woocommerce.refusal import Place
from bridge_woocommerce.shapes import Order

MAX_NAMED = 20


class Notes:
    """Gathers over the orders of a file. currency: the one the connection says the shop sells in, or empty."""

    def __init__(self, place: Place, currency: str) -> None:
        self._place, self._currency = place, currency
        self._shown: dict[int, None] = {}
        self._rounded: dict[int, None] = {}
        self._foreign: dict[int, None] = {}

    def add(self, order: Order) -> None:
        """An order whose amounts could be read."""
        self._shown.update(dict.fromkeys(stub.id for stub in order.refunds))
        if len(order.total.strip().partition(".")[2]) < exponent(order.currency):
            self._rounded[order.id] = None
        if self._currency and order.currency != self._currency:
            self._foreign[order.id] = None

    def problems(self, refunds: Collection[int]) -> Iterator[Problem]:
        """refunds: the ids of those that the file holds itself."""
        if missing := [number for number in self._shown if number not in refunds]:
            message = (
                f"the orders of this file show {len(missing)} refund(s), without date and lines: {_named(missing)}. "
                "They are booked from the refunds' own answer (/wp-json/wc/v3/refunds): bring that too."
            )
            yield Problem(code="woocommerce.refunds_elsewhere", message=message, where=self._place(), blocking=False)
        if self._rounded:
            message = (
                f"{len(self._rounded)} order(s) have amounts without all decimals of their currency, as a shop gives "
                f"them that shows none, or one asked with a low dp: {_named(self._rounded)}. They are booked as they "
                "stand."
            )
            yield Problem(code="woocommerce.few_decimals", message=message, where=self._place(), blocking=False)
        if self._foreign:
            message = (
                f"{len(self._foreign)} order(s) are in another currency than {self._currency}, in which alone the shop "
                f"sells, as its connection says: {_named(self._foreign)}. Take the setting `currency` out, so that no "
                "refund of them is read in the wrong currency."
            )
            yield Problem(code="woocommerce.other_currency", message=message, where=self._place(), blocking=False)


def _named(numbers: Collection[int]) -> str:
    more = f" and {len(numbers) - MAX_NAMED} more" if len(numbers) > MAX_NAMED else ""
    return ", ".join(str(number) for number in sorted(numbers)[:MAX_NAMED]) + more

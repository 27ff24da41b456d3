"""What a person must know of a file as a whole: one problem a cause, however many orders it concerns."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bridge.model.documents import Problem
from bridge.plugin.reading import Place
from bridge_woocommerce.reading import OrderRead

MAX_NAMED = 20


class Notes:
    """Gathers over the orders that were read."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._short: dict[str, None] = {}

    def add(self, order: OrderRead) -> None:
        """An order that could be read."""
        if order.is_short:
            self._short[order.documents[0].start.external_id] = None

    def problems(self) -> Iterator[Problem]:
        """What there is to say."""
        if self._short:
            message = (
                f"{len(self._short)} order(s) have amounts without all decimals of their currency, as a shop gives "
                f"them that shows none, or one asked with a low dp: {_named(self._short)}. They are booked as they "
                "stand; asked for with dp=6 the lines keep their fractions."
            )
            yield Problem(code="woocommerce.few_decimals", message=message, where=self._place(), blocking=False)


def _named(numbers: Collection[object]) -> str:
    more = f" and {len(numbers) - MAX_NAMED} more" if len(numbers) > MAX_NAMED else ""
    return ", ".join(sorted(map(str, numbers), key=lambda name: (len(name), name))[:MAX_NAMED]) + more

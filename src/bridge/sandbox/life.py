"""Months of a shop's life, made up from a seed: what is bought, changed, given back, disputed and paid out, in time.

It knows no vendor: a fake carries each happening out as its own system would. The rates are those of a small shop.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from heapq import heappop, heappush
from typing import Final

import msgspec

from bridge.sandbox.messages import BadRequestError

__all__ = ["Basket", "Good", "Happening", "What", "life", "year_of"]

_DAY: Final = timedelta(days=1)
_PER_MILLE: Final = {
    "given back": 65,
    "given back in part": 15,
    "exchanged": 10,
    "edited": 20,
    "cancelled": 15,
    "deleted": 4,
    "disputed": 4,
}
"""What comes of a thousand orders, each of at most one kind."""
_WON: Final = 0.4


class What(Enum):
    """What happens. From EDITED on it is to an order that was bought before."""

    BOUGHT = auto()
    PAID_OUT = auto()
    EDITED = auto()
    GIVEN_BACK = auto()
    GIVEN_BACK_IN_PART = auto()
    CANCELLED = auto()
    DELETED = auto()
    DISPUTED = auto()
    DECIDED = auto()


class Good(msgspec.Struct, frozen=True):
    """One thing of a basket. Minor units, without tax: its price, and what is taken off it."""

    price: int
    off: int = 0
    is_gift_card: bool = False


class Basket(msgspec.Struct, frozen=True):
    """What a buyer takes. Minor units.

    tax_percent: on goods less what is taken off them, gift cards aside; rounded half up by the line.
    by_gift_card: how many percent of the total a gift card pays. pays_in: another currency that the buyer sees.
    """

    goods: tuple[Good, ...]
    tax_percent: int = 0
    tip: int = 0
    by_gift_card: int = 0
    pays_in: str = ""
    is_paid: bool = True
    is_test: bool = False

    def tax(self, good: Good) -> int:
        return 0 if good.is_gift_card else ((good.price - good.off) * self.tax_percent + 50) // 100


class Happening(msgspec.Struct, frozen=True):
    """One of them.

    order: its place in the story, from 0. goods: places in its basket, from 0, of what is given back at once. minor: of
    what is added, given back in part, or disputed. is_won: a dispute that ends well.
    """

    at: datetime
    what: What
    order: int = -1
    basket: Basket | None = None
    goods: tuple[int, ...] = ()
    minor: int = 0
    is_won: bool = False


def year_of(text: str, now: datetime) -> tuple[datetime, datetime]:
    """When a calendar year begins, and when it ends or how far it has come, in UTC. Raises: BadRequestError."""
    try:
        since, until = (datetime(int(text) + more, 1, 1, tzinfo=UTC) for more in (0, 1))
    except ValueError:
        raise BadRequestError(f"{text[:20]!r} is no year", "Say it as 2025") from None
    if since >= now:
        raise BadRequestError(f"{text} has not begun", "Choose a year of which something is over")
    return since, min(until, now)


def life(seed: int, orders: int, since: datetime, until: datetime, goods: int = 0) -> Iterator[Happening]:
    """So many orders from ``since``, and all that comes of them before ``until``, payouts each day.

    goods:  of each basket; 0: from one to five.
    Order:  by their instants, to the second. The same seed tells the same story.
    Memory: what is still to come of orders that were placed.
    """
    chance = random.Random(seed)  # noqa: S311 - a story, no secret
    coming: list[tuple[datetime, int, Happening]] = []
    counted = 0

    def expect(happening: Happening) -> None:
        nonlocal counted
        if happening.at < until:
            counted += 1
            heappush(coming, (happening.at, counted, happening))

    expect(Happening(since + _DAY, What.PAID_OUT))
    step = (until - since) / max(1, orders)
    for number in range(orders):
        at = (since + step * (number + chance.random())).replace(microsecond=0)
        yield from _until(at, coming, expect)
        basket = _basket(chance, goods)
        yield Happening(at, What.BOUGHT, number, basket)
        for happening in _later(chance, number, at, basket):
            expect(happening)
    yield from _until(until, coming, expect)


_Expect = Callable[[Happening], None]


def _until(at: datetime, coming: list[tuple[datetime, int, Happening]], expect: _Expect) -> Iterator[Happening]:
    while coming and coming[0][0] <= at:
        happening = heappop(coming)[2]
        yield happening
        if happening.what is What.PAID_OUT:
            expect(Happening(happening.at + _DAY, What.PAID_OUT))


def _basket(chance: random.Random, many: int) -> Basket:
    goods = []
    for _ in range(many or chance.choices((1, 2, 3, 4, 5), (40, 30, 15, 10, 5))[0]):
        price = chance.randint(199, 9_999)
        off = price * chance.choice((10, 15, 20)) // 100 if chance.random() < 0.2 else 0
        goods.append(Good(price, off, is_gift_card=chance.random() < 0.02))
    return Basket(
        tuple(goods),
        tax_percent=chance.choice((0, 4, 6, 8)),
        tip=chance.randint(100, 900) if chance.random() < 0.03 else 0,
        by_gift_card=chance.choice((25, 50)) if chance.random() < 0.03 else 0,
        pays_in=chance.choice(("EUR", "GBP")) if chance.random() < 0.05 else "",
        is_paid=chance.random() >= 0.01,
        is_test=chance.random() < 0.005,
    )


def _later(chance: random.Random, order: int, at: datetime, basket: Basket) -> Iterator[Happening]:
    """What comes of an order: mostly nothing."""
    kinds = (*_PER_MILLE, "")
    kind = chance.choices(kinds, (*_PER_MILLE.values(), 1_000 - sum(_PER_MILLE.values())))[0]
    soon = at + timedelta(minutes=chance.randint(5, 2_000))
    late = at + timedelta(minutes=chance.randint(1_440, 60_000))
    if not basket.is_paid:
        yield Happening(soon, chance.choice((What.CANCELLED, What.DELETED)), order)
    elif not basket.is_test:
        yield from _fate(chance, kind, order, basket, soon, late)


def _fate(
    chance: random.Random, kind: str, order: int, basket: Basket, soon: datetime, late: datetime
) -> Iterator[Happening]:
    good = chance.randrange(len(basket.goods))
    minor = max(1, (basket.goods[good].price - basket.goods[good].off) // 2)
    match kind:
        case "given back":
            yield Happening(late, What.GIVEN_BACK, order, goods=(good,))
        case "given back in part":
            yield Happening(soon, What.GIVEN_BACK_IN_PART, order, goods=(good,), minor=minor)
        case "exchanged":
            yield Happening(late, What.GIVEN_BACK, order, goods=(good,))
            yield Happening(late + timedelta(minutes=5), What.EDITED, order, minor=minor)
        case "edited":
            yield Happening(soon, What.EDITED, order, minor=minor)
        case "cancelled":
            yield Happening(soon, What.GIVEN_BACK, order, goods=tuple(range(len(basket.goods))))
            yield Happening(soon + timedelta(seconds=1), What.CANCELLED, order)
        case "deleted":
            yield Happening(late, What.DELETED, order)
        case "disputed":
            yield Happening(late, What.DISPUTED, order, minor=minor)
            yield Happening(late + 30 * _DAY, What.DECIDED, order, is_won=chance.random() < _WON)

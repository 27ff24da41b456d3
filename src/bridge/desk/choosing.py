"""Which of what waits somebody wants to see, in which order, and a page of it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

import msgspec

from bridge.model.deliveries import DeliveryState
from bridge.model.urgency import Urgency
from bridge.model.waiting import Alike, Choice, Order, Thing

PAGE = 50
T = TypeVar("T")
_NOTHING = "none"


class Wanted(msgspec.Struct, frozen=True):
    """What is asked for; what is empty is not asked for.

    thing: a sort of thing, or a voucher's state. who: ``person`` for what asks for one, ``all`` also for what goes on
    by itself. owner: a name, or ``-`` for nobody's. due: ``late`` for what should have been seen to. sort: an order;
    the gravest first where it is none.
    """

    route: str = ""
    thing: str = ""
    urgency: str = ""
    reason: str = ""
    decision: str = ""
    owner: str = ""
    due: str = ""
    who: str = "person"
    sort: str = Order.GRAVEST.value

    @property
    def order(self) -> Order:
        return Order(self.sort) if self.sort in {order.value for order in Order} else Order.GRAVEST


class Paged(msgspec.Struct, Generic[T], frozen=True):
    """A page of many. number: from 1. total: how many there are in all."""

    items: tuple[T, ...]
    number: int
    pages: int
    total: int


def choice(wanted: Wanted, route_id: str, alike: tuple[Alike, ...] | None) -> Choice:
    """What is asked for as a store is asked. route_id: of the route that is named. alike: that may be decided so."""
    thing = wanted.thing if wanted.thing in {one.value for one in Thing} else ""
    state = wanted.thing.replace(" ", "_") if not thing else ""
    if state and state not in {one.value for one in DeliveryState}:
        state = _NOTHING
    ranks = {one.value: one.rank for one in Urgency}
    return Choice(
        route_id=route_id or (_NOTHING if wanted.route else ""),
        thing=thing,
        states=(state,) if state else (),
        reason=wanted.reason,
        rank=ranks.get(wanted.urgency, -1) if wanted.urgency else None,
        owner=wanted.owner.removeprefix("-") if wanted.owner else None,
        is_late=wanted.due == "late",
        is_patient=None if wanted.who == "all" else False,
        alike=alike,
    )


def place(number: int, total: int, size: int = PAGE) -> tuple[int, int]:
    """(the page of that number, how many there are); the nearest one where there is none."""
    pages = max(1, -(-total // size))
    return min(max(number, 1), pages), pages


def paged(items: Sequence[T], number: int, size: int = PAGE) -> Paged[T]:
    """A page of what is all there: see ``place``."""
    number, pages = place(number, len(items), size)
    return Paged(tuple(items[(number - 1) * size : number * size]), number, pages, len(items))


def sums(amounts: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """What (currency, minor units) come to, by currency."""
    found: Counter[str] = Counter()
    for currency, minor in amounts:
        found[currency] += minor
    return tuple(sorted(found.items()))

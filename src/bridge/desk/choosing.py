"""Which of what waits somebody wants to see, in which order, and a page of it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Generic, TypeVar

import msgspec

from bridge.desk.waits import Waiting

PAGE = 50
T = TypeVar("T")


class Wanted(msgspec.Struct, frozen=True):
    """What is asked for; what is empty is not asked for.

    who: ``person`` for what asks for one, ``all`` also for what goes on by itself. owner: a name, or ``-`` for
    nobody's. due: ``late`` for what should have been seen to.
    """

    route: str = ""
    thing: str = ""
    urgency: str = ""
    reason: str = ""
    decision: str = ""
    owner: str = ""
    due: str = ""
    who: str = "person"
    sort: str = "gravest"


class Paged(msgspec.Struct, Generic[T], frozen=True):
    """A page of many. number: from 1. total: how many there are in all."""

    items: tuple[T, ...]
    number: int
    pages: int
    total: int


SORTS: Mapping[str, Callable[[Waiting], Any]] = {
    "gravest": lambda one: (one.urgency.rank, one.due_on, -abs(one.amount_minor), one.subject),
    "oldest": lambda one: (one.since, one.subject),
    "due": lambda one: (one.due_on, one.urgency.rank, one.subject),
    "largest": lambda one: (-abs(one.amount_minor), one.subject),
}


def chosen(things: Iterable[Waiting], wanted: Wanted, today: date) -> tuple[Waiting, ...]:
    """Those that are asked for, in the order that is asked for; the gravest first where no such order is known."""
    found = (one for one in things if _is_wanted(one, wanted, today))
    return tuple(sorted(found, key=SORTS.get(wanted.sort, SORTS["gravest"])))


def _is_wanted(one: Waiting, wanted: Wanted, today: date) -> bool:
    return (
        (wanted.who == "all" or not one.is_patient)
        and wanted.route in {"", one.route}
        and wanted.thing in {"", str(one.thing), one.state}
        and wanted.urgency in {"", str(one.urgency)}
        and wanted.reason in {"", one.reason}
        and (not wanted.decision or wanted.decision in one.decisions)
        and (not wanted.owner or one.owner == wanted.owner.removeprefix("-"))
        and (wanted.due != "late" or one.due_on < today)
    )


def paged(items: Sequence[T], number: int, size: int = PAGE) -> Paged[T]:
    """The page of that number; the nearest one where there is none."""
    pages = max(1, -(-len(items) // size))
    number = min(max(number, 1), pages)
    return Paged(tuple(items[(number - 1) * size : number * size]), number, pages, len(items))


def sums(amounts: Iterable[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """What (currency, minor units) come to, by currency."""
    found: Counter[str] = Counter()
    for currency, minor in amounts:
        found[currency] += minor
    return tuple(sorted(found.items()))

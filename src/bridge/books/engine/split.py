"""Month parts: which month, and which version of the rules, an instant of a document belongs to."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime

import msgspec

from bridge.model.connections import Route
from bridge.model.documents import Document
from bridge.model.periods import day_start, local_day, month_of
from bridge.model.rules import RuleSet, in_force

_ALWAYS = datetime.min.replace(tzinfo=UTC)


class Span(msgspec.Struct, frozen=True):
    """A stretch of a document's time, on the merchant's calendar, in which nothing changes.

    since:      its first instant; it lasts until the next span begins.
    month:      the month part its lines are booked in. rules: the version in force.
    is_opening: before the route's first day: its lines go to opening clearing, in the first month booked.
    """

    since: datetime
    month: str
    rules: RuleSet
    is_opening: bool


def spans(document: Document, route: Route, versions: tuple[RuleSet, ...]) -> tuple[Span, ...]:
    """The spans of a document, in order.

    Edges: the first reaches back and the last forward without end, so that an instant outside the document's
           period falls to the nearer end of it.
    """
    last = local_day(document.closed_at, route.time_zone)
    first = min(local_day(document.opened_at, route.time_zone), last)
    changes = {*_month_starts(first, last), *(version.effective_from for version in versions), route.first_day}
    days = [first, *sorted(day for day in changes if first < day <= last)]
    return tuple(
        Span(
            since=_ALWAYS if day == first else day_start(day, route.time_zone),
            month=month_of(max(day, min(route.first_day, last))),
            rules=in_force(versions, day),
            is_opening=day < route.first_day,
        )
        for day in days
    )


def place_of(at: datetime, starts: list[datetime]) -> int:
    """The index of the span an instant falls in, given where each begins."""
    return bisect_right(starts, at) - 1


def _month_starts(first: date, last: date) -> list[date]:
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [date(month // 12, month % 12 + 1, 1) for month in months]

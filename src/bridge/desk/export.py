"""The books as Beancount text: every entry that stands, by date, under a heading that opens its accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import msgspec

from bridge.desk.beancount import Heading, standing_entries, transaction_text
from bridge.desk.spool import Spool
from bridge.model.chart import Chart
from bridge.model.connections import Route
from bridge.store.api import UnitOfWork


class Export(msgspec.Struct, frozen=True):
    """Text to write down, piece by piece; count: how many entries it holds."""

    text: Iterator[str]
    count: int


def export(
    unit: UnitOfWork, routes: Sequence[Route], charts: Mapping[str, Chart], days: tuple[date, date], into: Spool
) -> Export:
    """Every entry of these routes that was booked within these days, both included. charts: by route id.

    Memory: the accounts; the entries go through the spool, which must last until the text is written.
    """
    heading = Heading("bridge: " + ", ".join(route.name for route in routes))
    count = sum(into.add(_texts(unit, route, charts[route.route_id], days, heading)) for route in routes)
    return Export(_whole(heading.text(), into), count)


def _texts(
    unit: UnitOfWork, route: Route, chart: Chart, days: tuple[date, date], heading: Heading
) -> Iterator[tuple[date, str, str]]:
    since, until = days
    for entry in standing_entries(unit, route.route_id):
        if since <= entry.booked_on <= until:
            heading.note(entry, chart)
            yield entry.booked_on, entry.entry_id, transaction_text(entry, route.name, chart)


def _whole(heading: str, sorted_texts: Spool) -> Iterator[str]:
    yield heading
    for text in sorted_texts.texts():
        yield f"\n{text}"

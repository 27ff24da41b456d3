"""Spans of a settlement against the plain reading of its calendar, line by line."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import available_timezones

from hypothesis import given
from hypothesis import strategies as st

from bridge.books.engine.split import place_of, spans
from bridge.books.rules.defaults import default_rules
from bridge.model.connections import Route
from bridge.model.periods import local_day, month_of
from bridge.model.rules import RuleSet, in_force
from tests.books.builders import settlement

ZONES = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc", "posix", "right")))
since = datetime(2016, 1, 1, tzinfo=UTC)
instants = st.timedeltas(timedelta(0), timedelta(days=18 * 365)).map(lambda later: since + later)
days = st.dates(date(2016, 1, 1), date(2034, 1, 1))


def version(number: int, since: date) -> RuleSet:
    return RuleSet("rules", number, since, default_rules(), "ann", "because", datetime(2016, 1, 1, tzinfo=UTC))


@given(
    st.sampled_from(ZONES),
    instants,
    st.timedeltas(timedelta(0), timedelta(days=70)),
    st.lists(days, max_size=3),
    days,
    st.lists(st.floats(-0.2, 1.2), min_size=1, max_size=12),
)
def test_every_instant_falls_into_its_own_month_version_and_side_of_the_first_day(
    zone: str, opened: datetime, length: timedelta, effective: list[date], first_day: date, fractions: list[float]
) -> None:
    """F33, F34, D15: any zone, any summer time, any day on which rules change."""
    document = settlement("S1", [], opened=opened, closed=opened + length).document
    versions = tuple(version(number, since) for number, since in enumerate([date(2000, 1, 1), *effective], start=1))
    closes_on = local_day(document.closed_at, zone)
    route = Route("r", "s", "l", zone, min(first_day, closes_on), "1200", "1000")
    found = spans(document, route, versions)
    starts = [span.since for span in found]

    edges = [edge for start in starts[1:] for edge in (start, start - timedelta(microseconds=1))]
    for at in [opened + length * fraction for fraction in fractions] + edges:
        day = local_day(min(max(at, document.opened_at), document.closed_at), zone)
        span = found[place_of(at, starts)]
        assert span.rules == in_force(versions, day)
        assert span.is_opening == (day < route.first_day)
        assert span.month == month_of(max(day, route.first_day))


def test_a_document_that_closes_before_it_opens_has_one_day() -> None:
    received = settlement("S1", [], opened="2026-06-30 12:00", closed="2026-06-01 12:00")
    route = Route("r", "s", "l", "UTC", date(2026, 1, 1), "1200", "1000")

    found = spans(received.document, route, (version(1, date(2026, 6, 15)),))
    assert [span.month for span in found] == ["2026-06"]

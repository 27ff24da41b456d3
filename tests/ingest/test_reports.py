"""What a channel says of itself is read beside its documents, kept dated, and waits for nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from bridge.errors import ConfigError, PluginError
from bridge.ingest.reporting import Span, is_due, spans
from bridge.model.channel import ChannelFacts
from bridge.model.reports import BALANCES, FigureName, Figures, Reading
from bridge.plugin import Unknown
from bridge.store.api import Store
from tests.pulled.source import CAPABILITIES, TinyPull
from tests.pulled.world import CONNECTION, NOON, World

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def world(sqlite_store: Store) -> Iterator[World]:
    made = World(sqlite_store)
    made.declare(CAPABILITIES)
    yield made
    made.server.stop()
    assert not made.server.crashes


def readings(world: World, report: str) -> tuple[Reading, ...]:
    with world.store.reading() as unit:
        return unit.readings.of_report(CONNECTION.connection_id, report)


def told(world: World, name: FigureName) -> dict[str, int]:
    """What the report of days said last, by day, zeros left out."""
    latest = {one.span: one for one in readings(world, "days")}
    figures = [figure for one in latest.values() for figure in one.figures]
    return {f"{one.since:%m-%d}": one.value for one in figures if one.name is name and one.value}


def test_reports_are_read_by_months_that_overlap_by_their_days(world: World) -> None:
    world.shop.sell("o1", 1000, at=NOON - 18 * HOUR)
    world.shop.sell("o2", 500, 100)
    world.shop.pay_out("p1", 900)
    pulled = world.pull(after_seconds=20 * 3_600)

    assert [(one.report, one.spans, one.why, one.error) for one in pulled.reports] == [
        ("days", 2, "", None),
        ("paid_out", 2, "", None),
        (BALANCES, 1, "", None),
    ]
    june, july = readings(world, "days")
    first = datetime(2026, 6, 29, 22, tzinfo=UTC)
    assert (june.span, june.since, june.until) == ("2026-06", first, datetime(2026, 7, 2, tzinfo=UTC))
    assert (july.span, july.since, july.until) == ("2026-07", datetime(2026, 6, 30, tzinfo=UTC), NOON + 20 * HOUR)
    assert told(world, FigureName.PLACED) == {"06-30": 1, "07-01": 1}
    assert told(world, FigureName.TAKINGS) == {"06-30": 1000, "07-01": 400}
    (balances,) = readings(world, BALANCES)
    assert [(one.name, one.minor, one.currency) for one in balances.balances] == [
        ("available", 900, "EUR"),
        ("deferred", -5, "EUR"),
    ]
    assert balances.as_of == NOON + 20 * HOUR


def test_they_are_read_again_at_their_cadence_and_what_is_long_past_more_rarely(world: World) -> None:
    world.pull()
    assert all(one.spans == 0 for one in world.pull(after_seconds=3_600).reports)
    assert [one.spans for one in world.pull(after_seconds=6 * 3_600).reports] == [2, 2, 1]

    at, span = NOON, Span("2026-05", NOON - 40 * DAY, NOON - 10 * DAY)
    read = Reading("con", "days", span.name, span.since, span.until, at, at)
    assert not is_due(span, read, 3_600, at + 23 * HOUR)
    assert is_due(span, read, 3_600, at + 27 * HOUR)
    assert is_due(span, None, 3_600, at)


def test_every_day_of_any_calendar_lies_wholly_in_a_span() -> None:
    found = list(spans(NOON - 70 * DAY, NOON))
    for hours in range(-14, 15):
        day = datetime(2026, 5, 1, tzinfo=UTC) + hours * HOUR
        while day + DAY <= NOON:
            assert any(span.since <= day and day + DAY <= span.until for span in found)
            day += DAY


def test_figures_that_change_are_kept_beside_those_before(world: World) -> None:
    world.shop.sell("o1", 1000)
    world.pull(after_seconds=86_400)
    world.shop.reports_wrong = 1
    world.pull(after_seconds=86_400)
    before, after = readings(world, "days")[-2:]
    assert before.span == after.span
    assert before.read_at < after.read_at
    assert len(readings(world, BALANCES)) == 2


class Lacking(TinyPull):
    """Is not told the report of days, and is refused that of payouts."""

    def figures(self, report: str, since: datetime, until: datetime, facts: ChannelFacts) -> Figures | Unknown:
        if report == "days":
            return Unknown("the app lacks read_reports")
        raise ConfigError("tiny shop", "does not let the app in", "Give it the scope", code="tinypull.scope")


def test_what_is_not_told_is_said_and_stops_nothing(world: World) -> None:
    world.source = Lacking
    world.shop.sell("o1", 1000)
    pulled = world.pull(after_seconds=60)

    days, paid_out, balances = pulled.reports
    assert (days.title, days.why) == ("Sales by day", "the app lacks read_reports")
    assert paid_out.error is not None
    assert paid_out.error.code == "tinypull.scope"
    assert balances.spans == 1
    assert readings(world, "days") == ()
    assert ("order", "o1", 1000) in world.names()


def test_a_report_that_breaks_is_read_by_the_next_run(world: World) -> None:
    world.pull()
    world.clock.advance(7 * 3_600)
    world.shop.on_answer = lambda _: setattr(world.shop, "breaks", int(world.shop.asked[-1].endswith("days")))
    broken = world.pull().reports[0]
    assert (broken.spans, broken.error is not None) == (0, True)
    world.shop.on_answer = lambda _: None
    world.shop.breaks = 0
    assert world.pull().reports[0].spans == 2


def test_what_dies_while_reports_are_read_is_made_up_by_the_next_run(world: World) -> None:
    world.shop.sell("o1", 1000)
    world.clock.advance(86_400)
    writes = 1
    while world.pull_mortally(writes):
        writes += 1
    assert writes > 5
    assert told(world, FigureName.PLACED) == {"07-01": 1}
    assert [len(readings(world, report)) for report in ("days", "paid_out", BALANCES)] == [2, 2, 1]


@pytest.mark.parametrize(
    ("odd", "fault"),
    [
        ({"since": NOON - 400 * DAY}, "outside the span"),
        ({"value": "1"}, "does not hold"),
        ({"currency": "EUR"}, "a number has none"),
    ],
)
def test_figures_that_break_the_contract_are_refused(world: World, odd: dict[str, Any], fault: str) -> None:
    class Breaking(TinyPull):
        def figures(self, report: str, since: datetime, until: datetime, facts: ChannelFacts) -> Figures | Unknown:
            found = super().figures(report, since, until, facts)
            assert isinstance(found, Figures)
            return msgspec.structs.replace(found, figures=(msgspec.structs.replace(found.figures[0], **odd),))

    world.source = Breaking
    with pytest.raises(PluginError, match=fault):
        world.pull()

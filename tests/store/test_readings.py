"""What channels say of themselves: the latest of each span, some of what it was before, one a day."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from bridge.errors import InvariantError
from bridge.model.documents import DocumentKind
from bridge.model.reports import (
    BALANCES,
    READINGS_KEPT,
    Balance,
    BalanceName,
    Figure,
    FigureName,
    Reading,
)
from bridge.store.sql import SqlStore
from tests.fakes.stores import OpenStore
from tests.store.facts import NOON

CON = "con_1"
DAY = timedelta(days=1)


def reading(value: int, days: float = 0, *, month: int = 0, report: str = "days") -> Reading:
    """What a report said of a span so many days after the first time."""
    since, at = NOON + 31 * month * DAY, NOON + days * DAY
    figure = Figure(FigureName.PLACED, since, since + DAY, value)
    return Reading(CON, report, f"2026-{6 + month:02}", since, since + 31 * DAY, at, at, (figure,))


def kept(store: SqlStore, *readings: Reading, report: str = "days") -> tuple[Reading, ...]:
    with store.unit("worker") as unit:
        for one in readings:
            unit.readings.put(one)
    with store.reading() as unit:
        return unit.readings.of_report(CON, report)


def test_a_reading_is_read_back_as_it_was_put_and_is_no_business_of_the_audit(store: SqlStore) -> None:
    total = Figure(FigureName.TOTAL, NOON, NOON, -5, "EUR", DocumentKind.PAYOUT, "p1")
    put = msgspec.structs.replace(reading(3), figures=(total,), balances=(Balance(BalanceName.DEFERRED, 7, "USD"),))
    assert kept(store, put) == (put,)
    with store.reading() as unit:
        assert list(unit.audit.rows()) == []


def test_what_says_the_same_or_is_of_the_same_day_takes_the_place_of_the_one_before(store: SqlStore) -> None:
    first, same, later, other = reading(3), reading(3, days=5), reading(4, days=5.1), reading(5, days=9)
    assert kept(store, first, same) == (same,)
    assert kept(store, later, other) == (later, other)


def test_of_each_span_the_last_ones_are_kept(store: SqlStore) -> None:
    put = [reading(number, days=number) for number in range(READINGS_KEPT + 3)]
    others = [reading(1, month=1), reading(1, report="payouts")]
    assert kept(store, *put, *others) == (*put[3:], others[0])
    assert kept(store, report="payouts") == (others[1],)


def test_the_newest_is_the_latest_of_the_last_span(store: SqlStore) -> None:
    last = reading(2, days=41, month=1, report=BALANCES)
    put = [reading(9, days=50, report=BALANCES), reading(1, days=40, month=1, report=BALANCES), last]
    kept(store, *put)
    with store.reading() as unit:
        assert unit.readings.newest(CON, BALANCES) == last
        assert unit.readings.newest("con_2", BALANCES) is None


def test_organisations_do_not_see_each_others(store: SqlStore, another: OpenStore) -> None:
    kept(store, reading(3))
    with another(organisation_id="other").reading() as unit:
        assert unit.readings.of_report(CON, "days") == ()


@pytest.mark.parametrize(
    "odd",
    [
        {"currency": "EUR"},
        {"until": NOON - DAY},
        {"since": NOON.replace(tzinfo=None)},
        {"kind": DocumentKind.PAYOUT, "external_id": "p1"},
        {"name": FigureName.TAKINGS},
        {"name": FigureName.TOTAL, "currency": "EUR"},
        {"name": FigureName.TOTAL, "currency": "EUR", "kind": DocumentKind.ORDER, "external_id": "o1"},
    ],
)
def test_a_figure_that_means_nothing_is_refused(odd: dict[str, object]) -> None:
    told = {"name": FigureName.PLACED, "since": NOON, "until": NOON + DAY, "value": 1, **odd}
    with pytest.raises(InvariantError):
        Figure(**told)  # type: ignore[arg-type]

"""A channel is read from its first day on: what more is to be had is read too, and how far it is can be told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta

import msgspec
import pytest

from bridge.ingest import Back, Far, Pulled
from bridge.model.channel import ChannelFacts
from bridge.model.documents import DocumentState
from bridge.model.findings import FindingState
from bridge.store.api import Store
from tests.books.mortal import Killed, Life, MortalStore
from tests.pulled.source import TinyPull
from tests.pulled.world import NOON, ORDER, ROUTE, World

DAY = timedelta(days=1)


@pytest.fixture
def world(sqlite_store: Store) -> Iterator[World]:
    made = World(sqlite_store)
    made.only("orders")
    yield made
    made.server.stop()
    assert made.clock.slept == [], "a pull never sleeps"
    assert not made.server.crashes


def fill(world: World, *, since: date | None = None, store: Store | None = None) -> tuple[Pulled, list[Far]]:
    told: list[Far] = []
    start = NOON.replace(year=since.year, month=since.month, day=since.day, hour=0) if since else None
    return world.puller(store).pull("shop", actor="ann", back=Back(told.append, start)), told


def begin_on(world: World, first_day: date) -> None:
    with world.store.unit("ann") as unit:
        unit.routes.put(msgspec.structs.replace(ROUTE, first_day=first_day))


def test_it_tells_how_far_it_is_and_how_many_there_are(world: World) -> None:
    begin_on(world, date(2026, 4, 1))
    for number in range(5):
        world.shop.sell(f"o{number}", 1000, at=NOON - (number * 20 + 1) * DAY)
    _, told = fill(world)

    assert {(far.connection, far.stream, far.expected) for far in told} == {("shop", "orders", 5)}
    assert told[0].through is None
    assert (told[-1].owners, told[-1].through) == (5, NOON)
    assert [far.owners for far in told] == sorted(far.owners for far in told)


def test_a_first_day_that_was_moved_back_is_read_from_there(world: World) -> None:
    world.shop.sell("old", 1000, at=NOON - 40 * DAY)
    world.pull()
    assert world.names() == []
    begin_on(world, date(2026, 5, 1))
    world.pull(after_seconds=60)
    assert world.names() == [], "a sync goes on where it was"
    fill(world)

    assert world.names() == [("order", "old", 1000)]
    assert world.closed("orders")[0].since < NOON - 40 * DAY


def test_what_a_channel_tells_now_that_it_did_not_before_is_read_and_its_finding_closed(world: World) -> None:
    begin_on(world, date(2026, 5, 1))
    world.shop.sell("old", 1000, at=NOON - 40 * DAY)

    class Short(TinyPull):
        def survey(self) -> ChannelFacts:
            return msgspec.structs.replace(super().survey(), reaches_back_to=NOON - 10 * DAY)

    world.source = Short
    fill(world)
    assert (world.names(), world.findings()) == ([], ["window.reach"])
    world.source = TinyPull
    fill(world)

    assert (world.names(), world.findings()) == ([("order", "old", 1000)], [])
    assert world.findings(FindingState.CLOSED) == ["window.reach"]


def test_what_was_read_is_read_again_from_a_day_on_and_changes_nothing(world: World) -> None:
    begin_on(world, date(2026, 5, 1))
    world.shop.sell("old", 1000, at=NOON - 40 * DAY)
    world.shop.sell("new", 2000, at=NOON - 2 * DAY)
    fill(world)
    before = world.closed("orders")
    world.shop.orders["new"].total = 2500  # and its mark of change does not move
    world.pull(after_seconds=600)
    assert world.state(ORDER, "new") == (1, DocumentState.NEW, "", 2000)
    _, told = fill(world, since=date(2026, 6, 20))

    assert told[0].expected == 1, "what lies before is not asked for again"
    assert world.state(ORDER, "new")[:2] == (2, DocumentState.NEW)
    assert world.state(ORDER, "old")[0] == 1
    assert world.closed("orders")[0].since == before[0].since
    assert world.closed("orders")[-1].until > before[-1].until


def test_one_that_dies_anywhere_goes_on_where_it_stopped(world: World) -> None:
    begin_on(world, date(2026, 4, 1))
    for number in range(8):
        world.shop.sell(f"o{number}", 1000, at=NOON - (number * 10 + 1) * DAY)
    deaths, throughs = 0, []
    for writes in range(2, 80, 4):
        with suppress(Killed):
            fill(world, store=MortalStore(world.store, Life(writes)))
            break
        deaths += 1
        throughs += [window.until for window in world.closed("orders")[-1:]]
        world.bury()
    fill(world)

    assert deaths > 2
    assert throughs == sorted(throughs), "nothing that was whole is read anew"
    assert len(world.names()) == 8
    assert {world.state(ORDER, f"o{number}")[0] for number in range(8)} == {1}

"""What a person stops does not go out, whoever asks and whatever is under way; what was sent is not sent twice."""

from __future__ import annotations

import pytest

from bridge.host.pausing import Pausing
from bridge.model.deliveries import DeliveryState
from tests.delivery.world import BOOKS, World
from tests.fakes.ledger import Fault

NAMES = ("v0", "v1", "v2")


@pytest.fixture
def pausing(world: World) -> Pausing:
    return Pausing(world.store, world.clock)


def plugin_of(world: World) -> tuple[str, str]:
    offer = world.desk.sink_offer(BOOKS)
    return offer.name, offer.version


@pytest.mark.parametrize("width", ["all", "plugin", "version"])
def test_nothing_is_sent_while_deliveries_are_stopped_and_all_of_it_once_when_they_may_go(
    world: World, pausing: Pausing, width: str
) -> None:
    """F56: one gate for every way in."""
    for name in NAMES:
        world.owe(name)
    plugin, version = plugin_of(world)
    meant = {"all": ("", ""), "plugin": (plugin, ""), "version": (plugin, version)}[width]
    assert pausing.stop(*meant, by="ann", reason="looks wrong", actor="cli")

    stopped = world.drain(patience_seconds=600)
    assert (stopped.stopped, stopped.delivered, world.sends()) == ("paused.deliveries", 0, 0)
    assert "paused by ann" in stopped.note
    assert "looks wrong" in stopped.note
    assert world.states(NAMES) == {DeliveryState.OWED}

    assert pausing.lift(*meant, by="bob", actor="cli")
    assert world.drain().delivered == len(NAMES)
    assert all(world.copies(name) == 1 for name in NAMES)


@pytest.mark.parametrize("meant", [("another", ""), ("another", "1")])
def test_what_is_stopped_for_one_plugin_goes_on_for_others(
    world: World, pausing: Pausing, meant: tuple[str, str]
) -> None:
    pausing.stop(*meant, by="ann", reason="", actor="cli")
    plugin, version = plugin_of(world)
    pausing.stop(plugin, f"{version}.1", by="ann", reason="the next version", actor="cli")
    world.owe("v0")

    assert world.drain().delivered == 1


def test_a_stop_is_met_in_the_middle_of_a_drain_before_the_next_call(world: World, pausing: Pausing) -> None:
    for name in NAMES:
        world.owe(name)

    def first_is_there(_: object) -> None:
        pausing.stop("", "", by="ann", reason="", actor="cli")

    report = world.process().drain(BOOKS, actor="worker", patience_seconds=60, progress=first_is_there)

    assert report.stopped == "paused.deliveries"
    assert world.sends() == 1
    assert pausing.lift("", "", by="ann", actor="cli")
    world.drain()
    assert all(world.copies(name) == 1 for name in NAMES)


def test_a_ledger_that_a_person_paused_takes_nothing_until_it_is_resumed(world: World, pausing: Pausing) -> None:
    world.owe("v0")
    pausing.pause(BOOKS, by="ann", reason="", actor="cli")
    assert world.drain().stopped == "paused.connection"
    pausing.resume(BOOKS, by="ann", actor="cli")
    assert world.drain().delivered == 1


def test_what_was_sent_and_not_answered_when_it_was_stopped_is_looked_up_later_and_not_sent_again(
    world: World, pausing: Pausing
) -> None:
    world.owe("v0")
    world.ledger.fail_next_send(Fault.COMMIT_THEN_LOSE)
    world.drain()
    pausing.stop("", "", by="ann", reason="", actor="cli")
    world.clock.advance(3_600)
    assert world.drain().stopped == "paused.deliveries"
    pausing.lift("", "", by="ann", actor="cli")
    world.settle()

    assert (world.state("v0"), world.copies("v0"), world.sends()) == (DeliveryState.DELIVERED, 1, 1)

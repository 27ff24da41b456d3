"""What a person stops does not go out, whoever asks and whatever is under way; what was sent is not sent twice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import count

import pytest

from bridge.delivery import Deliverer, Word
from bridge.errors import ConfigError, PausedError
from bridge.host.pausing import Pausing
from bridge.model.deliveries import DeliveryState
from bridge.plugin import Made, Master, MasterKind
from tests.delivery.conftest import MakeWorld
from tests.delivery.world import ACCOUNTS, BOOKS, Life, World, id_of
from tests.fakes.ledger import FakeLedger, Fault

NAMES = ("v0", "v1", "v2")
TWO = NAMES[:2]


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


WRITES = ("send", "undo", "create")
MASTERS = tuple(Master(kind=MasterKind.ACCOUNT, name=name) for name in ("one", "two", "three"))


class Making(FakeLedger):
    """A ledger in which accounts can be made."""

    def create(self, master: Master) -> Made:
        self.on_request("create")
        self.made = [*getattr(self, "made", []), master.name]
        return Made(f"id-{master.name}", master.name, is_new=True)


class Pulled(Life):
    """A process beside which somebody pulls the kill switch: after so many units and requests. It lives on."""

    def __init__(self, pull: Callable[[], object], at: int) -> None:
        super().__init__()
        self._pull, self._rest = pull, at
        self.after: list[str] | None = None

    def moment(self, name: str) -> None:
        super().moment(name)
        if self.after is not None:
            self.after.append(name)
        elif name not in ("unit opens", "unit is to be saved"):
            self._rest -= 1
            if not self._rest:
                self._pull()
                self.after = []


def deliver(process: Deliverer) -> None:
    process.drain(BOOKS, actor="cli")


def undo(process: Deliverer) -> None:
    process.undo(BOOKS, [id_of(name) for name in TWO], Word("ada", "wrong"), actor="cli")


def create(process: Deliverer) -> None:
    with process.creating(BOOKS, actor="ada") as make:
        for master in MASTERS:
            make(master)


@pytest.mark.parametrize(("work", "write"), [(deliver, "send"), (undo, "undo"), (create, "create")], ids=WRITES)
def test_pulled_at_any_moment_nothing_more_leaves_and_what_was_under_way_is_ended_once(
    make_world: MakeWorld, work: Callable[[Deliverer], None], write: str
) -> None:
    """F56: a batch, an undo, a making of accounts in flight. What left before is told; each is there, or gone, once."""
    names = TWO if work is undo else NAMES
    for at in count(1):
        world, pausing = in_flight(make_world, names, is_there=work is undo)
        life = Pulled(lambda pausing=pausing: pausing.stop("", "", by="ann", reason="", actor="cli"), at)  # type: ignore[misc]
        with suppress(PausedError):
            work(world.process(life))
        world.ledger.on_request = lambda _: None
        assert write not in (life.after or ()), f"pulled at moment {at} of {life.moments}"
        is_over = life.after is None

        pausing.lift("", "", by="ann", actor="cli")
        world.clock.advance(60)
        if work is not deliver:
            work(world.process())
        world.settle()
        assert {world.copies(name) for name in names} == {0 if work is undo else 1}
        if work is create:
            assert set(world.ledger.made) == {one.name for one in MASTERS}  # type: ignore[attr-defined]
        if is_over:
            assert at > 4, "there were moments to pull it at"
            return


def in_flight(make_world: MakeWorld, names: tuple[str, ...] = NAMES, *, is_there: bool) -> tuple[World, Pausing]:
    """Vouchers that are owed, or delivered, of a ledger that takes two at a time."""
    world = make_world()
    world.use(Making(world.clock, connection=BOOKS, numbers=ACCOUNTS, batch_size=2))
    for name in names:
        world.owe(name)
    if is_there:
        world.drain()
    return world, Pausing(world.store, world.clock)


def test_nothing_is_made_beside_a_delivery_and_nothing_is_delivered_beside_a_making(make_world: MakeWorld) -> None:
    """Two people who press at the same moment make nothing twice."""
    world, _ = in_flight(make_world, is_there=False)
    refused: list[str] = []

    def beside(request: str) -> None:
        if request == "send":
            with pytest.raises(ConfigError) as told:
                create(world.process())
            refused.append(told.value.code)

    world.ledger.on_request = beside
    world.process().drain(BOOKS, actor="cli")
    assert set(refused) == {"ledger.busy"}
    with world.process().creating(BOOKS, actor="ada"):
        assert world.process().drain(BOOKS, actor="cli").stopped == "delivery.busy"
        with pytest.raises(ConfigError, match="just now"):
            create(world.process())
    create(world.process())

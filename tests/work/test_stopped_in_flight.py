"""The kill switch while a batch of a worker is under way: no more is begun, and what was begun is told as it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from bridge.delivery import DrainReport
from bridge.host.organisations import Organisations
from bridge.host.pausing import Pausing
from bridge.model.deliveries import DeliveryState
from bridge.model.duties import DutyKind
from bridge.model.organisations import OWN
from bridge.model.runs import RunOutcome
from bridge.store.sql import NOBODY, SqlStore
from bridge.work import Story
from bridge.work.worker.running import Worker
from bridge.work.worker.shared_clock import SharedClock
from tests.delivery.world import BOOKS, World, make_ledger
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import Fault
from tests.store import facts
from tests.work.engines import PlainEngine
from tests.work.steps import OrderedSteps

WHO = {"by": "ann", "reason": "looks wrong", "actor": "cli"}
NAMES = tuple(f"v{number}" for number in range(6))
BY = {"by": "ann", "actor": "cli"}
Press = Callable[["Street"], object]


class Street:
    """Two tenants who send to ledgers of one vendor, and one worker for both; each batch takes two vouchers."""

    def __init__(self, store: SqlStore, clock: FakeClock) -> None:
        self.store, self.clock, self.engine = store, clock, PlainEngine()
        self.organisations = Organisations(store, clock)
        self.worlds = {OWN: self._world(store)}
        self.organisations.add("zoo", "", is_tenant=True, actor="ann")
        self.worlds["zoo"] = self._world(store.of("zoo"))
        house = store.of(NOBODY)
        self.worker = Worker(house, clock.now, SharedClock(clock), [self._story], self.engine, is_alone=False)
        self.worker.begin()

    def _world(self, store: SqlStore) -> World:
        ledger = make_ledger(self.clock, batch_size=2, index_lag_seconds=30, has_unique_numbers=False)
        world = World(store, self.clock, ledger)
        with store.unit("ann") as unit:
            unit.connections.put(facts.connection("amazon-us"))
            unit.routes.put(msgspec.structs.replace(facts.route(), ledger=BOOKS))
        for name in NAMES:
            world.owe(name)
        return world

    def _story(self, name: str) -> Story:
        world, steps = self.worlds[name], OrderedSteps(msgspec.structs.replace(facts.route(), ledger=BOOKS))

        def deliver(ledger: str, *, actor: str, patience_seconds: int, ends_at: Any, **_: Any) -> DrainReport:
            return world.process().drain(ledger, actor=actor, patience_seconds=patience_seconds, ends_at=ends_at)

        steps.deliver = deliver  # type: ignore[method-assign]
        return Story(self.store.of(name), self.clock, steps, "here")

    def work(self) -> None:
        """Until nothing is due any more; then once more an hour later."""
        for seconds in (1, 3_600):
            self.clock.advance(seconds)
            self.worker.tick()
            while self.engine.hand_out():
                self.worker.tick()

    def sent(self) -> dict[str, int]:
        """How many calls that write each ledger took."""
        return {name: world.sends() for name, world in self.worlds.items()}

    def outcomes(self, name: str) -> set[RunOutcome]:
        with self.store.of(name).reading() as unit:
            return {run.outcome for run in unit.runs.newest(50) if run.piece.ledgers}


@pytest.fixture
def street(sqlite_store: SqlStore, clock: FakeClock) -> Street:
    return Street(sqlite_store, clock)


WIDTHS: dict[str, tuple[Press, Press, bool]] = {
    "vendor": (
        lambda at: Pausing(at.store, at.clock).stop("fake", "", **WHO),
        lambda at: Pausing(at.store, at.clock).lift("fake", "", **BY),
        False,
    ),
    "version": (
        lambda at: Pausing(at.store, at.clock).stop("fake", version(at), **WHO),
        lambda at: Pausing(at.store, at.clock).lift("fake", version(at), **BY),
        False,
    ),
    "tenant": (lambda at: at.organisations.pause(OWN, **WHO), lambda at: at.organisations.resume(OWN, **BY), False),
    "connection": (
        lambda at: Pausing(at.store, at.clock).pause(BOOKS, **WHO),
        lambda at: Pausing(at.store, at.clock).resume(BOOKS, **BY),
        False,
    ),
    "everywhere": (
        lambda at: at.organisations.stop("", "", **WHO),
        lambda at: at.organisations.lift("", "", **BY),
        True,
    ),
    "version everywhere": (
        lambda at: at.organisations.stop("fake", version(at), **WHO),
        lambda at: at.organisations.lift("fake", version(at), **BY),
        True,
    ),
}


def version(street: Street) -> str:
    return street.worlds[OWN].desk.sink_offer(BOOKS).version


@pytest.mark.parametrize(
    ("width", "fault"), [*zip(WIDTHS, 2 * [None, Fault.COMMIT_THEN_LOSE, Fault.COMMIT_HALF], strict=True)]
)
def test_a_stop_meets_a_worker_in_the_middle_of_a_batch(street: Street, width: str, fault: Fault | None) -> None:
    """F56: for each width of it, and whatever comes back of the batch that is under way."""
    press, lift, is_everywhere = WIDTHS[width]
    world = street.worlds[OWN]
    if fault:
        world.ledger.fail_next_send(fault)

    def arrives(request: str) -> None:
        if request == "send committed":
            world.ledger.on_request = lambda _: None
            press(street)

    world.ledger.on_request = arrives
    street.work()
    assert world.sends() == 1, "the batch that was under way, and none after it"
    assert street.sent()["zoo"] == (0 if is_everywhere else 3), "the others go on, unless they are meant too"
    under_way = [name for name in NAMES if world.delivery(name).state is not DeliveryState.OWED]
    assert len(under_way) == 2
    told = world.states(under_way)
    assert told == ({DeliveryState.DELIVERED} if fault is None else {DeliveryState.IN_DOUBT}), "as it is, and no more"
    assert RunOutcome.RUNNING not in street.outcomes(OWN)

    lift(street)
    street.work()
    street.work()
    for one in street.worlds.values():
        assert [one.copies(name) for name in NAMES] == [1] * len(NAMES)
        assert one.states(NAMES) == {DeliveryState.DELIVERED}
    with street.store.reading() as unit:
        assert all(duty.stopped_at is None for duty in unit.duties.all() if duty.kind is DutyKind.DELIVER)

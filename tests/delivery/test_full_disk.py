"""A disk that is full, or a database that turned read-only, in the middle of a delivery; later there is room again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import pytest

from bridge.delivery import Deliverer, Witness
from bridge.errors import BridgeError, ConfigError, TransientError
from bridge.model.deliveries import DeliveryState
from bridge.store.api import Store, UnitOfWork
from tests.delivery.conftest import MakeWorld
from tests.delivery.world import BOOKS, DAY, World

FULL = TransientError("the database", "the disk did not do its part", "Make room", code="store.disk")
READ_ONLY = ConfigError("database bridge.db", "cannot be opened for writing", "Check it", code="store.unreachable")


class FullStore:
    """The real store, whose n-th save and all after it are refused; the process lives on, and reads."""

    def __init__(self, store: Store, refusal: BridgeError, saves: int) -> None:
        self._store, self._refusal, self.left = store, refusal, saves

    @contextmanager
    def unit(self, actor: str) -> Iterator[UnitOfWork]:
        with self._store.unit(actor) as unit:
            yield unit
            if self.left <= 0:
                raise self._refusal
            self.left -= 1

    @contextmanager
    def reading(self) -> Iterator[UnitOfWork]:
        with self._store.reading() as unit:
            yield unit


@pytest.mark.parametrize("refusal", [FULL, READ_ONLY], ids=lambda error: error.code)
def test_whenever_it_is_full_a_settlement_is_there_once_and_goes_on_when_there_is_room(
    make_world: MakeWorld, refusal: BridgeError
) -> None:
    """Before, between and after a batch; the process that met it goes on itself, and says why it stopped."""
    for saves in count():
        world = make_world(batch_size=2, index_lag_seconds=30)
        for name in ("june", "july"):
            world.owe(name)
        world.owe_transfer("payout", after=["june"])
        full = FullStore(world.store, refusal, saves)
        process = Deliverer(full, world.desk, world.clock, "it", Witness(full, world.clock, world.head_file))
        is_through = _drained(process, world) == ""
        if not is_through:
            assert _drained(process, world) == refusal.code, "it is told what, each time"
        full.left = 1_000
        world.clock.advance(DAY)
        assert _drained(process, world) == ""
        assert [world.copies(name) for name in ("june", "july", "payout")] == [1, 1, 1], f"full from save {saves}"
        assert world.states(("june", "july", "payout")) == {DeliveryState.DELIVERED}
        if is_through:
            assert saves >= 5, "there were saves to refuse"
            return


def _drained(process: Deliverer, world: World) -> str:
    """The code of what stopped it."""
    try:
        report = process.drain(BOOKS, actor="worker", patience_seconds=DAY)
    except BridgeError as error:
        return error.code
    return report.stopped

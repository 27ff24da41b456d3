"""The move table, as the store holds delivery to it."""

from __future__ import annotations

from itertools import product

import msgspec
import pytest

from bridge.errors import InvariantError, StaleError
from bridge.model.deliveries import MOVES, Delivery, DeliveryState
from bridge.model.leases import LeaseKind
from tests.delivery.world import BOOKS, World

PAIRS = list(product(DeliveryState, DeliveryState))
REFUSED = [pair for pair in PAIRS if pair not in MOVES and pair[0] != pair[1]]


def put(world: World, state: DeliveryState) -> Delivery:
    world.owe("template")
    delivery = msgspec.structs.replace(world.delivery("template"), voucher_id="vch_moved", state=state)
    with world.store.unit("test") as unit:
        unit.deliveries.add(delivery)
    return delivery


@pytest.mark.parametrize(("before", "after"), REFUSED, ids=lambda state: state.value)
def test_move_outside_the_table_is_refused(world: World, before: DeliveryState, after: DeliveryState) -> None:
    delivery = put(world, before)
    with pytest.raises(InvariantError, match="may not go"), world.store.unit("test") as unit:
        unit.deliveries.move(delivery, msgspec.structs.replace(delivery, state=after))
    with world.store.reading() as unit:
        assert unit.deliveries.get("vch_moved").state is before


def test_nothing_leaves_the_ledger_by_itself_and_what_was_withdrawn_is_never_sent_without_a_new_look() -> None:
    out = {after for before, after in MOVES if before is DeliveryState.DELIVERED}
    assert out == {DeliveryState.UNDOING}, "and that only on a person's word"
    back = {after for before, after in MOVES if before is DeliveryState.WITHDRAWN}
    assert back == {DeliveryState.HELD, DeliveryState.OWED}


@pytest.mark.parametrize(("before", "after"), sorted(MOVES), ids=lambda state: state.value)
def test_move_in_the_table_is_made_once(world: World, before: DeliveryState, after: DeliveryState) -> None:
    delivery = put(world, before)
    moved = msgspec.structs.replace(delivery, state=after, attempts=delivery.attempts + 1)
    with world.store.unit("test") as unit:
        unit.deliveries.move(delivery, moved)
    with pytest.raises(StaleError), world.store.unit("test") as unit:
        unit.deliveries.move(delivery, moved)
    with world.store.reading() as unit:
        assert unit.deliveries.get("vch_moved") == moved


def test_move_under_a_lease_that_passed_on_is_refused(world: World) -> None:
    """D10: every save names the epoch."""
    delivery = put(world, DeliveryState.OWED)
    now = world.clock.now()
    with world.store.unit("test") as unit:
        first = unit.leases.take(LeaseKind.DRAIN, BOOKS, "first", now, now)
        second = unit.leases.take(LeaseKind.DRAIN, BOOKS, "second", now, now)
    assert first is not None
    assert second is not None
    sending = msgspec.structs.replace(delivery, state=DeliveryState.SENDING, epoch=first.epoch)
    with pytest.raises(StaleError), world.store.unit("test") as unit:
        unit.deliveries.move(delivery, sending, epoch=first.epoch)

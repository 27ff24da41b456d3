"""One check of a ledger at a time: two would overwrite each other's copy of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from bridge.clock import Clock
from bridge.errors import StaleError
from bridge.host.holder import holder_name, is_dead
from bridge.model.leases import Lease, LeaseKind
from bridge.store.api import Store, UnitOfWork

TURN = timedelta(minutes=10)


class Turn:
    """The right to read one ledger into the store; every write extends it."""

    def __init__(self, clock: Clock, lease: Lease) -> None:
        self._clock, self._lease = clock, lease

    def keep(self, unit: UnitOfWork) -> None:
        """Raises: StaleError when it lapsed and another check began: what was read is then not ours any more."""
        self._lease = unit.leases.renew(self._lease, self._clock.now() + TURN)

    def give_back(self, unit: UnitOfWork) -> None:
        unit.leases.release(self._lease)


@contextmanager
def take(store: Store, clock: Clock, ledger: str, actor: str) -> Iterator[Turn]:
    """Be the only check of a ledger for the length of a block.

    Killed: the next check on this machine takes over at once; elsewhere the turn lapses after ten minutes.
    Raises: StaleError ``drift.busy`` while another check runs.
    """
    now, holder, standing = clock.now(), holder_name(), None
    with store.unit(actor) as unit:
        lease = unit.leases.take(LeaseKind.DRIFT, ledger, holder, now, now + TURN)
        if lease is None:
            standing = unit.leases.get(LeaseKind.DRIFT, ledger)
            if standing is not None and is_dead(standing.holder):
                lease = unit.leases.take(LeaseKind.DRIFT, ledger, holder, now, now + TURN, instead_of=standing)
    if lease is None:
        raise StaleError(
            f"ledger {ledger}",
            f"another check of it is running, until {standing.until:%H:%M:%S} UTC at the latest"
            if standing
            else "another check of it has just begun",
            "Nothing to do: wait for it, then run this again",
            code="drift.busy",
        )
    turn = Turn(clock, lease)
    try:
        yield turn
    finally:
        with store.unit(actor) as unit:
            turn.give_back(unit)

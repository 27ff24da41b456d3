"""One at a time: who reads a ledger, or a channel, holds a lease for as long as that takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta

from bridge.clock import Clock
from bridge.errors import StaleError
from bridge.host.holder import holder_name, is_dead
from bridge.model.leases import Lease, LeaseKind
from bridge.store.api import Store, UnitOfWork

TURN = timedelta(minutes=10)


class Turn:
    """The right to do a thing alone, and the store to do it in: every writing unit of work extends it."""

    def __init__(self, store: Store, clock: Clock, lease: Lease, actor: str) -> None:
        self._store, self._clock, self._lease, self._actor = store, clock, lease, actor

    @contextmanager
    def unit(self, actor: str = "") -> Iterator[UnitOfWork]:
        """Raises: StaleError when it lapsed and another began: what was read is then not ours any more."""
        with self._store.unit(actor or self._actor) as unit:
            self._lease = unit.leases.renew(self._lease, self._clock.now() + TURN)
            yield unit

    def reading(self) -> AbstractContextManager[UnitOfWork]:
        """What is kept so far; nothing is written."""
        return self._store.reading()

    def give_back(self) -> None:
        """Let the next one in at once."""
        with self._store.unit(self._actor) as unit:
            unit.leases.release(self._lease)


@contextmanager
def turn(
    store: Store, clock: Clock, kind: LeaseKind, subject: str, actor: str, *, what: str, code: str
) -> Iterator[Turn]:
    """Be alone with a thing for the length of a block. what: is done, as ``check of ledger books``.

    Killed: the next on this machine takes over at once; elsewhere the turn lapses after ten minutes.
    Raises: StaleError with this code while another is at it.
    """
    now = clock.now()
    with store.unit(actor) as unit:
        lease, other = take(unit, kind, subject, holder_name(), now, now + TURN)
    if lease is None:
        until = f"is running, until {other.until:%H:%M:%S} UTC at the latest" if other else "has just begun"
        step = "Nothing to do: wait for it, then run this again"
        raise StaleError(what, f"another {until}", step, code=code)
    mine = Turn(store, clock, lease, actor)
    try:
        yield mine
    finally:
        mine.give_back()


def take(
    unit: UnitOfWork, kind: LeaseKind, subject: str, holder: str, now: datetime, until: datetime
) -> tuple[Lease | None, Lease | None]:
    """The lease, or that of whoever holds it; neither where they just let go.

    A holder that was a process of this machine and has died is not waited for.
    """
    lease = unit.leases.take(kind, subject, holder, now, until)
    if lease is not None:
        return lease, None
    other = unit.leases.get(kind, subject)
    if other is None or not is_dead(other.holder):
        return None, other
    return unit.leases.take(kind, subject, holder, now, until, instead_of=other), None

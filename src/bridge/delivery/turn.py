"""Holding a ledger's lease while its vouchers move."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from bridge.clock import Clock
from bridge.errors import StaleError
from bridge.host import sending
from bridge.host import turn as turns
from bridge.model.leases import Lease, LeaseKind
from bridge.store.api import Store


class Way(msgspec.Struct, frozen=True):
    """Into which ledger vouchers go, and through which plugin, as it is installed."""

    ledger: str
    plugin: str
    version: str


class LeaseLostError(StaleError):
    """Somebody else drains this ledger now; whoever lost the lease writes nothing more."""

    code = "delivery.lease_lost"

    def __init__(self, *, ledger: str, holder: str) -> None:
        super().__init__(
            f"ledger {ledger}",
            f"the lease of {holder} lapsed and another took over",
            "Nothing to do: the other goes on with what is due",
        )


class Turn:
    """A lease that is renewed as time passes, for as long as nobody stops what goes that way."""

    def __init__(self, store: Store, clock: Clock, lease: Lease, way: Way, actor: str, lease_seconds: int) -> None:
        self._store, self._clock, self._lease, self._actor = store, clock, lease, actor
        self._way = way
        self._term = timedelta(seconds=lease_seconds)

    @property
    def epoch(self) -> int:
        return self._lease.epoch

    @property
    def is_running(self) -> bool:
        """Whether the lease has not lapsed; only then may anything be sent."""
        return self._clock.now() < self._lease.until

    @property
    def rest_seconds(self) -> float:
        """The longest wait after which the lease is still comfortably ours."""
        return self._term.total_seconds() / 3

    def keep(self) -> None:
        """Renew when less than half of the term is left. Raises: LeaseLostError; PausedError."""
        self._check_way()
        if self._lease.until - self._clock.now() < self._term / 2:
            self.confirm()

    def _check_way(self) -> None:
        with self._store.reading() as unit:
            pauses = unit.pauses.all()
        sending.check(pauses, self._way.ledger, self._way.plugin, self._way.version)

    def confirm(self) -> None:
        """Renew now. Raises: LeaseLostError."""
        until = self._clock.now() + self._term
        try:
            with self._store.unit(self._actor) as unit:
                self._lease = unit.leases.renew(self._lease, until)
        except StaleError as lost:
            raise LeaseLostError(ledger=self._lease.subject, holder=self._lease.holder) from lost

    def release(self) -> None:
        """Let the next one in at once."""
        with self._store.unit(self._actor) as unit:
            unit.leases.release(self._lease)


def take(store: Store, clock: Clock, way: Way, *, holder: str, actor: str, lease_seconds: int) -> Turn | Lease | None:
    """Become the one who drains this ledger; else the lease of whoever does, or None if they just let go.

    A holder that was a process of this machine and has died is not waited for.
    """
    now = clock.now()
    until = now + timedelta(seconds=lease_seconds)
    with store.unit(actor) as unit:
        lease, other = turns.take(unit, LeaseKind.DRAIN, way.ledger, holder, now, until)
    return Turn(store, clock, lease, way, actor, lease_seconds) if lease else other

"""Times from a future that no wait of ours reaches: a clock was wrong once, and what waits for them waits in vain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from bridge.clock import Clock
from bridge.errors import StaleError
from bridge.model.connections import Side
from bridge.model.deliveries import CLOCKS_APART, Delivery, DeliveryState
from bridge.model.leases import Lease, LeaseKind
from bridge.store.api import Store, UnitOfWork

_S = DeliveryState
# Leases and turns are given for minutes.
LATEST_LEASE = timedelta(hours=1)
# A longer silence than this between two runs is told: a pause, or a clock that was set ahead.
LONG_SILENCE = timedelta(days=31)


class Beyond(msgspec.Struct, frozen=True):
    """One thing that bears a time from such a future. what: ``voucher``, ``lease``, ``sign-in`` or ``decision``."""

    what: str
    name: str
    at: datetime


class Times(msgspec.Struct, frozen=True):
    """This machine's time beside what the store says. last_at: when something was last written there."""

    now: datetime
    last_at: datetime | None
    beyond: tuple[Beyond, ...]

    @property
    def jump(self) -> str:
        """What is odd about the time since the last run, for people; empty when nothing is."""
        if self.last_at is None:
            return ""
        last = f"{self.last_at:%Y-%m-%d %H:%M}"
        if self.last_at > self.now + CLOCKS_APART:
            return f"the last run was at {last} UTC by its clock, and now it is {self.now:%Y-%m-%d %H:%M} UTC"
        if self.now - self.last_at > LONG_SILENCE:
            return f"nothing was written since {last} UTC, {(self.now - self.last_at).days} days ago"
        return ""


def times(store: Store, clock: Clock) -> Times:
    """What this machine's clock and the store say of each other."""
    now = clock.now()
    with store.reading() as unit:
        return Times(now, _last_at(unit, now), tuple(_beyond(unit, now)))


def jump(store: Store, clock: Clock) -> str:
    """What is odd about the time since the last run: see ``Times.jump``. Cheap."""
    now = clock.now()
    with store.reading() as unit:
        return Times(now, _last_at(unit, now), ()).jump


def put_right(store: Store, clock: Clock, actor: str) -> tuple[Beyond, ...]:
    """Bring back what bears a time from the future: it is due now, and free. Returns what it was.

    Twice:  nothing is left to do. A voucher that delivery moved meanwhile is left to it. Decisions are never changed:
            they do not count until their time comes, and are given again.
    """
    now = clock.now()
    with store.reading() as unit:
        found, vouchers = tuple(_beyond(unit, now)), tuple(_vouchers(unit, now))
    with store.unit(actor) as unit:
        for lease in _leases(unit, now):
            unit.leases.release(lease)
    for voucher in vouchers:
        _bring_back(store, voucher, now, actor)
    return found


def _last_at(unit: UnitOfWork, now: datetime) -> datetime | None:
    """A run that found nothing to do wrote nothing down, but took leases."""
    head = unit.audit.head()
    written_at = head.at if head else None
    return max((at for at in (written_at, unit.leases.last_at(now)) if at is not None), default=None)


def _bring_back(store: Store, before: Delivery, now: datetime, actor: str) -> None:
    sent_at = before.sent_at if before.sent_at is None else min(before.sent_at, now)
    try:
        with store.unit(actor) as unit:
            unit.deliveries.move(before, msgspec.structs.replace(before, due_at=now, sent_at=sent_at))
    except StaleError:
        return


def _beyond(unit: UnitOfWork, now: datetime) -> Iterator[Beyond]:
    for voucher in _vouchers(unit, now):
        if at := voucher.beyond(now):
            yield Beyond("voucher", voucher.voucher_id, at)
    for lease in _leases(unit, now):
        match lease.kind:
            case LeaseKind.REFRESH:
                yield Beyond("sign-in", lease.subject, lease.until)
            case LeaseKind.DRAIN:
                yield Beyond("lease", lease.subject, lease.until)
            case _:
                yield Beyond("lease", f"{lease.kind} {lease.subject}", lease.until)
    for decision in unit.instructions.given_after(now + CLOCKS_APART):
        yield Beyond("decision", f"{decision.kind} {decision.subject}", decision.given_at)


def _leases(unit: UnitOfWork, now: datetime) -> tuple[Lease, ...]:
    return tuple(lease for lease in unit.leases.all() if lease.until > now + LATEST_LEASE)


def _vouchers(unit: UnitOfWork, now: datetime) -> Iterator[Delivery]:
    for ledger in (connection.name for connection in unit.connections.all() if connection.side is Side.SINK):
        for one in unit.deliveries.with_state(ledger, _S.OWED, _S.SENDING, _S.IN_DOUBT, _S.PARKED):
            if one.beyond(now):
                yield one

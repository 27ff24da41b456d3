"""What workers do: which there are, what is due when, and what keeps a duty from being begun."""

from __future__ import annotations

from datetime import datetime

import msgspec

from bridge.host.holder import is_dead
from bridge.host.outages import outages_of
from bridge.model.connections import Route
from bridge.model.duties import Duty, DutyKind
from bridge.model.hindrances import Standing, hindrance
from bridge.model.leases import STARTING, Lease, LeaseKind
from bridge.model.outages import Outage
from bridge.model.pauses import Pause
from bridge.store.api import UnitOfWork


class DutyCard(msgspec.Struct, frozen=True):
    """A duty, and how it stands. is_begun: somebody does it just now. hindrance: why it is not begun, else empty."""

    duty: Duty
    is_begun: bool
    hindrance: str

    @property
    def name(self) -> str:
        return self.duty.key


class Workers(msgspec.Struct, frozen=True):
    """All of it. at: when it was so. alive: how many workers are at work. pauses: what people stopped.

    outages: what fails of all organisations, the widest first. is_starting: a worker is, and perhaps not at work yet.
    """

    at: datetime
    alive: int
    duties: tuple[DutyCard, ...]
    pauses: tuple[Pause, ...]
    outages: tuple[Outage, ...] = ()
    is_starting: bool = False


def workers(unit: UnitOfWork, now: datetime) -> Workers:
    """How things stand now, the next to come due first. Whether a worker lives is known within ten seconds."""
    pauses = unit.pauses.all()
    how = Standing.of(unit.routes.all(), unit.connections.all(), pauses)
    leases = (lease for lease in unit.leases.all() if lease.kind is LeaseKind.DUTY)
    begun = {lease.subject for lease in leases if _lives(lease, now)}
    cards = [DutyCard(duty, duty.key in begun, hindrance(duty, how)) for duty in unit.duties.all()]
    at_work, is_starting = working(unit, now)
    ordered = tuple(sorted(cards, key=lambda card: card.duty.due_at))
    return Workers(now, at_work, ordered, pauses, outages_of(unit), is_starting)


def working(unit: UnitOfWork, now: datetime) -> tuple[int, bool]:
    """How many workers are at work, whoever's duties they do, and whether one is starting."""
    found = [lease.subject for lease in unit.organisations.working() if _lives(lease, now)]
    return sum(subject != STARTING for subject in found), STARTING in found


def reading_of(unit: UnitOfWork, route: Route, now: datetime) -> DutyCard | None:
    """The duty that reads a route and books it; None where nothing does. Reads no other route's."""
    duty = unit.duties.get(DutyKind.SYNC, route.name)
    if duty is None:
        return None
    lease = unit.leases.get(LeaseKind.DUTY, duty.key)
    how = Standing.of([route], [unit.connections.get(route.source)], unit.pauses.all())
    return DutyCard(duty, lease is not None and _lives(lease, now), hindrance(duty, how))


def _lives(lease: Lease, now: datetime) -> bool:
    return lease.until > now and not is_dead(lease.holder)

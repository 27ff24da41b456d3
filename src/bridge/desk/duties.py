"""What workers do: which there are, what is due when, and what keeps a duty from being begun."""

from __future__ import annotations

from datetime import datetime

import msgspec

from bridge.host.holder import is_dead
from bridge.host.outages import outages_of
from bridge.model.duties import Duty
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
    working = [lease.subject for lease in unit.organisations.working() if _lives(lease, now)]
    alive, is_starting = sum(subject != STARTING for subject in working), STARTING in working
    ordered = tuple(sorted(cards, key=lambda card: card.duty.due_at))
    return Workers(now, alive, ordered, pauses, outages_of(unit), is_starting)


def _lives(lease: Lease, now: datetime) -> bool:
    return lease.until > now and not is_dead(lease.holder)

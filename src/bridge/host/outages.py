"""What fails of all organisations, as it stands now."""

from __future__ import annotations

from bridge.model.outages import Outage, outages
from bridge.store.api import UnitOfWork


def outages_of(unit: UnitOfWork) -> tuple[Outage, ...]:
    """See ``model.outages``; nothing more is asked where nothing fails."""
    failing = unit.organisations.failing()
    if not failing:
        return ()
    how = unit.organisations.standings(sorted({whose for whose, _ in failing}))
    return outages(failing, how, unit.organisations.connections())

"""Keeps the duties true to the routes, of every organisation."""

from __future__ import annotations

from datetime import datetime

import msgspec

from bridge import log
from bridge.errors import ConfigError
from bridge.model.duties import Duty, DutyKind, next_due, rhythms
from bridge.store.api import Store, Stores
from bridge.work.worker.line import named

AT_ONCE = (DutyKind.SYNC, DutyKind.DELIVER)
"""What begins as soon as a route is there; the others begin at their time."""


class Planner:
    """Looks at routes again and again, and plans anew for whom they changed since."""

    def __init__(self, store: Stores) -> None:
        self._store = store
        self._seen: dict[str, tuple[str, ...]] = {}
        self._looked_at: datetime | None = None

    def plan(self, actor: str, now: datetime) -> None:
        """One look: of all, by two questions. Twice: as ``plan``. Where the clock was put back all are planned anew.

        Failure: who cannot be planned for, as when their routes were kept by a later version, is told once and left
                 out until the routes change; others are not.
        """
        if self._looked_at is not None and now < self._looked_at:
            self._seen.clear()
        self._looked_at = now
        with self._store.reading() as unit:
            there = [one.name for one in unit.organisations.all() if one.leaving_at is None]
            texts = unit.organisations.route_texts()
        for name in there:
            if self._seen.get(name) != (routes := texts.get(name, ())):
                try:
                    plan(self._store.of(name), name, actor, now)
                except ConfigError as error:
                    log.get("worker").error("nothing is planned", organisation=name, code=error.code, cause=str(error))
                self._seen[name] = routes


def plan(store: Store, organisation: str, actor: str, now: datetime) -> None:
    """A duty for each that the routes ask for, and none more. One whose rhythm changed comes due by the new one.

    So does one that its own would never have due that late: the clock was ahead when that was said.

    Twice: harmless, also at once in two processes. Writes only what differs.
    """
    with store.reading() as unit:
        wanted = rhythms([route for route in unit.routes.all() if not route.is_ended])
        known = {(duty.kind, duty.subject): duty for duty in unit.duties.all()}
    new = {at: rhythm for at, rhythm in wanted.items() if at not in known or known[at].rhythm != rhythm}
    gone = known.keys() - wanted.keys()
    kept = [duty for at, duty in known.items() if at not in new and at not in gone]
    latest = {duty.key: next_due(duty.rhythm, named(organisation, duty.kind, duty.subject), now) for duty in kept}
    ahead = [duty for duty in kept if duty.due_at > latest[duty.key]]
    if not new and not gone and not ahead:
        return
    with store.unit(actor) as unit:
        for kind, subject in gone:
            unit.duties.remove(kind, subject)
        for duty in ahead:
            unit.duties.put(msgspec.structs.replace(duty, due_at=latest[duty.key]))
        for (kind, subject), rhythm in new.items():
            is_first = (kind, subject) not in known and not rhythm.times and kind in AT_ONCE
            due_at = now if is_first else next_due(rhythm, named(organisation, kind, subject), now)
            unit.duties.put(Duty(kind, subject, rhythm, due_at))

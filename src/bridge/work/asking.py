"""What a person asks a worker to do before its time."""

from __future__ import annotations

from bridge.clock import Clock
from bridge.model.duties import DutyKind
from bridge.store.api import Store
from bridge.work.worker.plan import plan


class Asking:
    """Asks for duties of an organisation; whether a worker is there to do them, ``desk.duties`` says."""

    def __init__(self, store: Store, clock: Clock, organisation: str) -> None:
        self._store, self._clock, self._organisation = store, clock, organisation

    def ask(self, kind: DutyKind, subject: str, *, actor: str) -> bool:
        """Have it come due now. False where nothing calls for such a duty. Twice: harmless."""
        now = self._clock.now()
        plan(self._store, self._organisation, actor, now)
        with self._store.unit(actor) as unit:
            is_known = unit.duties.get(kind, subject) is not None
            unit.duties.ask(kind, subject, now)
            if is_known:
                unit.audit.note("duty.asked", f"{kind}/{subject}")
        return is_known

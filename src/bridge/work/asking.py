"""What a person asks a worker to do before its time."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.clock import Clock
from bridge.model.duties import DutyKind
from bridge.model.runs import Piece, RunKind
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

    def again(self, piece: Piece, *, actor: str) -> bool:
        """Have what a piece of work was about done once more. False where nothing calls for any of it any more.

        Not of files that people brought: no worker has them.
        """
        asked = [self.ask(kind, subject, actor=actor) for kind, subject in _duties(piece)]
        return any(asked)


def _duties(piece: Piece) -> Iterator[tuple[DutyKind, str]]:
    """Those that a worker would do the same by. What is sent comes after what is read, which asks for it itself."""
    match piece.kind:
        case RunKind.SYNC | RunKind.BACKFILL:
            yield from ((DutyKind.SYNC, route) for route in piece.routes)
            yield from ((DutyKind.DELIVER, ledger) for ledger in piece.ledgers)
        case RunKind.DELIVER:
            yield from ((DutyKind.DELIVER, ledger) for ledger in piece.ledgers)
        case RunKind.DRIFT:
            yield from ((DutyKind.CHECK, route) for route in piece.routes)
        case RunKind.UPKEEP:
            yield DutyKind.UPKEEP, ""
        case RunKind.IMPORT:
            return

"""What a person stops, and lets go on: a connection, or every voucher on its way into ledgers."""

from __future__ import annotations

from typing import Protocol

from bridge.clock import Clock
from bridge.errors import ConfigError
from bridge.model.duties import DutyKind
from bridge.model.pauses import Pause, Scope, subject_of
from bridge.store.api import Store


class Stops(Protocol):
    """Stops what goes to ledgers: of one organisation, or of all."""

    def stop(self, plugin: str, version: str, *, by: str, reason: str, actor: str) -> bool:
        """Send nothing: into ledgers of that plugin, in that version of it; into any, where it is empty."""
        ...

    def lift(self, plugin: str, version: str, *, by: str, actor: str) -> bool:
        """Let vouchers go again. False where that was not stopped."""
        ...


class Pausing:
    """Each is in the audit log. What is under way meets it before its next call that sends, or when it begins anew."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def stopped(self) -> tuple[Pause, ...]:
        """What keeps vouchers from ledgers: of this organisation, or of all of them."""
        with self._store.reading() as unit:
            return tuple(pause for pause in unit.pauses.all() if pause.scope is not Scope.CONNECTION)

    def pause(self, connection: str, *, by: str, reason: str, actor: str) -> bool:
        """Do nothing with a connection; its sign-in is kept alive. False where it is paused already.

        Raises: ConfigError when there is none of that name.
        """
        with self._store.unit(actor) as unit:
            unit.connections.get(connection)
            return unit.pauses.add(Pause(Scope.CONNECTION, connection, by, reason, self._clock.now()))

    def resume(self, connection: str, *, by: str, actor: str) -> bool:
        """Let it work again; what came due meanwhile is done once. False where nobody had paused it.

        Raises: ConfigError when there is none of that name.
        """
        with self._store.unit(actor) as unit:
            unit.connections.get(connection)
            return unit.pauses.lift(Scope.CONNECTION, connection, by)

    def stop(self, plugin: str, version: str, *, by: str, reason: str, actor: str) -> bool:
        """Send nothing: into ledgers of that plugin, in that version of it; into any, where it is empty."""
        with self._store.unit(actor) as unit:
            subject = subject_of(plugin, version)
            return unit.pauses.add(Pause(Scope.DELIVERIES, subject, by, reason, self._clock.now()))

    def lift(self, plugin: str, version: str, *, by: str, actor: str) -> bool:
        """Let vouchers go again, at once where a worker is at work. False where that was not stopped."""
        with self._store.unit(actor) as unit:
            is_lifted = unit.pauses.lift(Scope.DELIVERIES, subject_of(plugin, version), by)
            for duty in unit.duties.all() if is_lifted else ():
                if duty.kind is DutyKind.DELIVER and duty.rhythm.every_minutes:
                    unit.duties.ask(duty.kind, duty.subject, self._clock.now())
        return is_lifted

    def begin_again(self, duty: str, *, actor: str) -> None:
        """Let a duty be begun again that stopped because whoever began it died. Raises: ConfigError for none such."""
        kind, _, subject = duty.partition("/")
        with self._store.unit(actor) as unit:
            known = unit.duties.get(DutyKind(kind), subject) if kind in set(DutyKind) else None
            if known is None or known.stopped_at is None:
                raise ConfigError(
                    f"duty {duty!r}", "has not stopped", "See `bridge worker status`", code="worker.not_stopped"
                )
            unit.duties.put(known.begun_again(self._clock.now()))
            unit.audit.note("duty.begun_again", duty)

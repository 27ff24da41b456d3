"""What an operator does with organisations: adds them, stops and lets go on, looks in, sees what each took."""

from __future__ import annotations

import msgspec

from bridge.clock import Clock
from bridge.errors import ConfigError
from bridge.host.outages import outages_of
from bridge.model.duties import DutyKind
from bridge.model.organisations import OWN, Organisation, Used
from bridge.model.outages import Outage
from bridge.model.pauses import Pause, Scope, of_organisation, subject_of
from bridge.model.words import check, check_said
from bridge.store.api import Store, Stores


class Listed(msgspec.Struct, frozen=True):
    """An organisation as it stands. paused: in words, by whom and why; empty where it is not."""

    organisation: Organisation
    routes: int
    paused: str


class Organisations:
    """Those of a database. What is done for all stands in the audit log of the operator's first one.

    What is done with one of them stands in its own audit log, for its people to see.
    """

    def __init__(self, store: Stores, clock: Clock) -> None:
        self._store, self._clock = store, clock

    def all(self) -> tuple[Listed, ...]:
        """Every one, by name."""
        with self._store.reading() as unit:
            organisations, texts = unit.organisations.all(), unit.organisations.route_texts()
            how = unit.organisations.standings([one.name for one in organisations])
        return tuple(
            Listed(one, len(texts.get(one.name, ())), pause.words if (pause := of_organisation(at.pauses)) else "")
            for one in organisations
            for at in [how[one.name]]
        )

    def add(self, name: str, title: str, *, is_tenant: bool, actor: str) -> Organisation:
        """Raises: ConfigError ``organisation.taken``, ``organisation.name``."""
        check("the title", title)
        added = Organisation(name, title or name, self._clock.now(), is_tenant=is_tenant)
        with self._store.of(name).unit(actor) as unit:
            if any(one.name == name for one in unit.organisations.all()):
                raise ConfigError(
                    f"organisation {name}", "is there already", "See `bridge organisations`", code="organisation.taken"
                )
            unit.organisations.put(added)
            unit.audit.note("organisation.added", name, added.title)
        return added

    def pause(self, name: str, *, by: str, reason: str, actor: str) -> bool:
        """Do nothing more for it: nothing is read, nothing sent, whoever asks. False where it is so already."""
        self.known(name)
        with self._store.of(name).unit(actor) as unit:
            return unit.pauses.add(Pause(Scope.ORGANISATION, "", by, reason, self._clock.now()))

    def resume(self, name: str, *, by: str, actor: str) -> bool:
        """Let it go on; what came due meanwhile is done once. False where it was not paused."""
        self.known(name)
        with self._store.of(name).unit(actor) as unit:
            return unit.pauses.lift(Scope.ORGANISATION, "", by)

    def stop(self, plugin: str, version: str, *, by: str, reason: str, actor: str) -> bool:
        """Send nothing for anybody: into ledgers of that plugin, in that version of it; into any, where it is empty."""
        subject = subject_of(plugin, version)
        with self._store.of(OWN).unit(actor) as unit:
            return unit.pauses.add(Pause(Scope.DELIVERIES, subject, by, reason, self._clock.now(), is_everywhere=True))

    def lift(self, plugin: str, version: str, *, by: str, actor: str) -> bool:
        """Let vouchers go again, at once where a worker is at work. False where that was not stopped."""
        with self._store.of(OWN).unit(actor) as unit:
            is_lifted = unit.pauses.lift(Scope.DELIVERIES, subject_of(plugin, version), by, is_everywhere=True)
            names = [one.name for one in unit.organisations.all()] if is_lifted else []
        for name in names:
            with self._store.of(name).unit(actor) as unit:
                for duty in unit.duties.all():
                    if duty.kind is DutyKind.DELIVER and duty.rhythm.every_minutes:
                        unit.duties.ask(duty.kind, duty.subject, self._clock.now())
        return is_lifted

    def used(self, month: str) -> tuple[tuple[str, Used], ...]:
        """What a month took of each, by name."""
        with self._store.reading() as unit:
            return unit.organisations.used(month)

    def outages(self) -> tuple[Outage, ...]:
        """What fails of all of them, the widest first: see ``model.outages``."""
        with self._store.reading() as unit:
            return outages_of(unit)

    def known(self, name: str) -> Organisation:
        """Raises: ConfigError ``organisation.unknown``."""
        with self._store.reading() as unit:
            return unit.organisations.get(name)


def looked_in(store: Store, *, actor: str, reason: str, what: str) -> None:
    """Say in an organisation's audit log that an operator looks in, by which command, and why.

    Raises: ConfigError for a reason that is too long.
    """
    check_said(actor, reason)
    with store.unit(actor) as unit:
        unit.audit.tell("support.access", what, reason)

"""Notices become work that is due sooner: one sync of a route, however many there were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from bridge import log
from bridge.errors import BridgeError, ConfigError, PluginError, TransientError
from bridge.ingest import noticed, privacy_asked
from bridge.model.connections import Connection, Side
from bridge.model.duties import DutyKind
from bridge.model.notices import Notice, Says
from bridge.store.api import Inbox, Store, UnitOfWork

ACTOR: Final = "door"
MOST: Final = 500
"""Notices of one look."""
ENDED: Final = "its owner took bridge's access away at the vendor, which sent word of it"
BETWEEN_SYNCS: Final = timedelta(seconds=20)
BETWEEN_CHECKS: Final = timedelta(hours=1)
"""So long after the last one ended a hint has the next begin: a busy shop is not read without a pause."""
OURS: Final = timedelta(minutes=15)
"""So long after something was sent a notice of it is taken to be of that."""
KEPT, ENDS_KEPT = timedelta(days=8), timedelta(days=366)
_SWEPT: Final = timedelta(hours=1)

Place = tuple[str, str]
"""An organisation, and the name of a connection."""


class Offices(Protocol):
    """Where connections are found, whatever their organisation."""

    def store(self, organisation: str) -> Store: ...

    def places(self, plugin: str) -> Mapping[str, Sequence[Place]]:
        """Who uses which account of a plugin, each as notices write it. Raises: ConfigError, PluginError."""
        ...


class Hints:
    """Comes to notices: what they name is asked for, and what is to do so is due."""

    def __init__(self, inbox: Inbox, offices: Offices) -> None:
        self._inbox, self._offices = inbox, offices
        self._swept_at: datetime | None = None
        self._log = log.get("worker")

    def take(self, now: datetime) -> int:
        """Come to those that wait, some at a time; how many there were.

        Twice, also at once in two processes: harmless, for a hint that is given twice is one. Killed: they still wait.
        Kept:    for days what somebody here was told; what named an account of nobody's at the address of all, not at
                 all.
        Failure: what cannot be come to is told and let go, for it would be in the way of all others for ever; a pull
                 sees by itself what it named. Raises: TransientError where a database is away; they still wait then.
        """
        self._sweep(now)
        waiting = self._inbox.waiting(MOST)
        places = {plugin: self._places(plugin) for plugin in {one.plugin for one in waiting if not one.connection}}
        by_place, kept = defaultdict[Place, list[Notice]](list), set[int]()
        for one in waiting:
            known = {} if one.connection else places[one.plugin]
            if known is None or one.connection:
                kept.add(one.number)
            own = ((one.organisation, one.connection),) if one.connection else ()
            for place in own or (known or {}).get(one.account, ()):
                by_place[place].append(one)
        for (organisation, connection), notices in by_place.items():
            try:
                with self._offices.store(organisation).unit(ACTOR) as unit:
                    self._hint(unit, unit.connections.get(connection), notices, now)
                kept |= {one.number for one in notices}
            except TransientError:
                raise
            except ConfigError as error:  # a connection that was taken away since, or its organisation
                self._log.warning("notices are nobody's", connection=connection, code=error.code)
            except Exception as bug:  # noqa: BLE001 - whatever it is, others are come to
                kept |= {one.number for one in notices}
                told = {"code": bug.code} if isinstance(bug, BridgeError) else {"error": type(bug).__name__}
                self._log.error("notices were let go", connection=connection, many=len(notices), **told)
        self._inbox.settle([notice.number for notice in waiting], now)
        self._inbox.drop([notice.number for notice in waiting if notice.number not in kept])
        return len(waiting)

    def _places(self, plugin: str) -> Mapping[str, Sequence[Place]] | None:
        """None where it is not to be known whose an account is."""
        try:
            return self._offices.places(plugin)
        except (ConfigError, PluginError) as error:
            self._log.warning("notices are nobody's", plugin=plugin, code=error.code)
            return None

    def _hint(self, unit: UnitOfWork, connection: Connection, notices: Sequence[Notice], now: datetime) -> None:
        for notice in notices:
            if notice.says is Says.ENDED:
                self._log.warning("access was ended at the vendor", connection=connection.name)
                unit.connections.shut(connection.name, ENDED)
            elif notice.says is Says.PRIVACY:
                privacy_asked(unit, connection, notice)
        changed = [notice for notice in notices if notice.says is Says.CHANGED]
        if not changed:
            return
        if connection.side is Side.SOURCE:
            noticed(unit, connection.connection_id, ((one.kind, one.external_id) for one in changed), now)
            _ask(unit, DutyKind.SYNC, _routes(unit, connection), now, BETWEEN_SYNCS)
        elif _is_of_others(unit, connection, changed):
            _ask(unit, DutyKind.CHECK, _routes(unit, connection), now, BETWEEN_CHECKS)

    def _sweep(self, now: datetime) -> None:
        if self._swept_at is None or now - self._swept_at > _SWEPT:
            self._inbox.forget(now - KEPT, now - ENDS_KEPT)
            self._swept_at = now


def _routes(unit: UnitOfWork, connection: Connection) -> list[str]:
    routes = [route for route in unit.routes.all() if not route.is_ended]
    return [route.name for route in routes if connection.name in (route.source, route.ledger)]


def _ask(unit: UnitOfWork, kind: DutyKind, routes: Iterable[str], now: datetime, between: timedelta) -> None:
    """Have it due, though not at once after the last. Of routes that have no such duty nothing is asked."""
    for route in routes:
        if (duty := unit.duties.get(kind, route)) is not None:
            unit.duties.ask(kind, route, max(now, duty.last_at + between) if duty.last_at else now)


def _is_of_others(unit: UnitOfWork, connection: Connection, notices: Sequence[Notice]) -> bool:
    """Whether somebody else touched what bridge had sent. What it sends itself is told of as well."""
    heard = {notice.external_id: notice.received_at for notice in notices}
    owners = unit.deliveries.owners(connection.name, tuple(heard))
    sent = unit.deliveries.get_many(tuple(owners.values()))
    at = {ref: sent[owner].sent_at for ref, owner in owners.items() if owner in sent}
    return any(sent_at is not None and heard[ref] - sent_at > OURS for ref, sent_at in at.items())

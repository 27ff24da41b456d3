"""Erasing an organisation: vendors are told first, then everything of it goes, and its own row last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from bridge.clock import Clock
from bridge.errors import ConfigError, PluginError, StaleError
from bridge.host.holder import is_dead
from bridge.host.leaving import Ending, Leaving
from bridge.model.organisations import OWN, Organisation
from bridge.model.pauses import Pause, Scope
from bridge.model.words import check_said
from bridge.store.api import Inbox, Store, Stores

if TYPE_CHECKING:
    from bridge.host.host import Host

AT_ONCE: Final = 5_000
"""Rows that go in one unit: others come between."""


class Erased(msgspec.Struct, frozen=True):
    """What went. endings: of each connection's access. files: that people had brought, and nobody taken in.

    head: of its audit log, for whoever kept an export of that.
    """

    name: str
    endings: tuple[tuple[str, Ending], ...]
    rows: int
    files: int
    head: str


class Erasing:
    """store: of the operator's own organisation, whose audit log keeps that it was done, and by whom.

    places: (organisation, connection) of each account of a plugin, as notices write it. Raises: ConfigError,
            PluginError.
    files: lets go of what people of an organisation brought to pages of this machine; how many that were.
    """

    def __init__(
        self,
        store: Stores,
        clock: Clock,
        host: Callable[[str], Host],
        inbox: Callable[[], Inbox],
        places: Callable[[str], Mapping[str, Sequence[tuple[str, str]]]],
        files: Callable[[str], int],
    ) -> None:
        self._store, self._clock, self._host, self._inbox = store, clock, host, inbox
        self._places, self._files = places, files

    def erase(
        self, name: str, *, by: str, reason: str, actor: str, is_told: bool = True, progress: Callable[[str], None]
    ) -> Erased:
        """Take back what lets bridge into its accounts, then delete all that is kept of it, for good.

        is_told: False where a vendor does not answer, and a person takes the access back there by hand.
        Killed:  goes on when it is done again; nothing is begun for it any more, and no command opens it.
        Beside:  what a turn, a page or a command still wants to save of it is refused, from the first moment on.
        Failure: a vendor that does not answer stops it before anything is deleted.
        Raises:  ConfigError ``organisation.unknown``; ``organisation.own`` for the operator's first.
        """
        if name == OWN:
            raise ConfigError(
                f"organisation {OWN}",
                "is the operator's own, and goes with its database",
                "To be rid of it, delete the database and its backups",
                code="organisation.own",
            )
        check_said(by, reason)
        self._leave(name, by, reason, actor)
        self._check_still(name)
        progress("taking back access")
        endings = tuple(self._revoked(name, actor, is_told=is_told))
        head = self._last_word(name, actor)
        rows = self._forget_notices(name)
        while gone := self._delete(name, progress):  # until nothing came meanwhile
            rows += gone
        rows += self._inbox().erase(name)
        files = self._files(name)  # by now nobody is let in who would bring another
        with self._store.unit(actor) as unit:
            unit.organisations.forget(name)
            unit.sign_ins.forget(self._clock.now())  # who had a seat nowhere else
            unit.audit.tell("organisation.erased", name, f"{rows} rows, by {by}: {reason}")
        return Erased(name, endings, rows, files, head)

    def _mine(self, name: str) -> Store:
        return self._store.of(name, is_leaving=True)

    def _check_still(self, name: str) -> None:
        """Raises: StaleError while a turn that began before goes on."""
        now = self._clock.now()
        with self._mine(name).reading() as unit:
            held = [one for one in unit.leases.all() if one.until > now and not is_dead(one.holder)]
        if held:
            raise StaleError(
                f"organisation {name}",
                f"is being worked on ({held[0].kind} {held[0].subject})",
                "Wait a minute, and run it again; nothing more is begun for it",
                code="organisation.busy",
            )

    def _forget_notices(self, name: str) -> int:
        """Of those at the address of all accounts: what named one that is this organisation's alone.

        While it is known which they are; what comes later is of nobody here, and is not kept.
        """
        with self._mine(name).reading() as unit:
            plugins = {one.plugin for one in unit.connections.all() if one.account}
        many = 0
        for plugin in sorted(plugins):
            with suppress(ConfigError, PluginError):  # nobody is left who knows how its notices write an account
                places = self._places(plugin).items()
                alone = [account for account, those in places if {whose for whose, _ in those} == {name}]
                many += self._inbox().erase_named(plugin, alone)
        return many

    def _last_word(self, name: str, actor: str) -> str:
        """Where its audit log ends, kept here before any of it goes; empty where it has gone already."""
        with self._mine(name).reading() as unit:
            head = unit.audit.head()
        if head is None:
            return ""
        with self._store.unit(actor) as unit:
            unit.audit.tell("organisation.leaves", name, f"its audit log ends with row {head.seq}, {head.hash}")
        return head.hash

    def _leave(self, name: str, by: str, reason: str, actor: str) -> None:
        """From here on nothing is begun for it; what is under way meets the pause before its next call."""
        with self._mine(name).unit(actor) as unit:
            known = unit.organisations.get(name)
            if known.leaving_at is not None:
                return
            unit.organisations.put(_leaving(known, self._clock))  # first: it waits for units that still write
            unit.pauses.add(Pause(Scope.ORGANISATION, "", by, reason, self._clock.now()))
            for route in unit.routes.all():
                unit.routes.put(msgspec.structs.replace(route, is_ended=True))
            unit.audit.note("organisation.leaves", name, f"by {by}: {reason}")

    def _revoked(self, name: str, actor: str, *, is_told: bool) -> list[tuple[str, Ending]]:
        with self._mine(name).reading() as unit:
            connections = [one.name for one in unit.connections.all()]
        leaving = self._host(name).leaving if connections else None
        return [(one, _left(leaving, one, actor, is_told=is_told)) for one in connections if leaving]

    def _delete(self, name: str, progress: Callable[[str], None]) -> int:
        with self._store.reading() as unit:
            tables = unit.organisations.tables()
        rows = 0
        for table in tables:
            progress(f"deleting: {table}")
            gone = AT_ONCE
            while gone >= AT_ONCE:
                with self._store.unit("operator") as unit:
                    gone = unit.organisations.erase_some(name, table, AT_ONCE)
                rows += gone
        return rows


def _left(leaving: Leaving, connection: str, actor: str, *, is_told: bool) -> Ending:
    """By hand, too, where its plugin is not installed any more: nobody is left who knows how to tell the vendor."""
    try:
        return leaving.leave(connection, actor, is_told=is_told)
    except (ConfigError, PluginError):
        return Ending.BY_HAND


def _leaving(known: Organisation, clock: Clock) -> Organisation:
    return msgspec.structs.replace(known, leaving_at=clock.now())

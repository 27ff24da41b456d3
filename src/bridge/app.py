"""Where everything is wired: the one module that joins the database to the services.

A service is imported when it is first asked for: most commands use one or two, and each brings libraries of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bridge.clock import Clock
from bridge.errors import BridgeError, ConfigError
from bridge.model.connections import Side
from bridge.model.documents import Problem
from bridge.model.leases import STARTING, LeaseKind
from bridge.settings import Settings
from bridge.store.api import Head, Store

if TYPE_CHECKING:
    from bridge.books import Books, Masters
    from bridge.delivery import Beyond, Deliverer, Times, Witness
    from bridge.desk import Board, Views
    from bridge.drift import Drift, Signing
    from bridge.host.apply import ApplyReport
    from bridge.host.declarations import Declarations
    from bridge.host.declaring import Declaring
    from bridge.host.doors import OpenDoor
    from bridge.host.erasing import Erasing
    from bridge.host.host import Host
    from bridge.host.leaving import Ending
    from bridge.host.organisations import Organisations
    from bridge.host.pausing import Pausing
    from bridge.host.registry import Loaded, Registry
    from bridge.host.rotation import Rotation
    from bridge.host.uploads import Uploads
    from bridge.ingest import Decisions, Importer, Inspection, Puller
    from bridge.people import Entrance, Members, Provider
    from bridge.plugin import Stream
    from bridge.store.sql import SqlInbox, SqlStore
    from bridge.transport import HostSession
    from bridge.work import Story
    from bridge.work.arriving import Arriving
    from bridge.work.asking import Asking
    from bridge.work.deciding import Assigning, Deciding
    from bridge.work.piloting import Piloting
    from bridge.work.services import ServiceSteps
    from bridge.work.summing import Summing
    from bridge.work.undoing import TakingOut
    from bridge.work.worker.offices import Stories
    from bridge.work.worker.running import Worker

EMPTY = "store.empty"
PATIENCE_SECONDS = 10
"""How long somebody who signs in waits for an answer of their provider."""

_STARTS_WITHIN = timedelta(seconds=30)


class App:
    """The services of one organisation, over one store."""

    def __init__(self, store: Store, settings: Settings, clock: Clock, registry: Registry) -> None:
        self.store, self.settings, self.clock, self._registry = store, settings, clock, registry

    @cached_property
    def host(self) -> Host:
        from bridge.host.host import Host

        return Host(self.store, self.settings.host_config(), self.clock, self._registry)

    @cached_property
    def importer(self) -> Importer:
        from bridge.ingest import Importer

        limit = self.settings.limits.max_file_bytes
        return Importer(self.store, self.host, self.clock, max_file_bytes=limit)

    @cached_property
    def puller(self) -> Puller:
        from bridge.ingest import Puller

        return Puller(self.store, self.host, self.clock, self.settings.notices_at)

    @cached_property
    def decisions(self) -> Decisions:
        from bridge.ingest import Decisions

        return Decisions(self.store, self.host, self.clock)

    @cached_property
    def deciding(self) -> Deciding:
        """What people decide about what waits."""
        from bridge.work.deciding import Deciding

        return Deciding(self.store, self.books, self.decisions, self.clock)

    @cached_property
    def assigning(self) -> Assigning:
        """Who has what waits."""
        from bridge.work.deciding import Assigning

        return Assigning(self.store, self.clock)

    @cached_property
    def asking(self) -> Asking:
        """What people ask a worker to do before its time."""
        from bridge.work.asking import Asking

        return Asking(self.store, self.clock, self.settings.organisation)

    @cached_property
    def books(self) -> Books:
        from bridge.books import Books

        return Books(self.store, self.host, self.clock, self.settings.organisation)

    @cached_property
    def masters(self) -> Masters:
        """What routes need of their ledgers' lists, and making it."""
        from bridge.books import Masters

        return Masters(self.store, self.host, self.clock, self.deliverer.creating)

    @cached_property
    def deliverer(self) -> Deliverer:
        from bridge.delivery import Deliverer
        from bridge.host.holder import holder_name

        return Deliverer(self.store, self.host, self.clock, holder_name(), self.witness)

    @cached_property
    def witness(self) -> Witness:
        """Whether the database was restored."""
        from bridge.delivery import HeadFile, Witness

        return Witness(self.store, self.clock, HeadFile(self.settings.audit_head_file))

    @cached_property
    def drift(self) -> Drift:
        from bridge.drift import Drift

        return Drift(self.store, self.host, self.clock)

    @cached_property
    def signing(self) -> Signing:
        """What has people sign checks."""
        from bridge.drift import Signing

        return Signing(self.store, self.clock)

    @cached_property
    def story(self) -> Story:
        """The order of the work: what commands ask for, and a worker will."""
        from bridge.host.holder import holder_name
        from bridge.work import Story

        return Story(self.store, self.clock, self.steps, holder_name())

    @cached_property
    def steps(self) -> ServiceSteps:
        """The steps of the work, one by one."""
        from bridge.work.services import ServiceSteps

        return ServiceSteps(self.store, self, self.settings.folder)

    @cached_property
    def summing(self) -> Summing:
        """How routes stand, kept for whoever looks at many."""
        from bridge.work.summing import Summing

        return Summing(self.store, self.clock, self._streams)

    @contextmanager
    def on_the_board(self, actor: str) -> Iterator[None]:
        """Within, whatever somebody does shows on the board at its end; runs sum up themselves, and are not done twice.

        Failure: as ``Summing``; the next run sums up.
        """
        before = self._head()
        try:
            yield
        finally:
            with suppress(BridgeError):
                head = self._head()
                done = self.summing.through if "summing" in self.__dict__ else None
                if head is not None and head not in (before, done):
                    self.summing.all(actor=actor)

    def _head(self) -> Head | None:
        """The last row of the audit log."""
        if not self.has_tables():
            return None
        with self.store.reading() as unit:
            return unit.audit.head()

    def _streams(self, connection: str) -> Sequence[Stream]:
        """What a channel is asked for; nothing where it is not asked, or its plugin is away."""
        with suppress(BridgeError):
            return self.host.source_offer(connection).capabilities.streams if self.host.is_asked(connection) else ()
        return ()

    @cached_property
    def piloting(self) -> Piloting:
        """What tries a route out."""
        from bridge.work.piloting import Piloting

        return Piloting(self, self.steps)

    @cached_property
    def taking_out(self) -> TakingOut:
        """What takes things out of ledgers again."""
        from bridge.work.undoing import TakingOut

        return TakingOut(self)

    @cached_property
    def arriving(self) -> Arriving:
        """What people say reached the bank."""
        from bridge.work.arriving import Arriving

        return Arriving(self)

    @cached_property
    def desk(self) -> Views:
        """What a person sees."""
        from bridge.desk import Views

        return Views(self.store, self.clock, lambda: self.host, lambda: self.books, self.settings.notices_at)

    @cached_property
    def pausing(self) -> Pausing:
        """What people stop, and let go on."""
        from bridge.host.pausing import Pausing

        return Pausing(self.store, self.clock)

    @cached_property
    def uploads(self) -> Uploads:
        """Files that people brought, until they are taken in."""
        from bridge.host.uploads import Uploads

        return Uploads(self.settings.uploads_folder)

    def sweep(self) -> None:
        """Let go of those that nobody took in."""
        self.uploads.sweep(self.clock.now(), self.settings.organisation)

    @cached_property
    def members(self) -> Members:
        """Who has a seat here."""
        from bridge.people import Members

        return Members(self.store, self.clock)

    @cached_property
    def entrance(self) -> Entrance:
        """How people come in, whatever the organisation."""
        from bridge.people import Entrance

        return Entrance(self.store, self.clock)

    @property
    def plugins(self) -> tuple[Loaded, ...]:
        """What is installed, sound or broken; each is loaded for it."""
        return self._registry.loaded

    def times(self) -> Times:
        """What this machine's clock and the store say of each other."""
        from bridge.delivery import times

        return times(self.store, self.clock)

    def jump(self) -> str:
        """What is odd about the time since the last run; empty when nothing is, or before the first."""
        from bridge.delivery import jump

        return jump(self.store, self.clock) if self.has_tables() else ""

    def put_right(self, *, actor: str) -> tuple[Beyond, ...]:
        """Free what bears a time from the future: see ``delivery.put_right``."""
        from bridge.delivery import put_right

        return put_right(self.store, self.clock, actor)

    def has_tables(self) -> bool:
        """Whether the database has been set up at all. Raises: ConfigError when it stands at another version."""
        try:
            with self.store.reading():
                return True
        except ConfigError as error:
            if error.code != EMPTY:
                raise
            return False

    def apply(self, file: Path, *, actor: str, is_dry_run: bool) -> ApplyReport:
        """Make the store match a file's connections, routes and rules. Idempotent."""
        from bridge.host.declarations import read_declarations

        self.host.check_settings()
        return self._apply(read_declarations(file), actor, is_dry_run=is_dry_run)

    @cached_property
    def declaring(self) -> Declaring:
        """What adds connections and routes: to the settings file of the organisation, and to the store."""
        from bridge.host.declaring import Declaring
        from bridge.host.settings_file import SettingsFile

        file = self.settings.file
        return Declaring(self.store, self.host, SettingsFile(file) if file else None, self._apply)

    def leave(self, connection: str, *, actor: str, is_told: bool = True) -> Ending:
        """Take back what lets bridge into an account, and forget how far a channel was read: see ``Leaving.leave``."""
        foreseen = self.host.leaving.foreseen(connection)
        ending = self.host.leaving.leave(connection, actor, is_told=is_told)
        if foreseen.is_sealed and foreseen.connection.side is Side.SOURCE:
            self.puller.forget(connection, actor=actor)
        return ending

    def _apply(self, declarations: Declarations, actor: str, *, is_dry_run: bool = False) -> ApplyReport:
        from bridge.books import activate, check_automatic
        from bridge.host.apply import apply_declarations

        return apply_declarations(
            self.store,
            self.host.registry,
            declarations,
            actor=actor,
            clock=self.clock,
            activate_rules=activate,
            check_automatic=check_automatic,
            is_dry_run=is_dry_run,
        )


class House:
    """The organisations in one database, over the same few connections."""

    def __init__(self, store: SqlStore, settings: Settings, clock: Clock, registry: Registry) -> None:
        self._store, self.settings, self.clock, self._registry = store, settings, clock, registry

    @cached_property
    def entrance(self) -> Entrance:
        """How people come in. Threads may share it."""
        from bridge.people import Entrance

        return Entrance(self._store, self.clock)

    def provider(self, redirect_uri: str) -> Provider | None:
        """The OpenID provider that people sign in by, which sends them back there; None where none is set up."""
        from bridge.people import Provider

        told = self.settings
        if not told.oidc_issuer:
            return None
        if not (told.oidc_client_id and told.oidc_client_secret.get_secret_value()):
            raise ConfigError(
                "[bridge] oidc_client_id, oidc_client_secret",
                "one is missing, and oidc_issuer is set",
                "Set both as the provider gave them",
                code="config.missing",
            )
        return Provider(
            self._store,
            self.clock,
            self._session,
            issuer=told.oidc_issuer,
            client_id=told.oidc_client_id,
            client_secret=told.oidc_client_secret.get_secret_value(),
            redirect_uri=redirect_uri,
        )

    def expect_worker(self) -> None:
        """Say that a worker is being started: who looks within half a minute is not told that nobody starts one."""
        from bridge.host.holder import holder_name
        from bridge.host.turn import take
        from bridge.store.sql import NOBODY

        now = self.clock.now()
        with self._store.of(NOBODY).unit("worker") as unit:
            take(unit, LeaseKind.WORKER, STARTING, holder_name(), now, now + _STARTS_WITHIN)

    def rotate(self, actor: str, *, is_dry_run: bool = False) -> Rotation:
        """Seal what is sealed for any of them with the first key: see ``host.rotation``."""
        from bridge.host.credentials import Sealer
        from bridge.host.rotation import rotate

        stores = {name: self._store.of(name) for name in self._store.with_secrets()}
        return rotate(stores, Sealer(self.settings.host_config().sealing_keys), actor, is_dry_run=is_dry_run)

    @cached_property
    def inbox(self) -> SqlInbox:
        """The notices of all of them."""
        from bridge.store.sql import open_inbox

        return open_inbox(self.settings.database_url.get_secret_value())

    @cached_property
    def uploads(self) -> Uploads:
        """Files that people of all of them brought, until they are taken in."""
        from bridge.host.uploads import Uploads

        return Uploads(self.settings.uploads_folder)

    @property
    def is_file(self) -> bool:
        """Whether the database is a file of this machine."""
        return self.settings.database_url.get_secret_value().startswith("sqlite")

    def check(self) -> None:
        """Raises: ConfigError, TransientError while the database cannot be worked with."""
        self._store.check()

    def waits(self) -> Mapping[str, int]:
        """How many vouchers of all organisations stand in each state but the last ones."""
        return self._store.waits()

    def store(self, organisation: str) -> Store:
        """That of one organisation."""
        return self._store.of(organisation)

    def shared_door(self, plugin: str) -> OpenDoor | None:
        """The one for all accounts of a plugin; None where it has none. Raises: ConfigError for none of that name."""
        from bridge.host.host import shared_door

        return shared_door(self._registry, self.settings.host_config(), self.clock, plugin)

    def places(self, plugin: str) -> Mapping[str, Sequence[tuple[str, str]]]:
        """(organisation, connection) of each account of a plugin, as its notices write it. Raises: as ``shared_door``.

        Whose they are, no page and no vendor is told.
        """
        door, found = self.shared_door(plugin), defaultdict[str, list[tuple[str, str]]](list)
        if door is not None:
            for organisation, name, account in self._store.holders(plugin):
                found[door.same(account)].append((organisation, name))
        return found

    def close(self) -> None:
        """Give back every connection."""
        if "inbox" in self.__dict__:
            self.inbox.close()
        self._store.close()

    def office(self, organisation: str, *, is_leaving: bool = False) -> App:
        """The services of one organisation, made anew: not for several threads at once. is_leaving: see ``Stores.of``.

        The settings file declares for the organisation that it names; others are declared in the store alone.
        """
        file = self.settings.file if organisation == self.settings.organisation else None
        settings = self.settings.model_copy(update={"organisation": organisation, "file": file})
        store = self._store.of(organisation, is_leaving=is_leaving)
        return App(store, settings, self.clock, self._registry)

    def _session(self, hosts: frozenset[str]) -> HostSession:
        from bridge.transport import HostSession

        config = self.settings.host_config()
        return HostSession(
            hosts,
            self.clock,
            connect_seconds=config.limits.http_connect_seconds,
            read_seconds=min(config.limits.http_read_seconds, PATIENCE_SECONDS),
            max_response_bytes=min(config.limits.max_response_bytes, 1024**2),
            proxies={"https": config.proxy} if config.proxy else None,
            ca_bundle=config.ca_bundle,
        )

    def board(self, organisations: Collection[str]) -> Board:
        """How these organisations stand, side by side; of no other anything is read."""
        from bridge.desk import board

        return board(self._store.clients(organisations), self.clock.now())

    @cached_property
    def organisations(self) -> Organisations:
        """Which there are, and what an operator does with them."""
        from bridge.host.organisations import Organisations

        return Organisations(self._store, self.clock)

    @cached_property
    def erasing(self) -> Erasing:
        """What ends one for good."""
        from bridge.host.erasing import Erasing

        return Erasing(
            self._store,
            self.clock,
            lambda name: self.office(name, is_leaving=True).host,
            lambda: self.inbox,
            self.places,
            self.uploads.erase,
        )


@contextmanager
def open_house(settings: Settings, clock: Clock, registry: Registry, *, is_new: bool = False) -> Iterator[House]:
    """All organisations of a database. is_new, raises: as ``open_app``."""
    from bridge.store.sql import open_store

    store = open_store(settings.database_url.get_secret_value(), settings.organisation, clock)
    house = House(store, settings, clock, registry)
    try:
        if is_new:
            store.migrate()
        with store.reading():
            pass  # says that the database is not there, or of another version
        _ = registry.names  # all are loaded before threads that would load them at once
        yield house
    finally:
        house.close()


@contextmanager
def open_worker(settings: Settings, clock: Clock, registry: Registry, hands: int) -> Iterator[Worker]:
    """A worker of so many turns at a time, for all organisations of the database. Raises: as ``open_app``."""
    from bridge.store.sql import NOBODY, open_store
    from bridge.work.worker.engine import DbosEngine, engine_url
    from bridge.work.worker.hints import Hints
    from bridge.work.worker.running import Worker
    from bridge.work.worker.shared_clock import SharedClock

    shared, url = SharedClock(clock), settings.database_url.get_secret_value()
    store = open_store(url, NOBODY, shared)
    house = House(store, settings, shared, registry)
    try:
        with store.reading():
            pass  # says that the database is not there, or of another version
        _ = registry.names  # all are loaded before hands that would load them at once
        house.office(settings.organisation).host.check_settings()
        stories: list[Stories] = [lambda name: house.office(name).story] * hands
        engine, hints = DbosEngine(engine_url(url), hands), Hints(house.inbox, house).take
        yield Worker(store, store.moment, shared, stories, engine, is_alone=url.startswith("sqlite"), hints=hints)
    finally:
        house.close()


@contextmanager
def open_app(settings: Settings, clock: Clock, registry: Registry, *, is_new: bool = False) -> Iterator[App]:
    """The application over its database, closed at the end.

    is_new: bring the schema up to date first. Raises: ConfigError when the database is not there, cannot be
    reached, or has another schema than this version of bridge.
    """
    from bridge.store.sql import open_store  # to look at files needs no database

    store = open_store(settings.database_url.get_secret_value(), settings.organisation, clock)
    try:
        if is_new:
            store.migrate()
        yield App(store, settings, clock, registry)
    finally:
        store.close()


def check_not_lost(settings: Settings, clock: Clock) -> None:
    """That whoever starts by itself makes no empty database where one was: `bridge apply` does, on a person's word.

    Raises: ConfigError ``store.lost``.
    """
    from bridge.store.sql import open_store

    head = settings.audit_head_file
    store = open_store(settings.database_url.get_secret_value(), settings.organisation, clock)
    if head.exists() and not store.exists():
        raise ConfigError(
            "the database's file",
            f"is not there, and {head.name} tells of what was sent from it",
            "Put it or a backup back, or look at database_url; where there is none, `bridge apply` makes a new one",
            code="store.lost",
        )


def inspect_named(
    registry: Registry, settings: Settings, source: str, files: Sequence[Path], clock: Clock
) -> Inspection:
    """What the source of that name makes of files; needs no database and stores nothing.

    A path that is no file becomes a problem. Raises: ConfigError when there is no such source.
    """
    from bridge.host.host import unconnected_source
    from bridge.ingest import FileOnDisk, inspect_files, shown

    reader = unconnected_source(registry, settings.host_config(), clock, source)
    found, missing = [], []
    for file in files:
        try:
            found.append(FileOnDisk(file))
        except ConfigError as error:
            missing.append((shown(file), error))
    joins_orders = registry.source(source).capabilities.joins_orders
    seen = inspect_files(reader, found, joins_orders=joins_orders)
    problems = [Problem(one.code, f"{one.cause}. {one.next_step}.", one.thing, blocking=True) for _, one in missing]
    return msgspec.structs.replace(
        seen, problems=(*seen.problems, *problems), unreadable=(*seen.unreadable, *(name for name, _ in missing))
    )

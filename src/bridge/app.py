"""Where everything is wired: the one module that joins the database to the services.

A service is imported when it is first asked for: most commands use one or two, and each brings libraries of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from bridge.clock import Clock
from bridge.errors import AuthorizationError, BridgeError, ConfigError, PluginError
from bridge.model.connections import Connection, ConnectionState, Route
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import DocumentState, Problem
from bridge.model.reasons import PATIENT
from bridge.settings import Settings
from bridge.store.api import Store

if TYPE_CHECKING:
    from bridge.books import BookRun, Books, RouteCard
    from bridge.delivery import Beyond, Deliverer, DrainReport, Times
    from bridge.drift import Drift, Report
    from bridge.host.apply import ApplyReport
    from bridge.host.host import Host
    from bridge.host.registry import Registry
    from bridge.ingest import Decisions, ImportedFile, Importer, Inspection, Pulled, Puller
    from bridge.work import Story

EMPTY, PAUSED = "store.empty", "plugin.paused"


class Siblings(msgspec.Struct, frozen=True):
    """The other vouchers of what some vouchers are made from: a settlement, say (kind).

    waiting: that wait for the same reasons, and about which nobody decided. staying: that are not withdrawn, nor about
    to be.
    """

    kind: str
    waiting: int
    staying: int


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

        return Puller(self.store, self.host, self.clock)

    @cached_property
    def decisions(self) -> Decisions:
        from bridge.ingest import Decisions

        return Decisions(self.store, self.host, self.clock)

    @cached_property
    def books(self) -> Books:
        from bridge.books import Books

        return Books(self.store, self.host, self.clock, self.settings.organisation)

    @cached_property
    def deliverer(self) -> Deliverer:
        from bridge.delivery import Deliverer
        from bridge.host.holder import holder_name

        return Deliverer(self.store, self.host, self.clock, holder_name())

    @cached_property
    def drift(self) -> Drift:
        from bridge.drift import Drift

        return Drift(self.store, self.host, self.clock)

    @cached_property
    def story(self) -> Story:
        """The order of the work, over the steps below."""
        from bridge.host.holder import holder_name
        from bridge.work import Story

        return Story(self.store, self.clock, self, holder_name())

    def cards(self, *, with_gateways: bool = False) -> tuple[RouteCard, ...]:
        """Every route as a person is told it: see ``books.card``."""
        from bridge.books import card

        with self.store.reading() as unit:
            return tuple(card(unit, route, with_gateways=with_gateways) for route in unit.routes.all())

    def import_file(
        self, connection: str, file: Path, *, actor: str, progress: Callable[[int], None] = lambda _lines: None
    ) -> ImportedFile:
        """Import one file for a channel connection: see ``Importer.import_file``."""
        imported = self.importer.import_file(connection, file, actor=actor, progress=progress)
        self._stop_if_broken(connection, imported.error)
        return imported

    def deliver(
        self,
        ledger: str,
        *,
        actor: str,
        patience_seconds: int = 0,
        limit: int | None = None,
        progress: Callable[[Delivery], None] | None = None,
    ) -> DrainReport:
        """Bring what is owed into a ledger: see ``Deliverer.drain``."""
        with self._stopping(ledger):
            report = self.deliverer.drain(
                ledger, actor=actor, patience_seconds=patience_seconds, limit=limit, progress=progress
            )
        if report.stopped.startswith("plugin.") and report.stopped != PAUSED:
            self.host.pause(ledger, report.note)
        return report

    def book(self, route: str, *, actor: str) -> BookRun:
        """Book what is new on a route: see ``Books.run``."""
        return self.books.run(route, actor=actor)

    def look_again(self, ledger: str, *, actor: str) -> tuple[BookRun, ...]:
        """Look again at what waits for a ledger: see ``Books.look_again``."""
        return tuple(
            self.books.look_again(route.name, actor=actor) for route in self.routes() if route.ledger == ledger
        )

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

    def check(self, route: str, *, actor: str, progress: Callable[[int], None] = lambda _objects: None) -> Report:
        """Check a route for drift: see ``Drift.check``."""
        with self.store.reading() as unit:
            ledger = unit.routes.get(route).ledger
        with self._stopping(ledger):
            return self.drift.check(route, actor=actor, progress=progress)

    @contextmanager
    def _stopping(self, connection: str) -> Iterator[None]:
        """Stop a connection that is no longer let in or whose plugin broke its contract; the others go on."""
        try:
            yield
        except (PluginError, AuthorizationError) as error:
            self._stop_if_broken(connection, error)
            raise

    def _stop_if_broken(self, connection: str, error: BridgeError | None) -> None:
        if isinstance(error, PluginError) and error.code != PAUSED:
            self.host.pause(connection, f"{error.code}: {error.cause}")
        elif isinstance(error, AuthorizationError):
            with self.store.unit("host") as unit:
                unit.connections.set_state(connection, ConnectionState.UNAUTHORIZED, error.cause)

    def routes(self) -> tuple[Route, ...]:
        """Every route, by name."""
        with self.store.reading() as unit:
            return unit.routes.all()

    def routes_from(self, connection: str) -> tuple[Route, ...]:
        """The routes that read from a channel connection."""
        return tuple(route for route in self.routes() if route.source == connection)

    def has_tables(self) -> bool:
        """Whether the database has been set up at all. Raises: ConfigError when it stands at another version."""
        try:
            with self.store.reading():
                return True
        except ConfigError as error:
            if error.code != EMPTY:
                raise
            return False

    def siblings(self, voucher_ids: Sequence[str]) -> Siblings:
        """What else there is of the documents that these vouchers are made from."""
        from bridge.books import is_taken_back

        with self.store.reading() as unit:
            meant = [unit.deliveries.get(voucher_id) for voucher_id in voucher_ids]
            reasons = {delivery.reason for delivery in meant}
            documents = {unit.entries.get(delivery.entry_id).entry.document_id for delivery in meant} - {""}
            others = {
                delivery.voucher_id: (delivery, unit.instructions.of_subject(delivery.voucher_id))
                for document_id in documents
                for kept in unit.entries.of_document(document_id)
                if kept.is_live
                for delivery in unit.deliveries.of_entry(kept.entry.entry_id)
                if delivery.voucher_id not in voucher_ids
            }
            heads = unit.documents.heads(sorted(documents))
        kinds = {str(head[0].document.identity.kind) for head in heads.values()}
        return Siblings(
            kind=kinds.pop() if len(kinds) == 1 else "document",
            waiting=sum(
                delivery.state is DeliveryState.HELD and delivery.reason in reasons and not said
                for delivery, said in others.values()
            ),
            staying=sum(
                delivery.state is not DeliveryState.WITHDRAWN and not is_taken_back(delivery, said)
                for delivery, said in others.values()
            ),
        )

    def is_waiting_for_a_person(self) -> bool:
        """Whether a document is held, or a voucher is held or parked, until a person decides or puts something right.

        So does a route that books nothing until its tax regime is settled. What only waits for its day (a payout that
        is not paid yet), lies before the first day, or waits for a ledger that has told nothing yet does not count:
        why it is silent is told by whoever asked it.
        """
        with self.store.reading() as unit:
            held = (
                reason
                for connection in unit.connections.all()
                for reason in unit.documents.reasons(connection.connection_id, DocumentState.HELD)
            )
            waiting = (
                delivery.reason
                for ledger in dict.fromkeys(route.ledger for route in unit.routes.all())
                for delivery in unit.deliveries.with_state(ledger, DeliveryState.HELD, DeliveryState.PARKED)
            )
            is_waiting = any(reason not in PATIENT for reason in (*held, *waiting))
        return is_waiting or any(card.question and card.company for card in self.cards())

    def connections(self) -> tuple[Connection, ...]:
        """Every connection, by name."""
        with self.store.reading() as unit:
            return unit.connections.all()

    def import_inbox(
        self, connection: str, *, actor: str, progress: Callable[[int], None] = lambda _lines: None
    ) -> tuple[ImportedFile, ...]:
        """Import what is new in a channel connection's inbox folder; nothing when it has none."""
        folder = self.host.inbox(connection)
        if folder is None:
            return ()
        place = self.settings.folder / folder
        files = self.importer.import_folder(connection, place, actor=actor, progress=progress)
        for file in files:
            self._stop_if_broken(connection, file.error)
        return files

    def pull(self, connection: str, *, actor: str) -> Pulled | None:
        """Pull a channel connection: see ``Puller.pull``; None where its plugin only reads files."""
        if not self.host.source_offer(connection).capabilities.streams:
            return None
        with self._stopping(connection):
            return self.puller.pull(connection, actor=actor)

    def apply(self, file: Path, *, actor: str, is_dry_run: bool) -> ApplyReport:
        """Make the store match a file's connections, routes and rules. Idempotent."""
        from bridge.books import activate
        from bridge.host.apply import apply_declarations
        from bridge.host.declarations import read_declarations

        return apply_declarations(
            self.store,
            self.host.registry,
            read_declarations(file),
            actor=actor,
            clock=self.clock,
            activate_rules=activate,
            is_dry_run=is_dry_run,
        )


@contextmanager
def open_app(settings: Settings, clock: Clock, registry: Registry, *, is_new: bool = False) -> Iterator[App]:
    """The application over its database, closed at the end.

    is_new: bring the schema up to date first. Raises: ConfigError when the database is not there, cannot be
    reached, or has another schema than this version of bridge.
    """
    from bridge.store.sql import migrate, open_store  # to look at files needs no database

    url = settings.database_url.get_secret_value()
    if is_new:
        migrate(url)
    store = open_store(url, settings.organisation, clock)
    try:
        yield App(store, settings, clock, registry)
    finally:
        store.close()


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

"""The steps over the services: a connection that is let in no more, or whose plugin broke, is stopped alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from bridge.errors import AuthorizationError, BridgeError, ConfigError, PluginError
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import DocumentState
from bridge.model.findings import FindingState
from bridge.model.organisations import DOCUMENTS
from bridge.model.reasons import PATIENT
from bridge.model.runs import Piece
from bridge.model.tax_setup import tax_question
from bridge.store.api import Store
from bridge.work.told import KNOWN

if TYPE_CHECKING:  # each brings libraries of its own, and is made when a step first asks for it
    from bridge.books import BookRun, Books
    from bridge.delivery import Deliverer, DrainReport
    from bridge.drift import Drift, Report
    from bridge.host.host import Host
    from bridge.ingest import Back, ImportedFile, Importer, Outcome, Pulled, Puller
    from bridge.work.summing import Summing

PAUSED = "plugin.paused"


class Services(Protocol):
    """What the steps are made of; ``app`` wires it."""

    @property
    def host(self) -> Host: ...
    @property
    def importer(self) -> Importer: ...
    @property
    def puller(self) -> Puller: ...
    @property
    def books(self) -> Books: ...
    @property
    def deliverer(self) -> Deliverer: ...
    @property
    def drift(self) -> Drift: ...
    @property
    def summing(self) -> Summing: ...
    def sweep(self) -> None: ...


class ServiceSteps:
    """See ``work.Steps``. folder: where inboxes are looked for."""

    def __init__(self, store: Store, services: Services, folder: Path) -> None:
        self._store, self._services, self._folder = store, services, folder
        self._taken: Counter[tuple[str, str]] = Counter()

    def routes(self) -> tuple[Route, ...]:
        """Every route that has not ended, by name."""
        with self._store.reading() as unit:
            return tuple(route for route in unit.routes.all() if not route.is_ended)

    def import_file(
        self, connection: str, file: Path, *, actor: str, progress: Callable[[int], None] = lambda _lines: None
    ) -> ImportedFile:
        """Import one file for a channel connection: see ``Importer.import_file``."""
        imported = self._services.importer.import_file(connection, file, actor=actor, progress=progress)
        self._stop_if_broken(connection, imported.error)
        self._count(connection, Counter(document.outcome for document in imported.documents))
        return imported

    def import_inbox(
        self, connection: str, *, actor: str, progress: Callable[[int], None] = lambda _lines: None
    ) -> tuple[ImportedFile, ...]:
        """Import what is new in a channel connection's inbox folder; nothing when it has none."""
        folder = self._services.host.inbox(connection)
        if folder is None:
            return ()
        place = self._folder / folder
        files = self._services.importer.import_folder(connection, place, actor=actor, progress=progress)
        for file in files:
            self._stop_if_broken(connection, file.error)
            self._count(connection, Counter(document.outcome for document in file.documents))
        return files

    def is_asked(self, connection: str) -> bool:
        """See ``work.Steps``."""
        host = self._services.host
        try:
            return bool(host.source_offer(connection).capabilities.streams) and host.is_asked(connection)
        except BridgeError:
            return True  # the pull says why

    def pull(
        self, connection: str, *, actor: str, back: Back | None = None, until: datetime | None = None
    ) -> Pulled | None:
        """Pull a channel connection: see ``Puller.pull``; None where it only reads files."""
        host, puller = self._services.host, self._services.puller
        if not host.source_offer(connection).capabilities.streams:
            return None
        try:
            with self._stopping(connection):
                return self._pulled(connection, actor, back, until)
        finally:
            puller.listen(connection, actor=actor)

    def _pulled(self, connection: str, actor: str, back: Back | None, until: datetime | None) -> Pulled | None:
        host, puller = self._services.host, self._services.puller
        try:
            if host.is_asked(connection):
                pulled = puller.pull(connection, actor=actor, back=back, until=until)
                self._count(connection, pulled.documents)
                return pulled
        except ConfigError as error:
            raise host.told(connection, error) from error
        puller.forget(connection, actor=actor)
        return None

    def book(self, route: str, *, actor: str, until: datetime | None = None) -> BookRun:
        """Book what is new on a route: see ``Books.run``."""
        return self._services.books.run(route, actor=actor, until=until)

    def look_again(self, ledger: str, *, actor: str) -> tuple[BookRun, ...]:
        """Look again at what waits for a ledger: see ``Books.look_again``."""
        books = self._services.books
        return tuple(books.look_again(route.name, actor=actor) for route in self.routes() if route.ledger == ledger)

    def deliver(
        self,
        ledger: str,
        *,
        actor: str,
        patience_seconds: int = 0,
        limit: int | None = None,
        ends_at: datetime | None = None,
        only: Collection[str] = (),
        progress: Callable[[Delivery], None] | None = None,
    ) -> DrainReport:
        """Bring what is owed into a ledger: see ``Deliverer.drain``."""
        with self._stopping(ledger):
            report = self._services.deliverer.drain(
                ledger,
                actor=actor,
                patience_seconds=patience_seconds,
                limit=limit,
                ends_at=ends_at,
                only=only,
                progress=progress,
            )
        if report.stopped.startswith("plugin.") and report.stopped != PAUSED:
            self._services.host.pause(ledger, report.note)
        return report

    def check(
        self,
        route: str,
        *,
        actor: str,
        in_full: bool = False,
        progress: Callable[[int], None] = lambda _objects: None,
        announce: Callable[[str], None] = lambda _words: None,
    ) -> Report:
        """Check a route for drift: see ``Drift.check``."""
        with self._store.reading() as unit:
            ledger = unit.routes.get(route).ledger
        drift = self._services.drift
        with self._stopping(ledger):
            report = drift.check(route, actor=actor, in_full=in_full, progress=progress, announce=announce)
        self._services.summing.checked(route, report, actor=actor)
        return report

    def used(self) -> Mapping[tuple[str, str], int]:
        """See ``work.Steps``. Where settings cannot be read nobody was called."""
        taken, self._taken = self._taken, Counter()
        with suppress(ConfigError):
            taken.update(self._services.host.spent())
        return taken

    def _count(self, connection: str, outcomes: Mapping[Outcome, int]) -> None:
        """What is new or changed; what was known is nobody's gain."""
        new = sum(many for outcome, many in outcomes.items() if str(outcome) != KNOWN)
        if new:
            self._taken[self._services.host.source_offer(connection).name, DOCUMENTS] += new

    def idle(self) -> tuple[str, ...]:
        """See ``work.Steps``. None where settings cannot be read: who needs them says so."""
        try:
            return self._services.host.idle()
        except ConfigError:
            return ()

    def keep_alive(self, connection: str) -> None:
        """See ``Host.keep_alive``; a dead sign-in stops its connection alone."""
        self._services.host.keep_alive(connection)

    def sweep(self) -> None:
        """See ``work.Steps``."""
        self._services.sweep()

    def is_waiting_for_a_person(self) -> bool:
        """Whether a document is held, or a voucher is held or parked, until a person decides or puts something right.

        So does a route that books nothing until its tax regime is settled. What only waits for its day (a payout that
        is not paid yet), lies before the first day, or waits for a ledger that has told nothing yet does not count:
        why it is silent is told by whoever asked it.
        """
        routes = self.routes()
        with self._store.reading() as unit:
            held = (
                reason
                for connection in unit.connections.all()
                for reason in unit.documents.reasons(connection.connection_id, DocumentState.HELD)
            )
            waiting = (
                standing.reason
                for ledger in dict.fromkeys(route.ledger for route in routes)
                for standing in unit.deliveries.standing(ledger, DeliveryState.HELD, DeliveryState.PARKED)
            )
            facts = {route.ledger: unit.facts.latest(route.ledger) for route in routes}
            asked = (tax_question(route, known) for route in routes if (known := facts[route.ledger]) and known.company)
            return any(reason not in PATIENT for reason in (*held, *waiting)) or any(asked)

    def is_undecided(self, routes: Sequence[Route]) -> bool:
        """See ``work.Steps``."""
        with self._store.reading() as unit:
            kept = (one for route in routes for one in unit.findings.of_route(route.route_id, FindingState.OPEN))
            return any(one.finding.changes_books for one in kept)

    def sum_up(self, piece: Piece, *, actor: str) -> None:
        """See ``work.Steps``."""
        self._services.summing.after(piece, actor=actor)

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
            self._services.host.pause(connection, f"{error.code}: {error.cause}")
        elif isinstance(error, AuthorizationError):
            self._services.host.shut(connection, error)

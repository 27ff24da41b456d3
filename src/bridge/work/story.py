"""The story of the work: take in, book, deliver, check; each piece of it as a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.clock import Clock
from bridge.errors import BridgeError, ConfigError, LockedError, disk_told
from bridge.host.holder import as_it_stands
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.periods import day_start
from bridge.model.runs import Piece, Run, RunKind, RunOutcome
from bridge.store.api import Store
from bridge.work import told, verdict
from bridge.work.done import Checked, Delivered, Done, Filled, Imported, Kept, Synced
from bridge.work.filling import fill
from bridge.work.meant import Meant
from bridge.work.record import Recorded, Recorder
from bridge.work.refusals import not_asked
from bridge.work.steps import Steps
from bridge.work.watch import Unwatched, Watch

if TYPE_CHECKING:
    from bridge.books import BookRun
    from bridge.delivery import DrainReport
    from bridge.drift import Report
    from bridge.ingest import ImportedFile, Pulled

UNWATCHED = Unwatched()


class Story:
    """Does pieces of the work, each a run. Every piece may be repeated, and killed: the next run goes on."""

    def __init__(self, store: Store, clock: Clock, steps: Steps, holder: str) -> None:
        self._store, self._clock, self._steps = store, clock, steps
        recorder = Recorder(store, clock, holder, steps.used, self._sum_up)
        self._recorder, self._meant = recorder, Meant(store, steps)

    def import_files(
        self, connection: str, files: Sequence[Path], *, actor: str, watch: Watch = UNWATCHED, retry_of: int = 0
    ) -> Imported:
        """Files a person brought for a channel connection, into the books. Nothing is sent.

        Failure: a file that cannot be read is left out. Raises: ConfigError for a connection that is not there, and
                 whatever keeps files from being saved or booked; what came before stands.
        """
        with self._store.reading() as unit:
            unit.connections.get(connection)
        routes = tuple(route for route in self._steps.routes() if route.source == connection)
        names = tuple(route.name for route in routes)
        paths = tuple(str(file.absolute()) for file in files)
        piece = Piece(RunKind.IMPORT, connections=(connection,), routes=names, files=paths)
        with self._recorder.running(piece, actor=actor, watch=watch, retry_of=retry_of) as run:
            taken = tuple(self._file(connection, file, run, watch) for file in files)
            books = tuple(self._book(name, run) for name in names)
            run.add(told.of_planned(books))
            is_waiting = self._steps.is_waiting_for_a_person()
            ending = verdict.of_import(taken, books, is_waiting=is_waiting)
            run.end(ending.outcome)
        return Imported(run.run, ending, taken, routes, books, is_waiting)

    def sync(
        self,
        routes: Sequence[str] = (),
        *,
        actor: str,
        wait_seconds: int,
        is_sending: bool = True,
        pull_until: datetime | None = None,
        book_until: datetime | None = None,
        watch: Watch = UNWATCHED,
        retry_of: int = 0,
    ) -> Synced:
        """The whole way once, for these routes or for all: take in what is new, book, and, where meant, deliver.

        Every sign-in that would end soon for lack of use is used, of whatever connection.
        pull_until: then no further page of a channel is asked for; the next sync goes on behind it.
        book_until: then nothing further of what is new is booked; the next sync goes on with it.
        Failure: one channel, route or ledger that fails does not stop the others. Raises: ConfigError for a route that
                 is not there, before anything is done.
        """
        meant = self._meant.routes(routes)
        piece = Piece(
            RunKind.SYNC,
            routes=tuple(route.name for route in meant),
            connections=tuple(dict.fromkeys(route.source for route in meant)),
            ledgers=tuple(dict.fromkeys(route.ledger for route in meant)) if is_sending else (),
            wait_seconds=wait_seconds,
        )
        failed: list[BridgeError] = []
        files: list[ImportedFile] = []
        pulls: list[Pulled] = []
        books: list[BookRun] = []
        drains: list[DrainReport] = []
        with self._recorder.running(piece, actor=actor, watch=watch, retry_of=retry_of) as run:
            for source in piece.connections:
                with _noting(failed, run, watch):
                    files += self._inbox(source, run, watch)
                with _noting(failed, run, watch):
                    pulls += self._pull(source, run, watch, pull_until)
            for route in piece.routes:
                with _noting(failed, run, watch):
                    books.append(self._book(route, run, book_until))
            for ledger in piece.ledgers:
                with _noting(failed, run, watch):
                    drains.append(self._drain(ledger, run, watch))
            self._keep_alive(failed, run, watch)
            is_waiting = self._steps.is_waiting_for_a_person()
            failed += [error for pulled in pulls for error in told.faults(pulled)]
            errors = [*failed, *(file.error for file in files if file.error is not None)]
            is_open = is_waiting or self._steps.is_undecided(meant)
            ending = verdict.of_delivery(errors, books, drains, is_waiting=is_open)
            run.end(ending.outcome)
        return Synced(
            run.run, ending, meant, tuple(files), tuple(pulls), tuple(books), tuple(drains), tuple(failed), is_waiting
        )

    def upkeep(self, *, actor: str, watch: Watch = UNWATCHED, retry_of: int = 0) -> Kept:
        """What nobody asks for: sign-ins are used before they end for lack of use.

        Let go of are old runs, and files that people brought and nobody took in.

        Failure: a sign-in that fails does not stop the others.
        """
        failed: list[BridgeError] = []
        with self._recorder.running(Piece(RunKind.UPKEEP), actor=actor, watch=watch, retry_of=retry_of) as run:
            self._keep_alive(failed, run, watch)
            self._recorder.forget(actor)
            self._steps.sweep()
            ending = verdict.of_check(failed, ())
            run.end(ending.outcome)
        return Kept(run.run, ending, tuple(failed))

    def backfill(
        self,
        connections: Sequence[str] = (),
        *,
        actor: str,
        wait_seconds: int,
        since: date | None = None,
        watch: Watch = UNWATCHED,
        retry_of: int = 0,
    ) -> Filled:
        """All that these channels, or all that are asked, tell since the first day of their routes, into the books.

        Nothing is sent. What a channel has not ready is waited for, so long altogether, and outside any lease.
        since:   read again what was read from that day on. Killed: goes on where it stopped, without it.
        Failure: one channel that fails does not stop the others. Raises: ConfigError for a connection that is not
                 there or has no first day, and for a day before that; before anything is done.
        """
        routes = self._meant.read_from(connections, since)
        piece = Piece(
            RunKind.BACKFILL,
            routes=tuple(route.name for route in routes),
            connections=tuple(dict.fromkeys(route.source for route in routes)),
            wait_seconds=wait_seconds,
        )
        failed: list[BridgeError] = []
        books: list[BookRun] = []
        with self._recorder.running(piece, actor=actor, watch=watch, retry_of=retry_of) as run:
            starts = {route.source: _start(route, since) for route in routes}
            pulls = fill(partial(self._go_back, run, failed, watch), starts, self._clock, wait_seconds, watch)
            for route in piece.routes:
                with _noting(failed, run, watch):
                    books.append(self._book(route, run))
            run.add(told.of_planned(books))
            is_waiting = self._steps.is_waiting_for_a_person()
            for pulled in pulls:
                failed += told.faults(pulled)
                run.add(told.of_faults(pulled))
            is_behind = any(report.due_at for pulled in pulls for report in pulled.streams)
            ending = verdict.of_backfill(failed, books, is_waiting=is_waiting, is_behind=is_behind)
            run.end(ending.outcome)
        return Filled(run.run, ending, pulls, tuple(books), tuple(failed), is_waiting)

    def deliver(
        self,
        ledgers: Sequence[str] = (),
        *,
        actor: str,
        wait_seconds: int,
        limit: int | None = None,
        send_until: datetime | None = None,
        watch: Watch = UNWATCHED,
        retry_of: int = 0,
    ) -> Delivered:
        """What is owed into these ledgers, or into all; what waits for them is looked at again first.

        send_until: when to begin no further batch, for others to come before the rest.
        Failure:    one ledger that fails does not stop the others.
        """
        names = tuple(ledgers or dict.fromkeys(route.ledger for route in self._meant.declared()))
        piece = Piece(RunKind.DELIVER, ledgers=names, wait_seconds=wait_seconds, limit=limit)
        failed: list[BridgeError] = []
        looked: list[BookRun] = []
        drains: list[DrainReport] = []
        with self._recorder.running(piece, actor=actor, watch=watch, retry_of=retry_of) as run:
            for ledger in names:
                with _noting(failed, run, watch):
                    looked += self._look_again(ledger, run)
            for ledger in names:
                with _noting(failed, run, watch):
                    drains.append(self._drain(ledger, run, watch, send_until))
            is_waiting = self._steps.is_waiting_for_a_person()
            ending = verdict.of_delivery(failed, looked, drains, is_waiting=is_waiting)
            run.end(ending.outcome)
        return Delivered(run.run, ending, tuple(looked), tuple(drains), tuple(failed))

    def check(
        self,
        routes: Sequence[str] = (),
        *,
        actor: str,
        in_full: bool = False,
        watch: Watch = UNWATCHED,
        retry_of: int = 0,
    ) -> Checked:
        """These routes, or all, against their ledgers. Failure: one that cannot be checked does not stop the others.

        in_full: each ledger is read whole, though what changed might do.
        """
        names = tuple(routes or (route.name for route in self._meant.declared()))
        piece = Piece(RunKind.DRIFT, routes=names)
        failed: list[BridgeError] = []
        reports: list[Report] = []
        with self._recorder.running(piece, actor=actor, watch=watch, retry_of=retry_of) as run:
            for name in names:
                with _noting(failed, run, watch):
                    reports.append(self._check(name, run, watch, in_full=in_full))
            ending = verdict.of_check(failed, reports)
            run.end(ending.outcome)
        return Checked(run.run, ending, tuple(reports), tuple(failed))

    def retry(self, number: int, *, actor: str, watch: Watch = UNWATCHED) -> Done:
        """The piece of an earlier run once more, as a new run that names it.

        Raises: ConfigError when there is none of that number, or when it is still under way.
        """
        with self._store.reading() as unit:
            before = as_it_stands(unit.runs.get(number), self._clock.now())
        if before.outcome is RunOutcome.RUNNING:
            raise ConfigError(
                f"run {number}",
                f"is still under way (it last said something at {before.last_at:%Y-%m-%d %H:%M:%S} UTC)",
                f"Wait for its end: `bridge runs show {number}`",
                code="run.running",
            )
        piece = before.piece
        match piece.kind:
            case RunKind.IMPORT:
                files = [Path(file) for file in piece.files]
                return self.import_files(piece.connections[0], files, actor=actor, watch=watch, retry_of=number)
            case RunKind.SYNC:
                return self.sync(
                    piece.routes,
                    actor=actor,
                    wait_seconds=piece.wait_seconds,
                    is_sending=bool(piece.ledgers),
                    watch=watch,
                    retry_of=number,
                )
            case RunKind.BACKFILL:
                wait, names = piece.wait_seconds, piece.connections
                return self.backfill(names, actor=actor, wait_seconds=wait, watch=watch, retry_of=number)
            case RunKind.DELIVER:
                return self.deliver(
                    piece.ledgers,
                    actor=actor,
                    wait_seconds=piece.wait_seconds,
                    limit=piece.limit,
                    watch=watch,
                    retry_of=number,
                )
            case RunKind.DRIFT:
                return self.check(piece.routes, actor=actor, watch=watch, retry_of=number)
            case RunKind.UPKEEP:
                return self.upkeep(actor=actor, watch=watch, retry_of=number)

    def _sum_up(self, run: Run) -> None:
        self._steps.sum_up(run.piece, actor=run.actor)

    # The steps, each told to the run as it is done.

    def _keep_alive(self, failed: list[BridgeError], run: Recorded, watch: Watch) -> None:
        for connection in self._steps.idle():
            with _noting(failed, run, watch):
                self._steps.keep_alive(connection)

    def _file(self, connection: str, file: Path, run: Recorded, watch: Watch) -> ImportedFile:
        """One file; a path that is no file is told like a file that cannot be read."""
        from bridge.ingest import ImportedFile, shown

        with watch.step(f"reading {shown(file)}") as progress:
            try:
                taken = self._steps.import_file(connection, file, actor=run.run.actor, progress=progress)
            except ConfigError as error:
                if error.code != "ingest.file":
                    raise
                taken = ImportedFile(shown(file), "", error=error)
        run.add(told.of_files([taken]))
        return taken

    def _inbox(self, source: str, run: Recorded, watch: Watch) -> tuple[ImportedFile, ...]:
        with watch.step(f"reading the inbox of {source}") as progress:
            files = self._steps.import_inbox(source, actor=run.run.actor, progress=progress)
        run.add(told.of_files(files))
        return files

    def _pull(self, source: str, run: Recorded, watch: Watch, until: datetime | None) -> tuple[Pulled, ...]:
        """What a channel answers, if it is one that is asked."""
        with watch.step(f"asking {source}"):
            pulled = self._steps.pull(source, actor=run.run.actor, until=until)
        if pulled is None:
            return ()
        for error in told.faults(pulled):
            watch.failed(error)
        run.add(told.added(told.of_pull(pulled), told.of_faults(pulled)))
        return (pulled,)

    def _go_back(
        self, run: Recorded, failed: list[BridgeError], watch: Watch, connection: str, start: datetime | None
    ) -> Pulled | None:
        """What a channel answers now of all since the first day; None where that failed, or it is not asked."""
        from bridge.ingest import Back  # with all that reads

        pulled: Pulled | None = None
        with _noting(failed, run, watch):
            pulled = self._steps.pull(connection, actor=run.run.actor, back=Back(watch.far, start))
            if pulled is None:
                raise not_asked(connection)
            run.add(told.of_pull(pulled))
        return pulled

    def _book(self, route: str, run: Recorded, until: datetime | None = None) -> BookRun:
        booked = self._steps.book(route, actor=run.run.actor, until=until)
        run.add(told.of_books([booked]))
        return booked

    def _look_again(self, ledger: str, run: Recorded) -> tuple[BookRun, ...]:
        looked = self._steps.look_again(ledger, actor=run.run.actor)
        run.add(told.of_books(looked))
        return looked

    def _drain(self, ledger: str, run: Recorded, watch: Watch, ends_at: datetime | None = None) -> DrainReport:
        piece, rested, sent_minor = run.run.piece, Counter[DeliveryState](), Counter[str]()
        parked: list[Delivery] = []
        with watch.step(f"delivering to {ledger}") as progress:

            def came_to_rest(delivery: Delivery) -> None:
                rested[delivery.state] += 1
                if delivery.state is DeliveryState.PARKED:
                    parked.append(delivery)
                if delivery.state is DeliveryState.DELIVERED and delivery.voucher:
                    sent_minor[delivery.voucher.currency] += delivery.voucher.total_minor
                progress(rested.total())

            send = partial(
                self._steps.deliver,
                ledger,
                actor=run.run.actor,
                patience_seconds=piece.wait_seconds,
                limit=piece.limit,
                ends_at=ends_at,
                progress=came_to_rest,
            )
            report = send()
            if rested[DeliveryState.HELD] and piece.limit is None:
                # What a person had tried again and another account may cure: planned anew now, not with the next run.
                self._look_again(ledger, run)
                report = send().after(report)
        run.add(told.of_drain(report, parked, sent_minor))
        return report

    def _check(self, route: str, run: Recorded, watch: Watch, *, in_full: bool) -> Report:
        with watch.step(f"reading back {route}") as progress:
            report = self._steps.check(
                route, actor=run.run.actor, in_full=in_full, progress=progress, announce=watch.says
            )
        run.add(told.of_check(report))
        return report


def _start(route: Route, since: date | None) -> datetime | None:
    return None if since is None else day_start(since, route.time_zone)


@contextmanager
def _noting(failed: list[BridgeError], run: Recorded, watch: Watch) -> Iterator[None]:
    """Note what one part fails with; the other parts go on, unless nobody gets at the database."""
    try:
        with disk_told():
            yield
    except LockedError:
        raise
    except BridgeError as error:
        failed.append(error)
        watch.failed(error)
        run.add(told.of_error(error))

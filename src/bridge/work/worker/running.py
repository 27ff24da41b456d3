"""The worker: looks once a second at what is due, offers it, and does what it is handed until it is told to stop."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from queue import SimpleQueue
from time import monotonic
from typing import Final

from bridge import log, metrics
from bridge.errors import BridgeError, ConfigError, MovedError, StaleError, TransientError
from bridge.host.holder import holder_name, is_dead
from bridge.host.turn import take
from bridge.model.hindrances import Standing, hindrance
from bridge.model.leases import Lease, LeaseKind
from bridge.store.api import Stores, UnitOfWork
from bridge.work.worker.engine import Engine, Offer
from bridge.work.worker.line import Place, in_turn, parts_of
from bridge.work.worker.offices import Stories
from bridge.work.worker.outages import Outages
from bridge.work.worker.pieces import ACTOR
from bridge.work.worker.plan import Planner
from bridge.work.worker.shared_clock import SharedClock
from bridge.work.worker.turns import TERM, Turns

TICK_SECONDS: Final = 1.0
OFFERED_SECONDS: Final = 10
"""After so long a duty that was handed out, and that nobody began, is offered again."""
ENDING_SECONDS: Final = 30
FIRST: Final = "1"
"""The place of the worker that speaks for all."""
_MOST_WORKERS: Final = 1_000


class Worker:
    """One process among those that do the duties of all organisations of a database.

    store: of nobody in particular: who works here is none of an organisation's. moment: what time it is by the
    database. stories: those of one hand each, by organisation. is_alone: no second may work here, as with a database
    in a file. hints: comes to notices, some at a time, and says how many there were.
    """

    def __init__(
        self,
        store: Stores,
        moment: Callable[[], datetime],
        clock: SharedClock,
        stories: Sequence[Stories],
        engine: Engine,
        *,
        is_alone: bool,
        hints: Callable[[datetime], int] = lambda _now: 0,
    ) -> None:
        self._moment, self._hints = moment, hints
        self._store, self._clock, self._engine, self._is_alone = store, clock, engine, is_alone
        self._hands = [Turns(store, clock, of_hand) for of_hand in stories]
        self._planner, self._outages = Planner(store), Outages(store)
        self._free: SimpleQueue[Turns] = SimpleQueue()
        self._suspects = Suspects()
        self._log = log.get("worker")
        self._holder = holder_name()
        self._place: Lease | None = None
        self._is_away = False
        self._told = defaultdict[str, list[Mapping[str, str]]](list)

    @property
    def is_busy(self) -> bool:
        """Whether a turn goes on all the same."""
        return self._free.qsize() < len(self._hands)

    def run(self, stopping: threading.Event) -> None:
        """Until that event. What is being done then may end within half a minute; what does not is begun anew later.

        Raises: ConfigError ``worker.second`` where another works already and only one may; TransientError
                ``worker.engine`` where the engine does not start; MovedError once the database is another one.
        """
        try:
            self.begin()
            self._log.info("worker began", hands=len(self._hands))
            try:
                self.tick()  # at once: what a dead worker left waits
                while not stopping.wait(TICK_SECONDS):
                    self.tick()
            finally:
                self._log.info("worker is ending")
                with _engine_tried():
                    self._engine.stop(ENDING_SECONDS)
        finally:
            self._leave()
        self._log.info("worker ended")

    def begin(self) -> None:
        """Take a place, and whatever is handed out from now on. Raises: as ``run``."""
        self._enter()
        for hand in self._hands:
            self._free.put(hand)
        with _engine_tried():
            self._engine.start(self.do)

    def tick(self) -> None:
        """One look. Failure: a database that is away is waited for. Raises: MovedError where it will not come back."""
        try:
            self._clock.put_right(self._moment())
            self._stay()
            self._planner.plan(ACTOR, self._clock.now())
            self._heed()
            offers = self.offers()
            with _engine_tried():
                self._engine.offer(offers, self._clock.now())
            if self._place is not None and self._place.subject == FIRST:
                self._outages.look(self._clock.now())
            self._is_away = False
        except MovedError:
            raise
        except BridgeError as error:
            self._tell_away(error)

    def offers(self) -> tuple[Offer, ...]:
        """What is due and may be begun, by turns of organisations; a few more than there are hands.

        Network: a handful of questions to the database, however many organisations there are.
        """
        now = self._clock.now()
        with self._store.reading() as unit:
            due = unit.organisations.due(now)
            names = sorted({name for name, _ in due})
            how, leases = self._standings(unit, names), unit.organisations.begun(names)
        held = {at for at, lease in leases.items() if lease.until > now and not is_dead(lease.holder)}
        may = (
            Place(name, duty)
            for name, duty in due
            if name in how and (name, duty.key) not in held and not hindrance(duty, how[name])
        )
        in_line = in_turn(may, Counter(name for name, _ in held))
        metrics.measure("bridge_duties_due", len(in_line))
        late = max(((now - place.duty.due_at).total_seconds() for place in in_line), default=0.0)
        metrics.measure("bridge_duties_late_seconds", late)
        metrics.measure("bridge_worker_looked_at", now.timestamp())
        return tuple(self._offer(place, leases, now) for place in in_line[: 4 * len(self._hands)])

    def _standings(self, unit: UnitOfWork, names: Sequence[str]) -> Mapping[str, Standing]:
        """Of all; where one's cannot be read, as when a later version kept them, of the others."""
        with suppress(ConfigError):
            return unit.organisations.standings(names)
        found = dict[str, Standing]()
        for name in names:
            try:
                found |= unit.organisations.standings([name])
            except ConfigError as error:
                self._log_once("organisation cannot be worked for", organisation=name, code=error.code)
        return found

    def _offer(self, place: Place, leases: Mapping[tuple[str, str], Lease], now: datetime) -> Offer:
        duty, lease = place.duty, leases.get((place.organisation, place.duty.key))
        again = int((now - duty.due_at).total_seconds()) // OFFERED_SECONDS
        claims = lease.epoch if lease else 0
        return Offer(place.key, f"{place.key}|{duty.due_at:%Y%m%d%H%M%S%f}|{duty.asked}|{claims}|{again}")

    def do(self, key: str) -> None:
        """Take a turn at a duty that was handed out. Raises: nothing."""
        organisation, kind, subject = parts_of(key)
        hand = self._free.get()
        try:
            with self._suspects.beside(is_suspect=self._was_left(organisation, f"{kind}/{subject}")):
                hand.take(organisation, kind, subject)
        except BridgeError as error:
            self._log.warning("duty was not claimed", duty=key, code=error.code)
        except Exception as bug:  # noqa: BLE001 - who hands out expects nothing, and would say nothing of it
            self._log.error("duty was not claimed", duty=key, error=type(bug).__name__)
        finally:
            self._free.put(hand)

    def _was_left(self, organisation: str, duty: str) -> bool:
        """Whether somebody began it and neither ended nor goes on with it."""
        with self._store.reading() as unit:
            lease = unit.organisations.begun([organisation]).get((organisation, duty))
        return lease is not None and (lease.until <= self._clock.now() or is_dead(lease.holder))

    def _heed(self) -> None:
        """Come to the notices that wait, for a second at most. Failure: they wait on, and what is due is done."""
        ends = monotonic() + TICK_SECONDS
        try:
            while many := self._hints(self._clock.now()):
                metrics.count("bridge_hints", many)
                if monotonic() > ends:
                    break
            self._told.pop("notices are not come to", None)
        except BridgeError as error:
            self._log_once("notices are not come to", code=error.code, cause=str(error))

    def _enter(self) -> None:
        """Take the first place that is free."""
        waits = [TICK_SECONDS] * int(TERM.total_seconds() + 2) if self._is_alone else []
        self._clock.put_right(self._moment())
        while not self._found_place():
            if not waits:
                raise ConfigError(
                    "worker",
                    "another is at work here, and a database in a file takes one",
                    "Stop the other; for several workers use PostgreSQL",
                    code="worker.second",
                )
            self._clock.sleep(waits.pop())

    def _found_place(self) -> bool:
        now = self._clock.now()
        for number in range(1, 2 if self._is_alone else _MOST_WORKERS):
            with self._store.unit(ACTOR) as unit:
                self._place, _ = take(unit, LeaseKind.WORKER, str(number), self._holder, now, now + TERM)
            if self._place is not None:
                return True
        return False

    def _stay(self) -> None:
        """Say that this process lives. One that slept too long looks for a place again."""
        try:
            assert self._place is not None
            with self._store.unit(ACTOR) as unit:
                self._place = unit.leases.renew(self._place, self._clock.now() + TERM)
        except StaleError:
            self._log.warning("worker slept, and its place was taken")
            if not self._found_place():
                raise

    def _leave(self) -> None:
        with suppress(BridgeError):
            for hand in self._hands:
                hand.give_back()
            if self._place is not None:
                with self._store.unit(ACTOR) as unit:
                    unit.leases.release(self._place)

    def _log_once(self, event: str, **facts: str) -> None:
        if facts not in (told := self._told[event]):
            told.append(facts)
            self._log.error(event, **facts)

    def _tell_away(self, error: BridgeError) -> None:
        if not self._is_away:
            self._log.warning("nothing is handed out for now", code=error.code, cause=str(error))
        self._is_away = True


@contextmanager
def _engine_tried() -> Iterator[None]:
    """Whatever the engine says of its own tables is told as ours. Raises: TransientError ``worker.engine``."""
    try:
        yield
    except Exception as error:
        step = "Nothing to do while it is tried again; if it lasts, check the database and what its user may do"
        cause = f"cannot make or reach its tables ({type(error).__name__})"
        raise TransientError("the worker's engine", cause, step, code="worker.engine") from error


class Suspects:
    """Lets a turn that perhaps killed its process before be taken alone: those beside it are not counted with it.

    Others wait for it to end, and it for them.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._others, self._is_alone = 0, False

    @contextmanager
    def beside(self, *, is_suspect: bool) -> Iterator[None]:
        with self._alone() if is_suspect else self._with_others():
            yield

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._when(lambda: not self._is_alone, is_alone=True)
        with self._changed:
            self._changed.wait_for(lambda: self._others == 0)
        try:
            yield
        finally:
            self._when(lambda: True, is_alone=False)

    @contextmanager
    def _with_others(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._is_alone)
            self._others += 1
        try:
            yield
        finally:
            with self._changed:
                self._others -= 1
                self._changed.notify_all()

    def _when(self, is_time: Callable[[], bool], *, is_alone: bool) -> None:
        with self._changed:
            self._changed.wait_for(is_time)
            self._is_alone = is_alone
            self._changed.notify_all()

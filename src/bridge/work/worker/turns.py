"""A turn at a duty: claimed by its lease, done beside the renewing of it, ended only while it is still ours."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Final

import msgspec

from bridge import log, metrics
from bridge.clock import Clock
from bridge.errors import BridgeError, Disposition, StaleError
from bridge.host.holder import holder_name
from bridge.host.turn import take
from bridge.model.duties import Duty, DutyKind, next_due
from bridge.model.hindrances import Standing, hindrance
from bridge.model.leases import Lease, LeaseKind
from bridge.model.runs import RunOutcome
from bridge.store.api import Store
from bridge.work.story import Story
from bridge.work.worker.pieces import ACTOR, LATER, Ended, do
from bridge.work.worker.watching import Logged

TERM: Final = timedelta(seconds=8)
"""So long a duty stays with who claimed it and says nothing more."""
RENEWED_SECONDS: Final = 2.0
MOST_CLAIMS: Final = 3
_LATE_SECONDS: Final = 60


class Turns:
    """One hand of a worker: takes one turn at a time. Its story is its own, and so is its name among the holders."""

    def __init__(self, store: Store, clock: Clock, story: Story) -> None:
        self._store, self._clock, self._story = store, clock, story
        self._holder = holder_name()
        self._log = log.get("worker")
        self._lease: Lease | None = None

    def take(self, kind: DutyKind, subject: str) -> bool:
        """Claim a duty, do a piece of it, and say when it is due next. False where it was not ours to do.

        Killed:  the lease lapses, or is seen to be a dead process's, and the next one begins anew.
        Frozen:  who wakes after another took over saves nothing of the duty; what the piece itself saves, its own
                 leases guard.
        Failure: an error of ours is tried again in a few minutes. What is none counts like a death: after three in a
                 row the duty stops, and the others go on.
        """
        claimed = self._claim(kind, subject)
        if claimed is None:
            return False
        duty, self._lease = claimed
        began = self._clock.now()
        late = round((began - duty.due_at).total_seconds())
        metrics.count("bridge_turns_late_seconds", late, duty=duty.kind)
        metrics.count("bridge_turns_late_minute", late > _LATE_SECONDS, duty=duty.kind)
        self._log.info("turn began", duty=duty.key, late_seconds=late, claims=self._lease.claims)
        try:
            with self._renewing(self._lease):
                self._end(self._lease, *self._done(duty))
        except StaleError:
            self._log.warning("turn was taken over", duty=duty.key)
        except Exception as bug:  # noqa: BLE001 - whatever it is, the other duties go on
            self._log.error("turn broke off", duty=duty.key, error=type(bug).__name__)
            metrics.count("bridge_turns", duty=duty.kind, outcome=RunOutcome.UNFINISHED)
            self._break_off(duty, self._lease)
        finally:
            self._lease = None
        return True

    def give_back(self) -> None:
        """Say that a turn which goes on too long for the end of this process did not die of itself."""
        if (lease := self._lease) is not None:
            with self._store.unit(ACTOR) as unit:
                unit.leases.release(lease)

    def _claim(self, kind: DutyKind, subject: str) -> tuple[Duty, Lease] | None:
        now = self._clock.now()
        with self._store.unit(ACTOR) as unit:
            lease, _ = take(unit, LeaseKind.DUTY, f"{kind}/{subject}", self._holder, now, now + TERM)
            if lease is None:
                return None
            duty = unit.duties.get(kind, subject)  # as it stands behind the lease
            how = Standing.of(unit.routes.all(), unit.connections.all(), unit.pauses.all())
            if duty is not None and duty.due_at <= now and not hindrance(duty, how):
                if lease.claims <= MOST_CLAIMS:
                    return duty, lease
                unit.duties.put(msgspec.structs.replace(duty, stopped_at=now))
                self._log.error("duty stopped", duty=duty.key, claims=lease.claims - 1)
            unit.leases.release(lease)
        return None

    def _done(self, duty: Duty) -> tuple[Duty, tuple[tuple[DutyKind, str], ...]]:
        """The duty as it is after a turn, and what is due by it."""
        with self._store.reading() as unit:
            routes = unit.routes.all()
        try:
            ended = do(self._story, duty, routes, self._clock.now(), Logged(duty.key))
        except BridgeError as error:
            self._log.warning("turn failed", duty=duty.key, code=error.code, cause=str(error))
            is_passing = error.disposition in {Disposition.RETRY, Disposition.LOOK_UP}
            outcome = RunOutcome.WAITS if is_passing else RunOutcome.FAILED
            return self._next(duty, outcome, 0, self._clock.now() + LATER if is_passing else None), ()
        self._log.info("turn ended", duty=duty.key, run=ended.run.number, outcome=str(ended.run.outcome))
        return self._after(duty, ended), ended.asks

    def _after(self, duty: Duty, ended: Ended) -> Duty:
        return self._next(duty, ended.run.outcome, ended.run.number, ended.again_at)

    def _next(self, duty: Duty, outcome: RunOutcome, run: int, again_at: datetime | None) -> Duty:
        now = self._clock.now()
        by_rhythm = next_due(duty.rhythm, duty.key, now)
        due_at = min(by_rhythm, again_at) if again_at else by_rhythm
        return msgspec.structs.replace(duty, due_at=due_at, last_at=now, last=outcome, last_run=run)

    def _end(self, lease: Lease, duty: Duty, asks: tuple[tuple[DutyKind, str], ...]) -> None:
        """Raises: StaleError when another took over; nothing is saved then."""
        now = self._clock.now()
        metrics.count("bridge_turns", duty=duty.kind, outcome=duty.last or RunOutcome.DONE)
        with self._store.unit(ACTOR) as unit:
            unit.leases.renew(lease, now)
            unit.duties.end(duty, now)
            for kind, subject in asks:
                unit.duties.ask(kind, subject, now)
            unit.leases.release(lease)

    def _break_off(self, duty: Duty, lease: Lease) -> None:
        """Let the next one begin it in a while; that it was not ended stays counted."""
        now = self._clock.now()
        try:
            with self._store.unit(ACTOR) as unit:
                unit.leases.renew(lease, now)
                unit.duties.end(self._next(duty, RunOutcome.UNFINISHED, 0, now + LATER), now)
        except BridgeError as error:  # then the lease lapses by itself
            self._log.warning("turn was not ended", duty=duty.key, code=error.code)

    @contextmanager
    def _renewing(self, lease: Lease) -> Iterator[None]:
        over = threading.Event()
        beside = threading.Thread(target=self._renew, args=(lease, over), name="bridge-renewing", daemon=True)
        beside.start()
        try:
            yield
        finally:
            over.set()
            beside.join()

    def _renew(self, lease: Lease, over: threading.Event) -> None:
        while not over.wait(RENEWED_SECONDS):
            try:
                with self._store.unit(ACTOR) as unit:
                    unit.leases.renew(lease, self._clock.now() + TERM)
            except StaleError:
                return
            except BridgeError as error:  # the database is away or busy: once more
                self._log.warning("lease not renewed", duty=lease.subject, code=error.code)

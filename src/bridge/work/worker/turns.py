"""A turn at a duty: claimed by its lease, done beside the renewing of it, ended only while it is still ours."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, Final

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
from bridge.store.api import Stores
from bridge.work.worker.hints import BETWEEN_SYNCS
from bridge.work.worker.line import named
from bridge.work.worker.offices import Office, Stories, offices
from bridge.work.worker.pieces import ACTOR, LATER, Ended, do, has_something
from bridge.work.worker.watching import Logged

TERM: Final = timedelta(seconds=8)
"""So long a duty stays with who claimed it and says nothing more."""
RENEWED_SECONDS: Final = 2.0
MOST_CLAIMS: Final = 3
_LATE_SECONDS: Final = 60
_PAUSES: Final = {DutyKind.SYNC: BETWEEN_SYNCS}
"""Before the next turn, where it was asked for during one: a busy shop sends word all the while."""


class Turns:
    """One hand of a worker: takes one turn at a time. Its stories are its own, and so is its name among the holders."""

    def __init__(self, store: Stores, clock: Clock, stories: Stories) -> None:
        self._clock, self._offices = clock, offices(store, stories)
        self._holder = holder_name()
        self._log = log.get("worker")
        self._held: tuple[Office, Lease] | None = None

    def take(self, organisation: str, kind: DutyKind, subject: str) -> bool:
        """Claim a duty, do a piece of it, and say when it is due next. False where it was not ours to do.

        A delivery to a ledger that nothing waits for ends as it is claimed: it is no run.
        Killed:  the lease lapses, or is seen to be a dead process's, and the next one begins anew.
        Frozen:  who wakes after another took over saves nothing of the duty; what the piece itself saves, its own
                 leases guard.
        Failure: an error of ours is tried again in a few minutes; also where what came of it could not be saved, as
                 when the database went away meanwhile. What is none counts like a death: after three in a row the
                 duty stops, and the others go on.
        """
        office = self._offices(organisation)
        claimed = self._claim(office, kind, subject)
        if claimed is None:
            return False
        duty, lease = claimed
        self._held = office, lease
        turn = _Turn(office, self._clock, self._log.bind(organisation=organisation))
        try:
            turn.take(duty, lease)
        finally:
            self._held = None
        return True

    def give_back(self) -> None:
        """Say that a turn which goes on too long for the end of this process did not die of itself."""
        if (held := self._held) is not None:
            office, lease = held
            with office.store.unit(ACTOR) as unit:
                unit.leases.release(lease)

    def _claim(self, office: Office, kind: DutyKind, subject: str) -> tuple[Duty, Lease] | None:
        now = self._clock.now()
        with office.store.unit(ACTOR) as unit:
            lease, _ = take(unit, LeaseKind.DUTY, f"{kind}/{subject}", self._holder, now, now + TERM)
            if lease is None:
                return None
            duty = unit.duties.get(kind, subject)  # as it stands behind the lease
            how = Standing.of(unit.routes.all(), unit.connections.all(), unit.pauses.all())
            if duty is not None and duty.due_at <= now and not hindrance(duty, how):
                if lease.claims > MOST_CLAIMS:
                    unit.duties.put(msgspec.structs.replace(duty, stopped_at=now))
                    self._log.error("duty stopped", duty=duty.key, claims=lease.claims - 1)
                elif kind is DutyKind.DELIVER and not duty.fault and not has_something(unit, subject):
                    unit.duties.end(_next(office.name, duty, RunOutcome.DONE, duty.last_run, None, "", now), now)
                else:
                    return duty, lease
            unit.leases.release(lease)
        return None


class _Turn:
    """A turn that was claimed, in the office of its organisation."""

    def __init__(self, office: Office, clock: Clock, log: Any) -> None:
        self._office, self._store, self._clock, self._log = office, office.store, clock, log

    def take(self, duty: Duty, lease: Lease) -> None:
        """Do it beside the renewing, and end it. Raises: nothing but what ends the process."""
        late = round((self._clock.now() - duty.due_at).total_seconds())
        metrics.count("bridge_turns_late_seconds", late, duty=duty.kind)
        metrics.count("bridge_turns_late_minute", late > _LATE_SECONDS, duty=duty.kind)
        self._log.info("turn began", duty=duty.key, late_seconds=late, claims=lease.claims)
        try:
            with self._renewing(lease):
                self._end(lease, *self._done(duty))
        except StaleError:
            self._log.warning("turn was taken over", duty=duty.key)
        except Exception as error:  # noqa: BLE001 - whatever it is, the other duties go on
            metrics.count("bridge_turns", duty=duty.kind, outcome=RunOutcome.UNFINISHED)
            if isinstance(error, BridgeError) and error.disposition is not Disposition.HALT:
                self._log.warning("turn was not ended", duty=duty.key, code=error.code, cause=str(error))
                self._break_off(duty, lease, is_counted=False)  # the database went away, or the organisation
            else:
                self._log.error("turn broke off", duty=duty.key, error=type(error).__name__)
                self._break_off(duty, lease, is_counted=True)

    def _done(self, duty: Duty) -> tuple[Duty, tuple[tuple[DutyKind, str], ...]]:
        """The duty as it is after a turn, and what is due by it."""
        with self._store.reading() as unit:
            routes = unit.routes.all()
        try:
            ended = do(self._office.story, duty, routes, self._clock, Logged(duty.key, self._log))
        except BridgeError as error:
            self._log.warning("turn failed", duty=duty.key, code=error.code, cause=str(error))
            is_passing = error.disposition in {Disposition.RETRY, Disposition.LOOK_UP}
            outcome = RunOutcome.WAITS if is_passing else RunOutcome.FAILED
            again_at = self._clock.now() + LATER if is_passing else None
            return self._next(duty, outcome, 0, again_at, fault=error.code), ()
        self._log.info("turn ended", duty=duty.key, run=ended.run.number, outcome=str(ended.run.outcome))
        return self._after(duty, ended), ended.asks

    def _after(self, duty: Duty, ended: Ended) -> Duty:
        return self._next(duty, ended.run.outcome, ended.run.number, ended.again_at, fault=ended.fault)

    def _next(self, duty: Duty, outcome: RunOutcome, run: int, again_at: datetime | None, *, fault: str = "") -> Duty:
        return _next(self._office.name, duty, outcome, run, again_at, fault, self._clock.now())

    def _end(self, lease: Lease, duty: Duty, asks: tuple[tuple[DutyKind, str], ...]) -> None:
        """Raises: StaleError when another took over; nothing is saved then."""
        now = self._clock.now()
        metrics.count("bridge_turns", duty=duty.kind, outcome=duty.last or RunOutcome.DONE)
        with self._store.unit(ACTOR) as unit:
            unit.leases.renew(lease, now)
            unit.duties.end(duty, min(duty.due_at, now + _PAUSES.get(duty.kind, timedelta())))
            for kind, subject in asks:
                if kind is not DutyKind.DELIVER or has_something(unit, subject):
                    unit.duties.ask(kind, subject, now)
            unit.leases.release(lease)

    def _break_off(self, duty: Duty, lease: Lease, *, is_counted: bool) -> None:
        """Let the next one begin it in a while. is_counted: as one whose beginner died; see ``Turns.take``."""
        now = self._clock.now()
        try:
            with self._store.unit(ACTOR) as unit:
                unit.leases.renew(lease, now)
                unit.duties.end(self._next(duty, RunOutcome.UNFINISHED, 0, now + LATER), now)
                if not is_counted:
                    unit.leases.release(lease)
        except BridgeError as error:
            self._log.warning("turn was not put off", duty=duty.key, code=error.code)
            if not is_counted:
                with suppress(BridgeError), self._store.unit(ACTOR) as unit:
                    unit.leases.release(lease)  # else it lapses by itself

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


def _next(
    organisation: str,
    duty: Duty,
    outcome: RunOutcome,
    run: int,
    again_at: datetime | None,
    fault: str,
    now: datetime,
) -> Duty:
    """The duty after a turn: due by its rhythm, or sooner where it goes on."""
    by_rhythm = next_due(duty.rhythm, named(organisation, duty.kind, duty.subject), now)
    due_at = min(by_rhythm, again_at) if again_at else by_rhythm
    ended = msgspec.structs.replace(duty, due_at=due_at, last_at=now, last=outcome, last_run=run)
    return ended.failing(fault, now)

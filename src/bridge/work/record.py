"""Runs as rows: begun, saved on the way, ended; and those that a dead process left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta

import msgspec

from bridge.clock import Clock
from bridge.errors import BridgeError, LockedError, disk_told
from bridge.host.holder import as_it_stands
from bridge.model import organisations
from bridge.model.organisations import month_of
from bridge.model.runs import Piece, Run, RunOutcome, Told
from bridge.store.api import Store
from bridge.work.told import added, of_error
from bridge.work.verdict import Verdict
from bridge.work.watch import Watch

Used = Callable[[], Mapping[tuple[str, str], int]]
KEPT_FOR = timedelta(days=90)
NEWEST_KEPT = 1_000


class Recorded:
    """A run that is under way. ``run`` is how it stands; each part of it is saved as it is done."""

    def __init__(self, store: Store, clock: Clock, run: Run, used: Used) -> None:
        self._store, self._clock, self.run, self._used = store, clock, run, used

    def add(self, told: Told) -> None:
        """Say what one more part of it did; a part that did nothing is not worth a write."""
        if (more := added(self.run.told, told)) != self.run.told:
            self._save(told=more)

    def end(self, outcome: RunOutcome) -> None:
        """Say that it is over, and how; and what was used is added to that of the month."""
        now = self._clock.now()
        used = self._used()
        month = [organisations.Used(month_of(now), plugin, what, many) for (plugin, what), many in used.items()]
        self._save(outcome=outcome, ended_at=now, month=month)

    def _save(self, month: Sequence[organisations.Used] = (), **changes: object) -> None:
        self.run = msgspec.structs.replace(self.run, last_at=self._clock.now(), **changes)
        with self._store.unit(self.run.actor) as unit:
            unit.runs.save(self.run)
            unit.usage.add(month)


class Recorder:
    """Keeps the numbered account of what is done.

    holder: this process, as ``host.holder`` names it. used: see ``Steps``. ended: told of each run that ended, by
    itself or by an error.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        holder: str,
        used: Used,
        ended: Callable[[Run], None] = lambda _run: None,
    ) -> None:
        self._store, self._clock, self._holder, self._used, self._ended = store, clock, holder, used, ended

    @contextmanager
    def running(self, piece: Piece, *, actor: str, watch: Watch, retry_of: int) -> Iterator[Recorded]:
        """A run of this piece, for as long as the block lasts; the block ends it.

        Failure: what an error stops has failed by it. What anything else stops (a person, a bug of ours, a database
                 that another process holds) stands as unfinished, like one whose process was killed.
        """
        recorded = Recorded(self._store, self._clock, self._begin(piece, actor, watch, retry_of), self._used)
        try:
            with disk_told():
                yield recorded
        except LockedError:  # to say so would wait as long again
            raise
        except BridgeError as error:
            with suppress(BridgeError):  # perhaps of the database itself, which then takes no account of it either
                recorded.add(of_error(error))
                recorded.end(Verdict.PUT_RIGHT.outcome)
                self._ended(recorded.run)
            raise
        except BaseException:
            with suppress(BridgeError):
                recorded.end(RunOutcome.UNFINISHED)
            raise
        self._ended(recorded.run)

    def forget(self, actor: str) -> None:
        """Let go of what ended long ago; the newest runs stay, however old."""
        with self._store.unit(actor) as unit:
            while unit.runs.forget(self._clock.now() - KEPT_FOR, NEWEST_KEPT):
                pass

    def _begin(self, piece: Piece, actor: str, watch: Watch, retry_of: int) -> Run:
        now = self._clock.now()
        run = Run(piece, actor, self._holder, started_at=now, last_at=now, retry_of=retry_of)
        with self._store.unit(actor) as unit:
            running = (as_it_stands(one, now) for one in unit.runs.running())
            left = [one for one in running if one.outcome is RunOutcome.UNFINISHED]
            for one in left:
                unit.runs.save(one)
            run = unit.runs.begin(run)
        watch.began(run, left)
        return run

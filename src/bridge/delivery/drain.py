"""One drain under one lease: do what people decided, work off what is due, wait for what comes due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import msgspec

from bridge.clock import Clock
from bridge.delivery import decide
from bridge.delivery.attempt import Attempts
from bridge.delivery.batches import batches, fills
from bridge.delivery.report import LIMIT, PAUSED, Stop
from bridge.delivery.turn import LeaseLostError, Turn
from bridge.errors import AuthorizationError, PausedError, PluginError, RateLimitedError, TransientError
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.store.api import Store

AT_ONCE = 200
"""So many of what is due are read at a time, so that batches of one type are full."""
OPEN = (DeliveryState.OWED, DeliveryState.SENDING, DeliveryState.IN_DOUBT)
STRIKES = 3
PAUSE = timedelta(seconds=30)
SHORTEST_WAIT = timedelta(seconds=1)


class Errand(msgspec.Struct, frozen=True):
    """What a drain was asked to do.

    until: to wait no longer than. limit: the most steps to take. ends_at: when to begin no further batch.
    only: these vouchers, by id; empty for all.
    """

    ledger: str
    actor: str
    until: datetime
    limit: int | None
    ends_at: datetime | None = None
    only: frozenset[str] = frozenset()


class Told:
    """What became of deliveries in one drain, as they are saved. steps: how many; tally: by their state."""

    def __init__(self, progress: Callable[[Delivery], None]) -> None:
        self._progress = progress
        self.steps = 0
        self.tally: Counter[DeliveryState] = Counter()

    @property
    def settled(self) -> int:
        """How many came to anything but being owed again."""
        return self.steps - self.tally[DeliveryState.OWED]

    def __call__(self, saved: Delivery) -> None:
        self.steps += 1
        self.tally[saved.state] += 1
        self._progress(saved)


class Drain:
    """Works off one ledger's deliveries.

    pauses: when each ledger may be asked again; outlives the drain, so that a ledger that asked us to wait is
    left alone by the next one too.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        turn: Turn,
        attempts: Attempts,
        told: Told,
        errand: Errand,
        pauses: dict[str, datetime],
    ) -> None:
        self._store, self._clock, self._turn = store, clock, turn
        self._attempts, self._told = attempts, told
        self._errand, self._pauses = errand, pauses
        self._most = errand.limit
        self._strikes = 0
        self.resume_at: datetime | None = None

    def run(self) -> Stop | None:
        """Until nothing more can be done within the patience; returns what stands in the way, if anything."""
        try:
            stop = self._carry_out_instructions()
            while True:
                stop = stop or self._work_off()
                self.resume_at = stop.until if stop else self._next_due()
                if self.resume_at is None:
                    return stop
                again_at = max(self.resume_at, self._clock.now() + SHORTEST_WAIT)
                if again_at > self._errand.until:
                    return stop
                self._wait(again_at)
                stop = None
        except (LeaseLostError, PausedError) as end:
            return Stop(end.code, str(end))

    def _carry_out_instructions(self) -> Stop | None:
        """Is no step that counts against the limit."""
        only = self._errand.only
        with self._store.reading() as unit:
            parked = unit.deliveries.with_state(self._errand.ledger, DeliveryState.PARKED)
            parked = tuple(one for one in parked if not only or one.voucher_id in only)
            said = unit.instructions.of_subjects([delivery.voucher_id for delivery in parked])
        stop = self._tried(lambda: self._attempts.carry_out(parked, said))
        self._most = None if self._errand.limit is None else self._errand.limit + self._told.steps
        return stop

    def _work_off(self) -> Stop | None:
        """Batch by batch until nothing that is due moves any more."""
        while True:
            now = self._clock.now()
            if (until := self._pauses.get(self._errand.ledger, now)) > now:
                return Stop(PAUSED, f"ledger {self._errand.ledger}: asked us to wait until {until:%H:%M:%S} UTC", until)
            due = self._due(now)
            before, strikes = self._told.steps, self._strikes
            for batch in batches(due, self._attempts.capabilities):
                is_moving = self._told.steps > before
                if len(due) == AT_ONCE and is_moving and not fills(batch, self._attempts.capabilities):
                    break  # more of its kind is due, and goes in the same call
                left = len(batch) if self._most is None else self._most - self._told.steps
                if left <= 0:
                    limit = self._errand.limit
                    return Stop(LIMIT, f"ledger {self._errand.ledger}: the limit of {limit} steps is reached")
                if self._is_over():
                    return Stop(LIMIT, f"ledger {self._errand.ledger}: others come before the rest")
                if stop := self._tried(partial(self._attempts.step, batch[:left])):
                    return stop
            if (self._told.steps, self._strikes) == (before, strikes):
                return None

    def _is_over(self) -> bool:
        """Whether its time is over; not before something was done, or it would never come to anything."""
        ends_at = self._errand.ends_at
        return ends_at is not None and self._told.steps > 0 and self._clock.now() >= ends_at

    def _due(self, now: datetime) -> tuple[Delivery, ...]:
        """Of a few that are named all that is not before its time: a step leaves those that wait for others."""
        with self._store.reading() as unit:
            if not self._errand.only:
                return unit.deliveries.due(self._errand.ledger, now, AT_ONCE)
            named = unit.deliveries.get_many(sorted(self._errand.only)).values()
        return tuple(one for one in named if one.state in OPEN and (one.due_at is None or one.due_at <= now))

    def _tried(self, work: Callable[[], None]) -> Stop | None:
        """Do it; what it says of the whole ledger decides whether to go on."""
        steps, settled = self._told.steps, self._told.settled
        try:
            work()
        except TransientError as error:
            return self._strike(error, is_first=self._told.settled > settled)
        except AuthorizationError as error:
            self._shut(error)
            return Stop(error.code, str(error))
        except PluginError as error:
            return Stop(error.code, str(error))
        self._strikes = 0 if self._told.steps > steps else self._strikes
        return None

    def _strike(self, error: TransientError, *, is_first: bool) -> Stop | None:
        """One call may be unlucky; a ledger that asks us to wait, or fails three in a row, is left alone."""
        self._strikes = 1 if is_first else self._strikes + 1
        if isinstance(error, RateLimitedError):
            pause = decide.asked(error)
        elif self._strikes >= STRIKES:
            pause = PAUSE
        else:
            return None
        until = self._pauses[self._errand.ledger] = self._clock.now() + pause
        return Stop(error.code, str(error), until)

    def _shut(self, error: AuthorizationError) -> None:
        with self._store.unit(self._errand.actor) as unit:
            unit.connections.shut(self._errand.ledger, error.cause)

    def _next_due(self) -> datetime | None:
        with self._store.reading() as unit:
            if not self._errand.only:
                return unit.deliveries.next_due(self._errand.ledger)
            named = unit.deliveries.get_many(sorted(self._errand.only)).values()
        return min((one.due_at for one in named if one.state in OPEN and one.due_at is not None), default=None)

    def _wait(self, until: datetime) -> None:
        """Sleep in pieces short enough that the lease stays ours."""
        while (left := (until - self._clock.now()).total_seconds()) > 0:
            self._clock.sleep(min(left, self._turn.rest_seconds))
            self._turn.keep()

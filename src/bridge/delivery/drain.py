"""One drain under one lease: do what people decided, work off what is due, wait for what comes due."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import msgspec

from bridge.clock import Clock
from bridge.delivery import decide
from bridge.delivery.attempt import Attempts
from bridge.delivery.report import LIMIT, PAUSED, Stop
from bridge.delivery.turn import LeaseLostError, Turn
from bridge.errors import AuthorizationError, PluginError, RateLimitedError, TransientError
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.store.api import Store

BATCH = 50
STRIKES = 3
PAUSE = timedelta(seconds=30)
SHORTEST_WAIT = timedelta(seconds=1)


class Errand(msgspec.Struct, frozen=True):
    """What a drain was asked to do. until: to wait no longer than. limit: the most steps to take."""

    ledger: str
    actor: str
    until: datetime
    limit: int | None


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
        errand: Errand,
        pauses: dict[str, datetime],
    ) -> None:
        self._store, self._clock, self._turn, self._attempts = store, clock, turn, attempts
        self._errand, self._pauses = errand, pauses
        self._steps, self._strikes = 0, 0
        self.tally: Counter[DeliveryState] = Counter()
        self.resume_at: datetime | None = None

    def run(self) -> Stop | None:
        """Until nothing more can be done within the patience; returns what stands in the way, if anything."""
        try:
            self._carry_out_instructions()
            while True:
                stop = self._work_off()
                self.resume_at = stop.until if stop else self._next_due()
                if self.resume_at is None:
                    return stop
                again_at = max(self.resume_at, self._clock.now() + SHORTEST_WAIT)
                if again_at > self._errand.until:
                    return stop
                self._wait(again_at)
        except LeaseLostError as lost:
            return Stop(lost.code, str(lost))

    def _carry_out_instructions(self) -> None:
        with self._store.reading() as unit:
            parked = unit.deliveries.with_state(self._errand.ledger, DeliveryState.PARKED)
            said = unit.instructions.of_subjects([delivery.voucher_id for delivery in parked])
        for delivery in parked:
            self._count(self._attempts.carry_out(delivery, said.get(delivery.voucher_id, ())))

    def _work_off(self) -> Stop | None:
        """Step by step until nothing that is due moves any more."""
        while True:
            now = self._clock.now()
            if (until := self._pauses.get(self._errand.ledger, now)) > now:
                return Stop(PAUSED, f"ledger {self._errand.ledger}: asked us to wait until {until:%H:%M:%S} UTC", until)
            with self._store.reading() as unit:
                batch = unit.deliveries.due(self._errand.ledger, now, BATCH)
            before = self._steps
            for delivery in batch:
                stop = self._step(delivery)
                if stop is not None:
                    return stop
            if self._steps == before:
                return None

    def _step(self, delivery: Delivery) -> Stop | None:
        if self._errand.limit is not None and self._steps >= self._errand.limit:
            return Stop(LIMIT, f"ledger {self._errand.ledger}: the limit of {self._errand.limit} steps is reached")
        try:
            after = self._attempts.step(delivery)
        except TransientError as error:
            self._steps += 1
            return self._strike(error)
        except AuthorizationError as error:
            self._shut(error)
            return Stop(error.code, str(error))
        except PluginError as error:
            return Stop(error.code, str(error))
        self._steps += after is not None
        self._strikes = 0 if after else self._strikes
        self._count(after)
        return None

    def _strike(self, error: TransientError) -> Stop | None:
        """One voucher may be unlucky; a ledger that asks us to wait, or fails three in a row, is left alone."""
        self._strikes += 1
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
            return unit.deliveries.next_due(self._errand.ledger)

    def _wait(self, until: datetime) -> None:
        """Sleep in pieces short enough that the lease stays ours."""
        while (left := (until - self._clock.now()).total_seconds()) > 0:
            self._clock.sleep(min(left, self._turn.rest_seconds))
            self._turn.keep()

    def _count(self, after: Delivery | None) -> None:
        if after is not None:
            self.tally[after.state] += 1

"""A vendor's limits, kept before they are met."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bridge.clock import Clock
from bridge.errors import PluginError, RateLimitedError
from bridge.model.budgets import Limit
from bridge.transport.spending import CLOCKS_APART, Answer, Asked, Block, Spent, Told, answer

LONGEST_WAIT = timedelta(seconds=65)  # a minute, and what is added to a vendor's minute
_NO_END = 1_000
_MOST_DIGITS = 10
_NOW, _AT_LEAST = timedelta(0), timedelta(milliseconds=1)


class Till(Protocol):
    """Where is written down what is spent, by everybody who shares it."""

    def change(self, limits: Sequence[Limit], decide: Callable[[Sequence[Spent]], Answer]) -> Answer:
        """Read what is spent of these limits, let it be decided, and write down what comes of it; alone meanwhile."""
        ...


class OwnTill:
    """Of one process that shares with nobody."""

    def __init__(self) -> None:
        self._spent: dict[Limit, Spent] = {}

    def change(self, limits: Sequence[Limit], decide: Callable[[Sequence[Spent]], Answer]) -> Answer:
        decided = decide([self._spent.get(limit, Spent(limit)) for limit in limits])
        self._spent |= {one.limit: one for one in decided.spent}
        return decided


class Budget:
    """How many calls may still leave now; whoever is over it waits its turn, for about a minute at most.

    Shape:    a limit holds over every span of its length: a bucket that is full at the start of a vendor's minute and
              refills during it would let through nearly twice the limit. See ``spending``.
    Twice:    safe to share between threads. thing: whose it is, for messages.
    """

    def __init__(
        self, limits: Iterable[Limit], clock: Clock, till: Till | None = None, *, thing: str = "budget"
    ) -> None:
        shared = till or OwnTill()
        by_what: dict[str, list[Limit]] = {}
        for limit in limits:
            by_what.setdefault(limit.what, []).append(limit)
        self._clock, self._thing = clock, thing
        self._most = {what: min(limit.many for limit in some) for what, some in by_what.items()}
        self._purses = {what: _Purse(some, clock, shared) for what, some in by_what.items()}

    def take(self, what: str = "requests", many: int = 1, *, longest_wait: timedelta = LONGEST_WAIT) -> None:
        """Wait until so many more of ``what`` may leave at once, and count them.

        Raises: RateLimitedError when that would take longer than about a minute, or than is said; then nothing is
                counted. PluginError ``plugin.over_limit`` for more at once than a limit ever lets through.
        """
        purse = self._purses.get(what)
        if purse is None:
            return
        if many > self._most[what]:
            raise _never(self._thing, what, many, self._most[what])
        give_up_at = self._clock.now() + longest_wait
        while wait := purse.take(many):
            if self._clock.now() + wait > give_up_at:
                raise RateLimitedError(self._thing, retry_after_seconds=int(wait.total_seconds()) + 1)
            self._clock.sleep(wait.total_seconds())

    def heard(self, headers: Mapping[str, str], sent_at: datetime) -> None:
        """Listen to what an answer says is left. sent_at: when the call left that it answers."""
        for purse in self._purses.values():
            purse.heard(headers, sent_at)


class _Purse:
    """What one process has of the limits of one thing."""

    def __init__(self, limits: Sequence[Limit], clock: Clock, till: Till) -> None:
        self._limits, self._clock, self._till = limits, clock, till
        self._lock = threading.Lock()
        self._block: Block | None = None
        self._left, self._left_at = 0, list[datetime]()
        self._told: dict[Limit, Told] = {}
        self._wanted, self._is_hurried = 1, False
        self._turns = {limit: deque[datetime](maxlen=limit.many) for limit in limits if limit.has_lanes}

    def take(self, many: int) -> timedelta:
        """Count so many calls, and wait no more; else nothing is counted, and it is how long to wait before asking."""
        with self._lock:
            if not self._has_calls(many, self._clock.now()):
                ready_at = self._renew(many)
                if not self._has_calls(many, self._clock.now()):
                    return max(ready_at - self._clock.now(), _AT_LEAST)
            now = self._clock.now()  # reserving takes its time
            assert self._block is not None
            lanes = self._block.lanes.items()
            turn = max((self._turn(limit, share - many + 1, now) for limit, share in lanes), default=now)
            if turn > now:
                self._is_hurried = True
                return turn - now
            for turns in self._turns.values():
                turns.extend([now] * many)
            self._left -= many
            self._left_at += [now] * many
            return _NOW

    def heard(self, headers: Mapping[str, str], sent_at: datetime) -> None:
        with self._lock:
            for limit in self._limits:
                told = headers.get(limit.remaining, "").strip() if limit.remaining else ""
                if told.isascii() and told.isdigit() and len(told) < _MOST_DIGITS:
                    self._told[limit] = Told(int(told), sent_at)
                    self._left = min(self._left, int(told))

    def _has_calls(self, many: int, now: datetime) -> bool:
        """A clock that was set back ends a block too."""
        if self._block is None or self._left < many or any(share < many for share in self._block.lanes.values()):
            return False
        latest = now + max(limit.block for limit in self._limits) + CLOCKS_APART
        return now < self._block.until <= latest

    def _renew(self, many: int) -> datetime:
        if self._block is not None:
            self._wanted = self._next_wanted(self._block, many)
        asked = Asked(
            max(self._wanted, many), many, self._is_hurried, self._block, tuple(self._left_at), dict(self._told)
        )
        decided = self._till.change(self._limits, lambda spent: answer(spent, asked, self._clock.now()))
        self._block, self._left_at = decided.block, []
        self._told.clear()
        if decided.block is not None:
            self._left, self._is_hurried = decided.block.many, False
        return decided.ready_at

    def _next_wanted(self, before: Block, many: int) -> int:
        """Twice as many as before where those did not last, else as many as were needed: few die with a process."""
        used = len(self._left_at)
        return min(2 * before.many, _NO_END) if used + many > before.many else max(1, used)

    def _turn(self, limit: Limit, lanes: int, now: datetime) -> datetime:
        """When so many of this process's lanes of a limit have let nobody through for the limit's time."""
        turns = self._turns[limit]
        if turns and turns[-1] > now + CLOCKS_APART:  # the clock was set back
            turns.clear()
        return turns[-lanes] + limit.span if len(turns) >= lanes else now


def _never(thing: str, what: str, many: int, most: int) -> PluginError:
    return PluginError(
        thing,
        f"asks for {many} {what} at once, and its limit never lets through more than {most}",
        "Raise that limit in the plugin's settings; if it is the plugin's own, report it to its author",
        code="plugin.over_limit",
    )

"""How often a vendor lets itself be asked: sliding windows, and buckets that fill again."""

import threading
from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.sandbox.clock import SandboxClock

__all__ = ["Bucket", "Counted", "RateLimits", "Window"]


@dataclass(slots=True)
class Window:
    """So many calls in every span of so many seconds."""

    most: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Counted:
    """What is left in each window after a call; of one that was refused which window is full, and for how long.

    Units:    ``wait_seconds`` is rounded up, and at least 1.
    """

    left: Mapping[str, int]
    problem: str = ""
    wait_seconds: int = 0


class RateLimits:
    """Counts the calls of each owner in windows, by their names; refuses none unless it ``is_on``.

    Shape:    where several windows are full, the first of them is the problem. ``most_under_way`` calls of an owner may
              be in flight at a time; 0 is any number.
    """

    def __init__(self, clock: SandboxClock, *, is_on: bool, **windows: Window) -> None:
        self.is_on, self.windows, self.most_under_way = is_on, windows, 0
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], deque[datetime]] = defaultdict(deque)
        self._under_way: Counter[str] = Counter()

    def count(self, owner: str, *names: str, **many: int) -> Counted:
        """Count a call in the windows of these names, and so many of others, or refuse it uncounted."""
        now, many = self._clock.now(), {**dict.fromkeys(names, 1), **many}
        with self._lock:
            seen = {name: self._recent(owner, name, now) for name in many}
            full = [name for name in many if self.is_on and len(seen[name]) + many[name] > self.windows[name].most]
            if not full:
                for name, calls in seen.items():
                    calls.extend([now] * many[name])
            left = {name: max(0, self.windows[name].most - len(calls)) for name, calls in seen.items()}
            if not full:
                return Counted(left)
            return Counted(left, full[0], self._wait(full[0], seen[full[0]], many[full[0]], now))

    def enter(self, owner: str) -> bool:
        """Tell whether a call may begin; one that began is to be told to ``leave``."""
        with self._lock:
            is_full = self.is_on and 0 < self.most_under_way <= self._under_way[owner]
            self._under_way[owner] += not is_full
            return not is_full

    def leave(self, owner: str) -> None:
        """Count a call off that began."""
        with self._lock:
            self._under_way[owner] -= 1

    def _recent(self, owner: str, name: str, now: datetime) -> deque[datetime]:
        seen, since = self._seen[owner, name], now - timedelta(seconds=self.windows[name].seconds)
        while seen and seen[0] <= since:
            seen.popleft()
        return seen

    def _wait(self, name: str, seen: deque[datetime], many: int, now: datetime) -> int:
        window = self.windows[name]
        last = seen[many - window.most - 1] if many <= window.most else now
        wait = last + timedelta(seconds=window.seconds) - now
        return max(1, -(-wait // timedelta(seconds=1)))


class Bucket:
    """Points that calls take out, and that come back by the second; it refuses none unless it ``is_on``."""

    def __init__(self, clock: SandboxClock, *, is_on: bool, maximum: int, restored: float) -> None:
        self.is_on, self.maximum, self.restored = is_on, maximum, restored
        self._clock = clock
        self._lock = threading.RLock()
        self._left, self._at = float(maximum), clock.now()

    def take(self, points: int) -> bool:
        """Tell whether so many are there; they are then gone."""
        with self._lock:
            left = self.available()
            if self.is_on and points > left:
                return False
            self._left -= points
            return True

    def give_back(self, points: int) -> None:
        """Put back what was taken and not used."""
        with self._lock:
            self._left = min(self.maximum, self._left + points)

    def available(self) -> int:
        """Give how many whole points there are."""
        with self._lock:
            now = self._clock.now()
            passed = max(timedelta(0), now - self._at)
            self._left, self._at = min(self.maximum, self._left + passed.total_seconds() * self.restored), now
            return int(self._left)

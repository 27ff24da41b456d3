"""The limits of the real service: counted always, enforced when they are switched on."""

import threading
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta

__all__ = ["Counted", "RateLimits", "refusal_headers"]

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Counted:
    """What is left after a request, and, where it was refused, which limit it met and for how long."""

    headers: dict[str, str]
    problem: str = ""


class RateLimits:
    """Counts requests of each organisation in a sliding minute and a sliding day."""

    def __init__(self, *, is_on: bool, minute: int = 60, day: int = 5000, app_minute: int = 10_000) -> None:
        self.is_on = is_on
        self.minute, self.day, self.app_minute = minute, day, app_minute
        self._lock = threading.Lock()
        self._seen: dict[str, deque[datetime]] = defaultdict(deque)

    def count(self, tenant: str, now: datetime) -> Counted:
        """Count a request, or refuse it uncounted."""
        with self._lock:
            seen = self._seen[tenant]
            while seen and seen[0] <= now - _DAY:
                seen.popleft()
            recent = _recent(seen, now)
            problem = self._problem(len(recent), len(seen))
            if problem == "minute":
                wait = recent[-self.minute] + _MINUTE - now
            elif problem == "day":
                wait = seen[-self.day] + _DAY - now
            else:
                wait = timedelta(0)
                seen.append(now)
            used = 0 if problem else 1
            headers = {
                "X-MinLimit-Remaining": str(max(0, self.minute - len(recent) - used)),
                "X-DayLimit-Remaining": str(max(0, self.day - len(seen))),
                "X-AppMinLimit-Remaining": str(max(0, self.app_minute - len(recent) - used)),
            }
            return Counted({**headers, **refusal_headers(problem, wait)}, problem)

    def _problem(self, in_minute: int, in_day: int) -> str:
        if self.is_on and in_day >= self.day:
            return "day"
        return "minute" if self.is_on and in_minute >= self.minute else ""


def refusal_headers(problem: str, wait: timedelta) -> dict[str, str]:
    """Give what a 429 says besides the counters."""
    if not problem:
        return {}
    return {"X-Rate-Limit-Problem": problem, "Retry-After": str(max(1, -(-int(wait.total_seconds() * 1000) // 1000)))}


def _recent(seen: deque[datetime], now: datetime) -> list[datetime]:
    recent: list[datetime] = []
    for at in reversed(seen):
        if at <= now - _MINUTE:
            break
        recent.append(at)
    return recent[::-1]

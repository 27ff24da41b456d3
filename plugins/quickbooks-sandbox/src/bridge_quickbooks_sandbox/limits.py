"""The limits of the real service, when they are switched on."""

import threading
from collections import defaultdict, deque
from datetime import datetime, timedelta

from bridge_quickbooks_sandbox.refusals import RefusalError

__all__ = ["RateLimits", "throttled"]

_REQUESTS = ((500, timedelta(seconds=60)), (10, timedelta(seconds=1)))
_BATCHES = ((40, timedelta(seconds=60)),)


class RateLimits:
    """Counts requests in sliding windows: 500 a minute and 10 a second per company, 40 batches a minute."""

    def __init__(self, *, is_on: bool) -> None:
        self.is_on = is_on
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, timedelta], deque[datetime]] = defaultdict(deque)

    def check(self, realm: str, *, is_batch: bool, now: datetime) -> None:
        """Count a request, or refuse it uncounted.

        Raises:   RefusalError 3001 with status 429.
        """
        if not self.is_on:
            return
        with self._lock:
            windows = [(f"{realm} all", *limit) for limit in _REQUESTS]
            if is_batch:
                windows += [(f"{realm} batch", *limit) for limit in _BATCHES]
            for name, most, span in windows:
                seen = self._seen[name, span]
                while seen and seen[0] <= now - span:
                    seen.popleft()
                if len(seen) >= most:
                    raise throttled()
            for name, _, span in windows:
                self._seen[name, span].append(now)


def throttled() -> RefusalError:
    """Give the refusal of a throttled request."""
    detail = "The request limit was reached.  Try again later"
    return RefusalError("3001", detail, status=429, kind="SERVICE")

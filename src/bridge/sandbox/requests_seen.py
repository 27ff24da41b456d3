"""What a sandbox was asked: a log and counters, without secrets."""

import threading
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bridge.sandbox.messages import Request

__all__ = ["RequestLog", "Seen"]

_SECRET_PARAMETERS = frozenset(
    {
        "access_token",
        "api_key",
        "client_secret",
        "code",
        "consumer_key",
        "consumer_secret",
        "hmac",
        "password",
        "refresh_token",
        "signature",
        "state",
        "token",
        "x-amz-signature",
    }
)
_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as the log keeps it: no headers, no body, secret parameters masked.

    ``status`` is 0 where the connection was dropped without an answer.
    """

    number: int
    at: datetime
    method: str
    path: str
    query: Mapping[str, str]
    label: str
    status: int
    fault: str


class RequestLog:
    """The last ten thousand requests, and counters over all of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: deque[Seen] = deque(maxlen=_KEPT)
        self._by_label: Counter[str] = Counter()
        self._by_status: Counter[int] = Counter()
        self._total = 0

    def add(self, request: Request, *, label: str, status: int, fault: str, at: datetime) -> None:
        """Write one exchange down."""
        query = {key: "***" if key.lower() in _SECRET_PARAMETERS else value for key, value in request.query.items()}
        with self._lock:
            self._total += 1
            self._by_label[label] += 1
            self._by_status[status] += 1
            self._seen.append(Seen(self._total, at, request.method, request.path, query, label, status, fault))

    def all(self) -> list[Seen]:
        """List what is kept, oldest first."""
        with self._lock:
            return list(self._seen)

    def count(self, *, label: str | None = None, status: int | None = None, method: str | None = None) -> int:
        """Count kept requests for which everything given holds."""
        return sum(
            (label is None or seen.label == label)
            and (status is None or seen.status == status)
            and (method is None or seen.method == method)
            for seen in self.all()
        )

    def counters(self) -> dict[str, object]:
        """Give totals over the sandbox's life: all requests, by label, by status."""
        with self._lock:
            return {
                "total": self._total,
                "by_label": dict(self._by_label),
                "by_status": {str(status): count for status, count in self._by_status.items()},
            }

    def clear(self) -> None:
        """Start again from nothing."""
        with self._lock:
            self._seen.clear()
            self._by_label.clear()
            self._by_status.clear()
            self._total = 0

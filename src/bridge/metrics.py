"""What a process counts while it works, for who watches over it. Like the log there is one for a process.

A process tells its own numbers alone, and whoever gathers them adds those of several together: so none has to know of
another, however many there are.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final

COUNTED: Final[Mapping[str, str]] = {
    "bridge_turns": "Turns that a worker took, by duty and by how they ended.",
    "bridge_turns_late_seconds": "How late turns began, added up; over bridge_turns, on average.",
    "bridge_turns_late_minute": "Turns that began more than a minute late.",
    "bridge_calls": "Calls to vendors, by plugin and by what they answered.",
    "bridge_notices": "Notices of vendors, by plugin and by what was answered.",
    "bridge_notices_repeated": "Notices that had come before.",
    "bridge_hints": "Notices that a worker came to.",
    "bridge_requests": "Requests to the site, by route and status.",
}
MEASURED: Final[Mapping[str, str]] = {
    "bridge_duties_due": "Duties that are due, may be begun, and are not, by this worker's last look.",
    "bridge_duties_late_seconds": "How late the latest of them is.",
    "bridge_worker_looked_at": "When this worker looked last, in seconds since 1970.",
}
Labels = tuple[tuple[str, str], ...]

_lock = threading.Lock()
_counts: dict[tuple[str, Labels], float] = {}
_measures: dict[str, float] = {}


def count(name: str, many: float = 1, **labels: str) -> None:
    """Add to what is counted."""
    with _lock:
        key = name, tuple(sorted(labels.items()))
        _counts[key] = _counts.get(key, 0) + many


def measure(name: str, value: float) -> None:
    """Say how much of something there is now."""
    with _lock:
        _measures[name] = value


def counts() -> dict[tuple[str, Labels], float]:
    """All that was counted, by name and labels."""
    with _lock:
        return dict(_counts)


def measures() -> dict[str, float]:
    """All that was measured last."""
    with _lock:
        return dict(_measures)

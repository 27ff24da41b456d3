"""Channels, each pulled again and again until no more of it is to be had in the time that there is to wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from bridge.clock import Clock
from bridge.errors import Disposition
from bridge.work.watch import Watch

if TYPE_CHECKING:
    from bridge.ingest import Pulled

_AGAIN: Final = timedelta(minutes=1)
_SOON: Final = timedelta(seconds=5)
"""So long is waited at least, also where the time to go on is past: else one who always says such keeps it spinning."""


def fill(
    pull: Callable[[str, datetime | None], Pulled | None],
    starts: Mapping[str, datetime | None],
    clock: Clock,
    wait_seconds: int,
    watch: Watch,
) -> tuple[Pulled, ...]:
    """How each ended that could be pulled. Waits between pulls, when none of them holds a lease.

    pull: a connection; None where that failed, which ends it. starts: by connection, from when on it is read again.
    wait_seconds: altogether.
    """
    ended: dict[str, Pulled] = {}
    pending, left = dict(starts), float(wait_seconds)
    while pending:
        for name, start in pending.items():
            ended.pop(name, None)
            if (pulled := pull(name, start)) is not None:
                ended[name] = pulled
        now = clock.now()
        due = {name: goes_on for name, pulled in ended.items() if (goes_on := goes_on_at(pulled, now))}
        if not due:
            break
        at, why = min(due.values())
        seconds = max(0.0, (at - now).total_seconds())
        if seconds > left:
            break
        watch.waits(why, at)
        clock.sleep(seconds)
        left -= seconds
        pending = {name: None for name, (when, _) in due.items() if when <= clock.now()}
    return tuple(ended.values())


def goes_on_at(pulled: Pulled, now: datetime) -> tuple[datetime, str] | None:
    """When the first of its streams goes on, and why only then; one that did not answer is asked again in a minute."""
    told = [(report.due_at, report.why) for report in pulled.streams if report.due_at is not None]
    waiting = [(max(at, now + _SOON), why) for at, why in told]
    silent = (report.error for report in pulled.streams if report.due_at is None and report.error is not None)
    waiting += [(now + _AGAIN, error.cause) for error in silent if error.disposition is Disposition.RETRY]
    return min(waiting, default=None)

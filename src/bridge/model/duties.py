"""Duties: what is to be done again and again, by whom nobody needs to be told, and when each comes due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from hashlib import sha256

import msgspec

from bridge.model.connections import EVERY_DAY, Route
from bridge.model.periods import local_day, zone
from bridge.model.runs import RunOutcome

SPREAD = timedelta(minutes=15)
"""So long after a time of day the last of those begin that are all due at it."""
CHECKED_AT = "05:00"
UPKEEP_MINUTES = 24 * 60
_MINUTE = timedelta(minutes=1)
_ERA = datetime(2000, 1, 1, tzinfo=UTC)


class DutyKind(StrEnum):
    """Which piece of the work it is: take in and book, send, compare with the ledger; and what no route asks for."""

    SYNC = "sync"
    DELIVER = "deliver"
    CHECK = "check"
    UPKEEP = "upkeep"


class Rhythm(msgspec.Struct, frozen=True):
    """When a duty comes due by itself: every so many minutes, or at times of day.

    times: (``HH:MM``, IANA time zone), each by the clock of its place. weekday: 0 for Monday; None for every day.
    """

    every_minutes: int = 0
    times: tuple[tuple[str, str], ...] = ()
    weekday: int | None = None


class Duty(msgspec.Struct, frozen=True):
    """One thing to do again and again.

    subject:    a route to sync or check, a ledger to deliver to; empty for upkeep.
    asked:      how often somebody asked for it before its time: who ends a turn sees whether that was meanwhile.
    stopped_at: since when nobody begins it any more, because whoever began it never came to its end.
    last_at, last, last_run: when it last ended, how, and as which run.
    fault:      the code of what kept it from its connection the last time; empty where nothing did. failing_since.
    """

    kind: DutyKind
    subject: str
    rhythm: Rhythm
    due_at: datetime
    asked: int = 0
    stopped_at: datetime | None = None
    last_at: datetime | None = None
    last: RunOutcome | None = None
    last_run: int = 0
    fault: str = ""
    failing_since: datetime | None = None

    @property
    def key(self) -> str:
        """Its name: ``sync/us``."""
        return f"{self.kind}/{self.subject}"

    @property
    def goes_on(self) -> bool:
        """Whether it is due because its last turn was cut short, and by nothing else."""
        return self.last_at is not None and self.due_at <= self.last_at

    def begun_again(self, now: datetime) -> Duty:
        """The same after a person saw to why it stopped: due now."""
        return msgspec.structs.replace(self, stopped_at=None, due_at=now)

    def failing(self, fault: str, now: datetime) -> Duty:
        """The same, of which that kept it from its connection; since when, the first of them in a row says."""
        since = (self.failing_since or now) if fault else None
        return msgspec.structs.replace(self, fault=fault, failing_since=since)


def rhythms(routes: Sequence[Route]) -> dict[tuple[DutyKind, str], Rhythm]:
    """What these routes ask for, and upkeep. A ledger is sent to when its routes say, else whenever they may have."""
    asked = {(DutyKind.UPKEEP, ""): Rhythm(every_minutes=UPKEEP_MINUTES)}
    for route in routes:
        asked[DutyKind.SYNC, route.name] = Rhythm(every_minutes=route.sync_minutes)
        if route.check_on is not None:
            weekday = None if route.check_on == EVERY_DAY else route.check_on
            asked[DutyKind.CHECK, route.name] = Rhythm(times=((CHECKED_AT, route.time_zone),), weekday=weekday)
    for ledger in dict.fromkeys(route.ledger for route in routes):
        into = [route for route in routes if route.ledger == ledger]
        times = tuple(sorted({(route.post_at, route.time_zone) for route in into if route.post_at}))
        every = 0 if times else min(route.sync_minutes for route in into)
        asked[DutyKind.DELIVER, ledger] = Rhythm(every, times)
    return asked


def next_due(rhythm: Rhythm, key: str, after: datetime) -> datetime:
    """The first instant after that one at which a duty of that name comes due.

    Times that were missed meanwhile are none of it: what is late is done once. Two of one rhythm come due apart, each
    by its name: somewhere in the interval, or within ``SPREAD`` after the time of day.
    Units: whole seconds.
    """
    if rhythm.every_minutes:
        every = timedelta(minutes=rhythm.every_minutes)
        begun = _ERA + _share(key, every)
        return begun + ((after - begun) // every + 1) * every
    late = _share(key, SPREAD)
    return min(_next_at(at, place, rhythm.weekday, after - late) for at, place in rhythm.times) + late


def instant_of(day: date, at: str, time_zone: str) -> datetime:
    """When the clock of a place shows that time on that day, in UTC.

    The first of two where it shows it twice; where it jumps over it, the instant of the jump.
    """
    place, wanted = zone(time_zone), datetime.combine(day, time.fromisoformat(at))
    found = wanted.replace(tzinfo=place).astimezone(UTC)
    if found.astimezone(place).replace(tzinfo=None) == wanted:
        return found
    found = wanted.replace(tzinfo=place, fold=1).astimezone(UTC)  # by the clock after the jump, hence before it
    while found.astimezone(place).replace(tzinfo=None) < wanted:
        found += _MINUTE
    return found


def _next_at(at: str, time_zone: str, weekday: int | None, after: datetime) -> datetime:
    day = local_day(after, time_zone)
    while True:
        instant = instant_of(day, at, time_zone)
        if instant > after and weekday in (None, day.weekday()):
            return instant
        day += timedelta(days=1)


def _share(key: str, span: timedelta) -> timedelta:
    """A part of a span that belongs to that name, always the same one."""
    number = int.from_bytes(sha256(key.encode()).digest()[:8], "big")
    return timedelta(seconds=number % int(span.total_seconds()))


_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


def sentence(route: Route) -> str:
    """How often a route is read, when its vouchers are sent, how long they wait, and when it is checked."""
    sent = f"sent at {route.post_at} in {route.time_zone}" if route.post_at else "sent as soon as it may be"
    waits = f", {route.hold_back_hours} hours after the end of its day at the earliest" if route.hold_back_hours else ""
    person = ", each voucher on a person's word" if route.review else ""
    return f"Read every {_span(route.sync_minutes)}, {sent}{waits}{person}; {_checked(route)}."


def _checked(route: Route) -> str:
    if route.check_on is None:
        return "checked when asked for"
    return "checked every day" if route.check_on == EVERY_DAY else f"checked on {_DAYS[route.check_on]}"


def _span(minutes: int) -> str:
    number, unit = (minutes // 60, "hour") if minutes % 60 == 0 else (minutes, "minute")
    return unit if number == 1 else f"{number} {unit}s"

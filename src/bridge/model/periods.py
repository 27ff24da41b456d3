"""Periods: months on the merchant's calendar, and where an entry goes whose period is closed."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bridge.errors import ConfigError
from bridge.model.connections import LatePolicy
from bridge.model.documents import Document, DocumentKind

_SATURDAY = 5
_MONTH, _SECOND = timedelta(days=28), timedelta(seconds=1)


@cache
def zone(name: str) -> ZoneInfo:
    """The named IANA time zone. Raises: ConfigError when there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, IsADirectoryError) as cause:
        raise ConfigError(
            f"time zone {name!r}",
            "not an IANA time zone",
            "Use a name such as America/Los_Angeles",
            code="config.time_zone",
        ) from cause


def local_day(at: datetime, time_zone: str) -> date:
    """The day on the merchant's calendar on which an instant falls."""
    return at.astimezone(zone(time_zone)).date()


def statement_day(at: datetime) -> date:
    """The day that a channel's statement prints. It is a day and no instant: no calendar moves it."""
    return at.astimezone(UTC).date()


def arrival_day(document: Document, time_zone: str) -> date:
    """The day on which a document's money reaches the bank: as its statement prints it, else the day it closes."""
    return statement_day(document.pays_at) if document.pays_at else closing_day(document, time_zone)


def closing_day(document: Document, time_zone: str) -> date:
    """The day on which a document closes, on the merchant's calendar."""
    if document.identity.kind is DocumentKind.PAYOUT:
        return payout_day(document.closed_at, document.pays_at, time_zone)
    return local_day(document.closed_at, time_zone)


def payout_day(closed_at: datetime, pays_at: datetime | None, time_zone: str) -> date:
    """The day on which a payout was made. One that closes when it pays was dated by its channel by a day alone."""
    return statement_day(closed_at) if closed_at == pays_at else local_day(closed_at, time_zone)


def day_start(day: date, time_zone: str) -> datetime:
    """The instant at which a local day begins, in UTC; where the clock jumps over midnight, the instant of the jump."""
    return datetime(day.year, day.month, day.day, tzinfo=zone(time_zone)).astimezone(UTC)


def whole_days(since: datetime, until: datetime, time_zone: str) -> Iterator[tuple[datetime, datetime]]:
    """The first instant of each local day that lies wholly in since <= t < until, and of the day after it, in UTC."""
    day = local_day(since, time_zone)
    while (end := day_start(day + timedelta(days=1), time_zone)) <= until:
        if (start := day_start(day, time_zone)) >= since:
            yield start, end
        day += timedelta(days=1)


def offsets(time_zone: str, since: datetime, until: datetime) -> Iterator[tuple[datetime, int]]:
    """Since when a zone's clock is how many seconds ahead of UTC: at ``since``, and at each change before ``until``."""
    at, ahead = since, _ahead(since, time_zone)
    yield at, ahead
    while at < until:
        behind = at + _MONTH
        if (then := _ahead(behind, time_zone)) != ahead:
            low, high = at, behind
            while high - low > _SECOND:
                middle = low + (high - low) / 2
                low, high = (middle, high) if _ahead(middle, time_zone) == ahead else (low, middle)
            ahead = then
            yield high.replace(microsecond=0), ahead
        at = behind


def _ahead(at: datetime, time_zone: str) -> int:
    offset = at.astimezone(zone(time_zone)).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def bank_days(since: date, until: date) -> int:
    """The days on which banks work, after ``since`` through ``until``: Monday to Friday; their holidays count too."""
    weeks, more = divmod((until - since).days, 7)
    return weeks * 5 + sum((since + timedelta(days=number)).weekday() < _SATURDAY for number in range(1, more + 1))


def bank_days_after(day: date, count: int) -> date:
    """The bank day that so many lie between, before it where negative: weekends are none, and no holidays are known."""
    step = timedelta(days=1 if count > 0 else -1)
    while count:
        day += step
        count -= 0 if day.weekday() >= _SATURDAY else (1 if step.days > 0 else -1)
    return day


def month_of(day: date) -> str:
    """The month as ``2026-06``."""
    return f"{day.year:04d}-{day.month:02d}"


def month_end(month: str) -> date:
    """The last day of a month given as ``2026-06``."""
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, monthrange(year, number)[1])


def month_before(day: date) -> date:
    """The last day of the month before the one of a day."""
    return day.replace(day=1) - timedelta(days=1)


def place(booked_on: date, locked_through: date | None, late: LatePolicy) -> date | None:
    """The date a voucher may carry: its own when open, the next open day under that policy, else None (hold)."""
    if locked_through is None or booked_on > locked_through:
        return booked_on
    return locked_through + timedelta(days=1) if late is LatePolicy.NEXT_OPEN_DAY else None

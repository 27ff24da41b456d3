"""What the channel says of itself, read beside its documents: its reports by months, its balances, its notices.

Nothing waits for it: what cannot be read is told, and read by a later run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec

from bridge.errors import BridgeError, ConfigError, DocumentError, PluginError, TransientError
from bridge.ingest import notices
from bridge.ingest.setting import Setting
from bridge.model.periods import day_start
from bridge.model.reports import BALANCES, NOTICES, Balance, Figure, Reading, Subscription
from bridge.plugin import BalanceSource, ChannelReport, NotifyingSource, ReportingSource, Source, Unknown

T = TypeVar("T")
_DAY = timedelta(days=1)
_BALANCES_SECONDS = 6 * 3_600
_NOTICES_SECONDS = 3_600
_MARGIN = timedelta(hours=1)
_SLOWER = 10
"""What ended some time ago is read again after a tenth of that time."""


class ReportRead(msgspec.Struct, frozen=True):
    """What was read of a report, of the balances or the notices.

    title: as people call it. spans: months of it. why: it was not told; error: what stopped it.
    """

    report: str
    title: str
    spans: int = 0
    why: str = ""
    error: BridgeError | None = None


class Span(msgspec.Struct, frozen=True):
    """What of a report is asked for at once: since <= t < until. name: ``2026-06`` for a month, else a day."""

    name: str
    since: datetime
    until: datetime


def read_reports(setting: Setting) -> tuple[ReportRead, ...]:
    """Read what is due of all that the channel says of itself; each span is saved by itself.

    Whether it sends notices is asked only where some are expected.
    """
    declared = setting.offer.capabilities
    read = [_report(setting, report) for report in declared.reports]
    read += [_balances(setting)] if declared.tells_balances else []
    read += [_notices(setting)] if setting.notices_at else []
    return tuple(read)


def spans(first: datetime, now: datetime) -> Iterator[Span]:
    """Every month (UTC) from then on, a day longer at either end: so each of the channel's days lies wholly in one."""
    start = first.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while start < now:
        end = (start + 32 * _DAY).replace(day=1)
        yield Span(f"{start:%Y-%m}", max(start - _DAY, first), min(end + _DAY, now))
        start = end


def is_due(span: Span, last: Reading | None, cadence_seconds: int, now: datetime) -> bool:
    """Whether it is to be read: again after its cadence, and more rarely the longer ago it ended."""
    if last is None:
        return True
    return now - last.read_at >= max(timedelta(seconds=cadence_seconds), (now - span.until) / _SLOWER)


def _report(setting: Setting, report: ChannelReport) -> ReportRead:
    with setting.store.reading() as unit:
        kept = unit.readings.of_report(setting.connection_id, report.name)
    last, now, read = {one.span: one for one in kept}, setting.clock.now(), 0
    try:
        for span in spans(_first(setting), now):
            if is_due(span, last.get(span.name), report.cadence_seconds, now):
                told = _reporting(setting.source).figures(report.name, span.since, span.until, setting.facts)
                if isinstance(told, Unknown):
                    return ReportRead(report.name, report.title, read, told.cause)
                _keep(setting, report.name, span, told.as_of, figures=told.figures)
                read += 1
    except (TransientError, DocumentError, ConfigError) as fault:
        return ReportRead(report.name, report.title, read, error=fault)
    return ReportRead(report.name, report.title, read)


def _balances(setting: Setting) -> ReportRead:
    now, title = setting.clock.now(), "Balances"
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    with setting.store.reading() as unit:
        last = unit.readings.newest(setting.connection_id, BALANCES)
    if _is_young(last, _BALANCES_SECONDS, now):
        return ReportRead(BALANCES, title)
    told = _asked(BALANCES, title, lambda: _balancing(setting.source).balances(setting.facts))
    if isinstance(told, ReportRead):
        return told
    _keep(setting, BALANCES, Span(f"{day:%Y-%m-%d}", day, day + _DAY), told.as_of, balances=told.balances)
    return ReportRead(BALANCES, title, 1)


def _notices(setting: Setting) -> ReportRead:
    now, title, address = setting.clock.now(), "The list of notices", setting.notices_at
    with setting.store.reading() as unit:
        readings = unit.readings.of_report(setting.connection_id, NOTICES)
    if _is_young(notices.last(readings, address), _NOTICES_SECONDS, now):
        return ReportRead(NOTICES, title)
    told = _asked(NOTICES, title, lambda: _notifying(setting.source).subscriptions(setting.facts))
    if isinstance(told, ReportRead):
        return told
    kept = notices.kept(told, setting.offer, address)
    _keep(setting, NOTICES, Span(address, now, now), now, subscriptions=kept)
    return ReportRead(NOTICES, title, 1)


def _asked(report: str, title: str, ask: Callable[[], T | Unknown]) -> T | ReportRead:
    """What the channel tells; else that it was not told, and why."""
    try:
        told = ask()
    except (TransientError, DocumentError, ConfigError) as fault:
        return ReportRead(report, title, error=fault)
    return ReportRead(report, title, why=told.cause) if isinstance(told, Unknown) else told


def _is_young(last: Reading | None, seconds: int, now: datetime) -> bool:
    return last is not None and now - last.read_at < timedelta(seconds=seconds)


def _first(setting: Setting) -> datetime:
    """From when on anything is compared: the first day that any route books, as far back as the channel tells.

    That end moves while it is asked: of what lies just behind it no more may be told.
    """
    days = [day_start(route.first_day, route.time_zone) for route in setting.routes]
    now, reach = setting.clock.now(), setting.facts.reaches_back_to
    first = min(days, default=now)
    return max(first, reach + _MARGIN) if reach is not None else first


def _keep(
    setting: Setting,
    report: str,
    span: Span,
    as_of: datetime,
    *,
    figures: tuple[Figure, ...] = (),
    balances: tuple[Balance, ...] = (),
    subscriptions: tuple[Subscription, ...] = (),
) -> None:
    reading = Reading(
        setting.connection_id,
        report,
        span.name,
        span.since,
        span.until,
        as_of,
        setting.clock.now(),
        figures,
        balances,
        subscriptions,
    )
    with setting.store.unit(setting.actor) as unit:
        unit.readings.put(reading)


def _reporting(source: Source) -> ReportingSource:
    if not isinstance(source, ReportingSource):
        raise _undeclared("reports")
    return source


def _balancing(source: Source) -> BalanceSource:
    if not isinstance(source, BalanceSource):
        raise _undeclared("balances")
    return source


def _notifying(source: Source) -> NotifyingSource:
    if not isinstance(source, NotifyingSource):
        raise _undeclared("notices")
    return source


def _undeclared(what: str) -> PluginError:
    cause = f"declares {what}, and does not tell them"
    return PluginError("source", cause, "Report this to the plugin's author", code="plugin.contract")

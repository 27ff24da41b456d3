"""Pure: the parts of a period in each financial year, for a trial balance tells income and expense by year to date."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta

from bridge.transport import Json
from bridge_xero.wire import text

_DAY = timedelta(days=1)


def parts(organisation: Json, since: date, until: date) -> Iterator[tuple[date | None, date]]:
    """(the day before the part, None where a year begins with it; its last day) of each financial year in the period.

    Source: Xero Accounting OpenAPI 16.1.0, Organisation: FinancialYearEndDay, FinancialYearEndMonth.
    """
    month = int(text(organisation.get("FinancialYearEndMonth")) or "12")
    day = int(text(organisation.get("FinancialYearEndDay")) or "31")
    start, is_first = since, _end(since - _DAY, month, day) == since - _DAY
    while start <= until:
        end = min(_end(start, month, day), until)
        yield (None if is_first else start - _DAY), end
        start, is_first = end + _DAY, True


def _end(on: date, month: int, day: int) -> date:
    """The last day of the financial year that a day is in."""
    end = _closing(on.year, month, day)
    return end if end >= on else _closing(on.year + 1, month, day)


def _closing(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))

"""Pure: the shop's own revenue report, from its orders as they are kept; no list of the API is asked for it.

As WooCommerce Analytics does it: by the day of the payment, refunds by their own; what is in the bin stays in, what
was cancelled is left out; filled at once, or twice a day. Sums are binary floats.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from bridge.sandbox import JsonObject
from bridge_woocommerce_sandbox.shop import Shop

_LEFT_OUT = frozenset({"pending", "failed", "cancelled", "checkout-draft"})
_EVERY = timedelta(hours=12)


def stats(shop: Shop, query: Mapping[str, str]) -> JsonObject:
    """The days from ``after`` to ``before``, by the shop's calendar."""
    first, last = (date.fromisoformat(query[name][:10]) for name in ("after", "before"))
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    rows = list(_rows(shop))
    return {"totals": {}, "intervals": [_day(day, rows, shop) for day in days]}


def status(shop: Shop) -> JsonObject:
    """How far the report is filled."""
    if shop.settings.report_import != "scheduled":
        return {"mode": "immediate", "last_processed_date": None, "next_scheduled": None}
    zone, filled = ZoneInfo(shop.settings.zone), _filled_at(shop)
    done = [at for at in map(_changed_at, shop.orders.values()) if at <= filled]
    last = f"{max(done).astimezone(zone):%Y-%m-%d %H:%M:%S}" if done else None
    following = f"{(filled + _EVERY).astimezone(zone):%Y-%m-%d %H:%M:%S}"
    return {"mode": "scheduled", "last_processed_date": last, "next_scheduled": following}


def _rows(shop: Shop) -> Iterator[tuple[datetime, int, Decimal]]:
    """What is in the report: when, how many orders, how much."""
    filled = _filled_at(shop)
    for order in shop.orders.values():
        is_in = order["status"] not in _LEFT_OUT and order["date_paid_gmt"] and _changed_at(order) <= filled
        if is_in:
            yield _at(order["date_paid_gmt"]), 1, Decimal(order["total"])
            for refund in shop.refunds_of(order["id"]):
                yield _at(refund["date_created_gmt"]), 0, -Decimal(refund["amount"])


def _day(day: date, rows: list[tuple[datetime, int, Decimal]], shop: Shop) -> JsonObject:
    """One of its days. WooCommerce adds its sums up in binary, and gives what comes of it: so does this."""
    zone = ZoneInfo(shop.settings.zone)
    since, until = (datetime.combine(one, time(), zone) for one in (day, day + timedelta(days=1)))
    inside = [row for row in rows if since <= row[0] < until]
    last = until - timedelta(seconds=1)
    sales = sum((float(amount) for _, _, amount in inside), 0.0)
    off = float(shop.settings.report_off) if inside else 0.0
    return {
        "interval": day.isoformat(),
        "date_start": f"{since:%Y-%m-%d %H:%M:%S}",
        "date_start_gmt": f"{since.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        "date_end": f"{last:%Y-%m-%d %H:%M:%S}",
        "date_end_gmt": f"{last.astimezone(UTC):%Y-%m-%d %H:%M:%S}",
        "subtotals": {"orders_count": sum(count for _, count, _ in inside), "total_sales": sales + off},
    }


def _filled_at(shop: Shop) -> datetime:
    """When the job that fills it ran last: at noon and midnight of UTC, where it does not at each change."""
    now = shop.clock.now()
    if shop.settings.report_import != "scheduled":
        return now
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (now - midnight) // _EVERY * _EVERY


def _changed_at(order: JsonObject) -> datetime:
    return _at(order["date_modified_gmt"])


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)

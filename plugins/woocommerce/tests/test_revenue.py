"""The shop's revenue report: days of its own calendar, as far as the shop itself has counted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.errors import BridgeError, DocumentError
from bridge.model.channel import ChannelFacts
from bridge.model.documents import DocumentKind
from bridge.model.reports import Figure, FigureName, Figures
from bridge.plugin import Unknown
from bridge.sandbox import FaultKind
from bridge.testing import StillClock
from bridge_woocommerce_sandbox import WooCommerceSandbox
from plugins.woocommerce.tests.pulling import opened, source
from plugins.woocommerce.tests.shop import SHOPS, ZONES, sample, told
from plugins.woocommerce.tests.test_recordings import documents

DAY = timedelta(days=1)
CURRENCIES = {"gb_inclusive": "GBP", "us_exclusive": "USD"}
SINCE, UNTIL = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 4, 3, tzinfo=UTC)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def sandbox(clock: StillClock) -> Iterator[WooCommerceSandbox]:
    with opened(clock) as running:
        yield running


def asked(sandbox: WooCommerceSandbox, clock: StillClock) -> Figures | Unknown:
    """What the shop says of the days around now."""
    now, shop = clock.now(), source(sandbox, clock)
    return shop.figures("revenue", now - 3 * DAY, now + DAY, shop.survey())


def figures(sandbox: WooCommerceSandbox, clock: StillClock) -> Figures:
    found = asked(sandbox, clock)
    assert isinstance(found, Figures)
    return found


def by_day(found: Figures, name: FigureName) -> Mapping[datetime, int]:
    return {one.since: one.value for one in found.figures if one.name is name and one.value}


def recorded(sandbox: WooCommerceSandbox, clock: StillClock, shop: str) -> Figures:
    """What the plugin makes of a recorded report."""
    facts = ChannelFacts(account="x", currency=CURRENCIES[shop], time_zone=ZONES[shop])
    for name in ("imports_status", "revenue_stats_default_days"):
        body = json.dumps(json.loads(sample(f"{shop}/reports/{name}"))["body"])
        sandbox.faults.order(FaultKind.ANSWER, status=200, body=body)
    found = source(sandbox, clock).figures("revenue", SINCE, UNTIL, facts)
    assert isinstance(found, Figures)
    return found


def off(shop: str, figure: Figure) -> int | None:
    """By how much a day of the report is not what our documents come to; None where it adds up several currencies."""
    minor = 0
    for each in documents(shop).values():
        start, is_order = each.start, each.start.kind is DocumentKind.ORDER
        at = start.paid_at if is_order or start.paid_at is None else start.opened_at
        if start.kind not in (DocumentKind.ORDER, DocumentKind.REFUND) or at is None:
            continue
        if figure.since <= at < figure.until:
            if start.currency != CURRENCIES[shop]:
                return None
            minor += start.total_minor if figure.name is FigureName.TAKINGS else int(is_order)
    return figure.value - minor


@pytest.mark.parametrize("shop", SHOPS)
def test_a_recorded_report_says_of_each_day_what_our_documents_come_to(
    sandbox: WooCommerceSandbox, clock: StillClock, shop: str
) -> None:
    """But for what is known to be missing in it: what was cancelled after it was paid, or restored from the bin."""
    found = recorded(sandbox, clock, shop)
    why = told(f"{shop}/expected")["reports"]["why_they_differ_from_the_orders"]
    left_out = [*why["cancelled_after_payment_left_out"], *_ids(why["not_counted_although_the_order_counts"])]
    orders = [documents(shop)[DocumentKind.ORDER, str(number)].start for number in left_out]

    differing = {(one.since, one.name): by for one in found.figures if (by := off(shop, one)) is not None and by}

    expected: dict[tuple[datetime, FigureName], int] = {}
    for figure in found.figures:
        for order in orders:
            if order.paid_at and figure.since <= order.paid_at < figure.until:
                expected[figure.since, figure.name] = -1 if figure.name.is_count else -order.total_minor
    assert differing == expected
    assert sum(bool(one.value) for one in found.figures) > 20


def _ids(rows: list[Any]) -> list[int]:
    return [row["order"] for row in rows]


def test_refunds_are_of_their_own_day_and_a_day_without_sales_is_zero(
    sandbox: WooCommerceSandbox, clock: StillClock
) -> None:
    """Los Angeles is seven hours behind; a float's last digits are no money."""
    clock.sleep(8 * 3_600)
    order = sandbox.shop.place(["0.10", "0.20", "9.99"])
    sandbox.shop.place(["5.00"], paid=False)
    clock.sleep(86_400)
    sandbox.shop.refund(order, "0.30")
    clock.sleep(86_400)

    found = figures(sandbox, clock)
    first = clock.now().replace(hour=7, minute=0, second=0, microsecond=0) - 2 * DAY
    assert by_day(found, FigureName.PAID) == {first: 1}
    assert by_day(found, FigureName.TAKINGS) == {first: 1029, first + DAY: -30}
    assert len(found.figures) == 2 * 3, "days that are not over, or began before the span, are not told"
    assert found.as_of == clock.now().replace(microsecond=0)


def test_a_report_that_is_filled_twice_a_day_holds_for_the_last_change_in_it(
    sandbox: WooCommerceSandbox, clock: StillClock
) -> None:
    sandbox.shop.set(report_import="scheduled")
    assert asked(sandbox, clock) == Unknown("the shop has not filled its revenue report yet")
    clock.sleep(8 * 3_600)
    placed_at = clock.now().replace(microsecond=0)
    sandbox.shop.place(["5.00"])
    clock.sleep(5 * 86_400)
    sandbox.shop.place(["6.00"])
    assert figures(sandbox, clock).as_of == placed_at


def test_a_shop_that_tells_an_offset_alone_is_read_too(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    body = json.dumps({"mode": "scheduled", "last_processed_date": "2026-06-01 10:00:00"})
    sandbox.faults.order(FaultKind.ANSWER, status=200, body=body)
    facts = ChannelFacts(account="x", currency="USD", time_zone="UTC offset -3.5")
    found = source(sandbox, clock).figures("revenue", SINCE, SINCE + 2 * DAY, facts)
    assert isinstance(found, Figures)
    assert found.as_of == datetime(2026, 6, 1, 13, 30, tzinfo=UTC)


def test_a_shop_without_analytics_tells_nothing(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    sandbox.shop.set(report_import="off")
    assert asked(sandbox, clock) == Unknown("the shop has switched WooCommerce Analytics off")


def test_plain_permalinks_and_a_refused_key(sandbox: WooCommerceSandbox, clock: StillClock) -> None:
    sandbox.shop.set(permalinks="plain")
    shop = source(sandbox, clock)
    assert isinstance(shop.figures("revenue", SINCE, SINCE + DAY, shop.survey()), Figures)
    facts = shop.survey()
    sandbox.shop.set(key="ck_another")
    with pytest.raises(BridgeError) as refused:
        shop.figures("revenue", SINCE, SINCE + DAY, facts)
    assert refused.value.code == "woocommerce.key_unknown"


@pytest.mark.parametrize(
    "day",
    [
        {"date_start_gmt": "soon", "date_end_gmt": "2026-06-01 23:59:59"},
        {"date_start_gmt": "2026-06-01 00:00:00", "date_end_gmt": "2026-06-01 23:59:59", "total_sales": 1e30},
        {"date_start_gmt": "2026-06-01 00:00:00"},
    ],
)
def test_an_odd_report_is_refused(sandbox: WooCommerceSandbox, clock: StillClock, day: dict[str, Any]) -> None:
    sums = {"orders_count": 1, "total_sales": day.pop("total_sales", 1.5)}
    body = json.dumps({"intervals": [{**day, "subtotals": sums}]})
    facts = source(sandbox, clock).survey()
    sandbox.faults.order(FaultKind.ANSWER, status=200, body=body, skip=1)
    with pytest.raises(DocumentError) as refused:
        source(sandbox, clock).figures("revenue", clock.now() - 40 * DAY, clock.now() + 40 * DAY, facts)
    assert refused.value.code == "woocommerce.answer.fields"

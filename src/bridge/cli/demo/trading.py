"""What happens in the channels that are asked: before bridge asks for the first time, and behind its back later."""

from __future__ import annotations

from datetime import datetime, timedelta

from bridge.cli.demo.world import AMAZON_SETTLEMENT, SHOPIFY, WOOCOMMERCE, Admin, sample
from bridge.clock import Clock

FIRST_ASKED_DAYS, EDITED_DAYS = 7, 5
"""How many days ago."""


class Calendar:
    """The clock of bridge and of all sandboxes, which can be some days behind the machine's."""

    def __init__(self, clock: Clock, admin: Admin) -> None:
        self._clock, self._admin, self._days = clock, admin, 0

    def now(self) -> datetime:
        return self._clock.now() - timedelta(days=self._days)

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)

    def go_to(self, days_ago: int) -> None:
        """It is that many days ago from now on, everywhere; 0: today."""
        self._days = days_ago
        self._admin.go_back(days_ago)


def trade(admin: Admin, calendar: Calendar) -> int:
    """Two weeks of sales, refunds and payouts. The number of the order in the Shopify shop that is edited later."""
    calendar.go_to(20)
    edited = admin.happens(SHOPIFY, "sell", total="76.00", items=2)
    admin.happens(WOOCOMMERCE, "place", amounts=["40.00", "20.00"], tax="8", shipping="6.00", fee="2.29")
    calendar.go_to(15)
    returned = admin.happens(SHOPIFY, "sell", total="120.00", items=3)
    sent_back = admin.happens(WOOCOMMERCE, "place", amounts=["35.00", "12.50"], tax="8", fee="1.79")
    admin.happens(WOOCOMMERCE, "place", amounts=["50.00"], tax="8", gateway="ppcp-gateway")
    calendar.go_to(10)
    admin.happens(SHOPIFY, "refund", order=returned, amount="40.00")
    admin.happens(SHOPIFY, "pay_out", fee="2.50")
    admin.happens(SHOPIFY, "sell", total="59.90")
    admin.happens(WOOCOMMERCE, "refund", order=sent_back, line=1)
    admin.settle(sample(AMAZON_SETTLEMENT))
    return edited


def edit_late(admin: Admin, calendar: Calendar, order: int) -> None:
    """A buyer takes more of an order that is in the ledger already."""
    calendar.go_to(EDITED_DAYS)
    admin.happens(SHOPIFY, "add", order=order, amount="20.00")

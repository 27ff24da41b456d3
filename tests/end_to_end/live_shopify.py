"""A merchant whose Shopify shop is asked live."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from bridge.sandbox import SandboxClock
from bridge.work import Synced
from bridge_quickbooks_sandbox import QuickBooksSandbox
from bridge_shopify.client import VERSION, query
from bridge_shopify_sandbox import ShopifySandbox
from tests.end_to_end.live import DAY, REALM, Live, ledger_beside
from tests.fakes.clock import FakeClock

SETTINGS = """
[plugins.shopify]
base_url = "{shopify}"
calls_per_minute = 60000
{tokens}

[connections.shop]
plugin = "shopify"
account = "acme.myshopify.com"

[routes.main]
source = "shop"
ledger = "books"
time_zone = "America/New_York"
first_day = {first_day}
tax_regime = "us_sales_tax"
"""
TOKEN = '[plugins.shopify.tokens]\n"acme.myshopify.com" = "shpat_sandbox"'


class LiveShopify(Live):
    """The shop (``shopify.shop``), the company, and what bridge makes of them."""

    plugin, account, source, route = "shopify", "acme.myshopify.com", "shop", "main"

    def __init__(
        self, folder: Path, shopify: ShopifySandbox, quickbooks: QuickBooksSandbox, clock: FakeClock, first_day: str
    ) -> None:
        super().__init__(folder, quickbooks, clock)
        self.shopify, self.shop, self._first_day = shopify, shopify.shop, first_day
        self.set_up()
        self.connect()

    def set_up(self, tokens: str = TOKEN) -> None:
        """Write the settings, with these tokens of shops."""
        url = self.shopify.base_url
        self.declare(SETTINGS.format(shopify=url, tokens=tokens, first_day=self._first_day))

    def catch_up(self, *, after_days: float = 0) -> Synced:
        """One sync, some days later; when it has to wait for the shop, another a minute later."""
        synced = self.sync(after_seconds=after_days * DAY)
        while any(report.due_at for pulled in synced.pulls for report in pulled.streams):
            synced = self.sync(after_seconds=60)
        return synced

    def save_answer(self) -> Path:
        """All orders in one answer, as a person saves it."""
        self.shopify.bucket.is_on = False
        told = requests.post(
            f"{self.shopify.base_url}/admin/api/{VERSION}/graphql.json",
            json={"query": query("orders"), "operationName": "Orders", "variables": {"first": 25}},
            headers={"X-Shopify-Access-Token": self.shop.token},
            timeout=60,
        ).json()
        self.shopify.bucket.is_on = True
        saved = self.folder / "orders.json"
        saved.write_text(json.dumps({"data": told["data"]}), encoding="utf-8")
        return saved

    def save_transactions(self) -> Path:
        """The rows of all payouts, as the admin exports them: without their ids."""
        text = "Transaction Date,Type,Order,Payout Status,Payout Date,Payout ID,Amount,Fee,Net,Currency\n"
        for row in self.shop.rows:
            payout = self.shop.payouts[row.payout]
            type_ = "payout" if row.type == "TRANSFER" else row.type.lower()
            amounts = ",".join(f"{minor / 100:.2f}" for minor in (row.minor, row.fee, row.minor - row.fee))
            text += f"{row.at:%Y-%m-%d %H:%M:%S +0000},{type_},#{row.order},{payout.status.lower()},"
            text += f"{payout.at:%Y-%m-%d},{row.payout},{amounts},USD\n"
        saved = self.folder / "payment_transactions_export_1.csv"
        saved.write_text(text, encoding="utf-8")
        return saved

    def vouchers(self) -> int:
        """How many objects are in the ledger."""
        return sum(len(self.quickbooks.entities(REALM, kind)) for kind in ("JournalEntry", "Transfer", "Purchase"))


@contextmanager
def live_shopify(folder: Path, first_day: str = "2026-07-01") -> Iterator[LiveShopify]:
    """On a Wednesday in July, all is open; the shop keeps to its limits."""
    clock = FakeClock()
    with (
        ShopifySandbox(clock=SandboxClock(clock), limits=True) as shopify,
        ledger_beside(shopify.server, clock) as quickbooks,
    ):
        yield LiveShopify(folder, shopify, quickbooks, clock, first_day)

"""A merchant whose WooCommerce shop is asked live."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import requests

from bridge.sandbox import SandboxClock
from bridge_quickbooks_sandbox import QuickBooksSandbox
from bridge_woocommerce_sandbox import WooCommerceSandbox
from tests.end_to_end.live import Live, ledger_beside
from tests.fakes.clock import FakeClock

MONDAY = datetime(2026, 6, 1, 16, tzinfo=UTC)
SETTINGS = """
[plugins.woocommerce]
page_size = {page_size}

{live}
[connections.shop]
plugin = "woocommerce"
account = "sandbox-shop.example"

[routes.shop]
source = "shop"
ledger = "books"
time_zone = "America/Los_Angeles"
first_day = 2026-06-01
tax_regime = "us_sales_tax"
"""
LIVE = """
[plugins.woocommerce.shops.shop]
url = "{url}"
key = "{key}"
secret = "{secret}"
{more}
"""


class LiveShop(Live):
    """The shop (``woo.shop``), the company, and what bridge makes of them."""

    plugin, account, source, route = "woocommerce", "sandbox-shop.example", "shop", "shop"

    def __init__(self, folder: Path, woo: WooCommerceSandbox, quickbooks: QuickBooksSandbox, clock: FakeClock) -> None:
        super().__init__(folder, quickbooks, clock)
        self.woo, self.shop = woo, woo.shop
        self.set_up()
        self.connect()

    def set_up(
        self,
        *,
        is_live: bool = True,
        key: str = "ck_sandbox",
        url: str = "",
        more: str = "",
        notices_url: str = "",
        page_size: int = 2,
    ) -> None:
        """Write the settings. is_live: with the shop's key. more: of the shop, line by line."""
        told = {"url": url or self.woo.url, "key": key, "secret": self.shop.settings.secret, "more": more}
        live = LIVE.format(**told) if is_live else ""
        self.declare(SETTINGS.format(live=live, page_size=page_size), notices_url=notices_url)

    def import_answers(self) -> None:
        """Save the shop's answers as files, as a merchant does, and import and book them."""
        files = []
        key = (self.shop.settings.key, self.shop.settings.secret)
        for what in ("orders?status=any", "refunds?status=any"):
            url = f"{self.woo.url}/wp-json/wc/v3/{what}&per_page=100&dp=6"
            answer = requests.get(url, auth=key, timeout=60)
            if not answer.json():
                continue
            head = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
            files.append(self.folder / f"{what[:6]}.json")
            files[-1].write_bytes(f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + answer.content)
        self.import_files(*files)


@contextmanager
def live_shop(folder: Path) -> Iterator[LiveShop]:
    """On a Monday in June, all is open."""
    clock = FakeClock(MONDAY)
    folder.mkdir(exist_ok=True)
    with (
        WooCommerceSandbox(clock=SandboxClock(clock)) as woo,
        ledger_beside(woo.server, clock) as quickbooks,
    ):
        yield LiveShop(folder, woo, quickbooks, clock)

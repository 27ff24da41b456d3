"""A year of a shop in which people only do what is right: no check of either ledger finds anything, ever."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests
from hypothesis import settings

from bridge.app import App
from bridge.model.money import decimal_text
from bridge.sandbox import Happening, SandboxClock, What, life
from bridge_shopify_sandbox import Living, ShopifySandbox
from bridge_xero_sandbox import XeroSandbox
from tests.end_to_end.live import DAY, REALM, Live, ledger_beside
from tests.end_to_end.live_shopify import SETTINGS, TOKEN
from tests.fakes.clock import FakeClock

ORDERS = 80 if settings().derandomize else 600
QUIET = (What.BOUGHT, What.GIVEN_BACK, What.PAID_OUT)
# A refresh token of Xero that nobody uses for 60 days is dead.
BETWEEN, LOOKS = timedelta(days=52), 7
TENANT = "5a0dbe11-0000-4000-8000-000000000001"
XERO = """
[plugins.xero]
base_url = "{url}"
client_id = "sandbox-client"
client_secret = "sandbox-secret"
settle_seconds = 0
calls_per_minute = 60000

[connections.books-xero]
plugin = "xero"
account = "5a0dbe11-0000-4000-8000-000000000001"
contact = "Sales channels"
"""


def quiet(since: datetime) -> Iterator[Happening]:
    """A year without what a person would have to decide, or state of the time before it: gift cards sold then."""
    loud: set[int] = set()
    for one in life(7, ORDERS, since, since + LOOKS * BETWEEN):
        basket = one.basket
        if basket and (basket.by_gift_card or basket.pays_in or basket.is_test or not basket.is_paid):
            loud.add(one.order)
        if one.what in QUIET and one.order not in loud:
            yield one


class Year(Live):
    """A shop that is pulled, its company in a QuickBooks, or (``is_in_xero``) its organisation in a Xero."""

    plugin, account, source, route = "shopify", "acme.myshopify.com", "shop", "main"

    def live(self, shopify: ShopifySandbox, xero: XeroSandbox, *, is_in_xero: bool) -> None:
        """Declare and connect it."""
        self.shop, self.xero, self.coded = shopify.shop, xero, set[int]()
        self.ledger = "books-xero" if is_in_xero else "books"
        text = SETTINGS.format(shopify=shopify.base_url, tokens=TOKEN, first_day="2026-07-01")
        more = XERO.format(url=xero.base_url) if is_in_xero else ""
        self.declare(text.replace('"books"', f'"{self.ledger}"') + more)
        if is_in_xero:
            xero.add_organisation(TENANT, base_currency="USD", country="US", name="Acme")
            self._connect_xero()
        else:
            self.connect()

    def _connect_xero(self) -> None:
        with self.app() as app:
            app.apply(self.config, actor="ann", is_dry_run=False)
            started = app.host.authorization.start(self.ledger, "ann")
            consent = requests.get(started.url, params={"tenant": TENANT}, allow_redirects=False, timeout=60)
            app.host.authorization.finish(started, consent.headers["Location"])

    def wait_until(self, at: datetime) -> None:
        self.clock.advance(max(0.0, (at - self.clock.now()).total_seconds()))

    def work(self) -> None:
        """A sync; then the bookkeeper codes the lines of the bank that bridge posts no transfer for, as it asks for."""
        synced = self.sync()
        while any(report.due_at for pulled in synced.pulls for report in pulled.streams):
            synced = self.sync(after_seconds=60)
        assert not synced.failed
        self._code_the_bank()

    def _code_the_bank(self) -> None:
        """In Xero each line; in QuickBooks those of payouts by which the shop takes money from the bank."""
        for payout in self.shop.payouts.values():
            if payout.id in self.coded or payout.status != "PAID":
                continue
            self.coded.add(payout.id)
            on = f"{payout.at:%Y-%m-%d}"
            if self.ledger == "books-xero":
                amount = decimal_text(payout.minor, "USD")
                self.xero.tamper(TENANT).add_foreign("1000", "1210", amount, on, entity="BankTransaction")
            elif payout.minor < 0:
                amount = decimal_text(-payout.minor, "USD")
                self.quickbooks.tamper(REALM).add_foreign("1210", "1000", amount, on, entity="Transfer")

    def codes(self, app: App) -> list[str]:
        """What a check finds."""
        report = app.steps.check(self.route, actor="ann")
        return [kept.finding.code for kept in report.open_findings]


@pytest.mark.parametrize("is_in_xero", [False, True], ids=["quickbooks", "xero"])
def test_a_quiet_year_has_no_finding_also_beside_a_running_delivery(tmp_path: Path, is_in_xero: bool) -> None:
    """D03, D14: a check that cries wolf is not read."""
    clock = FakeClock()
    with (
        ShopifySandbox(clock=SandboxClock(clock), limits=False) as shopify,
        ledger_beside(shopify.server, clock) as quickbooks,
        XeroSandbox(clock=SandboxClock(clock)) as xero,
    ):
        year = Year(tmp_path, quickbooks, clock)
        year.live(shopify, xero, is_in_xero=is_in_xero)
        living, begun = Living(year.shop), clock.now()
        ends = [begun + number * BETWEEN for number in range(1, LOOKS)]
        for happening in quiet(begun):
            while ends and ends[0] <= happening.at:
                year.wait_until(ends.pop(0))
                year.work()
                with year.app() as app:
                    assert year.codes(app) == []
            year.wait_until(happening.at)
            living.carry_out(happening)
        year.work()
        for _ in range(6):
            clock.advance(DAY)
            year.shop.sell("25.00")
        clock.advance(4 * DAY)

        with year.app() as app:
            app.steps.pull(year.source, actor="ann")
            app.steps.book(year.route, actor="ann")
            with ThreadPoolExecutor(1) as pool:
                delivered = pool.submit(app.steps.deliver, year.ledger, actor="bob")
                while_it_ran = year.codes(app)
                delivered.result()
            assert set(while_it_ran) <= {"drift.not_delivered"}
            year.work()
            assert year.codes(app) == []

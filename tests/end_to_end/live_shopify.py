"""A merchant whose Shopify shop is asked live, and whose company is in a QuickBooks: all on one clock."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path

import requests
from cryptography.fernet import Fernet

from bridge.app import App, open_app
from bridge.cli.context import Setup
from bridge.host.authorization import Started
from bridge.model.documents import DocumentKind, Identity
from bridge.model.findings import FindingState, KeptFinding
from bridge.sandbox import SandboxClock
from bridge.settings import load_settings
from bridge.store.api import KeptDocument
from bridge.work import Synced
from bridge_quickbooks_sandbox import QuickBooksSandbox
from bridge_shopify.client import VERSION, query
from bridge_shopify_sandbox import ShopifySandbox
from tests.fakes.clock import FakeClock
from tests.fakes.stores import put_migrated

REALM = "9130000000000011"
SHOP = "acme.myshopify.com"
DAY = 86_400
SETTINGS = """
[bridge]
database_url = "sqlite:///bridge.db"
sealing_key_file = "sealing.key"
redirect_uri = "http://127.0.0.1:9/callback"

[plugins.quickbooks]
base_url = "{quickbooks}"
client_id = "sandbox-client"
client_secret = "sandbox-secret"
settle_seconds = 0
calls_per_minute = 60000
calls_per_second = 1000

[plugins.shopify]
base_url = "{shopify}"
calls_per_minute = 60000
{tokens}

[connections.books]
plugin = "quickbooks"
account = "9130000000000011"

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


class Merchant:
    """A shop, a company, and bridge between them; time moves when it is told to."""

    started: Started

    def __init__(self, folder: Path, first_day: str = "2026-07-01") -> None:
        self.folder, self.first_day, self.clock = folder, first_day, FakeClock()
        self.stack = ExitStack()
        self.sandbox = ShopifySandbox(clock=SandboxClock(self.clock), limits=True)
        self.shop = self.sandbox.shop
        self.ledger = QuickBooksSandbox(clock=SandboxClock(self.clock))
        self.ledger.add_company(REALM, home_currency="USD", name="Acme")
        (folder / "sealing.key").touch(mode=0o600)
        (folder / "sealing.key").write_bytes(Fernet.generate_key() + b"\n")
        put_migrated(folder / "bridge.db")
        self.app = self.open(TOKEN)
        started = self.app.host.authorization.start("books", "ann")
        consent = requests.get(started.url, params={"realm": REALM}, allow_redirects=False, timeout=10)
        self.app.host.authorization.finish(started, consent.headers["Location"])

    def open(self, tokens: str) -> App:
        """bridge, with these tokens of shops."""
        config = self.folder / "bridge.toml"
        urls = {"quickbooks": self.ledger.base_url, "shopify": self.sandbox.base_url}
        config.write_text(SETTINGS.format(tokens=tokens, first_day=self.first_day, **urls), encoding="utf-8")
        setup = Setup(config=config, environment={}, log_level="error")
        app = self.stack.enter_context(open_app(load_settings(config, {}), self.clock, setup.registry()))
        app.apply(config, actor="ann", is_dry_run=False)
        return app

    def stop(self) -> None:
        self.stack.close()
        self.sandbox.stop()
        self.ledger.stop()

    def sync(self, *, after_days: float = 0) -> Synced:
        """One sync, some days later; when it has to wait for the shop, another a minute later."""
        self.clock.advance(after_days * DAY)
        while True:
            synced = self.app.story.sync((), actor="ann", wait_seconds=0)
            (pulled,) = synced.pulls
            if not any(report.due_at for report in pulled.streams):
                return synced
            self.clock.advance(60)

    def save_answer(self) -> Path:
        """All orders in one answer, as a person saves it."""
        self.sandbox.bucket.is_on = False
        told = requests.post(
            f"{self.sandbox.base_url}/admin/api/{VERSION}/graphql.json",
            json={"query": query("orders"), "operationName": "Orders", "variables": {"first": 25}},
            headers={"X-Shopify-Access-Token": self.shop.token},
            timeout=10,
        ).json()
        self.sandbox.bucket.is_on = True
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

    def balances(self) -> dict[str, int]:
        return {number: minor for number, minor in self.ledger.trial_balance(REALM).items() if minor}

    def vouchers(self) -> int:
        return sum(len(self.ledger.entities(REALM, kind)) for kind in ("JournalEntry", "Transfer"))

    def kept(self, kind: DocumentKind, number: int) -> KeptDocument | None:
        with self.app.store.reading() as unit:
            return unit.documents.latest(Identity("shopify", SHOP, kind, str(number)).document_id)

    def kept_findings(self) -> list[KeptFinding]:
        with self.app.store.reading() as unit:
            (route,) = unit.routes.all()
            return list(unit.findings.of_route(route.route_id, FindingState.OPEN))

    def findings(self) -> list[str]:
        return [kept.finding.code for kept in self.kept_findings()]

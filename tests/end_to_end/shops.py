"""Companies that sell in shops, in this process: three in a QuickBooks (one American), and two of them in a Xero too.

The third, a Norwegian one, books in kroner.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import requests
from cryptography.fernet import Fernet

from bridge.app import App, open_app
from bridge.cli.context import Setup
from bridge.cli.sandbox import open_sandbox
from bridge.clock import Clock
from bridge.drift import Report
from bridge.model.deliveries import DeliveryState
from bridge.model.entries import JournalEntry
from bridge.model.findings import NOT_PAID_OUT
from bridge.settings import load_settings
from tests.drift.reading import check_whole
from tests.fakes.stores import put_migrated

REALM, GB_REALM, NO_REALM = "9130000000000011", "9130000000000012", "9130000000000013"
TENANT, NO_TENANT = "5a0dbe11-0000-4000-8000-000000000001", "5a0dbe11-0000-4000-8000-000000000002"
COMPANIES = f"{REALM}:USD:US:Acme,{GB_REALM}:GBP:GB:Acme,{NO_REALM}:NOK:NO:Acme"
ORGANISATIONS = f"{TENANT}:GBP:GB:Acme,{NO_TENANT}:NOK:NO:Acme"
SAMPLES = Path(__file__).parents[2] / "plugins"
WOO = SAMPLES / "woocommerce/tests/samples"
SHOPIFY = SAMPLES / "shopify/tests/samples/synthetic"
FILES = {
    "shop-us": (SHOPIFY / "orders_us_tax_exclusive.json", SHOPIFY / "shopify_payments_us.json"),
    "shop-gb": (SHOPIFY / "orders_gb_tax_inclusive.json",),
    "woo-us": (WOO / "us_exclusive/orders/all_dp6_oldest_first.json", WOO / "us_exclusive/refunds/all_dp6.json"),
    "woo-gb": (WOO / "gb_inclusive/orders/all_dp6_oldest_first.json", WOO / "gb_inclusive/refunds/all_dp6.json"),
}
ZONES = {
    "shop-us": "America/New_York",
    "shop-gb": "Europe/London",
    "woo-us": "America/Los_Angeles",
    "woo-gb": "Europe/London",
}
ACCOUNTS = {
    "shop-us": "shop-us.example.com",
    "shop-gb": "shop-gb.example.com",
    "woo-us": "us-shop.example",
    "woo-gb": "gb-shop.example",
}
SETTINGS = """
[bridge]
database_url = "sqlite:///shops.db"
sealing_key_file = "sealing.key"
redirect_uri = "http://127.0.0.1:9/callback"

[plugins.quickbooks]
base_url = "{quickbooks}"
client_id = "sandbox-client"
client_secret = "sandbox-secret"
settle_seconds = 1
calls_per_minute = 60000
calls_per_second = 1000
batches_per_minute = 60000
batch_items_per_minute = 60000

[plugins.xero]
may_create = true
base_url = "{xero}"
client_id = "sandbox-client"
client_secret = "sandbox-secret"
settle_seconds = 1
calls_per_minute = 60000

[connections.books-us]
plugin = "quickbooks"
account = "9130000000000011"
customer = "Sales channels"

[connections.books-qb]
plugin = "quickbooks"
account = "9130000000000012"
customer = "Sales channels"

[connections.books-gb]
plugin = "xero"
account = "5a0dbe11-0000-4000-8000-000000000001"
contact = "Sales channels"

[connections.books-no-qb]
plugin = "quickbooks"
account = "9130000000000013"
customer = "Sales channels"

[connections.books-no]
plugin = "xero"
account = "5a0dbe11-0000-4000-8000-000000000002"
contact = "Sales channels"
"""
LANE = """
[connections.{name}]
plugin = "{plugin}"
account = "{account}"

[routes.{name}]
source = "{name}"
ledger = "books-{country}"
time_zone = "{zone}"
first_day = 2026-01-01
mode = "{mode}"
tax_regime = "{regime}"
"""


class Shops:
    """The companies: bridge's side (``app``), and the ledgers' own (``trial_balance``)."""

    def __init__(self, app: App, urls: dict[str, str]) -> None:
        self.app, self.urls = app, urls

    def authorize(self) -> None:
        """Play the browser for all ledgers."""
        companies = {
            "books-us": {"realm": REALM},
            "books-qb": {"realm": GB_REALM},
            "books-no-qb": {"realm": NO_REALM},
            "books-gb": {"tenant": TENANT},
            "books-no": {"tenant": NO_TENANT},
        }
        for ledger, picked in companies.items():
            started = self.app.host.authorization.start(ledger, "ann")
            consent = requests.get(started.url, params=picked, allow_redirects=False, timeout=60)
            self.app.host.authorization.finish(started, consent.headers["Location"])

    def import_and_book(self, *names: str) -> None:
        for name in names:
            for file in FILES[name]:
                imported = self.app.steps.import_file(name, file, actor="ann")
                assert imported.error is None, imported.error
            self.app.books.run(name, actor="ann")

    def deliver(self) -> None:
        for ledger in ("books-us", "books-gb"):
            self.app.steps.deliver(ledger, actor="ann", patience_seconds=10)

    def check(self, route: str) -> Report:
        """A check, but for what gateways did not pay out: no bank stands behind these shops."""
        report = check_whole(self.app, route)
        return msgspec.structs.replace(
            report, findings=tuple(kept for kept in report.findings if kept.finding.code != NOT_PAID_OUT)
        )

    def entries(self, route: str) -> list[JournalEntry]:
        """Every live entry of a route."""
        with self.app.store.reading() as unit:
            return [kept.entry for kept in unit.entries.of_route(unit.routes.get(route).route_id)]

    def delivered(self, ledger: str) -> dict[str, int]:
        """Account number to what the delivered entries of a ledger do to it, tax apart on 2120."""
        sums = Counter[str]()
        with self.app.store.reading() as unit:
            there = {each.entry_id for each in unit.deliveries.with_state(ledger, DeliveryState.DELIVERED)}
            for entry_id in there:
                for posting in unit.entries.get(entry_id).entry.postings:
                    sums[posting.account] += posting.amount_minor - posting.tax_minor
                    sums["2120"] += posting.tax_minor
        return {account: minor for account, minor in sums.items() if minor}

    def make_rates(self, rates: dict[str, str], tenant: str = TENANT) -> None:
        """Make tax rates on sales in Xero, by name and per cent."""
        order = {"tenant": tenant, "sales_tax_rates": rates}
        requests.post(f"{self.urls['xero']}/_sandbox/settings", json=order, timeout=60).raise_for_status()

    def post_by_hand(self, debit: str, credit: str, amount: str, on: date, ledger: str = "books-gb") -> None:
        """Enter a journal in a ledger behind bridge's back."""
        order = {"op": "add_foreign", "account": debit, "counter_account": credit, "amount": amount, "date": f"{on}"}
        self.tamper(ledger, **order)

    def tamper(self, ledger: str, **order: object) -> dict[str, Any]:
        """Do something to an object in a ledger behind bridge's back; gives the object as it is then."""
        result: dict[str, Any] = self.order(ledger, "tamper", **order)["result"] or {}
        return result

    def order(self, ledger: str, what: str, **order: object) -> dict[str, Any]:
        """Order something of a fake ledger at its admin door."""
        plugin, whose = _whose(ledger)
        answer = requests.post(f"{self.urls[plugin]}/_sandbox/{what}", json={**whose, **order}, timeout=60)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
        return told

    def trial_balance(self, ledger: str) -> dict[str, int]:
        """Account number to the ledger's own balance, zeros left out."""
        plugin, query = _whose(ledger)
        answer = requests.get(f"{self.urls[plugin]}/_sandbox/trial-balance", params=query, timeout=60)
        found: dict[str, Any] = answer.json()
        return {account: int(minor) for account, minor in found.items() if minor}


def _whose(ledger: str) -> tuple[str, dict[str, str]]:
    """The plugin of a ledger, and the company's name there."""
    realms = {"books-us": REALM, "books-qb": GB_REALM}
    return ("quickbooks", {"realm": realms[ledger]}) if ledger in realms else ("xero", {"tenant": TENANT})


@contextmanager
def shops(
    folder: Path,
    *names: str,
    mode: str = "day",
    more: str = "",
    clock: Clock | None = None,
    are_kept: bool = False,
    before_xero: Callable[[str], str] = str,
) -> Iterator[Shops]:
    """The companies with some of their shops, connected.

    more: declarations at the end of the settings file. clock: bridge's own; the real one where it is left out.
    are_kept: files keep the ledgers, which can then come back. before_xero: by the fake Xero's address, the one that
    bridge is given, where something stands between them.
    """
    data = {name: folder / f"{name}.data" if are_kept else None for name in ("quickbooks", "xero")}
    quickbooks = open_sandbox("quickbooks", data=data["quickbooks"], options={"companies": COMPANIES, "limits": "off"})
    xero = open_sandbox("xero", data=data["xero"], options={"organisations": ORGANISATIONS, "limits": "off"})
    urls = {"quickbooks": quickbooks.base_url, "xero": xero.base_url}
    key = folder / "sealing.key"
    key.touch(mode=0o600)
    key.write_bytes(Fernet.generate_key() + b"\n")
    text = SETTINGS.format(quickbooks=quickbooks.base_url, xero=before_xero(xero.base_url))
    for name in names:
        plugin, country = ("shopify" if name.startswith("shop") else "woocommerce"), name[-2:]
        regime = "us_sales_tax" if country == "us" else "vat_standard"
        facts = {"account": ACCOUNTS[name], "zone": ZONES[name], "mode": mode, "regime": regime}
        text += LANE.format(name=name, plugin=plugin, country=country, **facts)
    config = folder / "bridge.toml"
    config.write_text(text + more, encoding="utf-8")
    put_migrated(folder / "shops.db")
    setup = Setup(config=config, environment={}, log_level="error")
    try:
        with open_app(load_settings(config, {}), clock or setup.clock, setup.registry()) as app:
            app.apply(config, actor="ann", is_dry_run=False)
            opened = Shops(app, urls)
            opened.authorize()
            yield opened
    finally:
        quickbooks.stop()
        xero.stop()

"""A merchant with bridge on a machine: a folder, a sandbox ledger, and the command line as a person uses it."""

from __future__ import annotations

import json
import shutil
from copy import copy
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import requests
from click.testing import CliRunner, Result

from bridge.app import App, open_app
from bridge.cli.main import cli
from bridge.clock import Clock
from bridge.host.loader import load
from bridge.settings import load_settings
from tests.end_to_end.sellers import SELLERS, Seller
from tests.fakes.stores import put_migrated

SAMPLES = Path(__file__).parents[2] / "plugins" / "amazon" / "tests" / "samples" / "synthetic"
OWN_FILE = "sqlite:///bridge.db"
SETTINGS = """
[bridge]
database_url = "{database}"
sealing_key_file = "sealing.key"
[plugins.{plugin}]
base_url = "{base_url}"
client_id = "sandbox-client"
client_secret = "sandbox-secret"
settle_seconds = 0
{limits}
"""
ROUTE = """
[connections.amazon-{country}]
plugin = "amazon"
account = "{account}"
inbox = "inbox-{country}"
[connections.books-{country}]
plugin = "{plugin}"
account = "{realm}"
{customer} = "Sales channels"
[routes.{country}]
source = "amazon-{country}"
ledger = "books-{country}"
time_zone = "{time_zone}"
first_day = {first_day}
"""


plugins = cache(load)  # what is installed stays so


class Merchant:
    """Sellers of the demo's countries, in a folder, each with a company in one sandbox."""

    plugin = "quickbooks"
    called = "realm"
    customer = "customer"
    limits = """calls_per_minute = 60000
calls_per_second = 1000
batches_per_minute = 60000
batch_items_per_minute = 60000"""

    def __init__(
        self, folder: Path, sandbox: Any, *countries: str, first_day: str = "2025-01-01", database: str = OWN_FILE
    ) -> None:
        self.folder, self.sandbox = folder, sandbox
        self.sellers = {one.country: one for one in SELLERS if one.country in countries}
        self.config = folder / "bridge.toml"
        text = SETTINGS.format(base_url=sandbox.base_url, plugin=self.plugin, limits=self.limits, database=database)
        for seller in self.sellers.values():
            (folder / f"inbox-{seller.country}").mkdir(parents=True, exist_ok=True)
            text += ROUTE.format(
                **msgspec.structs.asdict(seller), first_day=first_day, plugin=self.plugin, customer=self.customer
            )
            self.open_company(seller)
        assert self.run("init", str(folder), config=False).exit_code == 0
        self.config.write_text(text, encoding="utf-8")
        put_migrated(folder / "bridge.db")

    def open_company(self, seller: Seller) -> None:
        """Open a seller's company, where it is not open yet."""
        if seller.realm not in self.sandbox.companies():
            self.sandbox.add_company(seller.realm, home_currency=seller.currency, name=seller.company)

    def connect(self) -> None:
        """Apply the file and let bridge into every company."""
        self.ok("apply")
        with self.app() as app:
            for seller in self.sellers.values():
                started = app.host.authorization.start(f"books-{seller.country}", "test")
                consent = requests.get(
                    started.url, params={self.called: seller.realm}, allow_redirects=False, timeout=60
                )
                app.host.authorization.finish(started, consent.headers["Location"])

    def again(self, folder: Path, sandbox: Any) -> Merchant:
        """As this one was left, in a copy of its folder, with the same companies in another sandbox."""
        shutil.copytree(self.folder, folder)
        other = copy(self)
        other.folder, other.sandbox, other.config = folder, sandbox, folder / self.config.name
        text = self.config.read_text(encoding="utf-8").replace(self.sandbox.base_url, sandbox.base_url)
        other.config.write_text(text, encoding="utf-8")
        return other

    def app(self, clock: Clock | None = None) -> Any:
        from bridge.clock import SystemClock

        settings = load_settings(self.config, {})
        return open_app(settings, clock or SystemClock(), plugins())

    def run(self, *arguments: str, config: bool = True) -> Result:
        """One command; its exit code is the caller's to judge."""
        words = [*(("--config", str(self.config)) if config else ()), *arguments]
        return CliRunner().invoke(cli, words, standalone_mode=False, catch_exceptions=True)

    def ok(self, *arguments: str) -> Result:
        """One command that must end well."""
        done = self.run(*arguments)
        assert done.exception is None, (arguments, repr(done.exception), done.output)
        assert done.return_value in (0, None), (arguments, done.return_value, done.output)
        return done

    def json(self, *arguments: str) -> Any:
        """What a command prints with ``--json``."""
        return json.loads(self.run(*arguments, "--json").stdout)

    def import_samples(self, country: str, *names: str) -> Result:
        return self.run("import", "--connection", f"amazon-{country}", *(str(SAMPLES / name) for name in names))

    def everything(self, country: str) -> Everything:
        """What the books and the ledger hold in the end, without ids and times that may differ."""
        seller = self.sellers[country]
        with self.app() as app:
            booked = _booked(app, country)
        objects = sorted(
            (kind, str(one.get("DocNumber", "")), one["TxnDate"], str(one.get("Amount", "")))
            for kind in ("JournalEntry", "Transfer")
            for one in self.sandbox.entities(seller.realm, kind)
        )
        return Everything(self.sandbox.trial_balance(seller.realm), tuple(objects), booked)


class InXero(Merchant):
    """The same with organisations in a Xero."""

    plugin = "xero"
    called = "tenant"
    customer = "contact"
    limits = "calls_per_minute = 60000"

    def open_company(self, seller: Seller) -> None:
        self.sandbox.add_organisation(
            seller.realm, base_currency=seller.currency, country=seller.country.upper(), name=seller.company
        )


class Everything(msgspec.Struct, frozen=True):
    """balances: account to minor units in the ledger. objects: what is there. booked: (line, account, day) of ours."""

    balances: dict[str, int]
    objects: tuple[tuple[str, str, str, str], ...]
    booked: tuple[tuple[str, str, str, str, int], ...]


def _booked(app: App, country: str) -> tuple[tuple[str, str, str, str, int], ...]:
    with app.store.reading() as unit:
        route = unit.routes.get(country)
        found = [
            (kept.entry.document_id, line.key, posting.account, kept.entry.booked_on.isoformat(), line.amount_minor)
            for kept in unit.entries.of_route(route.route_id)
            for posting in kept.entry.postings
            if posting.line_count
            for page in unit.entries.lines_of(kept.entry.entry_id, posting.number)
            for line in page
        ]
    return tuple(sorted(found))


def seller(country: str) -> Seller:
    """The demo's seller of a country."""
    return next(one for one in SELLERS if one.country == country)

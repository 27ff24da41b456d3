"""A merchant whose WooCommerce shop is asked live, and whose company is in a QuickBooks: all on one clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import requests
from cryptography.fernet import Fernet

from bridge.app import App, open_app
from bridge.model.documents import DocumentKind, Identity
from bridge.model.findings import FindingState
from bridge.sandbox import SandboxClock
from bridge.settings import load_settings
from bridge.work import Synced
from bridge_quickbooks_sandbox import QuickBooksSandbox
from bridge_woocommerce_sandbox import WooCommerceSandbox
from tests.books.mortal import Killed, Life, MortalStore
from tests.end_to_end.merchant import plugins
from tests.fakes.clock import FakeClock
from tests.fakes.stores import put_migrated

REALM, ACCOUNT = "9130000000000011", "sandbox-shop.example"
MONDAY = datetime(2026, 6, 1, 16, tzinfo=UTC)
DAY, HOUR = 86_400, 3_600
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

[plugins.woocommerce]
page_size = {page_size}

{live}
[connections.books]
plugin = "quickbooks"
account = "9130000000000011"

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


class LiveShop:
    """The shop (``woo.shop``), the company, and what bridge makes of them."""

    def __init__(self, folder: Path, woo: WooCommerceSandbox, quickbooks: QuickBooksSandbox, clock: FakeClock) -> None:
        self.woo, self.shop, self.quickbooks, self.clock = woo, woo.shop, quickbooks, clock
        self._folder, self._config = folder, folder / "bridge.toml"
        (folder / "sealing.key").touch(mode=0o600)
        (folder / "sealing.key").write_bytes(Fernet.generate_key())
        self.set_up()
        put_migrated(folder / "bridge.db")
        quickbooks.add_company(REALM, home_currency="USD", country="US", name="Acme")
        with self.app() as app:
            app.apply(self._config, actor="ann", is_dry_run=False)
            started = app.host.authorization.start("books", "ann")
            consent = requests.get(started.url, params={"realm": REALM}, allow_redirects=False, timeout=10)
            app.host.authorization.finish(started, consent.headers["Location"])

    def set_up(
        self, *, is_live: bool = True, key: str = "ck_sandbox", url: str = "", more: str = "", page_size: int = 2
    ) -> None:
        """Write the settings. is_live: with the shop's key. more: of the shop, line by line."""
        told = {"url": url or self.woo.url, "key": key, "secret": self.shop.settings.secret, "more": more}
        live = LIVE.format(**told) if is_live else ""
        text = SETTINGS.format(quickbooks=self.quickbooks.base_url, live=live, page_size=page_size)
        self._config.write_text(text, encoding="utf-8")

    @contextmanager
    def app(self) -> Iterator[App]:
        """A process of its own."""
        with open_app(load_settings(self._config, {}), self.clock, plugins()) as app:
            yield app

    def sync(self, *, after_seconds: float = 0) -> Synced:
        """``bridge sync``, that much later."""
        self.clock.advance(after_seconds)
        with self.app() as app:
            return app.story.sync((), actor="ann", wait_seconds=0)

    def sync_mortally(self, writes: int) -> bool:
        """``bridge sync`` in a process that dies before its n-th write or commit; whether it did."""
        with self.app() as app:
            mortal = App(MortalStore(app.store, Life(writes)), app.settings, self.clock, plugins())
            try:
                mortal.story.sync((), actor="ann", wait_seconds=0)
            except Killed:
                return True
        return False

    def import_answers(self) -> None:
        """Save the shop's answers as files, as a merchant does, and import and book them."""
        files = []
        key = (self.shop.settings.key, self.shop.settings.secret)
        for what in ("orders?status=any", "refunds?status=any"):
            url = f"{self.woo.url}/wp-json/wc/v3/{what}&per_page=100&dp=6"
            answer = requests.get(url, auth=key, timeout=10)
            if not answer.json():
                continue
            head = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
            files.append(self._folder / f"{what[:6]}.json")
            files[-1].write_bytes(f"HTTP/1.1 200 OK\r\n{head}\r\n".encode() + answer.content)
        with self.app() as app:
            imported = app.story.import_files("shop", files, actor="ann")
        assert {file.error for file in imported.files} == {None}

    @property
    def balances(self) -> dict[str, int]:
        """The company's own books: account number to minor units, zeros left out."""
        return {account: minor for account, minor in self.quickbooks.trial_balance(REALM).items() if minor}

    def revisions(self, kind: DocumentKind, name: int) -> int:
        """How many contents of a document are kept."""
        identity = Identity("woocommerce", ACCOUNT, kind, str(name))
        with self.app() as app, app.store.reading() as unit:
            latest = unit.documents.latest(identity.document_id)
            return latest.document.revision if latest is not None else 0

    def findings(self) -> list[str]:
        """The codes of what is open."""
        with self.app() as app, app.store.reading() as unit:
            route = unit.routes.get("shop")
            return sorted(kept.finding.code for kept in unit.findings.of_route(route.route_id, FindingState.OPEN))


def codes(synced: Synced) -> list[str]:
    """What stopped a sync."""
    return [error.code for error in synced.failed]


@contextmanager
def live_shop(folder: Path) -> Iterator[LiveShop]:
    """On a Monday in June, all is open."""
    clock = FakeClock(MONDAY)
    folder.mkdir(exist_ok=True)
    with (
        WooCommerceSandbox(clock=SandboxClock(clock)) as woo,
        QuickBooksSandbox(clock=SandboxClock(clock)) as quickbooks,
    ):
        yield LiveShop(folder, woo, quickbooks, clock)

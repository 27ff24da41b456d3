"""A merchant whose Amazon account is asked live, and whose company is in a QuickBooks: all on one clock."""

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
from bridge_amazon_sandbox import AmazonSandbox, SellerSettings
from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.books.mortal import Killed, Life, MortalStore
from tests.end_to_end.merchant import SAMPLES, plugins
from tests.fakes.clock import FakeClock
from tests.fakes.stores import put_migrated

REALM, OTHER_REALM, ACCOUNT = "9130000000000011", "9130000000000012", "A1SANDBOX"
JULY_10 = datetime(2026, 7, 10, 16, tzinfo=UTC)
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

{live}
[connections.books]
plugin = "quickbooks"
account = "9130000000000011"

[connections.amazon]
plugin = "amazon"
account = "A1SANDBOX"
marketplaces = [{marketplaces}]
inbox = "inbox"

[routes.amazon]
source = "amazon"
ledger = "books"
time_zone = "{zone}"
first_day = 2026-05-01
"""
OTHER = """
[plugins.amazon.sellers.amazon-other]
region = "{region}"
refresh_token = "{token}"

[connections.books-other]
plugin = "quickbooks"
account = "9130000000000012"

[connections.amazon-other]
plugin = "amazon"
account = "A1SANDBOX-2"
marketplaces = ["{marketplace}"]

[routes.amazon-other]
source = "amazon-other"
ledger = "books-other"
time_zone = "{zone}"
first_day = 2026-05-01
"""
LIVE = """
[plugins.amazon]
client_id = "{client_id}"
client_secret = "{client_secret}"
base_url = "{url}"

[plugins.amazon.sellers.amazon]
region = "{region}"
refresh_token = "{token}"
"""


class LiveSeller:
    """The account (``seller``), the company, and what bridge makes of them."""

    def __init__(
        self,
        folder: Path,
        amazon: AmazonSandbox,
        quickbooks: QuickBooksSandbox,
        clock: FakeClock,
        *,
        currency: str,
        region: str,
        zone: str,
        marketplaces: tuple[str, ...],
    ) -> None:
        self.amazon, self.seller, self.quickbooks, self.clock = amazon, amazon.seller, quickbooks, clock
        self.folder, self._config = folder, folder / "bridge.toml"
        self._region, self._zone, self._marketplaces = region, zone, marketplaces
        (folder / "inbox").mkdir()
        (folder / "sealing.key").touch(mode=0o600)
        (folder / "sealing.key").write_bytes(Fernet.generate_key())
        self.set_up()
        put_migrated(folder / "bridge.db")
        quickbooks.add_company(REALM, home_currency=currency, name="Acme")
        self._let_in("books", REALM)

    def keep_apart(self, marketplace: str, *, currency: str, zone: str) -> None:
        """Keep the books of another marketplace of the account in a company of its own (``OTHER_REALM``)."""
        own = self.seller.settings
        text = OTHER.format(region=self._region, token=own.refresh_token, marketplace=marketplace, zone=zone)
        self._config.write_text(self._config.read_text("utf-8") + text, encoding="utf-8")
        self.quickbooks.add_company(OTHER_REALM, home_currency=currency, name="Acme abroad")
        self._let_in("books-other", OTHER_REALM)

    def _let_in(self, connection: str, realm: str) -> None:
        with self.app() as app:
            app.apply(self._config, actor="ann", is_dry_run=False)
            started = app.host.authorization.start(connection, "ann")
            consent = requests.get(started.url, params={"realm": realm}, allow_redirects=False, timeout=10)
            app.host.authorization.finish(started, consent.headers["Location"])

    def set_up(self, *, is_live: bool = True, secret: str = "") -> None:
        """Write the settings. is_live: with what lets bridge ask."""
        own = self.seller.settings
        live = LIVE.format(
            client_id=own.client_id,
            client_secret=secret or own.client_secret,
            url=self.amazon.base_url,
            region=self._region,
            token=own.refresh_token,
        )
        text = SETTINGS.format(
            quickbooks=self.quickbooks.base_url,
            live=live if is_live else "",
            zone=self._zone,
            marketplaces=", ".join(f'"{name}"' for name in self._marketplaces),
        )
        self._config.write_text(text, encoding="utf-8")

    @contextmanager
    def app(self) -> Iterator[App]:
        """A process of its own."""
        with open_app(load_settings(self._config, {}), self.clock, plugins()) as app:
            yield app

    def settle(self, content: bytes) -> str:
        """A settlement closes at Amazon. The report's id."""
        return self.seller.settle(content)

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

    def import_file(self, content: bytes) -> None:
        """Import a file that a person downloaded, and book it."""
        path = self.folder / "downloaded.txt"
        path.write_bytes(content)
        with self.app() as app:
            imported = app.story.import_files("amazon", [path], actor="ann")
        assert {file.error for file in imported.files} == {None}

    @property
    def balances(self) -> dict[str, int]:
        """The company's own books: account number to minor units, zeros left out."""
        return {account: minor for account, minor in self.quickbooks.trial_balance(REALM).items() if minor}

    def revisions(self, settlement: str) -> int:
        """How many contents of a settlement are kept."""
        identity = Identity("amazon", ACCOUNT, DocumentKind.SETTLEMENT, settlement)
        with self.app() as app, app.store.reading() as unit:
            latest = unit.documents.latest(identity.document_id)
            return latest.document.revision if latest is not None else 0

    def findings(self) -> list[str]:
        """The codes of what is open."""
        with self.app() as app, app.store.reading() as unit:
            route = unit.routes.get("amazon")
            return sorted(kept.finding.code for kept in unit.findings.of_route(route.route_id, FindingState.OPEN))


def sample(name: str) -> bytes:
    """A settlement file of the plugin's."""
    return (SAMPLES / name).read_bytes()


def codes(synced: Synced) -> list[str]:
    """What stopped a sync."""
    return [error.code for error in synced.failed]


@contextmanager
def live_seller(
    folder: Path,
    *,
    currency: str = "USD",
    region: str = "na",
    zone: str = "America/Los_Angeles",
    marketplaces: tuple[str, ...] = (),
    sells_on: str = "amazon.com",
    **account: str,
) -> Iterator[LiveSeller]:
    """On a Friday in July. sells_on, account: how the sandbox's account is set; marketplaces: the connection."""
    clock = FakeClock(JULY_10)
    folder.mkdir(exist_ok=True)
    with (
        AmazonSandbox(
            clock=SandboxClock(clock), settings=SellerSettings(marketplaces=sells_on).changed(account)
        ) as amazon,
        QuickBooksSandbox(clock=SandboxClock(clock)) as quickbooks,
    ):
        yield LiveSeller(
            folder,
            amazon,
            quickbooks,
            clock,
            currency=currency,
            region=region,
            zone=zone,
            marketplaces=marketplaces,
        )

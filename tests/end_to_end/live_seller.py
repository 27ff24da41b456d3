"""A merchant whose Amazon account is asked live."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bridge.sandbox import SandboxClock
from bridge_amazon_sandbox import AmazonSandbox, SellerSettings
from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.live import Live, ledger_beside
from tests.end_to_end.merchant import SAMPLES
from tests.fakes.clock import FakeClock

OTHER_REALM = "9130000000000012"
JULY_10 = datetime(2026, 7, 10, 16, tzinfo=UTC)
SETTINGS = """
{live}
[connections.amazon]
plugin = "amazon"
account = "A1SANDBOX"
marketplaces = [{marketplaces}]

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
customer = "Sales channels"

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


class LiveSeller(Live):
    """The account (``seller``), the company, and what bridge makes of them."""

    plugin, account, source, route = "amazon", "A1SANDBOX", "amazon", "amazon"

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
        super().__init__(folder, quickbooks, clock)
        self.amazon, self.seller = amazon, amazon.seller
        self._region, self._zone, self._marketplaces = region, zone, marketplaces
        self.set_up()
        self.connect(currency=currency)

    def keep_apart(self, marketplace: str, *, currency: str, zone: str) -> None:
        """Keep the books of another marketplace of the account in a company of its own (``OTHER_REALM``)."""
        own = self.seller.settings
        text = OTHER.format(region=self._region, token=own.refresh_token, marketplace=marketplace, zone=zone)
        self.config.write_text(self.config.read_text("utf-8") + text, encoding="utf-8")
        self.connect("books-other", OTHER_REALM, currency=currency)

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
        marketplaces = ", ".join(f'"{name}"' for name in self._marketplaces)
        self.declare(SETTINGS.format(live=live if is_live else "", zone=self._zone, marketplaces=marketplaces))

    def settle(self, content: bytes) -> str:
        """A settlement closes at Amazon. The report's id."""
        return self.seller.settle(content)

    def import_file(self, content: bytes) -> None:
        """Import a file that a person downloaded, and book it."""
        path = self.folder / "downloaded.txt"
        path.write_bytes(content)
        self.import_files(path)


def sample(name: str) -> bytes:
    """A settlement file of the plugin's."""
    return (SAMPLES / name).read_bytes()


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
        ledger_beside(amazon.server, clock) as quickbooks,
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

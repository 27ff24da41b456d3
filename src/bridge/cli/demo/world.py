"""The demo's small world: four companies in two ledgers, the channels that feed them, and their settings."""

from __future__ import annotations

from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import requests
from cryptography.fernet import Fernet

from bridge.cli.output import write_file

MARKER = ".bridge-demo"
PATIENCE_SECONDS, TIMEOUT_SECONDS = 20, 10
QUICKBOOKS, XERO = "quickbooks", "xero"
AMAZON, SHOPIFY, WOOCOMMERCE = "amazon", "shopify", "woocommerce"


class Company(msgspec.Struct, frozen=True):
    """A company in a ledger. account: its id there. ledger: the connection's name."""

    plugin: str
    account: str
    country: str
    currency: str
    name: str

    @property
    def ledger(self) -> str:
        return f"books-{self.country}"


class Lane(msgspec.Struct, frozen=True):
    """One channel that feeds one company. files: what it brings; none: it is asked. more: of its route, as TOML."""

    route: str
    plugin: str
    account: str
    time_zone: str
    company: Company
    files: tuple[str, ...] = ()
    more: str = ""

    @property
    def channel(self) -> str:
        return f"{self.plugin}-{self.company.country}"


US = Company(QUICKBOOKS, "9130000000000011", "us", "USD", "Acme Goods Inc")
CA = Company(QUICKBOOKS, "9130000000000012", "ca", "CAD", "Acme Goods Canada Ltd")
FR = Company(QUICKBOOKS, "9130000000000014", "fr", "EUR", "Acme Goods France SAS")
GB = Company(XERO, "5a0dbe11-0000-4000-8000-000000000013", "gb", "GBP", "Acme Goods UK Ltd")
COMPANIES = (US, CA, FR, GB)

VAT = 'tax_regime = "vat_standard"\n'
SMALL = 'tax_regime = "not_registered"\ntax_regime_confirmed = "CA"\n'
INSIDE = "vat_in_rows = false\n"
FRENCH_CODES = '[routes.fr.tax_codes]\n"sale:20" = "Standard"\n"sale:0" = "Zero"\n'
ASKED = (
    Lane("us", AMAZON, "A1DEMOUS", "America/Los_Angeles", US),
    Lane("shop-us", SHOPIFY, "acme-us.myshopify.com", "America/New_York", US),
    Lane("woo-us", WOOCOMMERCE, "acme.example.com", "America/Los_Angeles", US),
)
ACCOUNTS = {lane.plugin: lane.account for lane in ASKED}
AMAZON_SETTLEMENT = "settlements/us_v2_standard.txt"
"""What closes at the account that is asked."""
CA_FILES = ("settlements/ca_v2_negative.txt", "settlements/ca_v2_after_negative.txt")
FR_FILES = ("settlements/fr_v2_comma.txt",)
GB_FILES = ("settlements/gb_v2_dmy.txt",)
SHOP_FILES = ("shops/shopify_gb_orders.json",)
WOO_FILES = ("shops/woocommerce_gb_orders.json", "shops/woocommerce_gb_refunds.json")
BROUGHT = (
    Lane("ca", AMAZON, "A1DEMOCA", "America/Toronto", CA, CA_FILES, SMALL),
    Lane("fr", AMAZON, "A1DEMOFR", "Europe/Paris", FR, FR_FILES, VAT + INSIDE + FRENCH_CODES),
    Lane("gb", AMAZON, "A1DEMOGB", "Europe/London", GB, GB_FILES, VAT + INSIDE),
    Lane("shop-gb", SHOPIFY, "acme-uk.myshopify.com", "Europe/London", GB, SHOP_FILES, VAT),
    Lane("woo-gb", WOOCOMMERCE, "acme.example.co.uk", "Europe/London", GB, WOO_FILES, VAT),
)
LANES = ASKED + BROUGHT

SETTINGS = """\
# Written by `bridge demo`. Everything in this folder is invented and may be deleted.
[bridge]
database_url = "sqlite:///demo.db"
sealing_key_file = "sealing.key"
redirect_uri = "http://127.0.0.1:{port}/callback"
"""
# The sandboxes stand in for the vendors without their limits.
LEDGER = """
[plugins.{plugin}]
base_url = "{base_url}"
client_id = "sandbox-client"
client_secret = "sandbox-secret"
settle_seconds = 1
calls_per_minute = 6000
"""
LET_IN = {
    QUICKBOOKS: LEDGER + "calls_per_second = 100\nbatches_per_minute = 6000\nbatch_items_per_minute = 60000\n",
    XERO: LEDGER,
    AMAZON: """
[plugins.amazon]
base_url = "{base_url}"
client_id = "amzn1.application-oa2-client.sandbox"
client_secret = "amzn1.oa2-cs.v1.sandbox"

[plugins.amazon.sellers.amazon-us]
region = "na"
refresh_token = "Atzr|sandbox"
""",
    SHOPIFY: """
[plugins.shopify]
base_url = "{base_url}"
calls_per_minute = 6000

[plugins.shopify.tokens]
"{account}" = "shpat_sandbox"
""",
    WOOCOMMERCE: """
[plugins.woocommerce.shops.woocommerce-us]
url = "{base_url}"
key = "ck_sandbox"
secret = "cs_sandbox"
""",
}
"""By plugin, what of the settings file lets bridge in."""
COMPANY = """
[connections.{ledger}]
plugin = "{plugin}"
account = "{account}"
{customer} = "Sales channels"
"""
LANE = """
[connections.{channel}]
plugin = "{plugin}"
account = "{account}"

[routes.{route}]
source = "{channel}"
ledger = "{ledger}"
time_zone = "{time_zone}"
first_day = 2026-01-01
{more}"""


def companies_of(plugin: str) -> str:
    """The sandbox's option for the companies of one ledger."""
    return ",".join(
        f"{one.account}:{one.currency}:{one.country.upper()}:{one.name}" for one in COMPANIES if one.plugin == plugin
    )


def sample(name: str) -> bytes:
    """A file of the demo's own."""
    return resources.files(__package__).joinpath(name).read_bytes()


def _customer(company: Company) -> str:
    """What its plugin calls the setting that names one contact for all channels: the sandboxes have one such."""
    return "contact" if company.plugin == XERO else "customer"


def write_folder(folder: Path, base_urls: dict[str, str], redirect_port: int) -> Path:
    """The settings file, a fresh sealing key, and the channels' files; returns the settings file."""
    write_file(folder / "sealing.key", Fernet.generate_key() + b"\n")
    for name in (name for lane in LANES for name in lane.files):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(sample(name))
    text = SETTINGS.format(port=redirect_port)
    text += "".join(
        LET_IN[plugin].format(plugin=plugin, base_url=url, account=ACCOUNTS.get(plugin, ""))
        for plugin, url in base_urls.items()
    )
    text += "".join(
        COMPANY.format(**msgspec.structs.asdict(one), ledger=one.ledger, customer=_customer(one)) for one in COMPANIES
    )
    text += "".join(_lane(lane) for lane in LANES)
    file = folder / "bridge.toml"
    write_file(file, text)
    return file


def _lane(lane: Lane) -> str:
    return LANE.format(**msgspec.structs.asdict(lane), channel=lane.channel, ledger=lane.company.ledger)


PARAMETERS = {QUICKBOOKS: "realm", XERO: "tenant"}


class Admin:
    """The sandboxes' admin doors: what other people do in channels and ledgers behind bridge's back."""

    def __init__(self, base_urls: dict[str, str]) -> None:
        self._urls = {plugin: f"{url}/_sandbox" for plugin, url in base_urls.items()}

    def consent(self, company: Company) -> dict[str, str]:
        """What a person picks on the ledger's consent page."""
        return {PARAMETERS[company.plugin]: company.account}

    def order_fault(self, plugin: str, **fault: object) -> None:
        self._post(plugin, "faults", fault)

    def clear_faults(self, plugin: str) -> None:
        requests.delete(f"{self._urls[plugin]}/faults", timeout=TIMEOUT_SECONDS).raise_for_status()

    def go_back(self, days: int) -> None:
        """All of them live that many days ago from now on; 0: today."""
        for plugin in self._urls:
            self._post(plugin, "clock", {"run": True})
            self._post(plugin, "clock", {"advance": -86_400 * days})

    def settle(self, content: bytes) -> None:
        """A settlement closes at Amazon."""
        self._answered(requests.post(f"{self._urls[AMAZON]}/settlements", data=content, timeout=TIMEOUT_SECONDS))

    def happens(self, plugin: str, op: str, **what: object) -> int:
        """Something happens in a shop; the number of what came of it."""
        told = self._post(plugin, "shop", {"op": op, **what})
        return int(told.get("number") or told.get("id") or 0)

    def tamper(self, company: Company, op: str, **what: object) -> Any:
        """Do something to a company's books; what the door answers."""
        return self._post(company.plugin, "tamper", {**self.consent(company), "op": op, **what})["result"]

    def entities(self, company: Company, kind: str) -> list[dict[str, Any]]:
        """The company's objects of one kind; amounts are decimals."""
        state = self._get(company.plugin, "state", **self.consent(company))
        found: list[dict[str, Any]] = state["entities"][kind]
        return found

    def count(self, company: Company) -> int:
        """How many objects of all kinds the company's books hold."""
        state = self._get(company.plugin, "state", **self.consent(company))
        return sum(len(found) for kind, found in state["entities"].items() if kind in KINDS)

    def trial_balance(self, company: Company) -> dict[str, int]:
        """Account number to balance in minor units, debit positive."""
        found: dict[str, int] = self._get(company.plugin, "trial-balance", **self.consent(company))
        return found

    def _get(self, plugin: str, path: str, **query: str) -> Any:
        return self._answered(requests.get(f"{self._urls[plugin]}/{path}", params=query, timeout=TIMEOUT_SECONDS))

    def _post(self, plugin: str, path: str, body: dict[str, object]) -> Any:
        return self._answered(requests.post(f"{self._urls[plugin]}/{path}", json=body, timeout=TIMEOUT_SECONDS))

    def _answered(self, answer: requests.Response) -> Any:
        answer.raise_for_status()
        return answer.json(parse_float=Decimal)


# The kinds of object that bridge writes, by the names of either ledger.
KINDS = frozenset(
    {
        "JournalEntry",
        "Transfer",
        "SalesReceipt",
        "RefundReceipt",
        "Invoice",
        "CreditMemo",
        "Payment",
        "Purchase",
        "Invoices",
        "CreditNotes",
        "Payments",
        "ManualJournals",
        "BankTransactions",
        "BankTransfers",
    }
)

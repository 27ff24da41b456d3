"""The demo's small world: four companies in two sandboxes, the channels that feed them, and their settings."""

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
TIMEOUT_SECONDS = 10
QUICKBOOKS, XERO = "quickbooks", "xero"


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
    """One channel that feeds one company, and the files it brings. more: further keys of its route, as TOML."""

    route: str
    plugin: str
    account: str
    time_zone: str
    company: Company
    folder: str
    files: tuple[str, ...]
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
SMALL = 'tax_regime = "not_registered"\n'
INSIDE = "vat_in_rows = false\n"
FRENCH_CODES = '[routes.fr.tax_codes]\n"sale:20" = "Standard"\n"sale:0" = "Zero"\n'
LANES = (
    Lane("us", "amazon", "A1DEMOUS", "America/Los_Angeles", US, "settlements", ("us_v2_standard.txt",)),
    Lane(
        "shop-us",
        "shopify",
        "acme-us.myshopify.com",
        "America/New_York",
        US,
        "shops",
        ("shopify_us_orders.json", "shopify_us_payouts.json"),
    ),
    Lane(
        "woo-us",
        "woocommerce",
        "acme.example.com",
        "America/Los_Angeles",
        US,
        "shops",
        ("woocommerce_us_orders.json", "woocommerce_us_refunds.json"),
    ),
    Lane(
        "ca",
        "amazon",
        "A1DEMOCA",
        "America/Toronto",
        CA,
        "settlements",
        ("ca_v2_negative.txt", "ca_v2_after_negative.txt"),
        SMALL,
    ),
    Lane(
        "fr",
        "amazon",
        "A1DEMOFR",
        "Europe/Paris",
        FR,
        "settlements",
        ("fr_v2_comma.txt",),
        VAT + INSIDE + FRENCH_CODES,
    ),
    Lane("gb", "amazon", "A1DEMOGB", "Europe/London", GB, "settlements", ("gb_v2_dmy.txt",), VAT + INSIDE),
    Lane("shop-gb", "shopify", "acme-uk.myshopify.com", "Europe/London", GB, "shops", ("shopify_gb_orders.json",), VAT),
    Lane(
        "woo-gb",
        "woocommerce",
        "acme.example.co.uk",
        "Europe/London",
        GB,
        "shops",
        ("woocommerce_gb_orders.json", "woocommerce_gb_refunds.json"),
        VAT,
    ),
)

SETTINGS = """\
# Written by `bridge demo`. Everything in this folder is invented and may be deleted.
[bridge]
database_url = "sqlite:///demo.db"
sealing_key_file = "sealing.key"
redirect_uri = "http://127.0.0.1:{port}/callback"
"""
LEDGER = """
[plugins.{plugin}]
base_url = "{base_url}"
client_id = "sandbox-client"
client_secret = "sandbox-secret"
settle_seconds = 1
{more}"""
# The sandboxes stand in for the vendors without their limits.
MORE = {XERO: "calls_per_minute = 6000\n", QUICKBOOKS: "calls_per_minute = 6000\ncalls_per_second = 100\n"}
COMPANY = """
[connections.{ledger}]
plugin = "{plugin}"
account = "{account}"
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


def write_folder(folder: Path, base_urls: dict[str, str], redirect_port: int) -> Path:
    """The settings file, a fresh sealing key, and the channels' files; returns the settings file."""
    (folder / MARKER).write_text("bridge demo may replace this folder\n", encoding="utf-8")
    write_file(folder / "sealing.key", Fernet.generate_key() + b"\n")
    for lane in LANES:
        (folder / lane.folder).mkdir(exist_ok=True)
        for name in lane.files:
            content = resources.files(__package__).joinpath(lane.folder, name).read_bytes()
            (folder / lane.folder / name).write_bytes(content)
    text = SETTINGS.format(port=redirect_port)
    text += "".join(
        LEDGER.format(plugin=plugin, base_url=url, more=MORE.get(plugin, "")) for plugin, url in base_urls.items()
    )
    text += "".join(COMPANY.format(**msgspec.structs.asdict(one), ledger=one.ledger) for one in COMPANIES)
    text += "".join(_lane(lane) for lane in LANES)
    file = folder / "bridge.toml"
    write_file(file, text)
    return file


def _lane(lane: Lane) -> str:
    return LANE.format(**msgspec.structs.asdict(lane), channel=lane.channel, ledger=lane.company.ledger)


PARAMETERS = {QUICKBOOKS: "realm", XERO: "tenant"}


class Admin:
    """The sandboxes' admin doors: what other people do to the ledgers behind bridge's back."""

    def __init__(self, base_urls: dict[str, str]) -> None:
        self._urls = {plugin: f"{url}/_sandbox" for plugin, url in base_urls.items()}

    def consent(self, company: Company) -> dict[str, str]:
        """What a person picks on the ledger's consent page."""
        return {PARAMETERS[company.plugin]: company.account}

    def order_fault(self, plugin: str, **fault: object) -> None:
        self._post(plugin, "faults", fault)

    def clear_faults(self, plugin: str) -> None:
        requests.delete(f"{self._urls[plugin]}/faults", timeout=TIMEOUT_SECONDS).raise_for_status()

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
        answer = requests.get(f"{self._urls[plugin]}/{path}", params=query, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        return answer.json(parse_float=Decimal)

    def _post(self, plugin: str, path: str, body: dict[str, object]) -> Any:
        answer = requests.post(f"{self._urls[plugin]}/{path}", json=body, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        return answer.json(parse_float=Decimal)


# The kinds of object that bridge writes, by the names of either ledger.
KINDS = frozenset(
    {
        "JournalEntry",
        "Transfer",
        "SalesReceipt",
        "RefundReceipt",
        "Invoices",
        "CreditNotes",
        "Payments",
        "ManualJournals",
        "BankTransactions",
        "BankTransfers",
    }
)
